#!/usr/bin/env bash
# What quickstart.sh and test.sh share: an environment in .venv with the tested versions, made once and then reused.
# To be sourced by them, from the repository's root. PYTHON=... names a Python other than the first that is found.

# The first Python that is new enough and can make environments.
find_python() {
  local candidate
  for candidate in ${PYTHON:-python3.11 python3.12 python3 python}; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "lacoskit needs Python 3.11 or 3.12 with its venv module, and found none." >&2
  echo "Install one (on Debian and Ubuntu: python3.11 and python3.11-venv), or name one: PYTHON=/path/to/python3.11" >&2
  return 1
}

# What an installation depends on: the same line means that there is nothing to do.
fingerprint() {
  .venv/bin/python - << 'EOF'
import hashlib, pathlib, sys
files = [pathlib.Path(name).read_bytes() for name in ("pyproject.toml", "launch/constraints.txt", "launch/setup.sh")]
print(sys.version.split()[0], pathlib.Path.cwd(), hashlib.sha256(b"".join(files)).hexdigest())
EOF
}

# set_up run: what training needs; set_up test: the test tools too.
set_up() {
  local wanted=$1 python current
  if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
    python=$(find_python) || return 1
    echo "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
  fi
  current=$(fingerprint)
  if [ "$current" = "$(cat .venv/installed-test 2> /dev/null)" ]; then return; fi
  if [ "$wanted" = run ] && [ "$current" = "$(cat .venv/installed-run 2> /dev/null)" ]; then return; fi
  echo "installing into .venv the versions of launch/constraints.txt; the first time this takes some minutes"
  # read here, since --group is unknown to the pip that comes with Python 3.11
  .venv/bin/python - "$wanted" > .venv/requirements.txt << 'EOF'
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)
tools = [*project["dependency-groups"]["test"], *project["build-system"]["requires"]]  # a test builds a plugin
print("-e .", *(tools if sys.argv[1] == "test" else []), sep="\n")
EOF
  .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
    --constraint launch/constraints.txt --requirement .venv/requirements.txt
  echo "$current" > ".venv/installed-$wanted" # last, so that an installation that was interrupted is begun again
}

# runs/default, or where that is taken runs/default-2, and so on.
free_output() {
  local number=2 output=runs/default
  while [ -e "$output" ]; do
    output=runs/default-$number
    number=$((number + 1))
  done
  echo "$output"
}

# Whether the arguments for lacoskit.train leave the output folder to the default run: no config file, output or resume.
takes_default_output() {
  local argument before=
  for argument in "$@"; do
    case "$before $argument" in
      "--set output="*) return 1 ;;
      "--set "*) ;;
      *" --set=output="* | *" --resume" | *" -h" | *" --help") return 1 ;;
      *" -"*) ;;
      *) return 1 ;;
    esac
    before=$argument
  done
}
