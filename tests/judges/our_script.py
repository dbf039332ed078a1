"""The script through our own client, with the same ends as `notion_client_script`.

What ours has no call for is done by Notion's, so that both workspaces can be compared whole.
"""

from __future__ import annotations

from typing import Any

from notion_client import Client

from shared import oauth
from shared.http_client import HttpClient, Trace
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.files import build_upload_reference
from shared.integrations.notion.client.markdown_calls import (
    AsyncTask,
    MarkdownRead,
    replace_content,
    update_content,
)
from shared.integrations.notion.system import NOTION
from shared.ports import Secret
from tests.judges import notion_client_script
from tests.judges.workspace import SCRIPT, Workspace, paragraph, text, texts

Json = dict[str, Any]


def run(workspace: Workspace, trace: Trace) -> None:
    """Tell the whole script; `trace` hears of every request."""
    http = HttpClient("notion", workspace.url, Secret(workspace.token), timeouts=(2, 10), trace=trace)
    notion = Notion(http)
    with notion_client_script.connect(workspace) as theirs:
        users(notion, workspace)
        report = page(notion, workspace)
        theirs.pages.update(report, cover=SCRIPT["cover"])
        blocks(notion, report)
        changes(notion, workspace, report, theirs)
        source = tables(notion, workspace, theirs)
        rows(notion, workspace, source)
        notion_client_script.views(theirs, source)
        search(notion, report, source)
        comments(notion, report)
        uploads(notion, report, theirs)
        markdown(notion, workspace, theirs)
        grants(http, workspace, theirs)


def users(notion: Notion, workspace: Workspace) -> None:
    assert notion.me()["id"] == workspace.bot
    assert {user["id"] for user in notion.users()} >= {workspace.person, workspace.bot}
    assert notion.user(workspace.person)["name"] == "Ada Example"


def page(notion: Notion, workspace: Workspace) -> str:
    made = notion.create_page(
        page_id=workspace.home,
        properties={"title": {"title": text(SCRIPT["title"])}},
        icon=SCRIPT["icon"]["emoji"],
        children=SCRIPT["blocks"],
    )
    read = notion.page(made["id"])
    assert read["properties"]["title"]["title"][0]["plain_text"] == SCRIPT["title"]
    assert read["icon"]["emoji"] == "📄"
    return str(made["id"])


def blocks(notion: Notion, report: str) -> None:
    there = notion.children(report)
    assert [each["type"] for each in there] == [each["type"] for each in SCRIPT["blocks"]]
    assert notion.read_tree(report)[3].children[0].children[0].text == "deepest"
    notion.append(report, [paragraph("end"), paragraph("gone")])
    notion.append(report, [paragraph("start")], at_start=True)
    notion.append(report, [paragraph("second")], there[0]["id"])
    now = notion.children(report)
    assert texts(now[:3]) == ["start", "Numbers", "second"]
    assert texts([notion.block(now[-1]["id"])]) == ["gone"]
    notion.delete_block(now[-1]["id"])
    assert notion.update_block(there[2]["id"], "to_do", {"checked": True})["to_do"]["checked"] is True


def changes(notion: Notion, workspace: Workspace, report: str, theirs: Client) -> None:
    assert notion.update_page(report, {"title": {"title": text(SCRIPT["renamed"])}}, icon=None)["icon"] is None
    for locked in (True, False):
        theirs.pages.update(report, is_locked=locked)
    for archived in (True, False):
        theirs.request(path=f"pages/{report}", method="PATCH", body={"is_archived": archived})
    moved = theirs.pages.create(
        parent={"page_id": workspace.home},
        properties={"title": {"title": text("Moved")}},
        position={"type": "page_start"},
    )
    assert notion.move_page(moved["id"], to_page=report)["parent"]["page_id"] == report
    trashed = notion.create_page(page_id=workspace.home, properties={"title": {"title": text("Thrown away")}})
    assert notion.update_page(trashed["id"], in_trash=True)["in_trash"] is True


def tables(notion: Notion, workspace: Workspace, theirs: Client) -> str:
    database, source = notion.create_database(workspace.home, "Ideas", SCRIPT["schema"])
    assert notion.database(database)["data_sources"][0]["id"] == source
    theirs.databases.update(database, title=text("All ideas"), description=text("What people want"))
    second = notion_client_script.add_source(theirs, database)
    theirs.data_sources.update(second["id"], title=text("Archive"))
    assert set(notion.data_source(source)["properties"]) == set(SCRIPT["schema"])
    changed = notion.update_data_source(source, properties=SCRIPT["schema_change"])
    assert sorted(changed["properties"]) == SCRIPT["columns_after"]
    scraps, _ = notion.create_database(workspace.home, "Scraps", {"Name": {"title": {}}})
    assert notion.trash_database(scraps)["in_trash"] is True
    return source


def rows(notion: Notion, workspace: Workspace, source: str) -> None:
    template = workspace.template(source)
    assert notion.templates(source)[0]["id"] == template
    monday = {"Name": {"title": text("Monday")}}
    filled = notion.create_page(data_source_id=source, properties=monday, template="default")
    assert [each["type"] for each in notion.children(filled["id"])] == ["heading_1", "to_do"]
    made = [notion.create_page(data_source_id=source, properties=each)["id"] for each in SCRIPT["rows"]]
    found, cursor = list[Json](), ""
    while not found or cursor:
        part = notion.query_part(source, SCRIPT["filter"], SCRIPT["sorts"], cursor=cursor, size=2)
        found, cursor = found + part.rows, part.cursor
    assert [row["properties"]["Name"]["title"][0]["plain_text"] for row in found] == SCRIPT["found"]
    assert {row["id"] for row in notion.query(source, SCRIPT["filter"])} == {row["id"] for row in found}
    long = [text(f"{number} ")[0] for number in range(30)]
    notion.update_page(made[0], {"Note": {"rich_text": long}})
    note = notion.page(made[0])["properties"]["Note"]
    assert (len(note["rich_text"]), len(notion.property_value(made[0], note["id"]))) == (30, 30)
    changed = notion.update_page(made[1], SCRIPT["row_change"])["properties"]
    assert (changed["Status"]["status"]["name"], changed["Kind"]["select"]) == ("Done", None)
    notion.update_page(made[2], in_trash=True)


def search(notion: Notion, report: str, source: str) -> None:
    assert [each["id"] for each in notion.search("final")] == [report]
    assert source in [each["id"] for each in notion.search("", "data_source")]


def comments(notion: Notion, report: str) -> None:
    first = notion.comment(report, "one")
    reply = notion.reply(first["discussion_id"], "two")
    notion.comment(report, "here", block_id=notion.children(report)[0]["id"])
    extra = notion.comment(report, "gone")
    assert notion.update_comment(reply["id"], "three")["rich_text"][0]["plain_text"] == "three"
    notion.delete_comment(extra["id"])
    assert notion.get_comment(reply["id"])["discussion_id"] == first["discussion_id"]
    listed = notion.comments(report)
    assert [each["rich_text"][0]["plain_text"] for each in listed] == ["one", "three"]


def uploads(notion: Notion, report: str, theirs: Client) -> None:
    single = notion.upload("a.txt", b"hello")
    assert notion.file_upload(single)["content_length"] == 5
    many = notion.create_upload("b.txt", "text/plain", parts=2)["id"]
    for number in (1, 2):
        notion.send_part(many, b"part%d" % number, number, name="b.txt", kind="text/plain")
    assert notion.complete_upload(many)["content_length"] == 10
    notion.append(report, [{"type": "file", "file": build_upload_reference(each)} for each in (single, many)])
    far = theirs.file_uploads.create(mode="external_url", filename="c.txt", external_url="https://127.0.0.1:9/c.txt")
    failed = notion.file_upload(far["id"])
    assert (failed["status"], failed["file_import_result"]["type"]) == ("failed", "error")


def markdown(notion: Notion, workspace: Workspace, theirs: Client) -> None:
    made = theirs.pages.create(
        parent={"page_id": workspace.home},
        properties={"title": {"title": text("Plan")}},
        markdown=SCRIPT["markdown"],
    )["id"]
    read = notion.markdown(made)
    assert (read.truncated, "- [x] done" in read.markdown) == (False, True)
    notion.edit_markdown(made, replace_content(SCRIPT["markdown_new"]))
    changed = notion.edit_markdown(made, update_content([("Other", "Better")]))
    assert isinstance(changed, MarkdownRead)
    assert "Better words." in changed.markdown
    notion.edit_markdown(made, _insert(SCRIPT["markdown_end"]))
    task = notion.edit_markdown(made, _insert(SCRIPT["markdown_later"]), allow_async=True)
    assert isinstance(task, AsyncTask)
    for _ in range(5):
        task = notion.async_task(task.id)
    assert SCRIPT["markdown_later"] in task.read_result()["markdown"]


def _insert(content: str) -> Json:
    return {"type": "insert_content", "insert_content": {"content": content}}


def grants(http: HttpClient, workspace: Workspace, theirs: Client) -> None:
    assert NOTION.oauth is not None
    who = (http, NOTION.oauth, workspace.client_id, Secret(workspace.client_word))
    us = {"client_id": workspace.client_id, "client_secret": workspace.client_word}
    first = oauth.exchange(*who, workspace.code(), workspace.callback)
    assert first.public["owner"]["user"]["id"] == workspace.person
    assert first.refresh is not None
    second = oauth.refresh(*who, first.refresh)
    assert theirs.oauth.introspect(**us, token=second.access.reveal())["active"] is True
    oauth.revoke(*who, second.access)
    assert theirs.oauth.introspect(**us, token=second.access.reveal())["active"] is False
