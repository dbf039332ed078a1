"""Which sandbox is chosen, whose code it takes, and that it proves itself or is refused."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from shared.backends.sandbox.bubblewrap import BubblewrapSandbox
from shared.backends.sandbox.choose import choose_sandbox
from shared.backends.sandbox.landlock import LandlockSandbox
from shared.backends.sandbox.selftest import prove
from shared.core.errors import SandboxUnavailable
from shared.ports.sandbox import SandboxRequest, SandboxResult
from tests.contract.sandbox.cases import system_python


def test_landlock_refuses_a_language_models_code() -> None:
    for origin in ("gemini", "gemini-3.8-flash", "offline ", "OFFLINE", ""):
        with pytest.raises(SandboxUnavailable, match="bubblewrap"):
            LandlockSandbox().run(SandboxRequest({}, ("true",), origin))


def test_bubblewrap_runs_code_of_any_origin() -> None:
    assert BubblewrapSandbox().run(SandboxRequest({}, ("true",), "gemini-3.8-flash")).exit_code == 0


def test_a_missing_or_broken_bubblewrap_fails_closed() -> None:
    for program in ("/nonexistent/bwrap", "/bin/true"):
        broken = BubblewrapSandbox(program)
        with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
            broken.check()
        with pytest.raises(SandboxUnavailable):
            broken.run(SandboxRequest({}, ("true",), "offline"))


def test_a_set_uid_bubblewrap_is_refused(tmp_path: Path) -> None:
    copied = tmp_path / "bwrap"
    shutil.copyfile(str(shutil.which("bwrap")), copied)
    copied.chmod(0o4755)
    with pytest.raises(SandboxUnavailable, match="set-uid"):
        BubblewrapSandbox(str(copied)).check()


def test_the_strongest_sandbox_that_holds_is_chosen() -> None:
    assert choose_sandbox().name == "bubblewrap"
    assert choose_sandbox((BubblewrapSandbox("/bin/true"), LandlockSandbox())).name == "landlock"
    none = choose_sandbox((BubblewrapSandbox("/nonexistent/bwrap"), BubblewrapSandbox("/bin/true")))
    for refused in (none.check, lambda: none.run(SandboxRequest({}, ("true",), "offline"))):
        with pytest.raises(SandboxUnavailable, match=r"no sandbox works.*nonexistent.*bwrap ended"):
            refused()


def test_the_self_test_finds_what_is_open_where_no_sandbox_is(tmp_path: Path) -> None:
    def open_house(request: SandboxRequest) -> SandboxResult:
        for name, data in request.files.items():
            (tmp_path / name).write_bytes(data)
        command = [system_python(), *request.command[1:]]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=20)
        killed_by = "memory" if "-c" in command else ""  # as if that part held, to see the rest
        return SandboxResult(done.returncode, killed_by, done.stdout, done.stderr, {}, 0.0, "none")

    found = " ".join(prove(open_house))
    for expected in (
        "a file of the host",
        "loopback",
        "abstract socket",
        "foreign process",
        "ptrace",
        "memfd",
        "signal",
    ):
        assert expected in found
