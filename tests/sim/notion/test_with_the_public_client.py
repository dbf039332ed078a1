"""What blocks, tables, filters, sorts, lists and budgets do, judged by the `notion-client` package, written by others.

It speaks the version before the newest, as it does when nobody asks for another. Each endpoint in the newest version,
by it and by Notion's own client: tests/judges.
"""

import pytest
from notion_client import APIResponseError
from notion_client.helpers import collect_paginated_api

from tests.support.builders.client_tables import SCHEMA, make_row, make_table
from tests.support.simulators.seeded_notion import block, text


def test_a_database_is_a_container_and_its_table_has_the_columns(client, source):
    table = client.data_sources.retrieve(source)
    assert {name: column["type"] for name, column in table["properties"].items()} == {
        name: next(iter(config)) for name, config in SCHEMA.items()
    }
    assert table["properties"]["Name"]["id"] == "title"
    assert [option["name"] for option in table["properties"]["Status"]["status"]["options"]] == [
        "Not started",
        "In progress",
        "Done",
    ]
    assert "properties" not in client.databases.retrieve(table["parent"]["database_id"])


def test_a_page_reads_back_what_was_written(client, notion, source):
    owner = notion.seeded["people"][0]["id"]
    row = make_row(
        client,
        source,
        "One",
        Status={"status": {"name": "In progress"}},
        Kind={"select": {"name": "New kind"}},
        Tags={"multi_select": [{"name": "a"}, {"name": "b"}]},
        Points={"number": 2.5},
        Due={"date": {"start": "2026-11-02"}},
        Owner={"people": [{"id": owner}]},
        Done={"checkbox": True},
        Link={"url": "https://example.test"},
    )
    properties = client.pages.retrieve(row["id"])["properties"]
    assert properties["Status"]["status"]["name"] == "In progress"
    assert properties["Kind"]["select"]["name"] == "New kind"
    assert [tag["name"] for tag in properties["Tags"]["multi_select"]] == ["a", "b"]
    assert properties["Points"]["number"] == 2.5
    assert properties["Due"]["date"] == {"start": "2026-11-02", "end": None, "time_zone": None}
    assert properties["Owner"]["people"][0]["name"] == "Ada"
    assert (properties["Done"]["checkbox"], properties["Link"]["url"]) == (True, "https://example.test")
    assert row["created_time"].endswith(":00.000Z")
    options = client.data_sources.retrieve(source)["properties"]["Kind"]["select"]["options"]
    assert [option["name"] for option in options] == ["Bug", "Idea", "New kind"]


def test_blocks_are_appended_in_order_and_after_a_block(client, notion):
    page = notion.page()
    made = client.blocks.children.append(page, children=[block("paragraph", "a"), block("paragraph", "c")])
    first = made["results"][0]["id"]
    client.blocks.children.append(page, children=[block("to_do", "b", checked=True)], after=first)
    client.blocks.children.append(page, children=[block("heading_1", "top")], position={"type": "start"})
    read = client.blocks.children.list(page)["results"]
    assert [(b["type"], b[b["type"]]["rich_text"][0]["plain_text"]) for b in read] == [
        ("heading_1", "top"),
        ("paragraph", "a"),
        ("to_do", "b"),
        ("paragraph", "c"),
    ]


def test_nested_children_are_read_one_level_at_a_time(client, notion):
    page = notion.page()
    inner = block("toggle", "1", children=[block("paragraph", "2", children=[block("paragraph", "3")])])
    made = client.blocks.children.append(page, children=[inner])["results"]
    assert len(made) == 1
    assert made[0]["has_children"]
    assert "children" not in made[0]["toggle"]
    second = client.blocks.children.list(made[0]["id"])["results"]
    third = client.blocks.children.list(second[0]["id"])["results"]
    assert third[0]["paragraph"]["rich_text"][0]["plain_text"] == "3"


def test_more_than_a_hundred_blocks_come_in_pages(client, notion):
    page = notion.page()
    for start in (0, 100, 200):
        client.blocks.children.append(page, children=[block("paragraph", str(start + i)) for i in range(100)][:70])
    everything = collect_paginated_api(client.blocks.children.list, block_id=page, page_size=50)
    wanted = [str(start + i) for start in (0, 100, 200) for i in range(70)]
    assert [b["paragraph"]["rich_text"][0]["plain_text"] for b in everything] == wanted


def test_more_than_a_hundred_rows_come_in_pages(client, notion):
    source = make_table(client, notion, {"Name": {"title": {}}})
    ids = {make_row(client, source, str(number))["id"] for number in range(103)}
    first = client.data_sources.query(source)
    assert (len(first["results"]), first["has_more"]) == (100, True)
    assert {row["id"] for row in collect_paginated_api(client.data_sources.query, data_source_id=source)} == ids


def test_an_update_replaces_and_the_trash_hides(client, source):
    row = make_row(client, source, "Old", Kind={"select": {"name": "Bug"}})
    client.pages.update(row["id"], properties={"Name": {"title": text("New")}, "Kind": {"select": None}})
    read = client.pages.retrieve(row["id"])["properties"]
    assert (read["Name"]["title"][0]["plain_text"], read["Kind"]["select"]) == ("New", None)
    assert client.pages.update(row["id"], in_trash=True)["in_trash"] is True
    assert client.data_sources.query(source)["results"] == []
    client.pages.update(row["id"], in_trash=False)
    assert len(client.data_sources.query(source)["results"]) == 1


def test_search_finds_titles_only(client, notion, source):
    row = make_row(client, source, "Needle")
    notion.page("Other", children=[block("paragraph", "needle")])
    assert [found["id"] for found in client.search(query="needle")["results"]] == [row["id"]]
    tables = client.search(filter={"property": "object", "value": "data_source"})["results"]
    assert [found["id"] for found in tables] == [source]


def test_long_lists_are_cut_at_25_in_the_page_and_whole_at_the_property(client, source):
    row = make_row(client, source, "x")
    client.pages.update(row["id"], properties={"Note": {"rich_text": [text(str(i))[0] for i in range(30)]}})
    note = client.pages.retrieve(row["id"])["properties"]["Note"]
    assert len(note["rich_text"]) == 25
    first = client.pages.properties.retrieve(row["id"], note["id"], page_size=20)
    rest = client.pages.properties.retrieve(row["id"], note["id"], page_size=20, start_cursor=first["next_cursor"])
    whole = first["results"] + rest["results"]
    assert [item["rich_text"]["plain_text"] for item in whole] == [str(i) for i in range(30)]
    assert (first["property_item"]["type"], rest["has_more"]) == ("rich_text", False)


def test_a_page_moves_below_another(client, notion):
    target, page = notion.page("Target"), notion.page("Moving")
    assert client.pages.move(page, parent={"page_id": target})["parent"]["page_id"] == target
    assert [b["id"] for b in client.blocks.children.list(target)["results"]] == [page]


def test_the_budget_of_a_minute_is_kept_and_the_answer_says_how_long(client, notion):
    notion.control("/_config", {"rate_limit": 3})
    for _ in range(3):
        client.users.me()
    with pytest.raises(APIResponseError) as refused:
        client.users.me()
    assert (refused.value.status, refused.value.code) == (429, "rate_limited")
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    notion.control("/_clock", {"offset_s": 61})
    assert client.users.me()["type"] == "bot"


def test_relations_link_rows_both_ways_by_id(client, notion, source):
    other = make_table(
        client,
        notion,
        {"Name": {"title": {}}, "Idea": {"relation": {"data_source_id": source, "single_property": {}}}},
    )
    idea = make_row(client, source, "Idea")
    task = make_row(client, other, "Task", Idea={"relation": [{"id": idea["id"]}]})
    asked = {"property": "Idea", "relation": {"contains": idea["id"]}}
    assert [row["id"] for row in client.data_sources.query(other, filter=asked)["results"]] == [task["id"]]
    with pytest.raises(APIResponseError) as refused:
        make_row(client, other, "x", Idea={"relation": [{"id": notion.seeded["bot_id"]}]})
    assert refused.value.status == 404


def test_a_two_way_relation_links_back(client, notion, source):
    other = make_table(
        client,
        notion,
        {
            "Name": {"title": {}},
            "Idea": {
                "relation": {"data_source_id": source, "dual_property": {"synced_property_name": "Tasks"}},
            },
        },
    )
    idea = make_row(client, source, "Idea")
    task = make_row(client, other, "Task", Idea={"relation": [{"id": idea["id"]}]})
    assert client.pages.retrieve(idea["id"])["properties"]["Tasks"]["relation"] == [{"id": task["id"]}]
    client.pages.update(task["id"], properties={"Idea": {"relation": []}})
    assert client.pages.retrieve(idea["id"])["properties"]["Tasks"]["relation"] == []
