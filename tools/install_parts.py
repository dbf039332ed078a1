"""Install what the tests need beside Python, by name, as far as this machine lets us; say what was done and what not.

Nothing here fails for a part that cannot be installed: its tests stand aside, by name. That a part must be there, as in
CI, `python -m tests.support.parts` says. System packages need apt-get, and root or a sudo that asks for no password.

usage: install_parts.py [PART…]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.descriptions.notion_description import JUDGES, MADE
from tests.support.generated_clients import CLIENTS
from tests.support.parts import missing_parts

ROOT = Path(__file__).resolve().parents[1]
PACKAGES: Mapping[
    str, tuple[str, ...]
] = {  # part → what Debian and Ubuntu call it, or the vendor's own archive for apt
    "bubblewrap": ("bubblewrap",),
    "curl": ("curl",),
    "chromium": ("chromium",),
    "firestore-emulator": ("default-jre-headless", "google-cloud-cli-firestore-emulator"),
    "git": ("git",),
    "logrotate": ("logrotate",),
    "msmtp": ("msmtp",),
    "node": ("nodejs",),
    "npm": ("npm",),
    "pip": ("python3", "python3-pip"),
    "swaks": ("swaks", "libnet-ssleay-perl"),
    "systemd": ("systemd",),
    "terraform": ("terraform",),
}
LIGHTER = (
    "chromium-headless-shell"  # Chromium without a window; not everywhere, and what has the other one is only slower
)
_QUIET = {"DEBIAN_FRONTEND": "noninteractive"}
_APT = (
    "apt-get",
    "-qq",
    "-o",
    "DPkg::Lock::Timeout=120",
    "-o",
    "Acquire::Retries=1",
    "-o",
    "Acquire::http::Timeout=20",
)
NPM_CI = ("npm", "ci", "--no-audit", "--no-fund", "--silent")
_INSTALL = ("install", "-y", "--no-install-recommends")


def main(only: Sequence[str] = ()) -> int:
    """Install what is missing, or of these parts only; always 0."""
    missing = [part for part in missing_parts() if not only or part in only]
    wanted = [package for part in missing for package in PACKAGES.get(part, ()) if not _is_installed(package)]
    if (not only or "chromium" in only) and shutil.which(LIGHTER) is None:
        wanted.append(LIGHTER)
    if wanted:
        _install_packages(list(dict.fromkeys(wanted)))
    if {"notion-js", "notion-description"}.intersection(missing) and shutil.which("npm"):
        _install("Notion's own client for JavaScript", NPM_CI, JUDGES)
        describe = ["node", "notion_description.mjs", str(MADE)]
        _install("a description of Notion's API, made of its types", describe, JUDGES)
    if "client-makers" in missing and shutil.which("npm"):
        _install("what makes a TypeScript client of the API", NPM_CI, CLIENTS)
    if "model-maker" in missing:
        makes = ["sh", str(ROOT / "tools" / "apart.sh"), sys.prefix, "models", "datamodel-codegen"]
        _install("what makes Python models of the API", makes, ROOT)
    if "vector-model" in missing:
        _install("the small vector model", ["sh", str(ROOT / "tools" / "vectors.sh"), sys.prefix], ROOT)
    if "checkov" in missing:
        _install("checkov", ["sh", str(ROOT / "tools" / "infra.sh"), sys.prefix], ROOT)
    return 0


def _is_installed(package: str) -> bool:
    """Return whether it is here already: what a part lacks is then something else, which apt-get cannot bring.

    Terraform without a provider is such a part, and bubblewrap where a container forbids namespaces. Asking apt-get for
    them would cost its twenty seconds at every call.
    """
    if shutil.which(package):
        return True
    asked = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout == "installed"
    except OSError:
        return False


def _install_packages(wanted: Sequence[str]) -> None:
    """Install the packages at once; where that fails one by one, so that one that is unknown keeps back no other."""
    prefix = _as_root()
    if prefix is None:
        return
    _say(f"Installing with apt-get: {' '.join(wanted)} …")
    _ran([*prefix, *_APT, "update"])
    known = [package for package in wanted if _ran(["apt-cache", "show", package], say=False)]
    if not _ran([*prefix, *_APT, *_INSTALL, *known]):
        known = [package for package in known if _ran([*prefix, *_APT, *_INSTALL, package])]
    if left := [package for package in wanted if package not in known]:
        _say(f"apt-get could not install: {' '.join(left)}.")


def _as_root() -> Sequence[str] | None:
    """Return what goes before a command so that root runs it; None, after a word on it, where nobody is root."""
    if shutil.which("apt-get") is None:
        _say("There is no apt-get here, so no system packages are installed.")
        return None
    if os.geteuid() == 0:
        return ("env", *(f"{name}={value}" for name, value in _QUIET.items()))
    if shutil.which("sudo") and _ran(["sudo", "-n", "true"], say=False):
        return ("sudo", "-n", "env", *(f"{name}={value}" for name, value in _QUIET.items()))
    _say("This is not run by root and sudo asks for a password, so no system packages are installed.")
    return None


def _install(what: str, command: Sequence[str], folder: Path) -> None:
    _say(f"Installing {what} …")
    if not _ran(command, folder):
        _say(f"Could not install {what}.")


def _ran(command: Sequence[str], folder: Path = ROOT, *, say: bool = True) -> bool:
    """Run a command; return whether it ended well. Where it did not, its last lines are shown."""
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as error:
        _say(f"  {error}")
        return False
    if done.returncode and say:
        _say("\n".join(f"  {line}" for line in (done.stdout + done.stderr).splitlines()[-3:]))
    return done.returncode == 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
