"""What a team sees never depends on what another team has or does: 1,000 random sequences, in two worlds each.

In one world both teams live, and one of them is hostile; in the other the watched team lives alone, from the same
records. It asks for the same at the same times in both, and must see and keep the same.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from shared.app.api.route import Route
from tests.safety.interference.leaks import ELSEWHERE, LEAKS, note_reads
from tests.safety.interference.sequences import KEYED, ask_plainly, count_routes, draw_sequence
from tests.safety.interference.worlds import TEAMS, Asked, Ground, World, Wrap, describe, lay_grounds, leave_alone

SEQUENCES, LENGTH, PER_WORLD = 500, 8, 25  # for each of the two teams


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Ground, Ground]]:
    return {team: lay_grounds(tmp_path_factory.mktemp("grounds"), team) for team in TEAMS}


@pytest.fixture(scope="module")
def readers(
    grounds: dict[str, tuple[Ground, Ground]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Route]]:
    """Return which routes reach each planted leak, as was noted where nothing leaks."""
    both, folder = grounds[TEAMS[0]][0], tmp_path_factory.mktemp("readers") / "both"
    found: dict[str, list[Route]] = {leak: [] for leak in LEAKS}
    for route in KEYED:
        seen: set[str] = set()
        world = World(both, folder, note_reads(seen))
        for each in ask_plainly(both, route, TEAMS[0]):
            world.answer(each)
        world.close()
        for leak in LEAKS.keys() & (seen | {name.partition(" ")[0] for name in seen}):
            found[leak].append(route)
    return found


def find_difference(
    grounds: tuple[Ground, Ground], folder: Path, watched: str, asked: list[Asked], wrap: Wrap = leave_alone
) -> str:
    """Return what the watched team could see of the other, "" for nothing."""
    both, alone = World(grounds[0], folder / "both", wrap), World(grounds[1], folder / "alone")
    try:
        for each in asked:
            seen = both.answer(each)
            if each.team == watched and (expected := alone.answer(each)) != seen:
                return f"{describe(each)}\n{seen}\ninstead of\n{expected}"
            both.pass_time()
            alone.pass_time()
        kept, expected = both.list_records(watched), alone.list_records(watched)
        return "" if kept == expected else f"kept {_only(kept, expected)}\ninstead of {_only(expected, kept)}"
    finally:
        both.close()
        alone.close()


def _only(these: list[Any], those: list[Any]) -> list[Any]:
    return [each for mine, others in zip(these, those, strict=True) for each in mine if each not in others]


def draw(world: int, ground: Ground, watched: str) -> list[Asked]:
    """Return what is asked in one world: over all of them, each route in turn is the first of a sequence."""
    rng, firsts = random.Random(world), range(world * PER_WORLD, (world + 1) * PER_WORLD)
    return [each for n in firsts for each in draw_sequence(rng, ground, watched, LENGTH, KEYED[n % len(KEYED)])]


@pytest.mark.parametrize("watched", TEAMS, ids=["first", "second"])
def test_nobody_sees_another(grounds: dict[str, tuple[Ground, Ground]], watched: str, tmp_path: Path) -> None:
    asked: list[Asked] = []
    seen: set[str] = set()
    for world in range(SEQUENCES // PER_WORLD):
        asked += (drawn := draw(world, grounds[watched][0], watched))
        assert find_difference(grounds[watched], tmp_path, watched, drawn, note_reads(seen)) == "", f"world {world}"
    assert len(asked) == SEQUENCES * LENGTH
    assert count_routes(asked) == len(KEYED)  # nothing that a key opens was left out
    planted = {name.partition(" ")[2] for name in LEAKS}
    read = {name.partition(" ")[2] for name in seen}
    assert read - planted - ELSEWHERE.keys() == set()  # and in each kind of documents that it reads a leak is planted


@pytest.mark.parametrize("leak", LEAKS)
def test_each_forgotten_check_is_seen(
    leak: str, grounds: dict[str, tuple[Ground, Ground]], readers: dict[str, list[Route]], tmp_path: Path
) -> None:
    """Each of the two teams asks, alone, for all that reaches the leak: no draw decides whether it is met."""
    watched = TEAMS[0]
    assert readers[leak], "no route reaches it: the leak, or what a team has here, is to follow what is read now"
    assert any(
        find_difference(grounds[watched], tmp_path, watched, ask_plainly(grounds[watched][0], route, team), LEAKS[leak])
        for route in readers[leak]
        for team in TEAMS
    )
