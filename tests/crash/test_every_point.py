"""The house dies at every point between two durable actions, is started again, and ends as if nothing had happened.

`points.txt` has the points the story passes, in its order; a run that passes others fails, so that a new durable
action cannot be forgotten here. `name#3` is the third passing of a point, where that is another moment of the story
and certain to come. One story dies at several moments far apart; a moment that was not met has a story of its own.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.crash.conftest import NewPlace, Planned, Undisturbed
from tests.support.told_story import compare, ending

MOMENTS = (Path(__file__).parent / "points.txt").read_text(encoding="utf-8").split()
POINTS = [moment for moment in MOMENTS if "#" not in moment]
DEATHS = 4  # in one story, at most
APART = 20  # moments between two deaths at least: what the first has disturbed is at rest again
PAIRS = int(os.environ.get("WORKWRIGHT_CRASH_PAIRS") or 10)
SEED = int(os.environ.get("WORKWRIGHT_CRASH_SEED") or 1)


def emails_sent(moments: Iterable[str]) -> int:
    """Return how many e-mails go out that are begun when the process dies at these moments."""
    return sum(1 for moment in moments if moment.startswith("effect.after/") and "/email-" in moment)


def stories(moments: Sequence[str]) -> list[list[str]]:
    """Return the moments as stories, each in its order.

    A later passing is counted from the beginning, so it is the first death of its story.
    """
    found: list[list[int]] = [[at] for at, moment in enumerate(moments) if "#" in moment]
    for at, moment in enumerate(moments):
        if "#" not in moment:
            fitting = [each for each in found if len(each) < DEATHS and each[-1] + APART <= at]
            if fitting:
                max(fitting, key=lambda each: each[-1]).append(at)
            else:
                found.append([at])
    return [[moments[at] for at in story] for story in sorted(found)]


def test_the_story_passes_exactly_the_points_that_are_listed(undisturbed: Undisturbed) -> None:
    assert undisturbed.end.trouble == []
    assert sorted(set(undisturbed.points)) == sorted(POINTS), "points.txt has them in the order of the story"


def test_every_external_write_has_its_point_before_and_after(undisturbed: Undisturbed) -> None:
    passed = Counter(undisturbed.points)
    effects = [name.removeprefix("intent.before/") for name in passed if name.startswith("intent.before/")]
    assert len(effects) >= 14
    for effect in effects:
        around = [passed[f"{point}/{effect}"] for point in ("effect.before", "effect.after", "result.after")]
        assert around == [passed[f"intent.before/{effect}"]] * 3, effect


def test_every_moment_is_in_one_story() -> None:
    assert Counter(moment for story in stories(MOMENTS) for moment in story) == Counter(MOMENTS)


@pytest.mark.slow
@pytest.mark.parametrize("moments", stories(MOMENTS), ids=" then ".join)
def test_deaths_at_these_moments_change_nothing(
    moments: list[str], new_place: NewPlace, undisturbed: Undisturbed, planned: Planned
) -> None:
    left = moments
    while left:
        first, *others = left
        later = planned.passing(first)
        place = new_place(planned.settled) if later else new_place()
        place.begin(WORKWRIGHT_CRASH_AT=later or first)
        waiting = [{"WORKWRIGHT_CRASH_AT": other} for other in others]
        if not later:
            place.ask_for_plan(waiting)
        place.approve(waiting)
        ended = ending(place)
        died = left[: len(place.deaths)]
        assert died, f"{first} was not passed"
        assert [death.point for death in place.deaths] == [moment.partition("#")[0] for moment in died]
        assert compare(place, ended, undisturbed.end.effects, emails=emails_sent(died)) == [], f"died at {died}"
        left = left[len(died) :]


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
