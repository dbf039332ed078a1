"""The Markdown endpoints of the simulator: the dialect both ways, four edits, caps, and tasks that end by the clock."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.local.simulators.notion.content.rich_text import rich_text
from shared.local.simulators.notion.markdown.markdown_inline import read, write_inline
from tests.support.simulators.seeded_notion import Notion, block, text

# Each line of the dialect as the published guide shows it, and the block it stands for.
LINES = [
    ("# One", "heading_1", {}),
    ("###### Six", "heading_4", {}),
    ('## Two {color="red"}', "heading_2", {"color": "red"}),
    ('# Folded {toggle="true" color="blue_bg"}', "heading_1", {"is_toggleable": True, "color": "blue_background"}),
    ("- item", "bulleted_list_item", {}),
    ("1. item", "numbered_list_item", {}),
    ("- [ ] open", "to_do", {"checked": False}),
    ("- [x] done", "to_do", {"checked": True}),
    ("> said", "quote", {}),
    ("---", "divider", {}),
    ("<empty-block/>", "paragraph", {"rich_text": []}),
    ('<callout icon="\N{DIRECT HIT}" color="blue_bg">\n\tmind\n</callout>', "callout", {"color": "blue_background"}),
    ("<details>\n<summary>more</summary>\n\tinside\n</details>", "toggle", {}),
    ("```python\nprint()\n```", "code", {"language": "python"}),
    ("$$\na^2\n$$", "equation", {"expression": "a^2"}),
    ("![seen](https://e.test/a.png)", "image", {"type": "external", "external": {"url": "https://e.test/a.png"}}),
    ('<table header-row="true"><tr><td>a</td><td>b</td></tr></table>', "table", {"table_width": 2}),
    ("<columns>\n\t<column>\n\t\tl\n\t</column>\n\t<column>\n\t\tr\n\t</column>\n</columns>", "column_list", {}),
]


def _made(notion: Notion, markdown: str) -> str:
    body = {"parent": {"page_id": notion.home}, "markdown": markdown, "properties": {"title": {"title": text("P")}}}
    answer = notion.call("POST", "/v1/pages", body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def _children(notion: Notion, parent: str) -> list[dict]:
    return notion.call("GET", f"/v1/blocks/{parent}/children").json()["results"]


def _read(notion: Notion, page: str) -> dict:
    return notion.call("GET", f"/v1/pages/{page}/markdown").json()


def _edit(notion: Notion, page: str, kind: str, **fields):
    more = {"allow_async": fields.pop("allow_async")} if "allow_async" in fields else {}
    return notion.call("PATCH", f"/v1/pages/{page}/markdown", {"type": kind, kind: fields, **more})


@pytest.mark.parametrize(("line", "kind", "fields"), LINES, ids=[f"{kind}-{n}" for n, (_, kind, _) in enumerate(LINES)])
def test_a_line_of_the_dialect_is_its_block(notion: Notion, line, kind, fields):
    (made,) = _children(notion, _made(notion, line))
    assert made["type"] == kind
    assert {key: made[kind][key] for key in fields} == fields


def test_what_is_read_can_be_written_back_and_changes_nothing(notion: Notion):
    page = _made(notion, "\n".join(line for line, _, _ in LINES) + "\n- a\n\t- b\n\t\tc\n5 \\* 3 \\# \\{x\\} 1\\. x")
    before, ids = _read(notion, page), [b["id"] for b in _children(notion, page)]
    assert (before["truncated"], before["unknown_block_ids"]) == (False, [])
    answer = _edit(notion, page, "replace_content", new_str=before["markdown"])
    assert answer.json()["markdown"] == before["markdown"]
    assert [b["id"] for b in _children(notion, page)] == ids
    assert _read(notion, _made(notion, before["markdown"]))["markdown"] == before["markdown"]


PIECE = st.fixed_dictionaries(
    {"text": st.fixed_dictionaries({"content": st.text("ab *_~`$[]()<>{}|^\\#-1.\n\N{PARTY POPPER}", min_size=1)})},
    optional={
        "annotations": st.fixed_dictionaries(
            {},
            optional={
                **{key: st.booleans() for key in ("bold", "italic", "strikethrough", "underline")},
                "color": st.sampled_from(["default", "red", "blue_background"]),
            },
        )
    },
)


@given(st.lists(PIECE, max_size=5))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_letter_and_its_look_survives_the_way_there_and_back(pieces):
    stored = rich_text(pieces, "body")
    again = rich_text(read(write_inline(stored, "http://n.test")), "body")
    assert _letters(again) == _letters(stored)


def _letters(items):
    """Letters with their marks; of a space only what can be seen: its underline and colour."""
    seen = ("underline", "color")
    return [
        (letter, {key: item["annotations"][key] for key in (seen if letter.isspace() else item["annotations"])})
        for item in items
        for letter in item["plain_text"]
    ]


def test_mentions_and_links_keep_what_they_point_to(notion: Notion):
    ada = notion.seeded["people"][0]["id"]
    items = [
        {"mention": {"user": {"id": ada}}},
        {"mention": {"page": {"id": notion.home}}},
        {"mention": {"date": {"start": "2026-11-02"}}},
        {"text": {"content": "l", "link": {"url": "https://e.test/a_(b)?c=*"}}},
        {"equation": {"expression": "a$b"}},
    ]
    page = notion.page(children=[{"paragraph": {"rich_text": items}}])
    before = _children(notion, page)[0]["paragraph"]["rich_text"]
    assert _children(notion, _made(notion, _read(notion, page)["markdown"]))[0]["paragraph"]["rich_text"] == before


def test_the_first_heading_is_the_title_where_none_is_given(notion: Notion):
    body = {"parent": {"page_id": notion.home}, "markdown": "# Named so\ntext"}
    page = notion.call("POST", "/v1/pages", body).json()
    assert page["properties"]["title"]["title"][0]["plain_text"] == "Named so"
    assert [b["type"] for b in _children(notion, page["id"])] == ["paragraph"]
    both = notion.call("POST", "/v1/pages", {**body, "children": [block("paragraph")]})
    assert both.status_code == 400


def test_an_update_replaces_exactly_one_place_and_keeps_the_other_blocks(notion: Notion):
    page = _made(notion, "one\ntwo\nthree")
    ids = [b["id"] for b in _children(notion, page)]
    assert "found" in _update(notion, page, "absent").json()["message"]
    assert "2 times" in _update(notion, page, "t").json()["message"]
    answer = _update(notion, page, "two")
    assert (answer.status_code, answer.json()["markdown"]) == (200, "one\nNEW\nthree")
    after = [b["id"] for b in _children(notion, page)]
    assert (after[0], after[2], after[1] in ids) == (ids[0], ids[2], False)
    assert _update(notion, page, "e", replace_all_matches=True).json()["markdown"] == "onNEW\nNEW\nthrNEWNEW"


def _update(notion: Notion, page: str, old: str, **more):
    return _edit(notion, page, "update_content", content_updates=[{"old_str": old, "new_str": "NEW", **more}])


def test_content_is_inserted_at_either_end_or_after_a_selection(notion: Notion):
    page = _made(notion, "one two\nthree")
    _edit(notion, page, "insert_content", content="first", position={"type": "start"})
    _edit(notion, page, "insert_content", content="last")
    answer = _edit(notion, page, "insert_content", content="middle", after="one...two")
    assert answer.json()["markdown"] == "first\none two\nmiddle\nthree\nlast"
    replaced = _edit(notion, page, "replace_content_range", content="X", content_range="one...three")
    assert replaced.json()["markdown"] == "first\nX\nlast"
    assert _edit(notion, page, "insert_content", content="x", after="no...where").status_code == 400


def test_a_child_page_is_not_dropped_unless_that_is_allowed(notion: Notion):
    page = _made(notion, "text")
    child = {"parent": {"page_id": page}, "properties": {"title": {"title": text("Child")}}}
    child_id = notion.call("POST", "/v1/pages", child).json()["id"]
    refused = _edit(notion, page, "replace_content", new_str="new")
    assert (refused.status_code, "Child" in refused.json()["message"]) == (400, True)
    tag = _read(notion, page)["markdown"].split("\n")[1]
    kept = _edit(notion, page, "replace_content", new_str=f"{tag}\nbelow").json()["markdown"]
    assert kept == f"{tag}\nbelow"
    assert notion.call("GET", f"/v1/pages/{child_id}").json()["in_trash"] is False
    assert _edit(notion, page, "replace_content", new_str="new", allow_deleting_content=True).status_code == 200
    assert notion.call("GET", f"/v1/pages/{child_id}").json()["in_trash"] is True


def test_what_has_no_markdown_is_named_and_stays(notion: Notion):
    bookmark = {"bookmark": {"url": "https://e.test"}}
    page = notion.page(children=[bookmark, block("paragraph", "old")])
    before = _read(notion, page)
    unknown = _children(notion, page)[0]["id"]
    assert before["unknown_block_ids"] == [unknown]
    assert 'alt="bookmark"/>' in before["markdown"]
    _edit(notion, page, "replace_content", new_str=before["markdown"].replace("old", "new"))
    kinds = [(b["type"], b["id"] == unknown) for b in _children(notion, page)]
    assert kinds == [("bookmark", True), ("paragraph", False)]


def test_a_read_ends_at_its_cap_and_names_what_can_be_read_on_its_own(notion: Notion):
    page = _made(notion, "one\n- two\n\t- three\nfour")
    notion.control("/_config", {"markdown_cap": 2})
    answer = _read(notion, page)
    assert (answer["truncated"], answer["markdown"].startswith("one\n- two\n\t<unknown ")) == (True, True)
    below = [_read(notion, key)["markdown"] for key in answer["unknown_block_ids"]]
    assert below == ["- three", "four"]


def test_a_write_that_allows_it_is_put_off_and_ends_by_the_clock(notion: Notion):
    page = _made(notion, "old")
    notion.control("/_config", {"async_tasks": "always", "async_retries": 1})
    answer = _edit(notion, page, "replace_content", new_str="new", allow_async=True)
    task = answer.json()
    assert (answer.status_code, task["status"], task["poll_after_seconds"]) == (202, "queued", 1)
    path = f"/v1/async_tasks/{task['id']}"
    seen = []
    for offset in (1.5, 2.6, 3.7):
        assert _read(notion, page)["markdown"] == "old"
        notion.control("/_clock", {"offset_s": offset})
        seen.append(notion.call("GET", path).json())
    assert [each["status"] for each in seen] == ["running", "retrying", "succeeded"]
    assert seen[-1]["result"]["markdown"] == _read(notion, page)["markdown"] == "new"
    notion.control("/_clock", {"offset_s": 4000})
    assert notion.call("GET", path).status_code == 404


def test_a_put_off_write_that_fails_says_why(notion: Notion):
    notion.control("/_config", {"async_tasks": "always"})
    body = {"parent": {"page_id": notion.home}, "markdown": "<columns>\n\t<column>\n\t\tl\n\t</column>\n</columns>"}
    assert notion.call("POST", "/v1/pages", {**body, "allow_async": True}).status_code == 400  # seen at once
    page = _made(notion, "x")
    task = _edit(notion, page, "replace_content", new_str="y", allow_async=True).json()["id"]
    notion.call("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    notion.control("/_clock", {"offset_s": 2.5})
    notion.control("/_clock", {"offset_s": 4})
    done = notion.call("GET", f"/v1/async_tasks/{task}").json()
    assert (done["status"], done["error"]["code"], done["error"]["status"]) == ("failed", "validation_error", 400)


def test_only_who_allows_it_gets_a_task(notion: Notion):
    notion.control("/_config", {"async_tasks": "always"})
    assert _edit(notion, _made(notion, "old"), "replace_content", new_str="new").status_code == 200
