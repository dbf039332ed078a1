"""A house that was killed in the middle of its work is backed up, restored elsewhere, and goes on to its end."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

import shared.cli.operations.backup  # noqa: F401  (its commands join the group)
from shared.cli.root import workwright
from tests.crash.conftest import NewPlace, Undisturbed
from tests.support.measures.told_story import compare, ending


def test_a_restored_house_goes_on_with_its_run_and_does_nothing_twice(
    new_place: NewPlace, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    place = new_place()
    place.begin()
    place.ask_for_plan([])
    assert place.house is not None
    place.house.kill()
    data, lost, file = place.folder / "house", place.folder / "lost", tmp_path / "house.zip"
    done = CliRunner().invoke(workwright, ["backup", str(file), "--with-key", "--data", str(data)])
    assert done.exit_code == 0, done.output
    data.rename(lost)
    done = CliRunner().invoke(workwright, ["restore", str(file), "--data", str(data)])
    assert done.exit_code == 0, done.output
    place.start_house()
    place.approve([])
    assert compare(place, ending(place), undisturbed.end.effects) == []
