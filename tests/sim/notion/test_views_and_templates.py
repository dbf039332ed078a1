"""Views with their expiring queries, templates that fill a page later, custom emojis, and where a new page stands."""

import pytest

from tests.support.simulators.seeded_notion import Notion, block, text


@pytest.fixture
def table(notion: Notion) -> dict:
    body = {
        "parent": {"type": "page_id", "page_id": notion.home},
        "initial_data_source": {"properties": {"Name": {"title": {}}, "Points": {"number": {}}}},
    }
    made = notion.call("POST", "/v1/databases", body).json()
    return {"database_id": made["id"], "data_source_id": made["data_sources"][0]["id"]}


def _row(notion: Notion, table: dict, name: str, points: int) -> str:
    values = {"Name": {"title": text(name)}, "Points": {"number": points}}
    body = {"parent": {"data_source_id": table["data_source_id"]}, "properties": values}
    return str(notion.call("POST", "/v1/pages", body).json()["id"])


def test_a_view_is_made_read_changed_and_deleted(notion: Notion, table):
    listed = f"/v1/views?database_id={table['database_id']}"
    (first,) = notion.call("GET", listed).json()["results"]
    made = notion.call("POST", "/v1/views", {**table, "name": "Board", "type": "board"}).json()
    assert (made["object"], made["type"], made["data_source_id"]) == ("view", "board", table["data_source_id"])
    assert [view["id"] for view in notion.call("GET", listed).json()["results"]] == [first["id"], made["id"]]
    path = f"/v1/views/{made['id']}"
    assert notion.call("PATCH", path, {"name": "New"}).json()["name"] == "New"
    assert notion.call("PATCH", path, {"type": "table"}).status_code == 400
    assert notion.call("DELETE", path).json()["id"] == made["id"]
    assert notion.call("GET", path).status_code == 404
    assert notion.call("DELETE", f"/v1/views/{first['id']}").status_code == 400


@pytest.mark.parametrize(
    "wrong", [{}, {"database_id": "D", "view_id": "D"}, {"type": "carousel"}, {"filter": {"x": 1}}]
)
def test_a_wrong_view_is_refused(notion: Notion, table, wrong):
    body = {**table, "name": "v", "type": "table", **wrong}
    if not wrong:
        del body["database_id"]
    assert notion.call("POST", "/v1/views", body).status_code == 400


def test_a_view_query_is_a_snapshot_in_pages_that_expires(notion: Notion, table):
    rows = [_row(notion, table, str(number), number) for number in range(5)]
    view = {
        **table,
        "name": "v",
        "type": "table",
        "filter": {"property": "Points", "number": {"greater_than": 0}},
        "sorts": [{"property": "Points", "direction": "descending"}],
    }
    view_id = notion.call("POST", "/v1/views", view).json()["id"]
    asked = notion.call("POST", f"/v1/views/{view_id}/queries", {"page_size": 3}).json()
    assert (asked["object"], asked["total_count"], asked["has_more"]) == ("view_query", 4, True)
    _row(notion, table, "late", 9)
    path = f"/v1/views/{view_id}/queries/{asked['id']}"
    rest = notion.call("GET", f"{path}?page_size=3&start_cursor={asked['next_cursor']}").json()
    assert [row["id"] for row in asked["results"] + rest["results"]] == rows[:0:-1]
    notion.control("/_clock", {"offset_s": 901})
    assert notion.call("GET", path).status_code == 404


def test_a_view_query_can_be_given_back(notion: Notion, table):
    view = notion.call("GET", f"/v1/views?data_source_id={table['data_source_id']}").json()["results"][0]["id"]
    asked = notion.call("POST", f"/v1/views/{view}/queries", {}).json()["id"]
    path = f"/v1/views/{view}/queries/{asked}"
    assert notion.call("DELETE", path).json() | {"request_id": ""} == {
        "object": "view_query",
        "id": asked,
        "deleted": True,
        "request_id": "",
    }
    assert notion.call("DELETE", path).status_code == 200  # reference/delete-view-query: as well when it is gone
    assert notion.call("GET", path).status_code == 404


def _template(notion: Notion, table: dict, **fields) -> dict:
    return notion.control("/_templates", {"data_source_id": table["data_source_id"], "name": "Bug", **fields})


def test_a_page_made_from_a_template_is_filled_later(notion: Notion, table):
    given = {"markdown": "# Steps\n- [ ] look", "properties": {"Points": {"number": 3}}, "is_default": True}
    template = _template(notion, table, **given)
    _template(notion, table, name="Other")
    path = f"/v1/data_sources/{table['data_source_id']}/templates"
    assert [t["name"] for t in notion.call("GET", path).json()["templates"]] == ["Bug", "Other"]
    assert notion.call("GET", f"{path}?name=bu").json()["templates"] == [template]
    for chosen in ({"type": "template_id", "template_id": template["id"]}, {"type": "default"}):
        body = {"parent": {"data_source_id": table["data_source_id"]}, "template": chosen, "properties": {}}
        page = notion.call("POST", "/v1/pages", body).json()["id"]
        assert notion.call("GET", f"/v1/blocks/{page}/children").json()["results"] == []
        notion.control("/_clock", {"offset_s": notion.simulator.offset.total_seconds() + 2})
        kinds = [b["type"] for b in notion.call("GET", f"/v1/blocks/{page}/children").json()["results"]]
        assert kinds == ["heading_1", "to_do"]
        assert notion.call("GET", f"/v1/pages/{page}").json()["properties"]["Points"]["number"] == 3
    assert notion.call("POST", "/v1/pages", {**body, "children": [block("paragraph")]}).status_code == 400


def test_a_page_is_emptied_and_filled_anew(notion: Notion, table):
    template = _template(notion, table, markdown="new")
    page = _row(notion, table, "r", 1)
    notion.append(page, block("paragraph", "old"))
    chosen = {"type": "template_id", "template_id": template["id"]}
    notion.call("PATCH", f"/v1/pages/{page}", {"template": chosen, "erase_content": True})
    assert notion.call("GET", f"/v1/blocks/{page}/children").json()["results"] == []
    notion.control("/_clock", {"offset_s": 2})
    (only,) = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"]
    assert only["paragraph"]["rich_text"][0]["plain_text"] == "new"


def test_a_custom_emoji_is_found_by_its_name_and_shown_as_an_icon(notion: Notion):
    made = notion.control(
        "/_emojis", {"name": "bun", "url": "https://e.test/bun.png", "workspace_id": notion.seeded["workspace_id"]}
    )
    emoji = {key: made[key] for key in ("id", "name", "url")}
    assert notion.call("GET", "/v1/custom_emojis?name=bun").json()["results"] == [emoji]
    assert notion.call("GET", "/v1/custom_emojis?name=bu").json()["results"] == []
    page = notion.page(icon={"type": "custom_emoji", "custom_emoji": {"id": made["id"]}})
    shown = notion.call("GET", f"/v1/pages/{page}").json()["icon"]
    assert shown == {"type": "custom_emoji", "custom_emoji": emoji}


@pytest.mark.parametrize(("position", "wanted"), [("page_start", "Pxy"), ("page_end", "xyP"), ("after_block", "xPy")])
def test_a_new_page_stands_where_it_was_asked_for(notion: Notion, position, wanted):
    page = notion.page(children=[block("paragraph", "x"), block("paragraph", "y")])
    first = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"][0]["id"]
    where = {"type": position, **({"after_block": {"id": first}} if position == "after_block" else {})}
    notion.call("POST", "/v1/pages", {"parent": {"page_id": page}, "properties": {}, "position": where})
    kinds = [b["type"] for b in notion.call("GET", f"/v1/blocks/{page}/children").json()["results"]]
    assert kinds.index("child_page") == wanted.index("P")


def test_archived_is_another_thing_than_the_trash(notion: Notion):
    page = notion.page()
    answer = notion.call("PATCH", f"/v1/pages/{page}", {"is_archived": True}).json()
    assert (answer["is_archived"], answer["in_trash"]) == (True, False)
