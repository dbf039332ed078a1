"""What a set puts into the workspace is what its checks read there, through the simulated Notion's own API."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from shared.cli.evaluate.looks.page_outcome import Made
from shared.cli.evaluate.page_set import Table
from shared.cli.evaluate.workspace import Workspace
from shared.local.first_setup import OWNER, Home, Installation
from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.support.builders.builtin_pages import PAGES


def _select(name: str) -> dict[str, Any]:
    return {"select": {"name": name}}


def _text(text: str) -> dict[str, Any]:
    return {"rich_text": [{"text": {"content": text}}]}


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    """Return a workspace with one database, as a person sees it."""
    simulator = NotionSimulator()
    server = serve(simulator)
    seeded = requests.post(f"{simulator.base_url}/_seed", json={"workspace": "W", "people": [OWNER]}, timeout=10).json()
    only = cast("Installation", SimpleNamespace(simulators={"notion": simulator.base_url}))
    bare = Workspace(only, Home("t-1", str(seeded["people"][0]["id"]), "", ""))
    properties: dict[str, Any] = {
        "Name": {"title": {}},
        "Status": {"select": {"options": [{"name": each} for each in ("To do", "Doing", "Blocked", "Done")]}},
        "Due": {"date": {}},
    }
    body = {
        "parent": {"type": "page_id", "page_id": seeded["home_page_id"]},
        "title": [{"text": {"content": "Tasks"}}],
        "initial_data_source": {"properties": properties},
    }
    made = bare.ask("POST", "/v1/databases", body)
    yield Workspace(only, Home("t-1", str(seeded["people"][0]["id"]), "", str(made["id"])))
    server.shutdown()
    server.server_close()


DONE: dict[str, dict[str, dict[str, Any]]] = {
    "theatre-tasks": {each: {"Status": _select("Blocked")} for each in ("Paint the moon", "Rent the fog machine")},
    "volunteer-list": {
        "Beat": {"Town": _text("Zürich")},
        "Chantal": {"Shirt": _select("M")},
        "Dragana": {"Town": _text("Zürich")},
        "Emre": {"Shirt": _select("M")},
        "Flurina": {"Town": _text("Zürich")},
    },
    "supper-guests": {
        "Aurelio": {"Coming": _select("yes"), "Food": _text("vegetarian")},
        "Bo": {"Coming": _select("yes")},
        "Clementine": {"Coming": _select("yes"), "Food": _text("no nuts")},
        "Djamila": {"Coming": _select("yes")},
        "Ernst": {"Coming": _select("yes"), "Food": _text("vegetarian")},
        "Frida": {"Coming": _select("no")},
    },
}


@pytest.mark.parametrize("name", DONE)
def test_what_was_put_there_is_read_and_what_the_page_asks_for_is_seen_once_it_is_done(
    workspace: Workspace, name: str
) -> None:
    (table,), (check,) = PAGES[name].tables, PAGES[name].checks
    workspace.prepare(table)
    (rows,) = workspace.rows(table.title)
    assert _by_name(rows) == _by_name(table.rows)
    assert check.look(Made("done", tables=workspace.rows)).ok is False
    source, pages = _found(workspace, table.title)
    for title, properties in DONE[name].items():
        if title in pages:
            workspace.ask("PATCH", f"/v1/pages/{pages[title]}", {"properties": properties})
        else:
            body = {"parent": {"type": "data_source_id", "data_source_id": source}}
            whole = {**properties, "Name": {"title": [{"text": {"content": title}}]}}
            workspace.ask("POST", "/v1/pages", {**body, "properties": whole})
    done = check.look(Made("done", tables=workspace.rows))
    assert (done.ok, done.detail) == (
        True,
        f"{len(table.rows) + 4 * (name == 'supper-guests')} rows are as they should be",
    )


def test_a_database_that_is_asked_for_is_found_by_its_title(workspace: Workspace) -> None:
    (check,) = PAGES["tool-shed"].checks
    assert check.look(Made("done", tables=workspace.rows)).ok is False
    columns = {"Name": "title", "Shelf": "rich_text", "Needs petrol": "checkbox", "Lent to": "rich_text"}
    rows: list[dict[str, Any]] = [
        {"Name": "Drill", "Shelf": "A1", "Needs petrol": False, "Lent to": "Familie Öz"},
        {"Name": "Hedge trimmer", "Shelf": "B2", "Needs petrol": True},
        {"Name": "Ladder, 4 m", "Shelf": "wall"},
        {"Name": "Lawn mower", "Shelf": "floor", "Needs petrol": True, "Lent to": "Mrs. Klee"},
    ]
    workspace.prepare(Table("Tool shed", columns, rows))
    assert check.look(Made("done", tables=workspace.rows)).ok is True


def _by_name(rows: Any) -> dict[str, dict[str, Any]]:
    return {str(row["Name"]): dict(row) for row in rows}


def _found(workspace: Workspace, title: str) -> tuple[str, dict[str, str]]:
    """Return the data source with a title, and its pages by name."""
    filtered = {"filter": {"property": "object", "value": "data_source"}}
    sources = workspace.ask("POST", "/v1/search", filtered)["results"]
    (source,) = [str(each["id"]) for each in sources if each["title"][0]["plain_text"] == title]
    pages = workspace.ask("POST", f"/v1/data_sources/{source}/query", {})["results"]
    return source, {each["properties"]["Name"]["title"][0]["plain_text"]: str(each["id"]) for each in pages}
