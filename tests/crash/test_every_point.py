"""The house dies at every point between two durable actions, is started again, and ends as if nothing had happened.

`points.txt` has the points the story passes; a run that passes others fails, so that a new durable action cannot be
forgotten here.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.conftest import NewPlace, Planned, Undisturbed
from tests.support.told_story import compare, ending

POINTS = (Path(__file__).parent / "points.txt").read_text(encoding="utf-8").split()
# Points whose later passings are other moments of the story, each of them certain to come.
AGAIN = [
    "acknowledge.before/attempt#4",
    "acknowledge.before/attempt#8",
    "acknowledge.before/look#2",
    "acknowledge.before/mirror#5",
    "acknowledge.before/notify#2",
    "commit.after/notify#2",
    "commit.after/vercel.deploy#2",
    "commit.after/vercel.promote#2",
    "commit.before/notify#2",
    "commit.before/vercel.deploy#2",
    "commit.before/vercel.promote#2",
    "deliver.before/attempt#6",
    "deliver.before/notify#2",
    "effect.after/mirror/todo#3",
    "effect.after/mirror/todo#6",
    "effect.before/mirror/todo#6",
    "exchange.after/github/POST#2",
    "exchange.after/github/POST#3",
    "exchange.after/github/POST#4",
    "exchange.after/github/POST#5",
    "exchange.after/vercel/POST#2",
    "exchange.after/vercel/POST#3",
    "exchange.after/vercel/POST#4",
    "exchange.after/vercel/POST#5",
    "exchange.after/vercel/POST#6",
    "relay.after/delivery#2",
    "relay.before/delivery#2",
    "text.after/code.generate#2",
    "text.after/plan.propose#2",
]
PAIRS = int(os.environ.get("WORKWRIGHT_CRASH_PAIRS") or 10)
SEED = int(os.environ.get("WORKWRIGHT_CRASH_SEED") or 1)


def emails_sent(point: str) -> int:
    """Return how many e-mails go out that are begun when the process dies at this point."""
    return 1 if point.startswith("effect.after/") and "/email-" in point else 0


def test_the_story_passes_exactly_the_points_that_are_listed(undisturbed: Undisturbed) -> None:
    assert undisturbed.end.trouble == []
    assert sorted(set(undisturbed.points)) == POINTS


def test_every_external_write_has_its_point_before_and_after(undisturbed: Undisturbed) -> None:
    passed = Counter(undisturbed.points)
    effects = [name.removeprefix("intent.before/") for name in passed if name.startswith("intent.before/")]
    assert len(effects) >= 14
    for effect in effects:
        around = [passed[f"{point}/{effect}"] for point in ("effect.before", "effect.after", "result.after")]
        assert around == [passed[f"intent.before/{effect}"]] * 3, effect


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS + AGAIN)
def test_a_death_at_this_point_changes_nothing(
    point: str, new_place: NewPlace, undisturbed: Undisturbed, planned: Planned
) -> None:
    later = planned.passing(point)
    place = new_place(planned.settled) if later else new_place()
    place.begin(WORKWRIGHT_CRASH_AT=later or point)
    if not later:
        place.ask_for_plan([])
    place.approve([])
    assert len(place.deaths) == 1, f"{point} was not passed"
    ended = ending(place)
    assert compare(place, ended, undisturbed.end.effects, emails=emails_sent(point)) == []


def pairs() -> list[tuple[str, str]]:
    """Return pairs of points, the same ones for the same seed."""
    chosen = random.Random(SEED)
    return [(chosen.choice(POINTS), chosen.choice(POINTS)) for _ in range(PAIRS)]


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second"), pairs())
def test_a_second_death_after_the_restart_changes_nothing(
    first: str, second: str, new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    place = new_place(WORKWRIGHT_WORKERS="4")
    place.begin(WORKWRIGHT_CRASH_AT=first)
    place.tell_story({"WORKWRIGHT_CRASH_AT": second})
    assert place.deaths, f"{first} was not passed"
    ended = ending(place)
    assert compare(place, ended, undisturbed.end.effects) == [], f"seed {SEED}"
