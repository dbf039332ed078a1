"""The operator's commands on a stopped house: the switches, keys and secrets, and documents of older versions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shared.app.engine.switches import explain_pause
from shared.backends.clock import SystemClock
from shared.backends.local.folder.data_folder import RESTORED
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.cli.operations.operate import operator
from shared.cli.root import workwright
from shared.core.errors import ConfigError
from shared.ports import Put, Secret
from tests.support.rigs.house import forget_wiring


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("WORKWRIGHT_DATA", "")  # what the commands set in this process is gone afterwards
    forget_wiring()
    with LocalStore(tmp_path, SystemClock()) as store:
        secrets = LocalSecrets(tmp_path)
        secrets.set("api-key-pepper", Secret("made-up"))
        store.put("acme", Put("settings", "tenant", {"name": "Acme"}))
        store.put("acme", Put("sealed", "s", {"is": dict(secrets.seal("acme", "f", Secret("token")))}))
    yield tmp_path
    forget_wiring()


def _said(data: Path, *words: str) -> Any:
    done = CliRunner().invoke(workwright, [*words, "--data", str(data), "--json"])
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout)


def test_pause_and_resume_for_everybody_and_for_one(data: Path) -> None:
    assert _said(data, "pause", "--why", "a bad release")["everybody"] is True
    with LocalStore(data, SystemClock()) as store:
        assert explain_pause(_Deps(store), "acme") == "a bad release"  # type: ignore[arg-type]
    assert _said(data, "resume")["paused"] is False
    said = _said(data, "pause", "--tenant", "acme")
    assert datetime.fromisoformat(said.pop("since")) <= datetime.now(UTC)
    assert said == {
        "paused": True,
        "by": "the operator",
        "go_on": "workwright resume --tenant acme",
        "reason": "paused",
        "everybody": False,
        "held": 0,
    }
    with LocalStore(data, SystemClock()) as store:
        assert (explain_pause(_Deps(store), "acme"), explain_pause(_Deps(store), "globex")) == ("paused", "")  # type: ignore[arg-type]


@pytest.mark.parametrize("words", [("pause",), ("resume",), ("rotate-key",)])
def test_a_team_that_is_not_there_is_no_stop_and_none_comes_into_being(data: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="no team 'acmee'"):
        _said(data, *words, "--tenant", "acmee")
    with LocalStore(data, SystemClock()) as store:
        assert store.tenants() == ["acme"]


def test_a_folder_that_was_restored_is_known_as_one(data: Path) -> None:
    with operator(data) as (deps, _):
        assert not deps.restored
    (data / RESTORED).write_text("{}")
    with operator(data) as (deps, _):
        assert deps.restored


class _Deps:
    def __init__(self, store: LocalStore) -> None:
        self.store = store


def test_keys_and_secrets_change_and_everything_still_opens(data: Path) -> None:
    before = (data / "key").read_bytes()
    assert _said(data, "rotate-key")["key"].startswith("local-")
    assert _said(data, "rotate-key", "--tenant", "acme")["key"].startswith("dek-")
    assert _said(data, "rotate-secret", "api-key-pepper")["secret"] == "api-key-pepper"
    assert (data / "key").read_bytes() != before
    secrets = LocalSecrets(data)
    assert secrets.get("api-key-pepper-before").reveal() == "made-up" != secrets.get("api-key-pepper").reveal()
    with LocalStore(data, SystemClock()) as store:
        doc = store.get("acme", "sealed", "s")
        assert doc is not None
        assert secrets.open("acme", "f", doc.body["is"]).reveal() == "token"
        assert [entry.body["what"] for entry in store.audit("acme")] == ["KeyChanged"]


def test_the_key_is_not_changed_under_a_house_that_has_the_folder(data: Path) -> None:
    before = (data / "key").read_bytes()
    with LocalStore(data, SystemClock()), pytest.raises(ConfigError, match="in use"):
        _said(data, "rotate-key")
    assert (data / "key").read_bytes() == before


def test_migrate_says_what_it_wrote(data: Path) -> None:
    assert _said(data, "migrate") == {"grants": 0, "pages": 0}
