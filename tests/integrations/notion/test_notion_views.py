"""Views of a data source, and the rows they show."""

from typing import Any

import pytest

from shared.core.errors import Missing, Rejected, Unavailable
from tests.integrations.conftest import ServedNotion


def a_table(desk: ServedNotion, rows: int = 0) -> tuple[str, str, list[str]]:
    database, source = desk.notion.create_database(desk.home, "Rows", {"Name": {"title": {}}, "N": {"number": {}}})
    made = []
    for number in range(rows):
        values: dict[str, Any] = {"Name": {"title": [{"text": {"content": f"r{number}"}}]}, "N": {"number": number}}
        made.append(str(desk.notion.create_page(data_source_id=source, properties=values)["id"]))
    return database, source, made


def test_a_view_is_made_changed_and_deleted(desk: ServedNotion) -> None:
    notion = desk.notion
    database, source, _ = a_table(desk)
    some = {"property": "N", "number": {"greater_than": 1}}
    view = notion.create_view("Few", "table", data_source_id=source, database_id=database, filter=some)
    assert (view["name"], view["type"], view["filter"]) == ("Few", "table", some)
    down = [{"property": "N", "direction": "descending"}]
    changed = notion.update_view(view["id"], name="Many", filter=None, sorts=down)
    assert (changed["name"], changed["filter"], changed["sorts"]) == ("Many", None, down)
    assert notion.view(view["id"])["sorts"] == down
    board = notion.create_view("Board", "dashboard", data_source_id=source, database_id=database)
    widget = notion.create_view("Part", "table", data_source_id=source, dashboard_id=board["id"])
    assert widget["dashboard_view_id"] == board["id"]
    of_database = {each["id"] for each in notion.views(database_id=database)}
    assert {view["id"], board["id"]} <= of_database
    assert of_database == {each["id"] for each in notion.views(data_source_id=source)}
    notion.delete_view(view["id"])
    notion.delete_view(view["id"])
    with pytest.raises(Missing):
        notion.view(view["id"])


def test_a_view_saved_but_answered_too_late_counts_as_made(desk: ServedNotion) -> None:
    database, source, _ = a_table(desk)
    desk.sim.fault(method="POST", path="/v1/views", status=503, when="after", committed=True)
    view = desk.notion.create_view("Late", "list", data_source_id=source, database_id=database)
    assert view["name"] == "Late"
    assert desk.sim.effects().count("view.create") == 1


def test_the_rows_of_a_view_come_in_its_order_beyond_one_part(desk: ServedNotion) -> None:
    database, source, rows = a_table(desk, 103)
    down = [{"property": "N", "direction": "descending"}]
    view = desk.notion.create_view("Down", "table", data_source_id=source, database_id=database, sorts=down)
    assert desk.notion.query_view(view["id"]) == list(reversed(rows))
    desk.sim.fault(method="GET", path="/v1/views/*/queries/*", status=404)
    with pytest.raises(Unavailable, match="the snapshot expired"):
        desk.notion.query_view(view["id"])


def test_what_cannot_be_a_view_is_refused_before_it_is_sent(desk: ServedNotion) -> None:
    notion = desk.notion
    deep = {"and": [{"or": [{"and": [{"property": "N", "number": {"is_empty": True}}]}]}]}
    for call, words in (
        (lambda: notion.views(), "views: none was given; give exactly one of database_id, data_source_id"),
        (lambda: notion.create_view("V", "tree", data_source_id="d", database_id="x"), "create_view.kind: 'tree'"),
        (lambda: notion.create_view("V", "table", data_source_id="d"), "give exactly one of database_id, dashboard_id"),
        (lambda: notion.update_view("v", filter=deep), "filter: 3 levels of and/or"),
    ):
        with pytest.raises(Rejected, match=words):
            call()
    assert desk.asked == []
