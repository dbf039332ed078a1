"""Every answer the simulator gives to a broad script has the shape that Notion's published description gives it."""

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.support.descriptions.described_answers import Json, Script, find_problem, load_description
from tests.support.descriptions.notion_events import webhooks_of
from tests.support.parts import require
from tests.support.simulators.seeded_notion import Notion, block, text

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def script(notion: Notion) -> Script:
    require("notion-description")
    return Script(notion)


COLUMNS: Json = {
    "Name": {"title": {}},
    "Kind": {"select": {"options": [{"name": "Bug", "color": "red"}]}},
    "Status": {"status": {}},
    "Id": {"unique_id": {"prefix": "T"}},
    **{
        kind: {kind: {}}
        for kind in (
            *("rich_text", "number", "multi_select", "date", "people", "files", "checkbox", "url", "email"),
            *("phone_number", "created_time", "created_by", "last_edited_time", "last_edited_by"),
        )
    },
}


def _blocks(page: str, upload: str) -> list[Json]:
    external = {"external": {"url": "https://e.test/a.png"}, "caption": text("c")}
    rich = [
        *text("x"),
        {"text": {"content": "l", "link": {"url": "https://e.test"}}, "annotations": {"bold": True, "color": "red"}},
        {"equation": {"expression": "x"}},
        {"mention": {"page": {"id": page}}},
        {"mention": {"date": {"start": "2026-11-02", "end": "2026-11-03"}}},
        {"mention": {"template_mention": {"template_mention_date": "today"}}},
    ]
    return [
        {"paragraph": {"rich_text": rich, "color": "blue_background"}},
        *(block(f"heading_{level}") for level in (1, 2, 3)),
        block("heading_1", is_toggleable=True, children=[block("paragraph")]),
        *(block(kind) for kind in ("bulleted_list_item", "numbered_list_item", "quote", "toggle")),
        block("to_do", checked=True),
        block("callout", icon={"emoji": "\N{DIRECT HIT}"}),
        block("code", language="python", caption=text("c")),
        {"equation": {"expression": "x"}},
        *({kind: {}} for kind in ("divider", "breadcrumb", "table_of_contents")),
        *({kind: {"url": "https://e.test", "caption": []}} for kind in ("bookmark", "embed")),
        *({kind: external} for kind in ("image", "video", "pdf", "audio", "file")),
        {"image": {"file_upload": {"id": upload}}},
        {"file": {"file_upload": {"id": upload}}},
        {"table": {"table_width": 1, "children": [{"table_row": {"cells": [text("c")]}}]}},
        {"column_list": {"children": [{"column": {"children": [block("paragraph")]}}] * 2}},
        {"synced_block": {"synced_from": None, "children": [block("paragraph")]}},
        {"link_to_page": {"page_id": page}},
    ]


def _tables(script: Script, home: str) -> tuple[str, str]:
    title = {"title": text("Tasks"), "description": text("All of them"), "icon": {"emoji": "\N{DIRECT HIT}"}}
    body = {"parent": {"type": "page_id", "page_id": home}, "initial_data_source": {"properties": COLUMNS}, **title}
    database = script("POST", "/v1/databases", body)
    source = database["data_sources"][0]["id"]
    single = {"relation": {"data_source_id": source, "single_property": {}}}
    dual = {"relation": {"data_source_id": source, "dual_property": {}}}
    script("PATCH", f"/v1/data_sources/{source}", {"properties": {"Needs": single, "Both": dual}})
    rolled = {"relation_property_name": "Needs", "rollup_property_name": "number"}
    more = {
        f"R {function}": {"rollup": {**rolled, "function": function}} for function in ("sum", "count", "show_original")
    }
    script("PATCH", f"/v1/data_sources/{source}", {"properties": more})
    script("GET", f"/v1/databases/{database['id']}")
    script("PATCH", f"/v1/databases/{database['id']}", {"is_inline": True})
    second = {"parent": {"database_id": database["id"]}, "properties": {"Name": {"title": {}}}, "title": text("2")}
    script("POST", "/v1/data_sources", second)
    script("GET", f"/v1/data_sources/{source}/templates")
    return database["id"], source


def _rows(script: Script, source: str, person: str, upload: str) -> str:
    first = script("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {}})["id"]
    values = {
        "Name": {"title": text("n")},
        "Kind": {"select": {"name": "Bug"}},
        "Status": {"status": {"name": "Done"}},
        "rich_text": {"rich_text": text("t")},
        "number": {"number": 1.5},
        "multi_select": {"multi_select": [{"name": "a"}]},
        "date": {"date": {"start": "2026-11-02"}},
        "people": {"people": [{"id": person}]},
        "files": {"files": [{"name": "a", "external": {"url": "https://e.test"}}, {"file_upload": {"id": upload}}]},
        "checkbox": {"checkbox": True},
        "url": {"url": "https://e.test"},
        "email": {"email": "ada@example.test"},
        "phone_number": {"phone_number": "1"},
        "Needs": {"relation": [{"id": first}]},
        "Both": {"relation": [{"id": first}]},
    }
    row = {"parent": {"data_source_id": source}, "icon": {"file_upload": {"id": upload}}, "properties": values}
    made = script("POST", "/v1/pages", {**row, "cover": {"external": {"url": "https://e.test"}}})
    for column in made["properties"].values():
        script("GET", f"/v1/pages/{made['id']}/properties/{column['id']}")
    return str(made["id"])


@pytest.mark.slow
def test_every_answer_validates(script: Script, notion: Notion):
    person = notion.seeded["people"][0]["id"]
    upload = script("POST", "/v1/file_uploads", {"filename": "a.png"})
    script.sent(upload, b"x")
    script("GET", f"/v1/file_uploads/{upload['id']}")
    script("POST", "/v1/file_uploads", {"mode": "multi_part", "filename": "b.png", "number_of_parts": 2})
    script("GET", "/v1/file_uploads")
    script("GET", "/v1/users/me")
    script("GET", f"/v1/users/{person}")
    script("GET", "/v1/users")
    database, source = _tables(script, notion.home)
    row = _rows(script, source, person, upload["id"])
    page = script("POST", "/v1/pages", {"parent": {"page_id": notion.home}, "properties": {}})["id"]
    made = script("PATCH", f"/v1/blocks/{page}/children", {"children": _blocks(page, upload["id"])})["results"]
    script("GET", f"/v1/blocks/{page}/children")
    for each in made:
        script("GET", f"/v1/blocks/{each['id']}")
        if each["has_children"]:
            script("GET", f"/v1/blocks/{each['id']}/children")
    script("PATCH", f"/v1/blocks/{made[0]['id']}", {"paragraph": {"rich_text": text("y")}})
    script("DELETE", f"/v1/blocks/{made[0]['id']}")
    script("GET", f"/v1/blocks/{notion.home}/children")
    script("GET", f"/v1/pages/{row}")
    script("PATCH", f"/v1/pages/{row}", {"is_locked": True})
    script("POST", f"/v1/pages/{page}/move", {"parent": {"type": "data_source_id", "data_source_id": source}})
    script("POST", f"/v1/data_sources/{source}/query", {"page_size": 1})
    script("GET", f"/v1/pages/{page}/markdown")
    edit = {"type": "insert_content", "insert_content": {"content": "z"}}
    script("PATCH", f"/v1/pages/{page}/markdown", edit)
    script("POST", "/v1/search", {"page_size": 50})
    attached = [{"file_upload_id": upload["id"]}]
    comment = {"parent": {"page_id": page}, "rich_text": text("c"), "attachments": attached}
    comment_id = script("POST", "/v1/comments", comment)["id"]
    script("GET", f"/v1/comments/{comment_id}")
    script("GET", f"/v1/comments?block_id={page}")
    script("PATCH", f"/v1/databases/{database}", {"in_trash": True})
    _refusals(script, page)
    assert "\n".join(script.problems) == ""
    assert len(script.answers) > 45


def _refusals(script: Script, page: str) -> None:
    script("GET", "/v1/pages/x", status=400)
    script("GET", f"/v1/pages/{NOWHERE}", status=404)
    script("POST", "/v1/pages", {"titel": 1}, status=400)
    for status in (401, 403, 409, 429, 500, 503):
        script.notion.control("/_faults", {"path": f"/v1/pages/{page}", "status": status})
        script("GET", f"/v1/pages/{page}", status=status)


def test_every_event_validates(notion: Notion, script: Script):
    notion.connect()
    made = notion.control("/_subscriptions", {"url": "http://127.0.0.1:9/", "client_id": "client-1"})
    token = notion.simulator.state["subscriptions"][made["id"]]["verification_token"]
    notion.control(f"/_subscriptions/{made['id']}/verify", {"verification_token": token})
    notion.control("/_config", {"aggregation_s": 0, "webhook_delay_s": 600})
    page = notion.page(children=[block("paragraph")])
    database = notion.call("POST", "/v1/databases", {"parent": {"page_id": notion.home}}).json()
    source = database["data_sources"][0]["id"]
    row = notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {}}).json()["id"]
    notion.call("PATCH", f"/v1/pages/{row}", {"properties": {"Name": {"title": text("T")}}, "is_locked": True})
    notion.call("PATCH", f"/v1/data_sources/{source}", {"properties": {"New": {"number": {}}}})
    notion.call("POST", f"/v1/pages/{page}/move", {"parent": {"data_source_id": source}})
    view = {"database_id": database["id"], "data_source_id": source, "name": "v", "type": "list"}
    view_id = notion.call("POST", "/v1/views", view).json()["id"]
    notion.call("PATCH", f"/v1/views/{view_id}", {"name": "w", "sorts": None})
    notion.call("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": text("c")})
    pending = list(notion.simulator.state["pending"].values())
    published = load_description()
    schemas = {
        published["components"]["schemas"][name]["properties"]["type"]["const"]: name for name in webhooks_of(published)
    }
    seen = set()
    registry = Registry().with_resource("urn:notion", DRAFT202012.create_resource(load_description()))
    for item in pending:
        name = schemas[item["event"]["type"]]
        validator = Draft202012Validator({"$ref": f"urn:notion#/components/schemas/{name}"}, registry=registry)
        error = best_match(validator.iter_errors(item["event"]))
        assert error is None, f"{name}: {error.json_path}: {error.message}"
        seen.add(name)
    assert len(seen) >= 10


@pytest.mark.parametrize("change", [{"in_trash": "no"}, {"parent": {"type": "galaxy"}}, {"surplus": 1}, {"url": None}])
def test_a_wrong_answer_is_noticed(script: Script, notion: Notion, change):
    path = f"/v1/pages/{notion.page()}"
    right = notion.call("GET", path).json()
    assert find_problem("GET", path, 200, right) is None
    assert find_problem("GET", path, 200, {**right, **change}) is not None
