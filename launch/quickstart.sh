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
if [ -z "${OMP_NUM_THREADS:-}" ]; then # accelerate would give the process a single thread
  OMP_NUM_THREADS=$(.venv/bin/python -c 'import os; print(len(getattr(os, "sched_getaffinity", lambda _: [0])(0)))')
  export OMP_NUM_THREADS
fi
# --quiet: a mistake is told in one message, without the trace of the launcher
exec .venv/bin/accelerate launch --quiet --config_file launch/single-gpu.yaml -m lacoskit.train "$@"
