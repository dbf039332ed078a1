"""A folder of an older Workwright is backed up before it is changed, and the older one can have that back."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.backends.local.folder.backup import back_up, restore
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.database_schema import APPLICATION_ID, MIGRATIONS
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import ConfigError, StoreCorrupt
from shared.core.run.codec import run_to_data
from tests.support.builders.saved_runs import a_run
from tests.support.ports.moved_clock import START, MovedClock

_NAME = f"before-upgrade-1-to-{len(MIGRATIONS)}-{START:%Y%m%dT%H%M%SZ}.zip"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Return a folder as the first version of the database left it, with a run."""
    folder = tmp_path / "data"
    folder.mkdir()
    LocalSecrets(folder)
    with sqlite3.connect(folder / "workwright.db") as connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        run = json.dumps(run_to_data(a_run()))
        connection.execute("INSERT INTO runs VALUES ('acme', 'r1', 1, 't', 'received', 1, NULL, ?)", (run,))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    return folder


def _version(folder: Path) -> int:
    connection = sqlite3.connect(folder / "workwright.db")
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def _upgrade(folder: Path) -> None:
    with LocalStore(folder, MovedClock()) as store:
        assert store.load_run("acme", "r1") is not None


def test_an_older_folder_is_backed_up_whole_and_then_upgraded(
    older: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _upgrade(older)
    assert _version(older) == len(MIGRATIONS)
    file = older / _NAME
    assert file.stat().st_mode & 0o077 == 0
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["severity"], line["backup"]) for line in told] == [("WARNING", str(file))]
    with file.open("rb") as archive:
        restore(archive, tmp_path / "back", older / "key")
    assert _version(tmp_path / "back") == 1  # as it was: the Workwright that made it can go on with it
    _upgrade(tmp_path / "back")


def test_it_happens_once_and_not_to_a_new_folder(older: Path, tmp_path: Path) -> None:
    _upgrade(older)
    _upgrade(older)
    LocalStore(tmp_path / "new", MovedClock()).close()
    assert [path.name for path in sorted(tmp_path.rglob("*.zip*"))] == [_NAME]
    assert [path for path in older.iterdir() if path.name.startswith("workwright-backup-")] == []


def test_nothing_is_upgraded_that_could_not_be_backed_up(older: Path) -> None:
    (older / f".{_NAME}.part").mkdir()  # what it writes first cannot be made
    with pytest.raises(ConfigError, match="before the upgrade") as refused:
        LocalStore(older, MovedClock())
    assert "Nothing was changed" in str(refused.value)
    assert _version(older) == 1
    (older / f".{_NAME}.part").rmdir()
    _upgrade(older)  # and the folder is free for the next try


def test_a_backup_says_the_version_it_holds_and_not_that_of_who_makes_it(older: Path, tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as target:
        assert back_up(older, target, START)["database"] == 1
    with zipfile.ZipFile(tmp_path / "file") as archive:
        assert json.loads(archive.read("manifest.json"))["database"] == 1


def _as_if_newer(folder: Path) -> None:
    connection = sqlite3.connect(folder / "workwright.db")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 2}")
    connection.close()


def _put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (lambda now: (f"before-upgrade-{now}-to-{now + 1}-20261201T000000Z.zip",), 0),
        (  # the second upgrade was from a version that is unknown here; of two that fit, the later
            lambda now: (
                f"before-upgrade-{now}-to-{now + 1}-20261201T000000Z.zip",
                f"before-upgrade-1-to-{now}-20261202T000000Z.zip",
                f"before-upgrade-{now + 1}-to-{now + 2}-20261203T000000Z.zip",
                "before-upgrade-one.zip",
            ),
            1,
        ),
    ],
    ids=["one", "several"],
)
def test_going_back_is_refused_and_the_way_is_named(
    tmp_path: Path, made: Callable[[int], tuple[str, ...]], named: int
) -> None:
    LocalStore(tmp_path, MovedClock()).close()
    names = made(len(MIGRATIONS))
    _put(tmp_path, *names)
    _as_if_newer(tmp_path)
    with pytest.raises(StoreCorrupt, match="newer Workwright") as refused:
        LocalStore(tmp_path, MovedClock())
    assert [name for name in names if name in str(refused.value)] == [names[named]]
    assert f"workwright restore {tmp_path / names[named]} --key-file {tmp_path / 'key'}" in str(refused.value)


def test_without_such_a_backup_none_is_named(tmp_path: Path) -> None:
    LocalStore(tmp_path, MovedClock()).close()
    _as_if_newer(tmp_path)
    with pytest.raises(StoreCorrupt, match="newer Workwright") as refused:
        LocalStore(tmp_path, MovedClock())
    assert "restore" not in str(refused.value)
