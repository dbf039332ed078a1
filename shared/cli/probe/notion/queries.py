"""Rows asked for: in order, in parts, by filters; and what is refused."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.notion.tables import ROW
from shared.cli.probe.notion.wording import NOBODYS_ID, NOWHERE, REFERENCE, expect_list, refusal
from shared.cli.probe.shapes import InOrder, Rows

QUERY = "/v1/data_sources/{source}/query"
NAMES = "results[].properties.Name.title[0].plain_text"

QUERIES = (
    Call(
        "rows by a number",
        "A query sorts by a column, with empty values last, and says that it is complete.",
        REFERENCE + "query-a-data-source",
        Ask("POST", QUERY, {"sorts": [{"property": "Count", "direction": "descending"}], "page_size": 100}),
        Expect(body=expect_list(ROW, "page_or_data_source", more=False, cursor="null", status=True),
               holds={NAMES: InOrder("a", "b", "c")}),
    ),
    Call(
        "rows by an option",
        "A select sorts in the order of its options, not of the alphabet.",
        NOWHERE,
        Ask("POST", QUERY, {"sorts": [{"property": "Kind", "direction": "ascending"}], "page_size": 100}),
        Expect(body=expect_list(ROW, "page_or_data_source", status=True), holds={NAMES: InOrder("a", "b", "c")}),
    ),
    Call(
        "rows in parts",
        "A query is answered in parts; its cursor is sent in the body.",
        REFERENCE + "query-a-data-source",
        Ask("POST", QUERY, {"sorts": [{"property": "Name", "direction": "ascending"}], "page_size": 2}),
        Expect(body=expect_list(ROW, "page_or_data_source", more=True, cursor="words", status=True),
               holds={NAMES: InOrder("a", "b")}),
        keep={"rows_cursor": "next_cursor"},
    ),
    Call(
        "the last rows",
        "The next part begins where the last one ended.",
        REFERENCE + "query-a-data-source",
        Ask("POST", QUERY, {"sorts": [{"property": "Name", "direction": "ascending"}], "page_size": 2,
                            "start_cursor": "{rows_cursor}"}),
        Expect(body=expect_list(ROW, "page_or_data_source", more=False, cursor="null", status=True),
               holds={NAMES: InOrder("c")}),
    ),
    Call(
        "rows that fit",
        "Filters nest (and, or), two levels deep.",
        REFERENCE + "filter-data-source-entries",
        Ask("POST", QUERY, {"filter": {"and": [
            {"or": [{"property": "Kind", "select": {"equals": "small"}},
                    {"property": "Count", "number": {"less_than": 5}}]},
            {"property": "Done", "checkbox": {"equals": False}}]},
            "sorts": [{"property": "Name", "direction": "ascending"}], "page_size": 100}),
        Expect(body=expect_list(ROW, "page_or_data_source", status=True), holds={NAMES: InOrder("a", "b")}),
    ),
    Call(
        "rows with one of several options",
        "An option is compared with one name or with a list of them.",
        REFERENCE + "filter-data-source-entries",
        Ask("POST", QUERY, {"filter": {"property": "Kind", "select": {"equals": ["small", "large"]}},
                            "sorts": [{"property": "Name", "direction": "ascending"}], "page_size": 100}),
        Expect(body=expect_list(ROW, "page_or_data_source", status=True), holds={NAMES: InOrder("a", "b")}),
    ),
    Call(
        "rows that were changed",
        "Rows are found by the time of their last change, from that minute on.",
        REFERENCE + "filter-data-source-entries",
        Ask("POST", QUERY, {"filter": {"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": "today"}},
                            "sorts": [{"timestamp": "created_time", "direction": "ascending"}], "page_size": 100}),
        Expect(body={**expect_list(ROW, "page_or_data_source", status=True), "results": Rows(3, ROW)}),
    ),
    Call(
        "only the titles",
        "filter_properties leaves other columns out of a query's rows.",
        REFERENCE + "query-a-data-source",
        Ask("POST", QUERY, {"page_size": 1}, query={"filter_properties": "title"}),
        Expect(body=expect_list({**ROW, "properties": {"Name": "object"}}, "page_or_data_source", status=True)),
    ),
    Call(
        "a filter that is too deep",
        "A third level of nested filters is refused.",
        REFERENCE + "filter-data-source-entries",
        Ask("POST", QUERY, {"filter": {"and": [{"or": [{"and": [
            {"property": "Done", "checkbox": {"equals": False}}]}]}]}, "page_size": 1}),
        refusal(400, "validation_error", "filter"),
    ),
    Call(
        "a filter by a column that is not there",
        "A filter by a column that is not there is refused, and the message names it.",
        REFERENCE + "query-a-data-source",
        Ask("POST", QUERY, {"filter": {"property": "Nothing", "number": {"equals": 1}}, "page_size": 1}),
        refusal(400, "validation_error", "property", "Nothing"),
    ),
    Call(
        "rows of what is not shared",
        "A data source that is not shared is 404 object_not_found.",
        REFERENCE + "query-a-data-source",
        Ask("POST", f"/v1/data_sources/{NOBODYS_ID}/query", {"page_size": 1}),
        refusal(404, "object_not_found", "not find"),
    ),
)  # fmt: skip
