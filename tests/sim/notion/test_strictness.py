"""What Notion refuses, the simulator refuses: every limit is taken at the limit and refused one above it."""

import json

import pytest
import requests

from tests.support.builders.block_bodies import paragraph_blocks, table_block
from tests.support.simulators.seeded_notion import VERSION, Notion, block, text

NOWHERE = "00000000-0000-4000-8000-000000000000"


def _nested(total):
    """Blocks in two tiers, `total` of them all together, no array above a hundred."""
    tops, rest = [], total
    while rest > 0:
        inner = min(99, rest - 1)
        tops.append(block("toggle", children=paragraph_blocks(inner)) if inner else block("toggle"))
        rest -= inner + 1
    return tops


def _rich(count):
    return {"type": "paragraph", "paragraph": {"rich_text": text("x") * count}}


def _link(length):
    url = "https://e.test/".ljust(length, "a")
    return {"paragraph": {"rich_text": [{"text": {"content": "x", "link": {"url": url}}}]}}


def _equation(length):
    return {"paragraph": {"rich_text": [{"equation": {"expression": "x" * length}}]}}


def _columns(count):
    return {"column_list": {"children": [{"column": {"children": paragraph_blocks(1)}}] * count}}


def _tiers(count):
    made = block("toggle")
    for _ in range(count - 1):
        made = block("toggle", children=[made])
    return made


AT_AND_ABOVE = [
    pytest.param(paragraph_blocks(100), paragraph_blocks(101),
                 "body.children.length should be ≤ `100`, instead was `101`.",
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
    pytest.param([table_block(100)], [table_block(101)], "table.children.length should be ≤ `100`, instead was `101`.",
                 id="rows of a table"),
    pytest.param([table_block(1)], [table_block(0)], "table.children.length should be ≥ `1`, instead was `0`.",
                 id="a table has a row"),
    pytest.param([table_block(1, 2, 2)], [table_block(1, 2, 3)], "must match the table width", id="the width of a row"),
    pytest.param([_columns(2)], [_columns(1)], "column_list.children.length should be ≥ `2`, instead was `1`.",
                 id="two columns at least"),
    pytest.param([_tiers(3)], [_tiers(4)], "toggle.children should be not present", id="three tiers"),
    pytest.param([block("toggle", children=[block("toggle", children=paragraph_blocks(1))])],
                 [block("toggle", children=[block("toggle", children=[table_block(1)])])],
                 "table should be not present", id="no table in the third tier"),
    pytest.param([_columns(2)], [block("toggle", children=[_columns(2)])], "column_list should be not present",
                 id="columns only at the top"),
    pytest.param([block("heading_1", is_toggleable=True, children=paragraph_blocks(1))],
                 [block("heading_1", children=paragraph_blocks(1))], "toggleable",
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
    page = notion.page(children=paragraph_blocks(2))
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
    page, other = notion.page(children=paragraph_blocks(3)), notion.page()
    cursor = notion.call("GET", f"/v1/blocks/{page}/children?page_size=2").json()["next_cursor"]
    following = f"children?page_size=2&start_cursor={cursor}"
    assert len(notion.call("GET", f"/v1/blocks/{page}/{following}").json()["results"]) == 1
    assert notion.call("GET", f"/v1/blocks/{other}/{following}").status_code == 400
    notion.control("/_clock", {"offset_s": 7200})
    assert notion.call("GET", f"/v1/blocks/{page}/{following}").status_code == 400
