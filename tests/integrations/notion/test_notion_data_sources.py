"""Databases, data sources and their rows: schema, queries beyond the row cap, long values, search, templates."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from shared.core.errors import Rejected
from shared.integrations.notion.client.client import VERSION
from shared.integrations.notion.long_lists import Reached, edited_parts, row_parts
from shared.integrations.notion.values.property_values import property_value
from tests.integrations.conftest import ServedNotion

Json = dict[str, Any]


def named(title: str) -> Json:
    return {"Name": property_value("title", title)}


def a_source(desk: ServedNotion, **more: Json) -> str:
    return desk.notion.create_database(desk.home, "Rows", {"Name": {"title": {}}, **more})[1]


def add_source(desk: ServedNotion, database: str) -> Json:
    """Add a second data source as somebody else does; return it."""
    headers = {"Authorization": f"Bearer {desk.seeded['token']}", "Notion-Version": VERSION}
    body = {"parent": {"type": "database_id", "database_id": database}, "properties": {"Name": {"title": {}}}}
    made: Json = requests.post(f"{desk.sim.url}/v1/data_sources", json=body, headers=headers, timeout=10).json()
    return made


def titles(rows: list[Json]) -> list[str]:
    return [row["properties"]["Name"]["title"][0]["plain_text"] for row in rows]


def rows_over_minutes(desk: ServedNotion, source: str, counts: list[int]) -> list[str]:
    """Create so many rows in each of several minutes; return their titles, oldest first."""
    made: list[str] = []
    begin = 65 - datetime.now(UTC).second  # five seconds into a minute, far from its end
    for minute, count in enumerate(counts):
        desk.sim.control("/_clock", {"offset_s": begin + 60 * minute})
        for _ in range(count):
            made.append(f"r{len(made)}")
            values = named(made[-1]) | {"N": {"number": len(made) - 1}}
            desk.notion.create_page(data_source_id=source, properties=values)
    return made


def test_a_query_beyond_the_cap_goes_on_from_the_last_minute(desk: ServedNotion) -> None:
    source = a_source(desk, N={"number": {}})
    made = rows_over_minutes(desk, source, [3, 4, 1, 3, 2])
    desk.sim.control("/_config", {"query_cap": 5})
    assert titles(desk.notion.query(source)) == made  # whole, in order, none twice though minutes are read twice
    assert titles(desk.notion.query(source, only=["title"])) == made
    below = {"property": "N", "number": {"less_than": 3}}
    even = {"property": "N", "number": {"equals": 12}}
    above = {"property": "N", "number": {"greater_than": 3}}
    with_both: Json = {"and": [above, {"property": "N", "number": {"less_than": 11}}]}
    for given, wanted in (
        (above, made[4:]),
        (with_both, made[4:11]),
        ({"and": [above, {"or": [below, even, above]}]}, made[4:]),
        ({"or": [below, above]}, made[:3] + made[4:]),
        ({"or": [with_both, below]}, made[:3] + made[4:11]),
        ({"or": [{"or": [below, even]}, with_both]}, made[:3] + made[4:11] + made[12:]),
    ):
        assert titles(desk.notion.query(source, given)) == wanted, given


def test_a_query_that_cannot_go_on_says_so_and_names_the_way_out(desk: ServedNotion) -> None:
    source = a_source(desk, N={"number": {}})
    rows_over_minutes(desk, source, [1, 6])
    desk.sim.control("/_config", {"query_cap": 5})
    with pytest.raises(Rejected, match=r"rows were created at 20..-.*narrow the filter"):
        desk.notion.query(source)
    assert not desk.notion.query_part(source).complete


def test_rows_come_in_parts_for_those_who_count_their_requests(desk: ServedNotion) -> None:
    source = a_source(desk, N={"number": {}})
    made = rows_over_minutes(desk, source, [5])
    by_number = [{"property": "N", "direction": "ascending"}]
    first = desk.notion.query_part(source, sorts=by_number, size=3)
    rest = desk.notion.query_part(source, sorts=by_number, size=3, cursor=first.cursor)
    assert (titles(first.rows), first.complete) == (made[:3], True)
    assert (titles(rest.rows), rest.cursor, rest.complete) == (made[3:], "", True)
    with pytest.raises(Rejected, match=r"query_part\.size: 0 rows"):
        desk.notion.query_part(source, size=0)


@pytest.mark.parametrize("knobs", [{"list_most": 2}, {"query_cap": 5, "list_most": 2}], ids=["all", "cut"])
@pytest.mark.parametrize("expires", [False, True])
def test_rows_are_read_on_from_where_one_was_stopped(desk: ServedNotion, knobs: Json, expires: bool) -> None:
    source = a_source(desk, N={"number": {}})
    made = rows_over_minutes(desk, source, [3, 4, 1, 3, 2])
    desk.sim.control("/_config", {**knobs, "cursor_lifetime_s": 30})
    found, reached, asked = set[str](), Reached(), len(desk.asked)
    for stopped in range(60):
        part = next(row_parts(desk.notion, source, reached), None)
        assert part is not None
        rows, reached = part
        found |= set(titles(rows))
        if len(found) == len(made) and not reached.cursor:
            break
        if expires and stopped % 3 == 2:
            desk.sim.control("/_clock", {"offset_s": 3600 * (stopped + 1)})
    assert found == set(made)
    assert len(desk.asked) - asked <= 3 * len(made)


def test_the_search_is_read_on_and_anew_when_its_cursor_has_expired(desk: ServedNotion) -> None:
    source = a_source(desk)
    made = {desk.notion.create_page(data_source_id=source, properties=named(str(n)))["id"] for n in range(6)}
    desk.sim.control("/_config", {"list_most": 2, "cursor_lifetime_s": 30})
    first, cursor = next(edited_parts(desk.notion, "2020-01-01T00:00:00.000Z"))
    rest = [each["id"] for part, _ in edited_parts(desk.notion, "2020-01-01T00:00:00.000Z", cursor) for each in part]
    assert made <= {*rest, *(each["id"] for each in first)}
    assert not {each["id"] for each in first} & set(rest)
    desk.sim.control("/_clock", {"offset_s": 3600})
    anew = [each["id"] for part, _ in edited_parts(desk.notion, "2020-01-01T00:00:00.000Z", cursor) for each in part]
    assert made <= set(anew)


def test_values_cut_at_25_items_are_read_to_their_end(desk: ServedNotion) -> None:
    other = a_source(desk)
    links = [desk.notion.create_page(data_source_id=other, properties=named(str(n)))["id"] for n in range(30)]
    relation = {"relation": {"data_source_id": other, "single_property": {}}}
    source = a_source(desk, **{"Links: %a": relation, "Text": {"rich_text": {}}})
    words = [{"type": "text", "text": {"content": f"{number} "}} for number in range(26)]
    values = named("long") | {
        "Links: %a": {"relation": [{"id": each} for each in links]},
        "Text": {"rich_text": words},
    }
    page = desk.notion.create_page(data_source_id=source, properties=values)
    assert len(page["properties"]["Text"]["rich_text"]) == 25  # what Notion shows; so the rest of this test can fail
    for whole in (desk.notion.page(page["id"]), *desk.notion.query(source), *desk.notion.query_part(source).rows):
        assert [each["id"] for each in whole["properties"]["Links: %a"]["relation"]] == links
        assert len(whole["properties"]["Text"]["rich_text"]) == 26
    column = page["properties"]["Links: %a"]["id"]
    assert [list(row["properties"]) for row in desk.notion.query(source, only=[column])] == [["Links: %a"]]
    assert [each["id"] for each in desk.notion.property_value(page["id"], column)] == links
    assert desk.notion.property_value(page["id"], "title")[0]["plain_text"] == "long"
    short = desk.notion.create_page(data_source_id=source, properties=named("short"))
    before = len(desk.asked)
    desk.notion.page(short["id"])
    assert len(desk.asked) == before + 1


def test_a_scalar_value_is_returned_as_it_stands(desk: ServedNotion) -> None:
    source = a_source(desk, N={"number": {}}, Due={"date": {}})
    values = named("x") | {"N": {"number": 4}, "Due": {"date": {"start": "2026-12-01"}}}
    page = desk.notion.create_page(data_source_id=source, properties=values)
    ids = {name: value["id"] for name, value in page["properties"].items()}
    assert desk.notion.property_value(page["id"], ids["N"]) == 4
    assert desk.notion.property_value(page["id"], ids["Due"])["start"] == "2026-12-01"


def test_a_schema_is_changed_column_by_column(desk: ServedNotion) -> None:
    notion = desk.notion
    database, source = notion.create_database(desk.home, "Tasks", {"Name": {"title": {}}})
    added = notion.update_data_source(source, properties={"Old": {"number": {}}, "Gone": {"date": {}}})
    old = added["properties"]["Old"]["id"]
    changed = notion.update_data_source(source, properties={old: {"name": "New"}, "Gone": None})
    assert set(changed["properties"]) == {"Name", "New"}
    second = add_source(desk, database)
    assert [each["id"] for each in notion.database(database)["data_sources"]] == [source, second["id"]]
    assert notion.trash_database(database)["in_trash"]
    assert notion.database(database)["in_trash"]
    with pytest.raises(Rejected, match="archived"):
        notion.trash_database(database)


def test_a_person_may_put_a_database_at_the_top(desk: ServedNotion) -> None:
    with pytest.raises(Rejected):  # the bot of an internal connection may not
        desk.notion.create_database("workspace", "Tasks", {"Name": {"title": {}}})
    assert desk.asked[-1]["body"]["parent"] == {"type": "workspace", "workspace": True}


def test_what_was_saved_but_answered_too_late_counts(desk: ServedNotion) -> None:
    desk.sim.fault(method="POST", path="/v1/databases", status=503, when="after", committed=True)
    database, source = desk.notion.create_database(desk.home, "Rows", {"Name": {"title": {}}})
    assert [each["id"] for each in desk.notion.database(database)["data_sources"]] == [source]
    assert len(desk.notion.search("Rows", "data_source")) == 1


def test_a_template_fills_a_new_row_later(desk: ServedNotion) -> None:
    source = a_source(desk)
    told = {"data_source_id": source, "name": "Weekly report", "is_default": True, "markdown": "Steps"}
    template = desk.sim.control("/_templates", told)
    found = desk.notion.templates(source)
    assert [each["name"] for each in found] == ["Weekly report"]
    for choice in ("default", template["id"]):
        row = desk.notion.create_page(data_source_id=source, properties=named("r"), template=choice)
        desk.sim.control("/_clock", {"offset_s": 3600 if choice == "default" else 7200})
        assert [block.text for block in desk.notion.read_tree(row["id"])] == ["Steps"]


def test_a_search_says_whether_it_is_whole_and_finds_both_kinds(desk: ServedNotion) -> None:
    source = a_source(desk)
    pages = desk.notion.search("")
    assert pages.complete
    assert desk.home in [each["id"] for each in pages]
    assert [each["id"] for each in desk.notion.search("rows", "data_source")] == [source]


def test_what_notion_would_refuse_is_refused_here_with_the_field(desk: ServedNotion) -> None:
    notion = desk.notion
    options = [{"name": "a, b"}]
    for call, words in (
        (lambda: notion.create_database("", "T", {}), "create_database.parent_page: '' is not an id"),
        (
            lambda: notion.create_database("p", "T", {"S": {"select": {"options": options}}}),
            r"properties\.S\.select\.options\[0\]\.name: 'a, b' holds a comma",
        ),
        (
            lambda: notion.update_data_source("d", properties={"S": {"description": "x" * 281, "number": {}}}),
            "update_data_source.properties.S.description: 281 characters",
        ),
        (
            lambda: notion.update_data_source("d", properties={"S": {"select": {"options": [{"name": "n"}] * 101}}}),
            r"options: 101 entries; Notion takes at most 100",
        ),
        (lambda: notion.query("d", {"and": [{"or": [{"and": [{}]}]}]}), "filter: 3 levels of and/or"),
        (lambda: notion.query("d", {"and": [{"property": "x"}] * 101}), "body.filter.and: 101 entries"),
        (lambda: notion.query("d", only=["x"] * 101), "query.only: 101 properties"),
        (lambda: notion.create_database("p", "a" * 200_001, {}), "create_database.title: 101 runs of text"),
        (lambda: notion.trash_database("../d"), "cannot be part of a path|is not a path"),
    ):
        with pytest.raises(Rejected, match=words):
            call()
    assert desk.asked == []
