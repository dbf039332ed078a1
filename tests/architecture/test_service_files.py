"""The units of systemd that are shipped are ones that systemd takes, and leave the sandbox what it needs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.parts import require
from tests.support.repository.service_files import SERVICE, UNITS, placed_here, settings_of

_SANDBOX = (  # as the sandbox starts it, at its barest
    "bwrap --unshare-all --unshare-user --disable-userns --new-session --cap-drop ALL --uid 65534 --gid 65534"
    " --hostname box --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64"
    " --proc /proc --dev /dev /bin/true"
)
_AS_THE_UNIT = (  # by hand what systemd does for the settings that are on
    "mount --make-rprivate / && mount --bind /usr /usr && mount -o remount,bind,ro /usr"
    " && mount -t tmpfs -o mode=1777 own /tmp && {more} exec unshare --user --map-user=65534 --map-group=65534"
    " setpriv --no-new-privs --bounding-set=-all --inh-caps=-all " + _SANDBOX
)
_COVERED = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys &&"  # ProtectKernelTunables=yes


def _verified(*files: Path) -> str:
    done = subprocess.run(
        ["systemd-analyze", "verify", *files], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")


def test_systemd_takes_every_unit(tmp_path: Path) -> None:
    require("systemd")
    assert UNITS == ["workwright-backup.service", "workwright-backup.timer", "workwright.service"]
    assert _verified(*(placed_here(unit, tmp_path) for unit in UNITS)) == ""


def test_systemd_would_say_what_is_wrong_with_one(tmp_path: Path) -> None:
    require("systemd")
    file = placed_here("workwright.service", tmp_path)
    file.write_text(file.read_text().replace("PrivateTmp=yes", "PrivatTmp=yes"))
    assert "PrivatTmp" in _verified(file)


def test_logrotate_takes_the_example(tmp_path: Path) -> None:
    require("logrotate")
    text = (SERVICE / "workwright.logrotate").read_text(encoding="utf-8")
    (tmp_path / "a.log").write_text("a line\n")
    file = tmp_path / "example"
    file.write_text(text.replace("/var/log/workwright", str(tmp_path)).replace("    su workwright workwright\n", ""))
    asked = ["logrotate", "--force", "--state", str(tmp_path / "state"), str(file)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.log").read_text() == ""  # the same file, emptied: who writes to it has it open
    assert (tmp_path / "a.log.1").read_text() == "a line\n"


@pytest.mark.parametrize(("more", "starts"), [("", True), (_COVERED, False)], ids=["as-shipped", "proc-covered"])
def test_the_sandbox_starts_below_what_is_on_and_not_below_what_is_off(more: str, starts: bool) -> None:
    """Why `ProtectKernelTunables` and its like stay off, shown by the kernel that would refuse."""
    require("bubblewrap")
    said = settings_of("workwright.service")
    assert {said["Service", name] for name in ("ProtectSystem", "PrivateTmp", "NoNewPrivileges")} == {"strict", "yes"}
    assert said["Service", "CapabilityBoundingSet"] == ""
    off = ("RestrictNamespaces", "ProtectKernelTunables", "ProtectKernelLogs", "ProtectHostname")
    assert {said["Service", name] for name in off} == {"no"}
    as_anybody = ["unshare", "--user", "--map-root-user", "--mount"]  # who may not mount elsewhere may in there
    asked = [*as_anybody, "sh", "-c", _AS_THE_UNIT.format(more=more)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode == 0) is starts, done.stderr
    assert starts or "mount proc" in done.stderr
