"""What every filter and sort keeps, judged by the `notion-client` package, written by others."""

import pytest

from tests.support.builders.client_tables import make_row
from tests.support.simulators.seeded_notion import text

FILTERS = [
    ({"property": "Name", "title": {"contains": "ALP"}}, "a"),
    ({"property": "Name", "title": {"does_not_contain": "a"}}, ""),
    ({"property": "Name", "title": {"equals": "Beta"}}, "b"),
    ({"property": "Name", "title": {"does_not_equal": "Beta"}}, "ac"),
    ({"property": "Name", "title": {"starts_with": "g"}}, "c"),
    ({"property": "Name", "title": {"ends_with": "ta"}}, "b"),
    ({"property": "Note", "rich_text": {"is_empty": True}}, "bc"),
    ({"property": "Note", "rich_text": {"is_not_empty": True}}, "a"),
    ({"property": "Points", "number": {"equals": 2}}, "b"),
    ({"property": "Points", "number": {"does_not_equal": 2}}, "ac"),
    ({"property": "Points", "number": {"greater_than": 1}}, "b"),
    ({"property": "Points", "number": {"less_than": 2}}, "a"),
    ({"property": "Points", "number": {"greater_than_or_equal_to": 1}}, "ab"),
    ({"property": "Points", "number": {"less_than_or_equal_to": 1}}, "a"),
    ({"property": "Points", "number": {"is_empty": True}}, "c"),
    ({"property": "Kind", "select": {"equals": "Bug"}}, "a"),
    ({"property": "Kind", "select": {"does_not_equal": "Bug"}}, "bc"),
    ({"property": "Kind", "select": {"is_empty": True}}, "c"),
    ({"property": "Status", "status": {"equals": ["Done", "In progress"]}}, "ab"),
    ({"property": "Status", "status": {"does_not_equal": "Done"}}, "bc"),
    ({"property": "Tags", "multi_select": {"contains": "x"}}, "ab"),
    ({"property": "Tags", "multi_select": {"does_not_contain": "y"}}, "ac"),
    ({"property": "Tags", "multi_select": {"is_empty": True}}, "c"),
    ({"property": "Due", "date": {"equals": "2026-11-02"}}, "a"),
    ({"property": "Due", "date": {"before": "2026-11-03"}}, "a"),
    ({"property": "Due", "date": {"after": "2026-11-02"}}, "b"),
    ({"property": "Due", "date": {"on_or_before": "2026-11-03"}}, "ab"),
    ({"property": "Due", "date": {"on_or_after": "2026-11-03"}}, "b"),
    ({"property": "Due", "date": {"is_not_empty": True}}, "ab"),
    ({"property": "Owner", "people": {"is_empty": True}}, "bc"),
    ({"property": "Done", "checkbox": {"equals": True}}, "b"),
    ({"property": "Done", "checkbox": {"does_not_equal": True}}, "ac"),
    ({"property": "Link", "url": {"contains": "example"}}, "a"),
    ({"timestamp": "created_time", "created_time": {"on_or_after": "2020-01-01"}}, "abc"),
    ({"timestamp": "last_edited_time", "last_edited_time": {"past_week": {}}}, "abc"),
    ({"timestamp": "last_edited_time", "last_edited_time": {"before": "today"}}, ""),
    (
        {
            "and": [
                {"property": "Tags", "multi_select": {"contains": "x"}},
                {
                    "or": [
                        {"property": "Points", "number": {"equals": 2}},
                        {"property": "Done", "checkbox": {"equals": True}},
                    ]
                },
            ]
        },
        "b",
    ),
]


@pytest.fixture
def three_rows(client, notion, source):
    tags = {"x": [{"name": "x"}], "xy": [{"name": "x"}, {"name": "y"}]}
    owner = [{"id": notion.seeded["people"][0]["id"]}]
    a = make_row(
        client,
        source,
        "Alpha",
        Note={"rich_text": text("n")},
        Points={"number": 1},
        Kind={"select": {"name": "Bug"}},
        Status={"status": {"name": "Done"}},
        Tags={"multi_select": tags["x"]},
        Due={"date": {"start": "2026-11-02"}},
        Owner={"people": owner},
        Link={"url": "https://example.test"},
    )
    b = make_row(
        client,
        source,
        "Beta",
        Points={"number": 2},
        Kind={"select": {"name": "Idea"}},
        Status={"status": {"name": "In progress"}},
        Tags={"multi_select": tags["xy"]},
        Due={"date": {"start": "2026-11-03T10:00:00Z"}},
        Done={"checkbox": True},
    )
    c = make_row(client, source, "Gamma")
    return {a["id"]: "a", b["id"]: "b", c["id"]: "c"}


def test_every_filter_keeps_the_right_rows(client, source, three_rows):
    kept = {}
    for number, (asked, _) in enumerate(FILTERS):
        found = client.data_sources.query(source, filter=asked)["results"]
        kept[number] = "".join(sorted(three_rows[row["id"]] for row in found))
    assert kept == {number: wanted for number, (_, wanted) in enumerate(FILTERS)}


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ({"property": "Points", "direction": "descending"}, "bac"),
        ({"property": "Points", "direction": "ascending"}, "abc"),
        ({"property": "Name", "direction": "descending"}, "cba"),
        ({"property": "Status", "direction": "ascending"}, "bac"),
        ({"timestamp": "created_time", "direction": "ascending"}, "abc"),
    ],
)
def test_sorts_put_empty_values_last(client, source, three_rows, sort, wanted):
    found = client.data_sources.query(source, sorts=[sort])["results"]
    assert "".join(three_rows[row["id"]] for row in found) == wanted
