"""The house dies at every point between two durable actions, is started again, and ends as if nothing had happened.

`points.txt` has the points the story passes, in its order; a run that passes others fails, so that a new durable
action cannot be forgotten here. `name#3` is the third passing of a point in the undisturbed story, where that is
another moment of it and certain to come. One story dies at several moments that lie far apart; moments that were not
met, because a death before has changed the order, have a story of their own.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.crash.conftest import NewPlace, Undisturbed
from tests.support.measures.told_story import compare, ending
from tests.support.rigs.settled_house import Death

MOMENTS = (Path(__file__).parent / "points.txt").read_text(encoding="utf-8").split()
POINTS = [moment for moment in MOMENTS if "#" not in moment]
APART = 12  # moments between two deaths: what the first has disturbed is at rest again
# Steps that commit once more each time they look at what lasts outside, or at what they may have sent: as often as it
# takes, which is another number after a death and says nothing about how far the story is.
LOOK_AGAIN = frozenset({"commit.after/site.deploy", "commit.after/site.promote", "commit.after/notion.publish_plan"})
LIVES = 4  # armed, of a story of chance: a step gives up after five failures in a row
CHANCES = int(os.environ.get("WORKWRIGHT_CRASH_CHANCES") or 5)
SEED = int(os.environ.get("WORKWRIGHT_CRASH_SEED") or 1)


def emails_sent(moments: Iterable[str]) -> int:
    """Return how many e-mails go out that are begun when the process dies at these moments."""
    return sum(1 for moment in moments if moment.startswith("effect.after/") and "/email-" in moment)


def stories(moments: Sequence[str]) -> list[list[str]]:
    """Return the moments as stories that die at every twelfth of them."""
    return [list(moments[first::APART]) for first in range(APART)]


def position(points: Sequence[str], moment: str) -> int:
    """Return where among the points a moment is; of a point that is passed less often this time, its last passing.

    How often a step looks at what lasts depends on how busy the machine is.
    """
    name, _, number = moment.partition("#")
    return [at for at, point in enumerate(points) if point == name][: int(number or 1)][-1]


def armed(points: Sequence[str], moments: Sequence[str]) -> list[str]:
    """Return each moment as the process counts that meets it: from the death before on."""
    found, last = [], -1
    for moment in moments:
        name, at = moment.partition("#")[0], position(points, moment)
        found.append(f"{name}#{points[last + 1 : at + 1].count(name)}")
        last = at
    return found


def commits(points: Iterable[str]) -> Counter[str]:
    """Return what has been committed by then, which tells one passing of a point from another."""
    passed = Counter(point for point in points if point.startswith("commit.after/"))
    return Counter({point: 1 if point in LOOK_AGAIN else count for point, count in passed.items()})


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


@pytest.mark.parametrize("moments", stories(MOMENTS), ids=" then ".join)
def test_deaths_at_these_moments_change_nothing(
    moments: list[str], new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    left = sorted(moments, key=lambda moment: position(undisturbed.points, moment))
    while left:
        first, *others = [{"WORKWRIGHT_CRASH_AT": at} for at in armed(undisturbed.points, left)]
        place = new_place()
        place.begin(**first)
        place.tell_story(*others)
        ended = ending(place)
        died = left[: len(place.deaths)]
        assert died, f"{left[0]} was not passed"
        assert [death.point for death in place.deaths] == [moment.partition("#")[0] for moment in died]
        assert compare(place, ended, undisturbed.end.effects, emails=emails_sent(died)) == [], f"died at {died}"
        left = [*unmet(died, place.deaths, undisturbed.points), *left[len(died) :]]


def unmet(moments: Sequence[str], deaths: Sequence[Death], points: Sequence[str]) -> list[str]:
    """Return the moments at which another passing of their points was met; the first is counted from the beginning."""
    met = [commits(points[: position(points, moment)]) for moment in moments]
    died = [commits(death.points[:-1]) for death in deaths]
    return [moments[at] for at in range(1, len(moments)) if met[at] != died[at]]


def chances() -> list[list[str]]:
    """Return stories: for each life four points, of which it dies at the one that comes first.

    The same stories for the same seed.
    """
    chosen = random.Random(SEED)
    return [[",".join(chosen.sample(POINTS, 4)) for _ in range(LIVES)] for _ in range(CHANCES)]


@pytest.mark.parametrize("lives", chances(), ids=range(CHANCES))
def test_deaths_wherever_chance_has_them_change_nothing(
    lives: list[str], new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    place = new_place(WORKWRIGHT_WORKERS="4")
    first, *others = [{"WORKWRIGHT_CRASH_AT": points} for points in lives]
    place.begin(**first)
    place.tell_story(*others)
    assert len(place.deaths) > 1, f"of {lives} hardly one was passed"
    ended = ending(place)
    assert compare(place, ended, undisturbed.end.effects) == [], f"seed {SEED}, died at {place.deaths}"
