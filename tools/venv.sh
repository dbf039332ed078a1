#!/bin/sh
# Create the virtual environment if need be and install pinned, hashed requirements; a second call installs nothing.
# usage: venv.sh PYTHON VENV REQUIREMENTS STAMP
set -eu
python=$1 venv=$2 requirements=$3 stamp=$4

"$python" - <<'PY' || exit 1
import sys
if sys.version_info < (3, 11):
    sys.exit(f"Workwright needs Python 3.11 or newer; this is {sys.version.split()[0]}. Name another: make PYTHON=python3.12")
try:
    import ensurepip, venv
except ImportError:
    sys.exit("This Python has no venv module. On Debian or Ubuntu: apt-get install python3-venv")
PY

if [ ! -x "$venv/bin/python" ]; then
    echo "Creating $venv with $python, $("$python" -V) …"
    "$python" -m venv "$venv"
fi
echo "Installing $requirements …"
# Each package is pinned, so none is resolved: an older pip looks for the newest of one that is asked for with an extra.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r "$requirements" 2>&1 |
    grep -v '^WARNING: Location' || true
"$venv/bin/python" -c 'import functions_framework, google.cloud.firestore' # fails here if the installation did
here=$(pwd)
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$here" >"$site/workwright.pth"
printf '#!/bin/sh\nexec "%s/bin/python" -m shared "$@"\n' "$(cd "$venv" && pwd)" >"$venv/bin/workwright"
chmod +x "$venv/bin/workwright"
touch "$stamp"
