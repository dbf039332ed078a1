"""The person in the chaos bench does not overtake a house that may yet tell them what the page asks."""

from __future__ import annotations

from shared.cli.chaos.person import Page


def test_who_is_not_told_answers_after_a_minute_of_a_living_house() -> None:
    page = Page("p-1", "Goring", "Plan ready", since=1000.0)
    assert not page.is_told_no_more(1059.0, died=0.0)
    assert page.is_told_no_more(1061.0, died=0.0)


def test_every_death_gives_the_house_that_minute_anew() -> None:
    """A question answered before its comment could be looked for was never asked there, and counted as untold."""
    page = Page("p-1", "Goring", "Plan ready", since=1000.0)
    assert not page.is_told_no_more(1090.0, died=1080.0)
    assert page.is_told_no_more(1141.0, died=1080.0)
