"""The commands of the units that are shipped: it says when it is ready, is backed up meanwhile, and ends when told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from shared.cli.service.notice import tell_manager
from tests.support.repository.documents import ROOT
from tests.support.repository.service_files import command_of, settings_of

pytestmark = pytest.mark.slow


def test_the_units_commands_do_what_systemd_waits_for(tmp_path: Path) -> None:
    data, kept, new = tmp_path / "data", tmp_path / "kept", tmp_path / "new"
    env = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    assert settings_of("workwright.service")["Service", "Type"] == "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, (tmp_path / "log").open("w") as log:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        env["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        up = command_of("workwright.service", workwright=data)
        process = subprocess.Popen(up, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            assert manager.recv(4096) == b"READY=1"
            asked = command_of("workwright-backup.service", workwright=data, workwright_backups=kept)
            for _ in range(2):
                subprocess.run(asked, cwd=ROOT, env=env, check=True, capture_output=True, timeout=60)
            process.send_signal(getattr(signal, settings_of("workwright.service")["Service", "KillSignal"]))
            assert manager.recv(4096) == b"STOPPING=1"
            assert process.wait(30) == 0
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    made = sorted(kept.iterdir())
    assert made
    back = [*asked[:3], "restore", str(made[-1]), "--key-file", str(data / "key"), "--data", str(new)]
    subprocess.run(back, cwd=ROOT, env=env, check=True, capture_output=True, timeout=60)
    assert (new / "owner.key").read_text() == (data / "owner.key").read_text()


@pytest.mark.parametrize("address", ["", "nonsense", "/nowhere/at/all", "@nobody-listens-here"])
def test_a_manager_that_cannot_be_told_ends_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    tell_manager("READY=1")


def test_a_manager_without_a_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"workwright-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        tell_manager("READY=1")
        assert manager.recv(64) == b"READY=1"
