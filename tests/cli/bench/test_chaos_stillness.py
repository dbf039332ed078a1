"""The chaos bench gives a house up when nothing changes in its world, but not for what its deaths have cost."""

from __future__ import annotations

from shared.bench.chaos.stillness import Stillness


def test_it_counts_from_the_last_change() -> None:
    still = Stillness(since=100.0)
    assert [still.saw(count, now) for count, now in ((3, 101.0), (3, 104.0), (3, 109.0), (4, 111.0), (4, 112.5))] == [
        0.0, 3.0, 8.0, 0.0, 1.5,
    ]  # fmt: skip
    assert still.longest == 10.0


def test_a_house_that_has_just_died_is_given_as_long_as_any_other() -> None:
    """A house killed again and again before it came to anything was given up at its last death, all work undone."""
    still = Stillness(since=0.0)
    still.saw(3, 0.0)
    for death in (30.0, 60.0, 90.0, 125.0):
        still.take_note_of_death(death)
        assert still.saw(3, death) == 0.0
    assert still.saw(3, 135.0) == 10.0
    assert still.longest == 35.0
