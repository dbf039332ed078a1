"""What was read before our first status, or seen by a later one, is neither another wish nor lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.app.wishes.overwritten_status import hiding
from shared.app.wishes.status_journal import Kept, Written, keep_wish, keep_written, load_kept
from shared.core.pages import marks
from shared.core.pages.author import PERSON, Author
from shared.core.run.run import RunStatus, Trigger
from tests.support.builders.runs import begin, spec
from tests.support.rigs.small_house import SmallHouse

T0 = datetime(2026, 11, 23, 12, tzinfo=UTC)


def written(saw: str, wrote: str, read: float, done: float) -> Written:
    return Written(
        "r", saw, wrote, (T0 + timedelta(seconds=read)).isoformat(), (T0 + timedelta(seconds=done)).isoformat()
    )


FIRST = written("Plan it", "Building", 0, 1)
ASKED = written("Building", "Release ready", 10, 11)


@pytest.mark.parametrize(
    ("writes", "at", "hidden"),
    [
        ((FIRST, ASKED), 10.5, True),  # between our look and our write, and nobody has seen it
        ((FIRST, ASKED, written("Approved", "Building", 14, 15)), 13, False),  # within what clocks may differ, and seen
        ((FIRST, ASKED, written("Release ready", "Building", 14, 15)), 13, True),
        ((FIRST, ASKED, written("Approved", "Building", 12, 15)), 13, True),  # what was seen is older
    ],
)
def test_what_a_later_write_of_ours_saw_is_not_asked_for_again(
    writes: tuple[Written, ...], at: float, hidden: bool
) -> None:
    assert (hiding(Kept(writes), T0 + timedelta(seconds=at)) is not None) is hidden


@pytest.mark.parametrize(("later", "wished"), [(-1, False), (1, True)])
def test_what_opened_a_run_is_no_wish_for_another_however_late_our_first_status_comes(
    tmp_path: Path, later: float, wished: bool
) -> None:
    small_house = SmallHouse(tmp_path)
    run, _ = begin(spec("a"), trigger=Trigger("page", "a-page"))
    assert run.status == RunStatus.EXECUTING
    read_at = small_house.clock.now()
    small_house.clock.move(seconds=2)
    keep_written(small_house.deps, run, marks.PLAN_IT, "Building", read_at)
    seen = small_house.clock.now() + timedelta(seconds=later)
    keep_wish(small_house.deps, run, marks.PLAN_IT, Author(PERSON, "ada"), seen)
    kept = load_kept(small_house.deps, run.tenant, run.trigger.page)
    small_house.close()
    assert bool(kept.wish.run) is wished
