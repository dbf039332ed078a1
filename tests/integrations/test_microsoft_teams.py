"""A message for Microsoft Teams is an Adaptive Card as a workflow takes it."""

from __future__ import annotations

from shared.core.notify.message_words import Words
from shared.integrations.microsoft_teams.cards import write_card
from shared.local.simulators.microsoft_teams import find_fault


def test_a_message_is_one_card_with_a_title_facts_and_a_link() -> None:
    body = write_card(Words("A site is live", (("Site", "https://x.example/a_b"),), "https://x.example/a_b"))
    assert find_fault(body) == ""
    (card,) = (each["content"] for each in body["attachments"])
    assert [each["type"] for each in card["body"]] == ["TextBlock", "FactSet"]
    assert card["body"][1]["facts"] == [{"title": "Site", "value": "https://x.example/a_b"}]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Look", "url": "https://x.example/a_b"}]


def test_a_message_without_anything_to_open_has_no_link() -> None:
    body = write_card(Words("This is a test"))
    assert find_fault(body) == ""
    assert "actions" not in body["attachments"][0]["content"]
