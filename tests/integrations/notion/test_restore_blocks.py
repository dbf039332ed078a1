"""What was removed comes back, and what was read is written again, in requests the published description allows."""

from __future__ import annotations

from typing import Any

import pytest

from shared.core.errors import Missing
from shared.integrations.notion.content import blocks
from shared.integrations.notion.values.columns import column_config, config_again
from shared.integrations.notion.values.writable_values import (
    labels_of,
    means_the_same,
    number_of,
    planned_values,
    value_again,
)
from tests.integrations.conftest import ServedNotion

COLUMNS: dict[str, Any] = {
    "Name": {"title": {}},
    "Note": {"rich_text": {}},
    "Count": column_config("number", format="euro"),
    "Stage": column_config("select", options=["One", "Two"]),
    "Tags": column_config("multi_select", options=["a", "b"]),
    "State": {"status": {}},
    "When": {"date": {}},
    "Who": {"people": {}},
    "Files": {"files": {}},
    "Done": {"checkbox": {}},
    "Link": {"url": {}},
    "Mail": {"email": {}},
    "Phone": {"phone_number": {}},
    "Made": {"created_time": {}},
}


def test_a_deleted_block_comes_back_where_it_stood_with_all_below_it(desk: ServedNotion) -> None:
    page = desk.page(children=[blocks.toggle("one", [blocks.paragraph("below")]), blocks.paragraph("two")])
    before = desk.notion.read_tree(page)
    desk.notion.delete_block(before[0].id)
    assert [block.id for block in desk.notion.read_tree(page)] == [before[1].id]
    for _ in range(2):  # twice is once
        desk.notion.restore_block(before[0].id)
    assert desk.notion.read_tree(page) == before
    with pytest.raises(Missing):
        desk.notion.restore_block("deadbeef-dead-4ead-8ead-deadbeefdead")


def test_every_value_that_can_be_written_is_written_again_as_it_was(desk: ServedNotion) -> None:
    notion, person = desk.notion, desk.seeded["people"][0]["id"]
    _, source = notion.create_database(desk.home, "Things", COLUMNS)
    schema = notion.data_source(source)["properties"]
    values: dict[str, Any] = {
        "name": "A bell", "Note": "rings", "Count": 2.5, "Stage": "One", "Tags": ["a", "c"], "State": "Done",
        "When": "2026-03-02/2026-03-04", "Who": [person], "Done": True, "Link": "https://www.notion.so/x",
        "Mail": "ada@example.test", "Phone": "+44 20",
    }  # fmt: skip
    written = planned_values(schema, values)
    page = str(notion.create_page(data_source_id=source, properties=written)["id"])
    before = notion.page(page)["properties"]
    by_id = {value["id"]: value for value in before.values()}
    assert [key for key, value in written.items() if not means_the_same(by_id[key], value)] == []
    again = {value["id"]: value_again(value) for value in before.values()}
    assert [by_id[key]["type"] for key, value in again.items() if value is None] == ["created_time"]
    cleared = planned_values(schema, {name: None for name in values if name not in ("name", "State", "Done")})
    notion.update_page(page, {**cleared, by_id[schema["Done"]["id"]]["id"]: {"checkbox": False}})
    assert notion.page(page)["properties"] != before
    notion.update_page(page, {key: value for key, value in again.items() if value is not None})
    assert notion.page(page)["properties"] == before
    (row,) = notion.query_part(source, only=[str(schema["Count"]["id"])]).rows
    assert list(row["properties"]) == ["Count"]
    assert (number_of(row["properties"]["Count"]), labels_of(before["Tags"])) == (2.5, ["a", "c"])


def test_every_column_is_made_again_from_what_was_read_of_it(desk: ServedNotion) -> None:
    notion = desk.notion
    # Options of a status can be written since March 2026 (notion-api, data sources); the description lacks that.
    columns = {name: column for name, column in COLUMNS.items() if "status" not in column}
    _, source = notion.create_database(desk.home, "Things", columns)
    other = {"Of": column_config("relation", relates_to=source), "Twice": column_config("formula", expression="2")}
    notion.update_data_source(source, properties=other)
    schema = notion.data_source(source)["properties"]
    _, copy = notion.create_database(desk.home, "Copy", {name: config_again(one) for name, one in schema.items()})
    made = notion.data_source(copy)["properties"]
    assert {name: config_again(one) for name, one in made.items()} == {
        name: config_again(one) for name, one in schema.items()
    }
    kept = {one["id"]: config_again(one, with_ids=True) for one in schema.values() if one["type"] == "select"}
    notion.update_data_source(source, properties=kept)
    assert notion.data_source(source)["properties"] == schema
