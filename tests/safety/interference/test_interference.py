"""What a team sees never depends on what another team has or does: 1,000 random sequences, in two worlds each.

In one world both teams live, and one of them is hostile; in the other the watched team lives alone, from the same
records. It asks for the same at the same times in both, and must see and keep the same.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.safety.interference.leaks import ELSEWHERE, LEAKS, note_kinds
from tests.safety.interference.sequences import KEYED, count_routes, draw_sequence
from tests.safety.interference.worlds import TEAMS, Asked, Ground, World, Wrap, describe, lay_grounds, leave_alone

SEQUENCES, LENGTH, PER_WORLD = 500, 8, 25  # for each of the two teams
FIRST = 300  # the seed of the first world: from there on each leak is met, which more routes may change


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Ground, Ground]]:
    return {team: lay_grounds(tmp_path_factory.mktemp("grounds"), team) for team in TEAMS}


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


def draw(seed: int, ground: Ground, watched: str) -> list[Asked]:
    rng = random.Random(FIRST + seed)
    return [each for _ in range(PER_WORLD) for each in draw_sequence(rng, ground, watched, LENGTH)]


@pytest.mark.parametrize("watched", TEAMS, ids=["first", "second"])
def test_nobody_sees_another(grounds: dict[str, tuple[Ground, Ground]], watched: str, tmp_path: Path) -> None:
    asked: list[Asked] = []
    seen: set[str] = set()
    for world in range(SEQUENCES // PER_WORLD):
        asked += (drawn := draw(world, grounds[watched][0], watched))
        assert find_difference(grounds[watched], tmp_path, watched, drawn, note_kinds(seen)) == "", f"world {world}"
    assert len(asked) == SEQUENCES * LENGTH
    assert count_routes(asked) == len(KEYED)  # nothing that a key opens was left out
    planted = {name.partition(" ")[2] for name in LEAKS}
    assert seen - planted <= ELSEWHERE.keys()  # and in each kind of documents that it reads a leak is planted


@pytest.mark.parametrize("leak", LEAKS)
def test_each_forgotten_check_is_seen(leak: str, grounds: dict[str, tuple[Ground, Ground]], tmp_path: Path) -> None:
    both, watched = grounds[TEAMS[0]][0], TEAMS[0]
    assert any(
        find_difference(grounds[watched], tmp_path, watched, draw(world, both, watched), LEAKS[leak])
        for world in range(SEQUENCES // PER_WORLD)
    )
