"""A secret on one machine: in memory it shows itself nowhere; its files are private, whole and never replaced."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest

from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.core.errors import ConfigError
from shared.ports import Secret
from tests.support.ports.cloud_secrets import CANARY

# --- a Secret in memory


def test_a_secret_shows_itself_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CANARY)
    with caplog.at_level(logging.INFO):
        logging.getLogger("t").info("secret %s %r", secret, {"token": secret})
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>40}", f"{secret:>40}", f"{[secret]}", caplog.text]
    assert not [text for text in shown if CANARY in text]
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize(
    "leave",
    [json.dumps, pickle.dumps, copy.copy, copy.deepcopy, lambda s: json.dumps({"a": [s]}), lambda s: pickle.dumps([s])],
    ids=["json", "pickle", "copy", "deepcopy", "json within", "pickle within"],
)
def test_a_secret_does_not_leave_the_process(leave: Any) -> None:
    with pytest.raises(TypeError):
        leave(Secret(CANARY))


# --- on one machine


def test_files_are_private_and_hold_no_plain_text(tmp_path: Path) -> None:
    LocalSecrets(tmp_path).set("api", Secret(CANARY))
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
        assert CANARY.encode() not in path.read_bytes()
    assert LocalSecrets(tmp_path).get("api").reveal() == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
@pytest.mark.parametrize("name", ["key", "secrets.json"])
def test_a_file_others_may_read_is_refused_with_the_way_out(tmp_path: Path, name: str, mode: int) -> None:
    LocalSecrets(tmp_path).set("api", Secret(CANARY))
    (tmp_path / name).chmod(mode)
    with pytest.raises(ConfigError, match=rf"chmod 600 .*{name}"):
        LocalSecrets(tmp_path).get("api")


def test_a_lost_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    LocalSecrets(tmp_path).set("api", Secret(CANARY))
    (tmp_path / "key").unlink()
    with pytest.raises(ConfigError, match="Put the key file back"):
        LocalSecrets(tmp_path)
    assert not (tmp_path / "key").exists()


def test_another_installations_envelope_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    envelope = LocalSecrets(tmp_path / "a").seal("acme", "f", Secret(CANARY))
    with pytest.raises(ValueError, match="another key"):
        LocalSecrets(tmp_path / "b").open("acme", "f", envelope)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, damage: bytes) -> None:
    LocalSecrets(tmp_path).set("api", Secret(CANARY))
    (tmp_path / "secrets.json").write_bytes(damage)
    with pytest.raises(ConfigError, match=r"secrets\.json is damaged"):
        LocalSecrets(tmp_path).set("other", Secret("x"))
    assert (tmp_path / "secrets.json").read_bytes() == damage


def test_many_writers_at_once_lose_no_secret_and_agree_on_the_key(tmp_path: Path) -> None:
    def write(n: int) -> None:
        LocalSecrets(tmp_path).set(f"s{n}", Secret(f"value {n}"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = LocalSecrets(tmp_path)
    assert [again.get(f"s{n}").reveal() for n in range(12)] == [f"value {n}" for n in range(12)]
    assert sorted(os.listdir(tmp_path)) == ["key", "secrets.json", "secrets.lock"]
