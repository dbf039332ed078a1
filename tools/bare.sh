#!/bin/sh
# The fast tests as a bare machine has them: a fresh clone, its environment made anew and outside of it, no cache, none of the
# parts, and while the tests run no network. The programs are masked in a mount namespace, because who looks for one by its
# full path finds it off the PATH as well. Needs root, or user namespaces; where neither may be had it says so and fails.
# usage: bare.sh [TARGET]
set -eu

parts="bubblewrap chromium curl firestore-emulator logrotate msmtp node npm pip swaks systemd terraform"
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
programs="bwrap curl chromium-headless-shell chrome-headless-shell chromium chromium-browser google-chrome google-chrome-stable java node nodejs npm npx terraform gcloud sudo apt-get systemd-analyze logrotate swaks msmtp"

mask() {
    for folder in $(echo "$path" | tr : ' '); do
        for program in $programs; do
            # what is masked is no regular file any more, and executable for nobody
            [ ! -f "$folder/$program" ] || mount --bind /dev/null "$folder/$program"
        done
    done
    for folder in /usr/lib/google-cloud-sdk /usr/local/google-cloud-sdk /opt/google-cloud-sdk /snap/google-cloud-cli \
        /usr/lib/python3/dist-packages/pip; do
        [ ! -d "$folder" ] || mount -t tmpfs none "$folder"
    done
}

case ${1:-} in
--masked) # in a mount namespace of its own
    mask
    cd "$BARE/clone"
    began=$(date +%s)
    make --no-print-directory PYTHON="$BARE_PYTHON" VENV="$BARE/venv" "$BARE/venv/.dev"
    "$BARE/venv/bin/python" -m tests.support.parts --none
    # shellcheck disable=SC2086 # says what it cannot do, and does not fail; what pip could install stays away too
    "$BARE/venv/bin/python" tools/install_parts.py $parts
    BARE_MADE=$(($(date +%s) - began)) exec unshare --net sh tools/bare.sh --alone
    ;;
--alone) # in a network namespace of its own as well, whose loopback has to be raised
    "$BARE/venv/bin/python" -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x1))  # SIOCSIFFLAGS, IFF_UP'
    cd "$BARE/clone"
    began=$(date +%s) status=0
    make --no-print-directory PYTHON="$BARE_PYTHON" VENV="$BARE/venv" "$BARE_TARGET" || status=$?
    echo "$BARE_TARGET took $(($(date +%s) - began)) s, making its environment before $BARE_MADE s; load is $(cut -d' ' -f1 /proc/loadavg)."
    exit $status
    ;;
esac

cd "$(dirname "$0")/.."
if [ "$(id -u)" = 0 ]; then own="--mount --propagation private"; else own="--user --map-root-user --mount --propagation private"; fi
# shellcheck disable=SC2086 # a list of options
if ! unshare $own unshare --net true; then
    echo "Namespaces are not permitted here, so a bare machine cannot be imitated; run as root, or allow user namespaces." >&2
    exit 1
fi
bare=$(mktemp -d)
trap 'rm -rf "$bare"' EXIT INT TERM
mkdir "$bare/home"
git clone -q . "$bare/clone"
# The real interpreter: a link to one may look for it in the home folder.
python=$("${PYTHON:-$(sh tools/choose_python.sh)}" -c 'import os, sys; print(os.path.realpath(sys.executable))')
set -- "PATH=$path" "HOME=$bare/home" LANG=C.UTF-8 "BARE=$bare" "BARE_PYTHON=$python" "BARE_TARGET=${1:-test-fast}"
# Nothing else is taken over but where packages come from.
[ ! -f "$HOME/.config/pip/pip.conf" ] || set -- "$@" "PIP_CONFIG_FILE=$HOME/.config/pip/pip.conf"
for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_CERT SSL_CERT_FILE http_proxy https_proxy no_proxy; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || set -- "$@" "$name=$value"
done
# shellcheck disable=SC2086
env -i "$@" unshare $own sh tools/bare.sh --masked
