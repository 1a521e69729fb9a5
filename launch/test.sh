#!/usr/bin/env bash
# Every check of the project: sets up .venv with the test tools, runs them all, and names those that failed.
#
#   bash launch/test.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/setup.sh

set_up test
export PATH="$PWD/.venv/bin:$PATH"
failed=()

check() {
  echo
  echo "== $*"
  "$@" || failed+=("$*")
}

check ruff check
check ruff format --check
check mypy
check lint-imports
check pytest -q -n 2 --dist loadfile --durations 15 # by file: what a file sets up, such as launched processes, is set up once

echo
if [ "${#failed[@]}" -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}"
  exit 1
fi
echo "all checks passed"
