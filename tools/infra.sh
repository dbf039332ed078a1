#!/bin/sh
# Install what looks at terraform/ into an environment of its own; a second call does nothing.
# usage: infra.sh VENV
exec sh "$(dirname "$0")/apart.sh" "$1" infra checkov
