"""The pages for people: forms change the workspace as a person, and whatever a user wrote stays text."""

from html.parser import HTMLParser

import pytest
import requests

from tests.support.simulators.seeded_notion import Notion, block, text

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>"


class Tags(HTMLParser):
    """Collects the tags, attributes and words of a page, as a browser would."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data

    def attributes(self, tag: str, name: str) -> list[str]:
        return [attrs.get(name, "") for found, attrs in self.tags if found == tag]


def _read(notion: Notion, path: str) -> tuple[requests.Response, Tags]:
    answer = requests.get(notion.url + path, timeout=10)
    return answer, Tags(answer.text)


def _post(notion: Notion, path: str, **form) -> requests.Response:
    return requests.post(notion.url + path, data=form, allow_redirects=False, timeout=10)


@pytest.fixture
def table(notion: Notion) -> tuple[str, str]:
    body = {
        "parent": {"type": "page_id", "page_id": notion.home},
        "title": text("Ideas"),
        "initial_data_source": {
            "properties": {"Name": {"title": {}}, "Status": {"status": {}}, "Note": {"rich_text": {}}}
        },
    }
    database = notion.call("POST", "/v1/databases", body).json()
    return database["id"], database["data_sources"][0]["id"]


def test_a_page_full_of_markup_is_inert(notion: Notion):
    cells = {"table_row": {"cells": [text(NASTY)]}}
    link = {"paragraph": {"rich_text": [{"text": {"content": "go", "link": {"url": "javascript:alert(3)"}}}]}}
    page = notion.page(
        NASTY,
        icon={"emoji": "<i>"},
        children=[
            *(block(kind, NASTY) for kind in ("paragraph", "heading_1", "to_do", "toggle", "quote", "callout")),
            block("code", NASTY, language="html"),
            {"table": {"table_width": 1, "children": [cells]}},
            {"bookmark": {"url": "javascript:alert(4)"}},
            {"image": {"external": {"url": "https://example.test/x.png"}}},
            link,
        ],
    )
    notion.call("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": text(NASTY)})
    for path in (f"/p/{page}", "/", f"/p/{notion.home}"):
        answer, tags = _read(notion, path)
        names = {tag for tag, _ in tags.tags}
        assert not names & {"script", "img", "b", "i", "iframe", "object"}
        assert not [name for _, attrs in tags.tags for name in attrs if name.startswith("on")]
        assert all(href.startswith(("/", "https://")) for href in tags.attributes("a", "href"))
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert NASTY in tags.words


def test_a_form_sets_a_status_as_the_person(notion: Notion, table):
    row = notion.call("POST", "/v1/pages", {"parent": {"data_source_id": table[1]}, "properties": {}}).json()
    form = {"do": "set", "column": row["properties"]["Status"]["id"], "value": "Done"}
    assert _post(notion, f"/p/{row['id']}", **form).status_code == 303
    read = notion.call("GET", f"/v1/pages/{row['id']}").json()
    assert read["properties"]["Status"]["status"]["name"] == "Done"
    assert read["last_edited_by"]["id"] == notion.seeded["people"][0]["id"]
    assert notion.effects("page.update")[0]["by"]["type"] == "person"


def test_lines_become_blocks_and_a_box_is_ticked(notion: Notion):
    page = notion.page()
    _post(notion, f"/p/{page}", do="append", text="# Plan\n- [ ] do it\n- [x] done\n- item\nplain\n")
    blocks = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"]
    kinds = [b["type"] for b in blocks]
    assert kinds == ["heading_1", "to_do", "to_do", "bulleted_list_item", "paragraph"]
    assert [b["to_do"]["checked"] for b in blocks[1:3]] == [False, True]
    _post(notion, f"/p/{page}", do="tick", block=blocks[1]["id"], checked="yes")
    assert notion.call("GET", f"/v1/blocks/{blocks[1]['id']}").json()["to_do"]["checked"] is True


def test_a_comment_and_a_row_are_added(notion: Notion, table):
    _post(notion, f"/p/{notion.home}", do="comment", text="yes, go")
    listed = notion.call("GET", f"/v1/comments?block_id={notion.home}").json()["results"]
    assert listed[0]["rich_text"][0]["plain_text"] == "yes, go"
    assert _post(notion, f"/p/{table[0]}", do="row", source=table[1], title="From a person").status_code == 303
    assert "From a person" in _read(notion, f"/p/{table[0]}")[1].words


def test_who_acts_is_chosen(notion: Notion):
    ben = notion.seeded["people"][1]["id"]
    with requests.Session() as browser:
        browser.post(f"{notion.url}/as", data={"person": ben, "back": f"/p/{notion.home}"}, timeout=10)
        browser.post(f"{notion.url}/p/{notion.home}", data={"do": "comment", "text": "x"}, timeout=10)
    assert notion.effects("comment.create")[0]["by"]["id"] == ben


def test_a_form_from_another_site_is_refused(notion: Notion):
    headers = {"Sec-Fetch-Site": "cross-site"}
    form = {"do": "comment", "text": "x"}
    answer = requests.post(f"{notion.url}/p/{notion.home}", data=form, headers=headers, timeout=10)
    assert (answer.status_code, notion.effects("comment.create")) == (403, [])


def test_a_refusal_is_told_in_words(notion: Notion):
    answer = _post(notion, f"/p/{notion.home}", do="append", text="x\n" * 101)
    assert (answer.status_code, "≤ `100`, instead was `101`" in answer.text) == (400, True)


def test_people_see_callouts_columns_contents_copies_and_files(notion: Notion):
    upload = notion.call("POST", "/v1/file_uploads", {"filename": "plan.txt"}).json()
    files = {"file": ("plan.txt", b"the plan", "text/plain")}
    headers = {"Authorization": f"Bearer {notion.seeded['token']}", "Notion-Version": "2026-03-11"}
    requests.post(upload["upload_url"], files=files, headers=headers, timeout=10)
    columns = [{"column": {"children": [block("paragraph", side)]}} for side in ("leftmost", "rightmost")]
    page = notion.page(
        children=[
            block("callout", "2 of 5 steps", icon={"emoji": "\N{HOURGLASS}"}, children=[block("to_do", "build")]),
            {"column_list": {"children": columns}},
            block("heading_1", "Chapter"),
            {"table_of_contents": {}},
            {"synced_block": {"synced_from": None, "children": [block("paragraph", "shared words")]}},
            {"file": {"file_upload": {"id": upload["id"]}}},
        ]
    )
    original = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"][4]["id"]
    notion.append(page, {"synced_block": {"synced_from": {"block_id": original}}})
    comment = {"parent": {"page_id": page}, "rich_text": text("see"), "attachments": [{"file_upload_id": upload["id"]}]}
    notion.call("POST", "/v1/comments", comment)
    _, tags = _read(notion, f"/p/{page}")
    for words in ("\N{HOURGLASS}", "2 of 5 steps", "build", "leftmost", "rightmost"):
        assert tags.words.count(words) == 1, words
    assert (tags.words.count("Chapter"), tags.words.count("shared words"), tags.words.count("plan.txt")) == (2, 2, 2)
    addresses = [address for address in tags.attributes("a", "href") if "/files/" in address]
    assert [requests.get(address, timeout=10).content for address in addresses] == [b"the plan", b"the plan"]
