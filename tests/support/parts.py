"""Parts a machine may lack: in CI they must be there, elsewhere a test says in one line why it stood aside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from shared.backends.local.search.embedder import default_vectors_folder, explain_missing_vectors
from shared.backends.sandbox.bubblewrap import BubblewrapSandbox
from shared.backends.sandbox.landlock import LandlockSandbox
from shared.core.errors import SandboxUnavailable
from tests.support.descriptions.notion_description import JUDGES, find_description
from tests.support.generated_clients import CLIENTS, MODELS
from tests.support.measures.browser import find_chromium
from tests.support.repository.terraform import INFRA, why_no_terraform
from tests.support.servers.cloud.firestore_emulator import find_emulator, find_java

_ROOM_PATH = "/usr/local/bin:/usr/bin:/bin"  # where programs are looked for in the sandbox


def _has_program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _has_pip() -> bool:
    asked = ["python3", "-I", "-c", "import pip._internal"]
    return subprocess.run(asked, env={"PATH": _ROOM_PATH}, capture_output=True, check=False).returncode == 0


def _has_swaks() -> bool:
    """Return whether it is there and knows TLS, which Debian's package alone does not bring."""
    if shutil.which("swaks") is None:
        return False
    return b"TLS supported" in subprocess.run(["swaks", "--support"], capture_output=True, check=False).stdout


def _has_package_index() -> bool:
    """Ask for one small package, which is not installed, of whatever index this machine is set up to use."""
    uv = Path(sys.executable).with_name("uv")
    asked = [str(uv), "pip", "install", "--dry-run", "--refresh", "--reinstall", "--no-deps", "--quiet", "idna"]
    asked += ["--python", sys.executable]
    once = {**os.environ, "UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "20"}
    return uv.exists() and subprocess.run(asked, env=once, capture_output=True, check=False).returncode == 0


@cache
def _holds(driver: type[BubblewrapSandbox | LandlockSandbox]) -> bool:
    """Have a sandbox prove itself: in a container the program may be there, and may not make what it needs."""
    try:
        driver().check()
    except SandboxUnavailable:
        return False
    return True


PARTS: dict[str, tuple[Callable[[], bool], str]] = {
    "firestore-emulator": (
        lambda: find_emulator() is not None and find_java() is not None,
        "no Firestore emulator here: install java and the gcloud component cloud-firestore-emulator",
    ),
    "chromium": (lambda: find_chromium() is not None, "no Chromium here: make test installs it where it can"),
    "node": (_has_program("node"), "no Node.js here: make test installs it where it can"),
    "bubblewrap": (
        lambda: _holds(BubblewrapSandbox),
        "no bubblewrap here, or none that may make namespaces: make test installs it where it can",
    ),
    "sandbox": (
        lambda: _holds(BubblewrapSandbox) or _holds(LandlockSandbox),
        "no sandbox holds here, neither bubblewrap nor Landlock, so that no code is run",
    ),
    "landlock": (lambda: _holds(LandlockSandbox), "no Landlock here: the kernel must be 5.13 or newer and allow it"),
    "notion-js": (
        lambda: shutil.which("node") is not None and (JUDGES / "node_modules" / "@notionhq" / "client").is_dir(),
        "no Node.js with Notion's own client here: make test installs both where it can",
    ),
    "vector-model": (
        lambda: explain_missing_vectors(default_vectors_folder()) == "",
        "no vector model here: make vectors builds it",
    ),
    "npm": (
        lambda: shutil.which("npm", path=_ROOM_PATH) is not None,
        "no npm in /usr/bin here, so that no package of Node is installed in the sandbox",
    ),
    "pip": (_has_pip, "no pip for /usr/bin/python3 here (python3-pip), so that no wheel is installed in the sandbox"),
    "terraform": (lambda: why_no_terraform() == "", "no Terraform with a google provider here: terraform/README.md"),
    "checkov": (lambda: (INFRA / "checkov").exists(), "no checkov here: make test installs it where it can"),
    "client-makers": (
        lambda: shutil.which("node") is not None and (CLIENTS / "node_modules" / "openapi-typescript").is_dir(),
        "no Node.js with what makes TypeScript clients here: make test installs both where it can",
    ),
    "model-maker": (
        lambda: (MODELS / "datamodel-codegen").exists(),
        "no datamodel-code-generator here: make test installs it where it can",
    ),
    "package-index": (
        _has_package_index,
        "no index of Python packages is reached from here, so that no bundle is installed alone",
    ),
    "curl": (_has_program("curl"), "no curl here, which is a second judge of the simulated mail server"),
    "git": (_has_program("git"), "no git here: make test installs it where it can"),
    "swaks": (_has_swaks, "no swaks with TLS here, which is a judge of the simulated mail server"),
    "msmtp": (_has_program("msmtp"), "no msmtp here, which is a judge of the simulated mail server"),
    "systemd": (
        _has_program("systemd-analyze"),
        "no systemd here, so that its units are not looked over by its own systemd-analyze",
    ),
    "logrotate": (_has_program("logrotate"), "no logrotate here, which reads our example for it"),
    "notion-description": (
        lambda: find_description() is not None,
        "no description of Notion's API here: make test makes it of the types of Notion's own client, where Node.js is",
    ),
}
# The README asks for git; Landlock is the kernel's; the index is needed to make the environment, and cut off after it.
_NEVER_HIDDEN = frozenset({"git", "landlock", "sandbox", "package-index"})


def require(part: str) -> None:
    """Go on where the machine has the part; without it fail in CI, stand aside elsewhere."""
    there, reason = PARTS[part]
    if there():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def say_what_stood_aside(terminal: pytest.TerminalReporter) -> None:
    """Write one line for each reason for which tests were skipped, with their number."""
    reports = terminal.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]) for report in reports if isinstance(report.longrepr, tuple))
    for reason, count in sorted(reasons.items()):
        terminal.write_line(f"{count} stood aside: {reason.removeprefix('Skipped: ')}", yellow=True)


def missing_parts() -> list[str]:
    """Return the names of the parts this machine lacks."""
    return [name for name, (there, _) in PARTS.items() if not there()]


def main(arguments: Sequence[str] = ()) -> int:
    """Say in one line which parts are missing; return 1 where CI lacks one, else 0.

    With `--none` it is the other way round: 1 where one is there that was to be hidden.
    """
    missing = missing_parts()
    if "--none" in arguments:
        there = [name for name in PARTS if name not in {*missing, *_NEVER_HIDDEN}]
        sys.stdout.write(f"Still visible: {', '.join(there)}.\n" if there else "None of the parts is visible here.\n")
        return int(bool(there))
    if not missing:
        sys.stdout.write(f"All parts the tests use are here: {', '.join(PARTS)}.\n")
        return 0
    named = ", ".join(missing)
    sys.stdout.write(f"Parts missing here, whose tests stand aside: {named}. `make test-deps` installs what it can.\n")
    return int(os.environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
