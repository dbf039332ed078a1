"""The `notion-client` package on uploads, Markdown, views, templates and moves: it works as it does against Notion."""

import io

import pytest
import requests
from notion_client import APIResponseError, Client
from notion_client.helpers import collect_paginated_api

from tests.support.simulators.seeded_notion import Notion, text


def test_a_file_goes_up_in_one_part_and_in_several(client: Client, notion: Notion):
    single = client.file_uploads.create(filename="a.txt", content_type="text/plain")
    sent = client.file_uploads.send(single["id"], file=("a.txt", io.BytesIO(b"one"), "text/plain"))
    assert sent["status"] == "uploaded"
    notion.control("/_config", {"part_least_bytes": 1})
    several = client.file_uploads.create(mode="multi_part", filename="b.txt", number_of_parts=2)
    for number, part in ((1, b"tw"), (2, b"o")):
        client.file_uploads.send(several["id"], file=("b.txt", io.BytesIO(part)), part_number=str(number))
    done = client.file_uploads.complete(several["id"])
    assert (done["status"], done["content_length"]) == ("uploaded", 3)
    assert {each["id"] for each in client.file_uploads.list(status="uploaded")["results"]} == {
        single["id"],
        several["id"],
    }
    children = [{"file": {"type": "file_upload", "file_upload": {"id": several["id"]}}}]
    made = client.blocks.children.append(notion.page(), children=children)["results"][0]
    assert requests.get(made["file"]["file"]["url"], timeout=10).content == b"two"


def test_markdown_is_written_read_and_edited(client: Client, notion: Notion):
    page = client.pages.create(parent={"page_id": notion.home}, markdown="# Title\n- [ ] do")["id"]
    with pytest.raises(APIResponseError, match="2026-03-11"):
        client.pages.retrieve_markdown(page)  # the package still speaks the version before by itself
    client.options.notion_version = "2026-03-11"
    client.client.headers["Notion-Version"] = "2026-03-11"
    assert client.pages.retrieve_markdown(page)["markdown"] == "- [ ] do"
    update = {"content_updates": [{"old_str": "do", "new_str": "done"}]}
    edited = client.pages.update_markdown(page, type="update_content", update_content=update)
    assert edited["markdown"] == "- [ ] done"


def test_views_and_their_queries_and_templates(client: Client, notion: Notion):
    parent = {"type": "page_id", "page_id": notion.home}
    properties = {"Name": {"title": {}}}
    database = client.databases.create(parent=parent, initial_data_source={"properties": properties})
    source = database["data_sources"][0]["id"]
    rows = {
        client.pages.create(parent={"data_source_id": source}, properties={"Name": {"title": text(str(n))}})["id"]
        for n in range(3)
    }
    view = client.views.create(database_id=database["id"], data_source_id=source, name="v", type="table")
    assert client.views.retrieve(view["id"])["name"] == "v"
    assert client.views.update(view["id"], name="w")["name"] == "w"
    assert len(client.views.list(database_id=database["id"])["results"]) == 2
    asked = client.views.queries.create(view["id"], page_size=2)
    rest = client.views.queries.results(view["id"], asked["id"], start_cursor=asked["next_cursor"])
    assert {row["id"] for row in asked["results"] + rest["results"]} == rows
    assert client.views.queries.delete(view["id"], asked["id"])["deleted"] is True
    assert client.views.delete(view["id"])["id"] == view["id"]
    notion.control("/_templates", {"data_source_id": source, "name": "T", "markdown": "x"})
    assert [t["name"] for t in client.data_sources.list_templates(source)["templates"]] == ["T"]
    assert client.custom_emojis.list()["results"] == []


def test_a_page_is_moved_and_a_comment_changed(client: Client, notion: Notion):
    page, target = notion.page(), notion.page()
    assert client.pages.move(page, parent={"type": "page_id", "page_id": target})["parent"]["page_id"] == target
    comment = client.comments.create(parent={"page_id": page}, rich_text=text("a"))
    assert client.comments.update(comment["id"], rich_text=text("b"))["rich_text"][0]["plain_text"] == "b"
    client.comments.delete(comment["id"])
    assert collect_paginated_api(client.comments.list, block_id=page) == []
