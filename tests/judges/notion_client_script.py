"""The script through `notion-client` of PyPI: every endpoint with an asserted result. See also notion_script.mjs."""

from __future__ import annotations

from typing import Any

import requests
from notion_client import Client
from notion_client.client import ClientOptions
from notion_client.helpers import collect_paginated_api

from tests.judges.workspace import SCRIPT, VERSION, Workspace, paragraph, text, texts

Json = dict[str, Any]


def run(workspace: Workspace) -> None:
    """Tell the whole script."""
    with connect(workspace) as client:
        users(client, workspace)
        report = page(client, workspace)
        blocks(client, report)
        changes(client, workspace, report)
        source = tables(client, workspace)
        rows(client, workspace, source)
        views(client, source)
        search(client, report, source)
        comments(client, report)
        uploads(client, workspace, report)
        markdown(client, workspace)
        grants(client, workspace)


def connect(workspace: Workspace) -> Client:
    """Return Notion's own client."""
    return Client(ClientOptions(auth=workspace.token, base_url=workspace.url, notion_version=VERSION, retry=False))


def users(client: Client, workspace: Workspace) -> None:
    assert client.users.me()["id"] == workspace.bot
    everybody = collect_paginated_api(client.users.list, page_size=1)
    assert {user["id"] for user in everybody} >= {workspace.person, workspace.bot}
    assert client.users.retrieve(workspace.person)["name"] == "Ada Example"
    assert [emoji["name"] for emoji in client.custom_emojis.list(name="party", page_size=10)["results"]] == ["party"]


def page(client: Client, workspace: Workspace) -> str:
    made = client.pages.create(
        parent={"page_id": workspace.home},
        properties={"title": {"title": text(SCRIPT["title"])}},
        icon=SCRIPT["icon"],
        cover=SCRIPT["cover"],
        children=SCRIPT["blocks"],
    )
    read = client.pages.retrieve(made["id"], filter_properties=["title"])
    assert read["properties"]["title"]["title"][0]["plain_text"] == SCRIPT["title"]
    assert (read["icon"]["emoji"], read["cover"]["external"]) == ("📄", SCRIPT["cover"]["external"])
    return str(made["id"])


def blocks(client: Client, report: str) -> None:
    there = collect_paginated_api(client.blocks.children.list, block_id=report, page_size=5)
    assert [each["type"] for each in there] == [each["type"] for each in SCRIPT["blocks"]]
    inside = client.blocks.children.list(there[3]["id"])["results"]
    assert texts(client.blocks.children.list(inside[0]["id"])["results"]) == ["deepest"]
    client.blocks.children.append(report, children=[paragraph("end"), paragraph("gone")])
    client.blocks.children.append(report, children=[paragraph("start")], position={"type": "start"})
    behind = {"type": "after_block", "after_block": {"id": there[0]["id"]}}
    client.blocks.children.append(report, children=[paragraph("second")], position=behind)
    now = client.blocks.children.list(report, page_size=100)["results"]
    assert texts(now[:3]) == ["start", "Numbers", "second"]
    assert client.blocks.retrieve(now[-1]["id"])["paragraph"]["rich_text"][0]["plain_text"] == "gone"
    assert client.blocks.delete(now[-1]["id"])["in_trash"] is True
    assert client.blocks.update(there[2]["id"], to_do={"checked": True})["to_do"]["checked"] is True


def changes(client: Client, workspace: Workspace, report: str) -> None:
    renamed = {"title": {"title": text(SCRIPT["renamed"])}}
    assert client.pages.update(report, properties=renamed, icon=None)["icon"] is None
    for locked in (True, False):
        assert client.pages.update(report, is_locked=locked)["is_locked"] is locked
    archived = client.request(path=f"pages/{report}", method="PATCH", body={"is_archived": True})
    assert archived["is_archived"] is True
    client.request(path=f"pages/{report}", method="PATCH", body={"is_archived": False})
    moved = client.pages.create(
        parent={"page_id": workspace.home},
        properties={"title": {"title": text("Moved")}},
        position={"type": "page_start"},
    )
    assert client.pages.move(moved["id"], parent={"page_id": report})["parent"]["page_id"] == report
    trashed = client.pages.create(
        parent={"page_id": workspace.home}, properties={"title": {"title": text("Thrown away")}}
    )
    assert client.pages.update(trashed["id"], in_trash=True)["in_trash"] is True


def tables(client: Client, workspace: Workspace) -> str:
    made = client.databases.create(
        parent={"type": "page_id", "page_id": workspace.home},
        title=text("Ideas"),
        description=text("What people want"),
        initial_data_source={"properties": SCRIPT["schema"]},
    )
    source = client.databases.retrieve(made["id"])["data_sources"][0]["id"]
    assert client.databases.update(made["id"], title=text("All ideas"))["title"][0]["plain_text"] == "All ideas"
    second = add_source(client, made["id"])
    assert client.data_sources.update(second["id"], title=text("Archive"))["title"][0]["plain_text"] == "Archive"
    assert set(client.data_sources.retrieve(source)["properties"]) == set(SCRIPT["schema"])
    changed = client.data_sources.update(source, properties=SCRIPT["schema_change"])
    assert sorted(changed["properties"]) == SCRIPT["columns_after"]
    scraps = client.databases.create(
        parent={"type": "page_id", "page_id": workspace.home},
        title=text("Scraps"),
        initial_data_source={"properties": {"Name": {"title": {}}}},
    )
    assert client.databases.update(scraps["id"], in_trash=True)["in_trash"] is True
    return str(source)


def add_source(client: Client, database: str) -> Json:
    """Add a second data source to a database."""
    columns = {"Name": {"title": {}}}
    made: Json = client.data_sources.create(parent={"database_id": database}, title=text("Second"), properties=columns)
    return made


def rows(client: Client, workspace: Workspace, source: str) -> None:
    template = workspace.template(source)
    assert client.data_sources.list_templates(source, name="brief")["templates"][0]["id"] == template
    parent = {"data_source_id": source}
    filled = client.pages.create(
        parent=parent, properties={"Name": {"title": text("Monday")}}, template={"type": "default"}
    )
    assert [each["type"] for each in client.blocks.children.list(filled["id"])["results"]] == ["heading_1", "to_do"]
    made = [client.pages.create(parent=parent, properties=each)["id"] for each in SCRIPT["rows"]]
    asked = {"filter": SCRIPT["filter"], "sorts": SCRIPT["sorts"]}
    found = collect_paginated_api(client.data_sources.query, data_source_id=source, page_size=2, **asked)
    assert [row["properties"]["Name"]["title"][0]["plain_text"] for row in found] == SCRIPT["found"]
    long = [text(f"{number} ")[0] for number in range(30)]
    client.pages.update(made[0], properties={"Note": {"rich_text": long}})
    note = client.pages.retrieve(made[0])["properties"]["Note"]
    whole = collect_paginated_api(
        client.pages.properties.retrieve, page_id=made[0], property_id=note["id"], page_size=20
    )
    assert (len(note["rich_text"]), len(whole)) == (25, 30)
    changed = client.pages.update(made[1], properties=SCRIPT["row_change"])["properties"]
    assert (changed["Status"]["status"]["name"], changed["Kind"]["select"]) == ("Done", None)
    client.pages.update(made[2], in_trash=True)


def views(client: Client, source: str) -> None:
    database = client.data_sources.retrieve(source)["parent"]["database_id"]
    fields: Json = {"filter": SCRIPT["filter"], "sorts": SCRIPT["sorts"]}
    made = client.views.create(database_id=database, data_source_id=source, name="By effort", type="table", **fields)
    other = client.views.create(database_id=database, data_source_id=source, name="Too many", type="list")
    assert made["id"] in [view["id"] for view in client.views.list(data_source_id=source)["results"]]
    assert client.views.update(made["id"], name="Most effort first")["name"] == "Most effort first"
    assert client.views.retrieve(made["id"])["sorts"] == SCRIPT["sorts"]
    asked = client.views.queries.create(made["id"], page_size=2)
    rest = client.views.queries.results(made["id"], asked["id"], start_cursor=asked["next_cursor"])
    assert (asked["total_count"], len(asked["results"]), len(rest["results"])) == (3, 2, 1)
    assert client.views.queries.delete(made["id"], asked["id"])["deleted"] is True
    client.views.delete(other["id"])
    assert other["id"] not in [view["id"] for view in client.views.list(database_id=database)["results"]]


def search(client: Client, report: str, source: str) -> None:
    pages = client.search(query="final", filter={"property": "object", "value": "page"}, page_size=10)
    assert [each["id"] for each in pages["results"]] == [report]
    tables = client.search(filter={"property": "object", "value": "data_source"}, page_size=10)
    assert source in [each["id"] for each in tables["results"]]


def comments(client: Client, report: str) -> None:
    first = client.comments.create(parent={"page_id": report}, rich_text=text("one"))
    reply = client.comments.create(discussion_id=first["discussion_id"], rich_text=text("two"))
    block = client.blocks.children.list(report)["results"][0]["id"]
    client.comments.create(parent={"block_id": block}, rich_text=text("here"))
    extra = client.comments.create(parent={"page_id": report}, rich_text=text("gone"))
    assert client.comments.update(reply["id"], rich_text=text("three"))["rich_text"][0]["plain_text"] == "three"
    client.comments.delete(extra["id"])
    assert client.comments.retrieve(reply["id"])["discussion_id"] == first["discussion_id"]
    listed = client.comments.list(block_id=report)["results"]
    assert [each["rich_text"][0]["plain_text"] for each in listed] == ["one", "three"]


def uploads(client: Client, workspace: Workspace, report: str) -> None:
    single = client.file_uploads.create(mode="single_part", filename="a.txt", content_type="text/plain")["id"]
    sent = client.file_uploads.send(single, file=("a.txt", b"hello", "text/plain"))
    assert (sent["status"], sent["content_length"]) == ("uploaded", 5)
    many = client.file_uploads.create(
        mode="multi_part", filename="b.txt", content_type="text/plain", number_of_parts=2
    )["id"]
    for number in (1, 2):
        client.file_uploads.send(many, file=("b.txt", b"part%d" % number, "text/plain"), part_number=str(number))
    assert client.file_uploads.complete(many)["content_length"] == 10
    assert {each["id"] for each in client.file_uploads.list(status="uploaded")["results"]} == {single, many}
    client.blocks.children.append(
        report,
        children=[
            {"type": "file", "file": {"type": "file_upload", "file_upload": {"id": each}}} for each in (single, many)
        ],
    )
    far = client.file_uploads.create(mode="external_url", filename="c.txt", external_url="https://127.0.0.1:9/c.txt")
    failed = client.file_uploads.retrieve(far["id"])
    assert (failed["status"], failed["file_import_result"]["type"]) == ("failed", "error")
    near = client.file_uploads.create(mode="external_url", filename="d.txt", external_url=workspace.file_url)
    assert client.file_uploads.retrieve(near["id"])["status"] == "uploaded"


def markdown(client: Client, workspace: Workspace) -> None:
    made = client.pages.create(
        parent={"page_id": workspace.home},
        properties={"title": {"title": text("Plan")}},
        markdown=SCRIPT["markdown"],
    )["id"]
    read = client.pages.retrieve_markdown(made)
    assert (read["truncated"], "- [x] done" in read["markdown"]) == (False, True)
    client.pages.update_markdown(made, type="replace_content", replace_content={"new_str": SCRIPT["markdown_new"]})
    change = {"content_updates": [{"old_str": "Other", "new_str": "Better"}]}
    assert (
        "Better words." in client.pages.update_markdown(made, type="update_content", update_content=change)["markdown"]
    )
    client.pages.update_markdown(made, type="insert_content", insert_content={"content": SCRIPT["markdown_end"]})
    later = {"type": "insert_content", "insert_content": {"content": SCRIPT["markdown_later"]}, "allow_async": True}
    task = client.request(path=f"pages/{made}/markdown", method="PATCH", body=later)
    assert task["object"] == "async_task"
    for _ in range(5):
        task = client.request(path=f"async_tasks/{task['id']}", method="GET")
    assert (task["status"], SCRIPT["markdown_later"] in task["result"]["markdown"]) == ("succeeded", True)


def grants(client: Client, workspace: Workspace) -> None:
    who = {"client_id": workspace.client_id, "client_secret": workspace.client_word}
    code = {"grant_type": "authorization_code", "code": workspace.code(), "redirect_uri": workspace.callback}
    first = client.oauth.token(**who, **code)
    assert first["owner"]["user"]["id"] == workspace.person
    second = client.oauth.token(**who, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert client.oauth.introspect(**who, token=second["access_token"])["active"] is True
    client.oauth.revoke(**who, token=second["access_token"])
    assert client.oauth.introspect(**who, token=second["access_token"])["active"] is False
    headers = {"Authorization": f"Bearer {second['access_token']}", "Notion-Version": VERSION}
    assert requests.get(f"{workspace.url}/v1/users/me", headers=headers, timeout=10).status_code == 401
