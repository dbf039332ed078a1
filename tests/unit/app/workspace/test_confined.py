"""Writes to Notion stay within the page a team chose: what would leave it is refused before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.core.errors import Rejected
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.confine import CONFINED_TO, targets
from shared.ports import Put
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

ID, OTHER = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


def _confine(desk: Desk, page: str) -> None:
    doc = desk.house.store.get(TENANT, "settings", "tenant")
    assert doc is not None
    desk.house.store.put(TENANT, Put("settings", "tenant", {**doc.body, CONFINED_TO: page}))


def _notion(desk: Desk) -> Notion:
    return desk.house.accounts.connect_for(TENANT)(Notion)


def _page(desk: Desk, title: str) -> str:
    """Return a new page below the one that is shared with us."""
    titled = {"title": {"title": [{"text": {"content": title}}]}}
    body = {"parent": {"type": "page_id", "page_id": desk.home}, "properties": titled}
    return str(desk.as_person("POST", "/v1/pages", body)["id"])


@pytest.fixture
def inner(desk: Desk) -> str:
    """The page to stay in."""
    return _page(desk, "Ours")


@pytest.fixture
def elsewhere(desk: Desk) -> str:
    """A page beside it that is shared with us as well."""
    return _page(desk, "Payroll")


def test_a_run_works_within_the_page_as_ever(desk: Desk) -> None:
    _confine(desk, desk.home.replace("-", ""))
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert (desk.status(page), desk.run_of(page).status) == ("Plan ready", RunStatus.AWAITING_APPROVAL)


_TITLED = {"title": {"title": [{"type": "text", "text": {"content": "x"}}]}}
WRITES: dict[str, Callable[[Notion, str, str], Any]] = {
    "a page below it": lambda notion, out, home: notion.create_page(page_id=out, properties=_TITLED),
    "its properties": lambda notion, out, home: notion.update_page(out, in_trash=True),
    "its content": lambda notion, out, home: notion.append(out, [_paragraph()]),
    "a comment": lambda notion, out, home: notion.comment(out, "hello"),
    "a database on it": lambda notion, out, home: notion.create_database(out, "x", {"Name": {"title": {}}}),
    "a page moved there": lambda notion, out, home: notion.move_page(home, to_page=out),
    "the top of the workspace": lambda notion, out, home: notion.create_database(
        "workspace", "x", {"Name": {"title": {}}}
    ),
}


def _paragraph() -> dict[str, Any]:
    return {"type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": "x"}}]}}


@pytest.mark.parametrize("what", sorted(WRITES))
def test_a_write_beside_the_page_is_refused_before_it_is_sent(
    desk: Desk, inner: str, elsewhere: str, what: str
) -> None:
    before = _journal(desk)
    _confine(desk, inner)
    with pytest.raises(Rejected, match=r"was not sent: .*workwright confine --lift"):
        WRITES[what](_notion(desk), elsewhere, inner)
    assert [each for each in _journal(desk)[len(before) :] if each["effects"]] == []


def test_what_is_in_the_page_may_be_written_however_deep_and_all_of_it_once_it_is_lifted(
    desk: Desk, inner: str, elsewhere: str
) -> None:
    _confine(desk, inner)
    notion = _notion(desk)
    _, source = notion.create_database(inner, "Things", {"Name": {"title": {}}})
    row = str(notion.create_page(data_source_id=source, properties=_TITLED)["id"])
    (block,) = notion.append(row, [_paragraph()])
    notion.update_data_source(source, {"Note": {"rich_text": {}}})
    notion.delete_block(block)
    notion.comment(row, "hello")
    with pytest.raises(Rejected):
        notion.comment(elsewhere, "hello")
    _confine(desk, "")
    assert _notion(desk).comment(elsewhere, "hello")["id"]


def _journal(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = kept_open.get(f"{desk.url}/_journal", timeout=10).json()
    return found


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/v1/pages", {"parent": {"type": "data_source_id", "data_source_id": ID}}, [("data_source", ID)]),
        ("/v1/pages", {"parent": {"type": "workspace", "workspace": True}}, []),
        (f"/v1/pages/{ID}/move", {"parent": {"page_id": OTHER}}, [("page", ID), ("page", OTHER)]),
        (f"/v1/pages/{ID}/markdown", {"type": "insert_content"}, [("page", ID)]),
        (f"/v1/blocks/{ID}/children", {"children": []}, [("block", ID)]),
        (f"/v1/data_sources/{ID}", {"properties": {}}, [("data_source", ID)]),
        (f"/v1/comments/{ID}", {}, [("comment", ID)]),
        ("/v1/views", {"view_id": ID, "data_source_id": OTHER}, []),
        ("/v1/something_new", {"parent": {"page_id": ID}}, []),
    ],
)
def test_all_that_a_request_writes_to_is_read_off_it(path: str, body: dict[str, Any], named: list[Any]) -> None:
    assert list(targets(path, body)) == named
