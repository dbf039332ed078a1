"""What Notion refuses, the simulator refuses: every limit is taken at the limit and refused one above it."""

import json

import pytest
import requests

from .conftest import VERSION, Notion, block, text

NOWHERE = "00000000-0000-4000-8000-000000000000"


def _paragraphs(count):
    return [block("paragraph") for _ in range(count)]


def _nested(total):
    """Blocks in two tiers, `total` of them all together, no array above a hundred."""
    tops, rest = [], total
    while rest > 0:
        inner = min(99, rest - 1)
        tops.append(block("toggle", children=_paragraphs(inner)) if inner else block("toggle"))
        rest -= inner + 1
    return tops


def _rich(count):
    return {"type": "paragraph", "paragraph": {"rich_text": text("x") * count}}


def _link(length):
    url = "https://e.test/".ljust(length, "a")
    return {"paragraph": {"rich_text": [{"text": {"content": "x", "link": {"url": url}}}]}}


def _equation(length):
    return {"paragraph": {"rich_text": [{"equation": {"expression": "x" * length}}]}}


def _table(rows, width=1, cells=1):
    row = {"table_row": {"cells": [text("c")] * cells}}
    return {"table": {"table_width": width, "children": [row] * rows}}


def _columns(count):
    return {"column_list": {"children": [{"column": {"children": _paragraphs(1)}}] * count}}


def _tiers(count):
    made = block("toggle")
    for _ in range(count - 1):
        made = block("toggle", children=[made])
    return made


AT_AND_ABOVE = [
    pytest.param(_paragraphs(100), _paragraphs(101), "body.children.length should be ≤ `100`, instead was `101`.",
                 id="blocks in one array"),
    pytest.param(_nested(1000), _nested(1001), "should be ≤ `1000`, instead was `1001`.", id="blocks in one request"),
    pytest.param([_rich(100)], [_rich(101)],
                 "body.children[0].paragraph.rich_text.length should be ≤ `100`, instead was `101`.",
                 id="rich text items"),
    pytest.param([block("paragraph", "x" * 2000)], [block("paragraph", "x" * 2001)],
                 "body.children[0].paragraph.rich_text[0].text.content.length should be ≤ `2000`, instead was `2001`.",
                 id="characters of text"),
    pytest.param([block("paragraph", "\N{PARTY POPPER}" * 1000)], [block("paragraph", "\N{PARTY POPPER}" * 1000 + "x")],
                 "content.length should be ≤ `2000`, instead was `2001`.", id="an emoji counts as two"),
    pytest.param([_link(2000)], [_link(2001)], "url.length should be ≤ `2000`, instead was `2001`.", id="a link"),
    pytest.param([_equation(1000)], [_equation(1001)], "expression.length should be ≤ `1000`, instead was `1001`.",
                 id="an equation"),
    pytest.param([_table(100)], [_table(101)], "table.children.length should be ≤ `100`, instead was `101`.",
                 id="rows of a table"),
    pytest.param([_table(1)], [_table(0)], "table.children.length should be ≥ `1`, instead was `0`.",
                 id="a table has a row"),
    pytest.param([_table(1, 2, 2)], [_table(1, 2, 3)], "must match the table width", id="the width of a row"),
    pytest.param([_columns(2)], [_columns(1)], "column_list.children.length should be ≥ `2`, instead was `1`.",
                 id="two columns at least"),
    pytest.param([_tiers(3)], [_tiers(4)], "toggle.children should be not present", id="three tiers"),
    pytest.param([block("toggle", children=[block("toggle", children=_paragraphs(1))])],
                 [block("toggle", children=[block("toggle", children=[_table(1)])])],
                 "table should be not present", id="no table in the third tier"),
    pytest.param([_columns(2)], [block("toggle", children=[_columns(2)])], "column_list should be not present",
                 id="columns only at the top"),
    pytest.param([block("heading_1", is_toggleable=True, children=_paragraphs(1))],
                 [block("heading_1", children=_paragraphs(1))], "toggleable",
                 id="only a toggleable heading holds blocks"),
    pytest.param([block("code", language="python")], [block("code", language="Python")],
                 "code.language should be one of", id="the language list"),
    pytest.param([block("paragraph", color="red_background")], [block("paragraph", color="crimson")],
                 "color should be one of", id="the colours"),
    pytest.param([block("paragraph")], [{"type": "child_page", "child_page": {"title": "x"}}],
                 "body.children[0].child_page should be not present", id="pages are not made as blocks"),
    pytest.param([block("paragraph")], [{**block("paragraph"), "id": NOWHERE}],
                 "body.children[0].id should be not present", id="read-only keys of a block"),
    pytest.param([block("paragraph")],
                 [{"paragraph": {"rich_text": [{"text": {"content": "x"}, "plain_text": "x"}]}}],
                 "rich_text[0].plain_text should be not present", id="read-only keys of rich text"),
    pytest.param([block("paragraph")], [{"type": "paragraph", "paragraph": {}}],
                 "body.children[0].paragraph.rich_text should be defined, instead was `undefined`.",
                 id="a required field"),
]  # fmt: skip


@pytest.mark.parametrize(("fits", "too_much", "message"), AT_AND_ABOVE)
def test_a_limit_holds_exactly(notion: Notion, fits, too_much, message):
    page = notion.page()
    taken = notion.append(page, *fits)
    assert (taken.status_code, len(taken.json().get("results", []))) == (200, len(fits)), taken.text
    refused = notion.append(page, *too_much)
    assert (refused.status_code, refused.json()["code"]) == (400, "validation_error")
    assert message in refused.json()["message"]
    assert len(notion.effects("block.append")) == len(fits)


def test_a_body_of_500_kb_is_taken_and_a_byte_more_is_not(notion: Notion):
    page = notion.page()
    body = json.dumps({"children": [block("paragraph", "x" * 1900) for _ in range(90)]})
    headers = {"Authorization": f"Bearer {notion.seeded['token']}", "Notion-Version": VERSION}
    url = f"{notion.url}/v1/blocks/{page}/children"
    taken = requests.patch(url, data=body.ljust(500_000), headers=headers, timeout=10)
    refused = requests.patch(url, data=body.ljust(500_001), headers=headers, timeout=10)
    assert (taken.status_code, refused.status_code) == (200, 400)
    assert "`500000`, instead was `500001`" in refused.json()["message"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        pytest.param({}, 400, "missing_version", id="no version"),
        pytest.param({"Notion-Version": "2021-01-01"}, 400, "validation_error", id="a version nobody knows"),
        pytest.param({"Notion-Version": VERSION}, 401, "unauthorized", id="no token"),
        pytest.param({"Notion-Version": VERSION, "Authorization": "Bearer x"}, 401, "unauthorized", id="a wrong token"),
    ],
)
def test_the_gate(notion: Notion, headers, status, code):
    answer = requests.get(f"{notion.url}/v1/users/me", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["code"], answer.json()["object"]) == (status, code, "error")
    assert answer.json()["request_id"] == answer.headers["x-notion-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/pages", {"parent": {"page_id": "HOME"}, "properties": {}, "titel": 1}),
        ("PATCH", "/v1/pages/HOME", {"archived": True}),
        ("PATCH", "/v1/blocks/HOME/children", {"children": [], "after": NOWHERE}),
        ("POST", "/v1/search", {"q": "x"}),
        ("POST", "/v1/comments", {"parent": {"page_id": "HOME"}, "rich_text": [], "text": "x"}),
    ],
)
def test_an_unexpected_key_is_refused_by_its_path(notion: Notion, method, path, body):
    text_of = json.dumps(body).replace("HOME", notion.home)
    answer = notion.call(method, path.replace("HOME", notion.home), json.loads(text_of))
    unexpected = list(body)[-1]
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"body failed validation: body.{unexpected} should be not present")


def test_the_older_version_still_has_after_and_archived(notion: Notion):
    page = notion.page(children=_paragraphs(2))
    first = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"][0]["id"]
    body = {"children": [{"type": "divider", "divider": {}}], "after": first}
    answer = notion.call("PATCH", f"/v1/blocks/{page}/children", body, version="2025-09-03")
    assert answer.status_code == 200
    kinds = [b["type"] for b in notion.call("GET", f"/v1/blocks/{page}/children").json()["results"]]
    assert kinds == ["paragraph", "divider", "paragraph"]
    archived = notion.call("PATCH", f"/v1/pages/{page}", {"archived": True}, version="2025-09-03").json()
    assert (archived["archived"], archived["in_trash"]) == (True, True)
    assert "archived" not in notion.call("GET", f"/v1/pages/{page}").json()


def test_what_is_not_shared_looks_like_what_does_not_exist(notion: Notion):
    person = notion.seeded["people"][0]["id"]
    order = {"person": person, "method": "POST", "path": "/v1/pages"}
    private = notion.control("/_as_person", {**order, "body": {"properties": {}}})["id"]
    unshared = notion.call("GET", f"/v1/pages/{private}")
    absent = notion.call("GET", f"/v1/pages/{NOWHERE}")
    assert (unshared.status_code, absent.status_code) == (404, 404)
    assert unshared.json()["message"].replace(private, NOWHERE) == absent.json()["message"]


def test_ids_are_taken_with_and_without_dashes_and_given_with(notion: Notion):
    bare = notion.home.replace("-", "")
    assert notion.call("GET", f"/v1/pages/{bare}").json()["id"] == notion.home
    wrong = notion.call("GET", "/v1/pages/home")
    assert (wrong.status_code, "path.page_id should be a valid uuid" in wrong.json()["message"]) == (400, True)


@pytest.mark.parametrize("size", [0, 101])
def test_a_page_of_a_list_has_1_to_100_items(notion: Notion, size):
    answer = notion.call("GET", f"/v1/blocks/{notion.home}/children?page_size={size}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


def test_a_cursor_belongs_to_its_list_and_expires(notion: Notion):
    page, other = notion.page(children=_paragraphs(3)), notion.page()
    cursor = notion.call("GET", f"/v1/blocks/{page}/children?page_size=2").json()["next_cursor"]
    following = f"children?page_size=2&start_cursor={cursor}"
    assert len(notion.call("GET", f"/v1/blocks/{page}/{following}").json()["results"]) == 1
    assert notion.call("GET", f"/v1/blocks/{other}/{following}").status_code == 400
    notion.control("/_clock", {"offset_s": 7200})
    assert notion.call("GET", f"/v1/blocks/{page}/{following}").status_code == 400


def _table_of(notion: Notion, **columns) -> str:
    body = {
        "parent": {"type": "page_id", "page_id": notion.home},
        "initial_data_source": {"properties": {"Name": {"title": {}}, **columns}},
    }
    return str(notion.call("POST", "/v1/databases", body).json()["data_sources"][0]["id"])


@pytest.mark.parametrize(
    ("column", "fits", "too_much"),
    [
        pytest.param("email", "a" * 100, "a" * 101, id="e-mail"),
        pytest.param("url", "a" * 2000, "a" * 2001, id="url"),
        pytest.param("number", 1, "1", id="a number is no string"),
        pytest.param("checkbox", True, 1, id="a flag is no number"),
        pytest.param("url", None, "", id="null clears, an empty string does not"),
        pytest.param("select", {"name": "a" * 100}, {"name": "a" * 101}, id="the name of an option"),
        pytest.param("select", {"name": "a"}, {"name": "a,b"}, id="no comma in an option"),
        pytest.param("status", {"name": "Done"}, {"name": "Invented"}, id="a status must exist"),
        pytest.param("multi_select", [{"name": str(i)} for i in range(100)], [{"name": str(i)} for i in range(101)],
                     id="options in one write"),
        pytest.param("date", {"start": "2026-11-02"}, {"start": "2.11.2026"}, id="ISO dates"),
        pytest.param("rich_text", text("x") * 100, text("x") * 101, id="rich text items"),
    ],
)  # fmt: skip
def test_a_value_is_taken_at_its_limit(notion: Notion, column, fits, too_much):
    source = _table_of(notion, X={column: {}})
    made = [
        notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {"X": {column: value}}})
        for value in (fits, too_much)
    ]
    assert [answer.status_code for answer in made] == [200, 400], made[0].text
    assert len(notion.effects("page.create")) == 1


def test_a_select_has_100_options_at_most(notion: Notion):
    def schema(count):
        options = [{"name": str(i)} for i in range(count)]
        return {
            "parent": {"type": "page_id", "page_id": notion.home},
            "initial_data_source": {"properties": {"Name": {"title": {}}, "X": {"select": {"options": options}}}},
        }

    assert [notion.call("POST", "/v1/databases", schema(n)).status_code for n in (100, 101)] == [200, 400]


def test_a_refused_update_changes_nothing(notion: Notion):
    source = _table_of(notion, Kind={"select": {}}, Points={"number": {}})
    row = notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {}}).json()["id"]
    wrong = {"Kind": {"select": {"name": "New"}}, "Points": {"number": "many"}}
    assert notion.call("PATCH", f"/v1/pages/{row}", {"properties": wrong}).status_code == 400
    assert notion.call("GET", f"/v1/pages/{row}").json()["properties"]["Kind"]["select"] is None
    columns = notion.call("GET", f"/v1/data_sources/{source}").json()["properties"]
    assert columns["Kind"]["select"]["options"] == []


def test_filters_nest_two_levels(notion: Notion):
    source = _table_of(notion)
    leaf = {"property": "Name", "title": {"equals": "x"}}
    two = {"and": [{"or": [leaf]}]}
    found = [
        notion.call("POST", f"/v1/data_sources/{source}/query", {"filter": asked}).status_code
        for asked in (leaf, two, {"or": [two]}, {"property": "Gone", "title": {"equals": "x"}})
    ]
    assert found == [200, 200, 400, 400]


def test_a_query_ends_at_its_cap_and_says_so(notion: Notion):
    source = _table_of(notion)
    for _ in range(3):
        notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {}})
    notion.control("/_config", {"query_cap": 2})
    answer = notion.call("POST", f"/v1/data_sources/{source}/query", {}).json()
    assert (len(answer["results"]), answer["has_more"]) == (2, False)
    assert answer["request_status"] == {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}


def test_what_is_in_the_trash_cannot_be_edited(notion: Notion):
    page = notion.page(children=_paragraphs(1))
    inner = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"][0]["id"]
    notion.call("DELETE", f"/v1/blocks/{page}")
    assert notion.call("GET", f"/v1/pages/{page}").json()["in_trash"] is True
    assert notion.append(page, *_paragraphs(1)).status_code == 400
    edited = notion.call("PATCH", f"/v1/blocks/{inner}", {"paragraph": {"rich_text": []}})
    assert (edited.status_code, "archived" in edited.json()["message"]) == (400, True)
    assert notion.call("PATCH", f"/v1/pages/{page}", {"in_trash": False}).json()["in_trash"] is False


def test_a_type_and_a_table_width_never_change(notion: Notion):
    page = notion.page(children=[block("paragraph"), _table(1)])
    paragraph, table = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"]
    answers = [
        notion.call("PATCH", f"/v1/blocks/{paragraph['id']}", {"to_do": {"rich_text": []}}),
        notion.call("PATCH", f"/v1/blocks/{table['id']}", {"table": {"table_width": 2}}),
        notion.call("PATCH", f"/v1/blocks/{table['id']}", {"table": {"has_column_header": True}}),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 200]


def test_an_internal_token_makes_no_pages_at_the_top(notion: Notion):
    answer = notion.call("POST", "/v1/pages", {"properties": {}})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    token = notion.connect()["access_token"]
    assert notion.call("POST", "/v1/pages", {"properties": {}}, token=token).json()["parent"]["type"] == "workspace"
