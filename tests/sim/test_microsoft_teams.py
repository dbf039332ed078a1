"""The simulated workflow of Microsoft Teams refuses what the published limits and shapes refuse."""

from __future__ import annotations

from typing import Any

import pytest

from shared.local.simulators.microsoft_teams import find_fault

CARD = "application/vnd.microsoft.card.adaptive"


def _message(part: dict[str, Any]) -> dict[str, Any]:
    card = {"type": "AdaptiveCard", "version": "1.4", "body": [part]}
    return {"type": "message", "attachments": [{"contentType": CARD, "content": card}]}


def test_a_message_as_published_is_taken() -> None:
    assert find_fault(_message({"type": "TextBlock", "text": "Hello"})) == ""


@pytest.mark.parametrize(
    "body",
    [
        {}, {"text": "Hello"}, {"type": "message", "attachments": [{"contentType": "text/html", "content": {}}]},
        _message({"type": "TextBlock"}), _message({"type": "TextBlock", "text": "a", "weight": "Heavy"}),
        _message({"type": "FactSet", "facts": [{"title": "a", "value": 1}]}),
        _message({"type": "Input.Text", "id": "a"}),
        _message({"type": "Action.OpenUrl", "title": "a", "url": "javascript:1"}), [],
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(body: Any) -> None:
    assert find_fault(body)
