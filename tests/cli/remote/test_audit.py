"""`workwright audit`: of the house that runs, and of a folder whose house is stopped."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shared.app.engine.switches import set_pause
from shared.backends.clock import SystemClock
from shared.backends.local.state.local_store import LocalStore
from shared.cli.root import workwright
from shared.core.errors import ConfigError
from shared.ports import SYSTEM, Put
from tests.support.measures.meddler import Meddler
from tests.support.rigs.house import forget_wiring
from tests.support.rigs.served_api import ServedApi, served_api

TENANT = "t-0123456789abcdef01234567"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    """Yield a served API with two entries."""
    with served_api(tmp_path, TENANT) as api:
        set_pause(api.deps, TENANT, "we move", "ada")
        set_pause(api.deps, TENANT, False, "ada")
        yield api


def typed(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(workwright, ["audit", *words, "--data", str(folder)])


def test_a_whole_record_is_told_with_its_last_hash(api: ServedApi, tmp_path: Path) -> None:
    done = typed(tmp_path, "verify")
    assert done.exit_code == 0, done.output
    head = api.deps.store.audit_head(TENANT)
    assert done.stdout == f"2 entries are as they were written; the last one has the hash {head.hash}\n"


def test_the_first_broken_entry_is_named_and_the_command_fails(api: ServedApi, tmp_path: Path) -> None:
    first = api.deps.store.audit(TENANT)[0].id
    Meddler(api.deps.store, TENANT).remove(first)
    done = typed(tmp_path, "verify")
    assert done.exit_code == 1
    assert "BROKEN: entry 1" in done.stdout
    assert "missing" in done.stdout
    told = typed(tmp_path, "verify", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["broken"] == 1


def test_the_record_is_written_to_a_file_and_none_is_overwritten(api: ServedApi, tmp_path: Path) -> None:
    api.deps.store.note(TENANT, {"at": "2026-11-01T09:00:00+00:00", "run": "", "what": "Paused", "by": "@ada"})
    target = tmp_path / "audit.csv"
    assert typed(tmp_path, "export", str(target), "--action", "paused").stdout == f"2 entries in {target}\n"
    assert target.stat().st_mode & 0o077 == 0
    with target.open(encoding="utf-8", newline="") as lines:
        assert [row["by"] for row in csv.DictReader(lines)] == ["ada", "'@ada"]
    assert isinstance(typed(tmp_path, "export", str(target)).exception, ConfigError)
    other = tmp_path / "audit.json"
    done = typed(tmp_path, "export", str(other), "--format", "json", "--to", "2026-11-01", "--actor", "@Ada")
    assert done.exit_code == 0, done.output
    assert [entry["by"] for entry in json.loads(other.read_text())["entries"]] == ["@ada"]
    exported = [entry.body for entry in api.deps.store.audit(TENANT) if entry.body["what"] == "AuditExported"]
    assert [entry["about"] for entry in exported] == ["action paused", "actor @Ada, to 2026-11-01"]


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the folder of a house that is stopped."""
    monkeypatch.setenv("WORKWRIGHT_DATA", "")  # what the command sets in this process is gone afterwards
    forget_wiring()
    with LocalStore(tmp_path, SystemClock()) as store:
        store.put("acme", Put("settings", "tenant", {"name": "Acme"}))
        store.note("acme", {"at": "", "what": "Paused", "by": "ada"})
        store.note(SYSTEM, {"at": "", "what": "Paused", "by": "the operator"})
    yield tmp_path
    forget_wiring()


def test_an_operator_checks_the_store_itself(stopped: Path) -> None:
    assert typed(stopped, "verify", "--tenant", "acme").exit_code == 0
    assert typed(stopped, "verify", "--tenant", SYSTEM).stdout.startswith("1 entries are as they were written")
    with LocalStore(stopped, SystemClock()) as store:
        (entry,) = store.audit(SYSTEM)
        Meddler(store, SYSTEM).write(entry.id, hash="0" * 64)
    assert typed(stopped, "verify", "--tenant", "acme").exit_code == 0
    assert typed(stopped, "verify", "--tenant", SYSTEM).exit_code == 1
    refused = typed(stopped, "verify", "--tenant", "acmee")
    assert isinstance(refused.exception, ConfigError)
