#!/bin/sh
# Print the Python of which `.venv` is made: the system's own where it will do, else the first on the PATH that does. A
# distribution builds Python with profile-guided optimization; what pyenv builds takes up to a third more time.
# usage: choose_python.sh [CANDIDATE ...]
[ $# -gt 0 ] || set -- /usr/bin/python3 python3
for python; do
    if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "$python"
        exit
    fi
done
echo python3 # and venv.sh says what it lacks
