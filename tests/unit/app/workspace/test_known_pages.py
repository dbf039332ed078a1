"""The pages of a workspace over the API: only what may be shown, in parts, and read again only once it was edited."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from shared.app.api.exchange import ApiReply, ApiRequest
from shared.app.api.keys import PEPPER, create_key
from shared.app.api.router import Api
from shared.app.workspace import known_pages
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.core.documents.codec import to_body
from shared.core.documents.places import MAP, Place
from shared.integrations.notion.client.client import Notion
from shared.ports import Put, Secret
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open


def ask(house: SmallHouse, path: str, tenant: str = TENANT, tag: str = "", **query: Any) -> ApiReply:
    """Ask the API as a viewer of the team."""
    house.secrets.set(PEPPER, Secret("pepper of the tests"))
    headers = {"authorization": f"Bearer {create_key(house.deps, tenant, 'viewer', 'a screen')}", "if-none-match": tag}
    request = ApiRequest("GET", path, headers=headers, query={name: [str(value)] for name, value in query.items()})
    return Api(house.deps, lambda: house.tools).answer(request)


def know(house: SmallHouse, number: int, title: str, parent: int = 0, tenant: str = TENANT, **about: Any) -> str:
    """Put a page on the map."""
    place = Place(
        name_of(number), "page", title, name_of(parent) if parent else "", "2026-11-20T09:00:00.000Z", **about
    )
    house.store.put(tenant, Put(MAP, place.id, to_body(place)))
    return place.id


def name_of(number: int) -> str:
    return f"aaaaaaaa-0000-4000-8000-{number:012d}"


def titles(house: SmallHouse, **query: Any) -> list[str]:
    answer = ask(house, "/v1/pages", **query)
    assert answer.status == 200, answer.text
    return [each["title"] for each in json.loads(answer.text)["pages"]]


def walk(house: SmallHouse, **query: Any) -> list[str]:
    """Return the titles of all parts of the list."""
    found: list[str] = []
    while True:
        part = json.loads(ask(house, "/v1/pages", **query).text)
        found += [each["title"] for each in part["pages"]]
        if part["next_cursor"] is None:
            return found
        query["cursor"] = part["next_cursor"]


def test_only_what_may_be_shown_is_listed_and_of_the_own_team_alone(house: Callable[..., SmallHouse]) -> None:
    made = house()
    know(made, 1, "Handbook")
    know(made, 2, "Holidays", 1)
    know(made, 3, "Private")
    know(made, 4, "Salaries", 3)
    know(made, 5, "In the trash", 1, trashed=True)
    know(made, 6, "Not shared", 1, refused_at="2026-11-20T09:00:00+00:00")
    know(made, 7, "Asked for", 3)
    know(made, 8, "Theirs", tenant="t-2")
    know(made, 9, "Thrown away", trashed=True)
    know(made, 10, "Taken from us", refused_at="2026-11-20T09:00:00+00:00")
    made.settle(knowledge={"without": [name_of(3)]})
    for number in (7, 9, 10):
        made.store.put(TENANT, Put("pages", name_of(number), {"run": "run-7", "generation": 2, "settled": True}))
    found = json.loads(ask(made, "/v1/pages").text)["pages"]
    assert [(each["title"], each["path"], each["tracked"], each["run"], each["runs"]) for each in found] == [
        ("Handbook", [], False, "", 0),
        ("Holidays", ["Handbook"], False, "", 0),
        ("Asked for", [], True, "run-7", 2),
    ]
    for number in (3, 4, 5, 6, 8, 9, 10, 11):
        refused = ask(made, f"/v1/pages/{name_of(number)}")
        assert refused.status == 404, number
    assert ask(made, f"/v1/pages/{name_of(1)}", tenant="t-2").status == 404
    assert ask(made, f"/v1/pages/{name_of(1)}").status == 409, "Notion is not connected"


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_parts_hold_each_page_once_and_a_filter_leaves_none_out(house: Callable[..., SmallHouse], limit: int) -> None:
    made = house()
    for number in range(1, 9):
        know(made, number, f"Note {number}" if number % 2 else f"Recipe {number}")
    assert walk(made, limit=limit) == [f"{'Note' if n % 2 else 'Recipe'} {n}" for n in range(1, 9)]
    assert walk(made, limit=limit, text="RECIPE") == [f"Recipe {n}" for n in (2, 4, 6, 8)]
    cursor = json.loads(ask(made, "/v1/pages", limit=1).text)["next_cursor"]
    for query, tenant in (({"text": "Note"}, TENANT), ({}, "t-2")):
        assert ask(made, "/v1/pages", tenant=tenant, cursor=cursor, **query).status == 404


def test_a_long_workspace_is_looked_through_in_parts(house: Callable[..., SmallHouse]) -> None:
    made = house()
    for number in range(1, known_pages.LOOKED_AT + 4):
        know(made, number, "Note" if number <= known_pages.LOOKED_AT else "Recipe")
    first = json.loads(ask(made, "/v1/pages", text="recipe").text)
    assert (first["pages"], first["next_cursor"] is not None) == ([], True)
    assert walk(made, text="recipe") == ["Recipe"] * 3


def asked_of(desk: Desk) -> list[str]:
    """Return the paths that Notion was asked for."""
    found = kept_open.get(f"{desk.url}/_journal", timeout=10).json()
    return [each["path"] for each in found if each.get("method") == "GET"]


def test_a_page_is_shown_as_it_is_now_and_read_again_only_once_it_was_edited(desk: Desk) -> None:
    secret = "sk-ant-" + "api03-" + "q7Zt" * 24
    page = desk.write_idea("Bicycle club", f"We repair bicycles. Our key is {secret} here.")
    WorkspaceMap(desk.house.deps, TENANT, desk.house.tools.accounts.connect_for(TENANT)(Notion)).refresh(page)
    desk.house.clock.move(days=400)
    first = ask(desk.house, f"/v1/pages/{page.replace('-', '')}")
    shown = json.loads(first.text)
    assert (shown["title"], shown["table"], shown["tracked"], shown["cut"]) == ("Bicycle club", "ideas", True, False)
    assert "We repair bicycles" in shown["markdown"]
    assert secret not in first.text
    tag, before = first.headers["ETag"], len(asked_of(desk))
    again = ask(desk.house, f"/v1/pages/{page}", tag=tag)
    assert (again.status, again.headers["ETag"]) == (304, tag)
    assert not [path for path in asked_of(desk)[before:] if path.endswith("/markdown")], "its text was not read again"
    desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"Name": {"title": [{"text": {"content": "Club"}}]}}})
    assert json.loads(ask(desk.house, f"/v1/pages/{page}", tag=tag).text)["title"] == "Club"
    desk.as_person("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    assert ask(desk.house, f"/v1/pages/{page}", tag=tag).status == 404


def test_what_was_edited_within_the_minute_is_known_by_its_text(desk: Desk) -> None:
    page = desk.write_idea("Bicycle club", "One.")
    WorkspaceMap(desk.house.deps, TENANT, desk.house.tools.accounts.connect_for(TENANT)(Notion)).refresh(page)
    edited = desk.as_person("GET", f"/v1/pages/{page}")["last_edited_time"]
    desk.house.clock.move(seconds=(datetime.fromisoformat(edited) - desk.house.clock.now()).total_seconds() + 60)
    tag = ask(desk.house, f"/v1/pages/{page}").headers["ETag"]
    desk.write_more(page, "Two.")
    later = ask(desk.house, f"/v1/pages/{page}", tag=tag)
    assert (later.status, "Two." in later.text) == (200, True)
