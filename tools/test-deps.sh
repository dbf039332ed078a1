#!/bin/sh
# Install what the tests need beside Python, by name, where it is missing. Debian and Ubuntu; needs root for that.
set -eu
missing=""
command -v bwrap >/dev/null 2>&1 || missing="$missing bubblewrap"
command -v java >/dev/null 2>&1 || missing="$missing default-jre-headless"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v git >/dev/null 2>&1 || missing="$missing git"
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || missing="$missing nodejs npm"
[ -x /usr/bin/python3 ] || missing="$missing python3" # what runs inside the sandbox must be under /usr
/usr/bin/python3 -I -c "import pip" >/dev/null 2>&1 || missing="$missing python3-pip" # installs wheels in the sandbox
if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ]; then
        echo "Missing:$missing. Run as root: apt-get install$missing" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of names
    apt-get install -y -qq --no-install-recommends $missing
fi

# The vendors' JavaScript clients, which judge the simulators: by name and hash, whatever the registry.
judges="$(dirname "$0")/../tests/judges"
if [ ! -f "$judges/node_modules/.installed" ] || [ "$judges/package-lock.json" -nt "$judges/node_modules/.installed" ]; then
    npm ci --prefix "$judges" --no-audit --no-fund --silent
    touch "$judges/node_modules/.installed"
fi
