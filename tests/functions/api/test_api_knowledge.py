"""Questions to the workspace over the API: who may ask, what is answered, what an owner may leave out; and logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from shared.app.knowledge.knowledge_marks import keep_state
from shared.app.knowledge.knowledge_sync import take_page
from shared.app.workspace.crawl_orders import CRAWL
from shared.app.workspace.workspace_map import PAGE
from shared.core.documents.places import Place
from shared.core.page import Block, Page, Span
from shared.ports import Put
from shared.wiring.tools import wire_accounts, wire_models, wire_tools
from tests.functions.conftest import MINE, OTHER, Service

GUIDE = "10000000-0000-4000-8000-000000000000"
EDITED = "2026-03-01T09:00:00.000Z"
SECRET_WORD = "xylophone"


@pytest.fixture
def asked(service: Service) -> Iterator[Service]:
    """Yield a service for a tenant whose Notion says where the spare key is, and another's that says otherwise."""
    for cached in (wire_tools, wire_accounts, wire_models):
        cached.cache_clear()
    tools = wire_tools()
    for tenant, where in ((MINE, f"behind the {SECRET_WORD}"), (OTHER, "under the red mat")):
        service.deps.store.put(tenant, Put("grants", "notion", {"status": "connected"}))
        service.deps.store.put(tenant, Put("map", GUIDE, asdict(Place(GUIDE, PAGE, "Guide", "", EDITED))))
        block = Block("10000000-0000-4000-8000-0000000000aa", "paragraph", (Span(f"The spare key hangs {where}."),))
        take_page(service.deps, tools, tenant, Page(GUIDE, "Guide", (block,), edited_at=EDITED), root=GUIDE)
    yield service
    for cached in (wire_tools, wire_accounts, wire_models):
        cached.cache_clear()


def _ask(service: Service, key: str = "member", **body: Any) -> Any:
    return service.call("POST", "/v1/ask", key=key, json=body)


def test_a_member_gets_an_answer_with_the_place_and_nothing_of_it_is_logged(asked: Service, capfd: Any) -> None:
    answer = _ask(asked, question="Where is the spare key?")
    assert answer.status_code == 200
    assert answer.json["found"] is True
    assert answer.json["answer"] == f"The spare key hangs behind the {SECRET_WORD}."
    source = answer.json["sources"][0]
    assert (source["title"], source["url"]) == (
        "Guide",
        "https://www.notion.so/10000000000040008000000000000000#100000000000400080000000000000aa",
    )
    theirs = _ask(asked, "foreign member", question="Where is the spare key?").json
    assert theirs["answer"] == "The spare key hangs under the red mat."
    missing = _ask(asked, question="Who won the race?").json
    assert (missing["found"], missing["sources"]) == (False, [])
    follow = _ask(asked, question="And where is it?", history=["Who has the spare key?", "Nobody."]).json
    assert follow["searched_for"] == "Who has the spare key? And where is it?"
    out, err = capfd.readouterr()
    assert SECRET_WORD not in out + err
    assert "spare key" not in out + err


def test_who_only_looks_may_not_ask_and_a_disconnected_workspace_answers_nobody(asked: Service) -> None:
    assert _ask(asked, "viewer", question="Where is the spare key?").status_code == 403
    assert _ask(asked, question="").status_code == 400
    assert _ask(asked, question="x", history=[1]).status_code == 400
    asked.deps.store.put(MINE, Put("grants", "notion", {"status": "revoked"}))
    refused = _ask(asked, question="Where is the spare key?")
    assert refused.status_code == 409
    assert "provider=notion" in refused.json["way_out"]


def test_owners_leave_pages_out_and_have_all_read_again(asked: Service) -> None:
    seen = asked.call("GET", "/v1/knowledge", key="viewer").json
    assert (seen["pages"], seen["chunks"], seen["connected"], seen["sync"]["began"]) == (1, 1, True, "")
    assert asked.call("POST", "/v1/knowledge", key="member", json={"off": True}).status_code == 403
    nothing = asked.call("POST", "/v1/knowledge", json={"read_again": True})
    assert nothing.status_code == 409
    link = f"https://www.notion.so/Guide-{GUIDE.replace('-', '')}"
    changed = asked.call("POST", "/v1/knowledge", json={"without": [link]}).json
    assert changed["without"] == [GUIDE.replace("-", "")]
    assert _ask(asked, question="Where is the spare key?").json["found"] is False
    assert asked.call("POST", "/v1/knowledge", json={"without": []}).json["without"] == []
    assert _ask(asked, question="Where is the spare key?").json["found"] is True
    keep_state(asked.deps, MINE, how="as it is")
    begun = asked.call("POST", "/v1/knowledge", json={"read_again": True}).json
    assert begun["sync"]["began"]
    state = asked.deps.store.get(MINE, "sync", "map")
    assert state is not None
    assert state.body[CRAWL] == begun["sync"]["began"]
