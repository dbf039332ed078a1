#!/bin/sh
# Every test, with all the parts they need: what the machine lacks of Terraform and the Firestore emulator is installed first,
# from the vendors' own package archives, into a container of Debian. Elsewhere both must be there already.
set -eu
cd "$(dirname "$0")/.."
emulator=/usr/lib/google-cloud-sdk/platform/cloud-firestore-emulator
if ! command -v terraform >/dev/null || { [ ! -d "$emulator" ] && [ -z "${FIRESTORE_EMULATOR_JAR:-}" ]; }; then
    [ "$(id -u)" = 0 ] && [ -f /.dockerenv ] || {
        echo "Terraform or the Firestore emulator is missing here; they are installed only in a container." >&2
        exit 1
    }
    . /etc/os-release
    keys=/usr/share/keyrings
    python3 - "$keys" <<'FETCH'
import sys, urllib.request
for name, url in (("google", "https://packages.cloud.google.com/apt/doc/apt-key.gpg"), ("hashicorp", "https://apt.releases.hashicorp.com/gpg")):
    with urllib.request.urlopen(url, timeout=60) as answer, open(f"{sys.argv[1]}/{name}.asc", "wb") as file:
        file.write(answer.read())
FETCH
    echo "deb [signed-by=$keys/google.asc] https://packages.cloud.google.com/apt cloud-sdk main" >/etc/apt/sources.list.d/google.list
    echo "deb [signed-by=$keys/hashicorp.asc] https://apt.releases.hashicorp.com $VERSION_CODENAME main" >/etc/apt/sources.list.d/hashicorp.list
    apt-get -qq update
    apt-get -qq install -y default-jre-headless google-cloud-cli google-cloud-cli-firestore-emulator terraform >/dev/null
fi
make test
