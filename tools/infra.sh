#!/bin/sh
# Install what looks at terraform/ into an environment of its own; a second call does nothing.
# usage: infra.sh VENV
set -eu
venv=$1
pins="$(dirname "$0")/infra.txt"
made="$venv/infra/.installed"
if [ -f "$made" ] && [ ! "$pins" -nt "$made" ]; then
    exit 0
fi
echo "Installing $pins …"
[ -x "$venv/infra/bin/python" ] || "$venv/bin/python" -m venv --without-pip "$venv/infra"
if [ -x "$venv/bin/uv" ]; then
    "$venv/bin/uv" pip install --quiet --python "$venv/infra/bin/python" --no-deps --require-hashes -r "$pins"
else
    "$venv/bin/python" -m pip --python "$venv/infra/bin/python" install --quiet --no-deps --require-hashes -r "$pins" 2>&1 |
        grep -v '^WARNING: ' || true
fi
"$venv/infra/bin/checkov" --version >/dev/null # fails here if the installation did
touch "$made"
