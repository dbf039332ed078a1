#!/bin/sh
# Install a program into an environment of its own, whose packages may fight with ours; a second call does nothing.
# usage: apart.sh VENV NAME PROGRAM       with the pins of tools/NAME.txt, into VENV/NAME
set -eu
venv=$1 name=$2 program=$3
pins="$(dirname "$0")/$name.txt"
made="$venv/$name/.installed"
if [ -f "$made" ] && [ ! "$pins" -nt "$made" ]; then
    exit 0
fi
echo "Installing $pins …"
[ -x "$venv/$name/bin/python" ] || "$venv/bin/python" -m venv --without-pip "$venv/$name"
if [ -x "$venv/bin/uv" ]; then
    "$venv/bin/uv" pip install --quiet --python "$venv/$name/bin/python" --no-deps --require-hashes -r "$pins"
else
    "$venv/bin/python" -m pip --python "$venv/$name/bin/python" install --quiet --no-deps --require-hashes -r "$pins" 2>&1 |
        grep -v '^WARNING: ' || true
fi
"$venv/$name/bin/$program" --version >/dev/null # fails here if the installation did
touch "$made"
