"""`workwright webhook`: the operator arms the handshake and reads the token, on the folder of a stopped house."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.app.intake.accept_delivery import accept_delivery
from shared.core.errors import Forbidden
from shared.wiring import wire
from tests.support.rigs.house import forget_wiring

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "secret_" + "a1b2c3"
HANDSHAKE = json.dumps({"verification_token": TOKEN}).encode()


def _webhook(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    command = [sys.executable, "-m", "shared", "webhook", *words, "--data", str(data)]
    return subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=100, check=False)


def _found(data: Path, *words: str) -> dict[str, Any]:
    done = _webhook(data, *words, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def _shake_hands(data: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Receive a handshake as the running house does."""
    monkeypatch.setenv("WORKWRIGHT_DATA", str(data))
    forget_wiring()
    wired = wire()
    try:
        return accept_delivery(HANDSHAKE, "", wired.deps)
    finally:
        assert wired.local_store is not None
        wired.local_store.close()
        forget_wiring()


def test_an_operator_arms_the_handshake_and_reads_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none = {"token": False, "verified": "", "armed_until": "", "before_until": ""}
    assert _found(tmp_path, "status", "--token") == none
    with pytest.raises(Forbidden) as refused:
        _shake_hands(tmp_path, monkeypatch)
    assert "workwright webhook arm" in refused.value.way_out
    armed = _found(tmp_path, "arm", "--minutes", "5")
    assert armed == {**none, "armed_until": armed["armed_until"]}
    assert armed["armed_until"]
    assert _shake_hands(tmp_path, monkeypatch) == {"handshake": "accepted"}
    after = _found(tmp_path, "status", "--token")
    assert (after["token"], after["value"], after["armed_until"]) == (True, TOKEN, "")
    assert after["verified"]
    plain = _webhook(tmp_path, "status")
    assert TOKEN not in plain.stdout + plain.stderr
    assert "there" in plain.stdout
