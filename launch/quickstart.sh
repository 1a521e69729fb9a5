#!/usr/bin/env bash
# From a fresh clone to a trained encoder: sets up .venv, then trains on the GPU, or without one on the CPU.
#
#   bash launch/quickstart.sh                                  the default run: no data, no download of a model
#   bash launch/quickstart.sh configs/bloom-560m.yaml          arguments are those of lacoskit.train
#   bash launch/quickstart.sh --set train.max_steps=50
#
# Safe to run again: what is installed is reused, and the default run takes the next free folder in runs/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/setup.sh

set_up run
if takes_default_output "$@"; then set -- "$@" --set "output=$(free_output)"; fi
# accelerate gives each process one thread unless it is told how many
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(.venv/bin/python -c 'import os; print(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())')}
exec .venv/bin/accelerate launch --config_file launch/single-gpu.yaml -m lacoskit.train "$@"
