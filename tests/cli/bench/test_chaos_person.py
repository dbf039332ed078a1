"""The person in the chaos bench does not overtake a house that may yet tell them what the page asks."""

from __future__ import annotations

from typing import Any

from shared.bench.chaos.person import Page
from shared.bench.chaos.shown import count_told


def test_who_is_not_told_answers_after_a_minute_of_a_living_house() -> None:
    page = Page("p-1", "Goring", "Plan ready", since=1000.0)
    assert not page.is_told_no_more(1059.0, died=0.0)
    assert page.is_told_no_more(1061.0, died=0.0)


def test_every_death_gives_the_house_that_minute_anew() -> None:
    """A question answered before its comment could be looked for was never asked there, and counted as untold."""
    page = Page("p-1", "Goring", "Plan ready", since=1000.0)
    assert not page.is_told_no_more(1090.0, died=1080.0)
    assert page.is_told_no_more(1141.0, died=1080.0)


def test_who_was_told_why_a_message_was_not_sent_waits_for_none_of_the_next_question() -> None:
    """Counted without it, every later message of that channel seemed to be the one before, and each took a minute."""
    page = {"system": "notion", "kind": "page.update", "id": "p-1"}
    unsent = "The Slack message about the approval of the plan was not sent, because somebody had approved before."
    happened: list[dict[str, Any]] = [
        {"system": "notion", "kind": "comment.create", "page_id": "p-1", "id": "c", "text": "Approve … in Goring"},
        {"system": "ses", "kind": "email.send", "subject": "Approve … in Goring"},
        {**page, "properties": {"Status": "Plan ready"}, "by": {"type": "bot"}},
        {**page, "properties": {"Status": "Approved"}, "by": {"type": "person"}},
    ]
    assert count_told(happened, "p-1", "Goring") == 0
    said = {"system": "notion", "kind": "block.update", "id": "b", "page_id": "p-1", "text": f"Building\n{unsent}"}
    assert count_told([*happened, said], "p-1", "Goring") == 1
