"""Every sandbox holds against every abuse that applies to it, and every abuse bites where no sandbox is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from shared.ports.sandbox import SandboxRequest, SandboxResult
from tests.contract.sandbox.abuses import ABUSES, Abuse
from tests.contract.sandbox.cases import DRIVERS, applying, bites_outside, hold_all, host, kill, strays, system_python
from tests.support.programs.code_runner import code_runner

ROOT = Path(__file__).resolve().parents[3]
HELD = [(driver, abuse.name) for driver in DRIVERS for abuse in applying(driver)]
# The service holds what the sandbox of its machine does, and everything else besides.
REMOTE = [abuse.name for abuse in applying("bubblewrap")]
CONTROLS = [abuse for abuse in ABUSES if abuse.control == "bites" or (abuse.control == "root" and os.geteuid() == 0)]


@pytest.fixture(scope="module")
def around() -> Iterator[dict[str, Any]]:
    with host() as planted:
        yield planted


@pytest.fixture(scope="module")
def held(around: dict[str, Any]) -> Callable[[str], dict[str, str]]:
    """Return what came of every abuse on a driver, tried when the first is asked for."""
    return cache(lambda driver: hold_all(applying(driver), DRIVERS[driver](), around))


@pytest.fixture(scope="module")
def remote(around: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return what came of every abuse in a service that has inherited everything that was planted."""
    with code_runner(tmp_path_factory.mktemp("runner"), inherit=(around["descriptor"],)) as platform:
        yield hold_all(applying("bubblewrap"), platform.sandbox(), around)


@pytest.mark.xdist_group("sandbox-abuses")
@pytest.mark.parametrize(("driver", "abuse"), HELD, ids=[f"{driver}-{abuse}" for driver, abuse in HELD])
def test_the_sandbox_holds(driver: str, abuse: str, held: Callable[[str], dict[str, str]]) -> None:
    assert held(driver).get(abuse, held(driver)) == ""


@pytest.mark.xdist_group("code-runner")
@pytest.mark.parametrize("abuse", REMOTE)
def test_the_service_holds(abuse: str, remote: dict[str, str]) -> None:
    assert remote.get(abuse, remote) == ""


def test_the_list_is_long_enough_and_every_abuse_has_bitten_somewhere() -> None:
    assert len(ABUSES) >= 32
    assert len({abuse.name for abuse in ABUSES}) == len(ABUSES)
    assert len([abuse for abuse in ABUSES if abuse.control != "none"]) >= 32


@pytest.mark.parametrize("abuse", CONTROLS, ids=[abuse.name for abuse in CONTROLS])
def test_it_bites_without_a_sandbox(abuse: Abuse, around: dict[str, Any]) -> None:
    assert bites_outside(abuse, around) == ""


@dataclass
class OpenHouse:
    """Runs a request with nothing around it, and hands down what was planted."""

    folder: Path
    descriptor: int
    name: str = "open"

    def check(self) -> None:
        """Hold nothing."""

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Run the command."""
        for path, data in request.files.items():
            (self.folder / path).parent.mkdir(exist_ok=True)
            (self.folder / path).write_bytes(data)
        command = [system_python(), *request.command[1:]]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, pass_fds=(self.descriptor,), check=False
        )
        return SandboxResult(done.returncode, "", done.stdout, done.stderr, {}, 0.0, self.name)


def test_what_bites_in_a_shared_run_is_found(tmp_path: Path, around: dict[str, Any]) -> None:
    names = ("file of the host", "descriptor of the caller", "loopback of the host", "environment of the caller")
    some = [abuse for abuse in ABUSES if abuse.name in names]
    found = hold_all(some, OpenHouse(tmp_path, around["descriptor"]), around)
    assert {name: problem.split(":")[0] for name, problem in found.items()} == dict.fromkeys(names, "it bites")


def test_a_daemon_survives_without_a_sandbox(tmp_path: Path) -> None:
    (daemon,) = (abuse for abuse in ABUSES if abuse.name == "left-behind daemon")
    (tmp_path / "abuse.py").write_bytes(daemon.program)
    command = [system_python(), "abuse.py", "{}", "case-control"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=10, env={})
    left = strays("case-control")
    kill(left)
    assert len(left) == 1


def test_an_ordinary_user_is_held_as_well_where_it_matters_who_one_is() -> None:
    identity: dict[str, Any] = {"user": 54_321, "group": 54_321, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as copy:
        os.chmod(copy, 0o755)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "shared", Path(copy, "shared"), ignore=ignored)
        shutil.copytree(ROOT / "tests/contract/sandbox", Path(copy, "tests/contract/sandbox"), ignore=ignored)
        subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
        done = subprocess.run(
            [system_python(), "-B", "-m", "tests.contract.sandbox.cases"],
            cwd=copy,
            env={},
            capture_output=True,
            timeout=110,
            check=False,
            **identity,
        )
    assert done.returncode == 0, done.stderr.decode()[-1500:]
    report = json.loads(done.stdout)
    assert report["uid"] != 0
    assert report["wrong"] == {}
    assert report["count"] == sum(abuse.whose for driver in DRIVERS for abuse in applying(driver)) > 40
