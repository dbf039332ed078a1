"""Backups that follow one another in a folder: named by the time, so many of them kept, nothing else touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner

import shared.cli.operations.backup  # noqa: F401  (its commands join the group)
from shared.backends.local.state.local_store import LocalStore
from shared.cli.root import workwright
from shared.cli.service.backup_rotation import drop_older, name_backup
from tests.support.ports.moved_clock import MovedClock


def test_names_sort_as_the_times_do_wherever_the_clock_hangs(tmp_path: Path) -> None:
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    first = name_backup(tmp_path / "new", datetime(2026, 10, 25, 2, 50, tzinfo=summer))  # the hour that comes twice
    second = name_backup(tmp_path / "new", datetime(2026, 10, 25, 2, 10, tzinfo=winter))
    assert first.name == "workwright-20261025T005000Z.zip"
    assert first < second
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_the_newest_are_kept_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    begin = datetime(2026, 12, 30, tzinfo=UTC)
    made = [name_backup(tmp_path, begin + timedelta(days=n)) for n in range(5)]
    others = [tmp_path / name for name in ("workwright.key", "workwright-before-moving.zip", "notes")]
    for path in (*made, *others):
        path.touch()
    assert drop_older(tmp_path, 2) == made[:3]
    assert sorted(tmp_path.iterdir()) == sorted([*made[3:], *others])


def test_of_two_in_one_second_both_are_kept_and_the_first_goes_first(tmp_path: Path) -> None:
    at, made = datetime(2026, 12, 30, tzinfo=UTC), []
    for _ in range(11):
        made.append(name_backup(tmp_path, at))
        made[-1].touch(exist_ok=False)
    made.append(name_backup(tmp_path, at + timedelta(seconds=1)))
    made[-1].touch(exist_ok=False)
    assert drop_older(tmp_path, 3) == made[:-3]


def test_one_that_cannot_be_made_costs_none_of_those_that_are_there(tmp_path: Path) -> None:
    kept, data = tmp_path / "kept", tmp_path / "data"
    LocalStore(data, MovedClock()).close()
    old = [name_backup(kept, datetime(2020, 1, day, tzinfo=UTC)) for day in (1, 2)]
    for path in old:
        path.touch()
    (data / "workwright.db").write_bytes(b"no database" * 400)
    asked = ["backup", str(kept), "--keep", "1", "--data", str(data)]
    assert CliRunner().invoke(workwright, asked).exit_code != 0
    assert sorted(kept.iterdir()) == old


def test_standard_output_is_no_folder() -> None:
    done = CliRunner().invoke(workwright, ["backup", "-", "--keep", "3"])
    assert done.exit_code == 2
    assert "--keep" in done.output


@pytest.mark.parametrize("number", ["0", "-1"])
def test_none_is_no_number_to_keep(number: str) -> None:
    assert CliRunner().invoke(workwright, ["backup", "folder", "--keep", number]).exit_code == 2
