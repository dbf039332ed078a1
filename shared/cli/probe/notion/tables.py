"""Databases, their data sources and rows."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.notion.wording import (
    ASKED,
    DATA_SOURCE,
    DATABASE,
    NOWHERE,
    PAGE,
    REFERENCE,
    build_title,
    refusal,
    text,
)
from shared.cli.probe.shapes import InOrder, Rows

COLUMNS = {
    "Name": {"title": {}},
    "Count": {"number": {"format": "number"}},
    "State": {"status": {}},
    "Kind": {"select": {"options": [{"name": "small"}, {"name": "large"}]}},
    "Tags": {"multi_select": {"options": [{"name": "red"}]}},
    "Due": {"date": {}},
    "Done": {"checkbox": {}},
    "Link": {"url": {}},
    "Notes": {"rich_text": {}},
    "Who": {"people": {}},
    "Papers": {"files": {}},
    "Made": {"created_time": {}},
}
ROW = {
    **PAGE,
    "parent": {"type": "=data_source_id", "data_source_id": "={source}", "database_id": "={database}"},
    "properties": {"*": {"id": "words", "type": "code", "*": "any"}},
}


def row(name: str, **values: object) -> Ask:
    return Ask("POST", "/v1/pages", {
        "parent": {"type": "data_source_id", "data_source_id": "{source}"},
        "properties": {**build_title(name, "Name"), **values}})  # fmt: skip


TABLES = (
    Call(
        "a database is created",
        "POST databases makes a database with one data source, whose id and name are in the answer.",
        REFERENCE + "database",
        Ask("POST", "/v1/databases", {"parent": {"type": "page_id", "page_id": "{root}"}, "title": text("Things"),
                                      "initial_data_source": {"properties": COLUMNS}}),
        Expect(body={**DATABASE, "data_sources": Rows(1, {"id": "uuid", "name": "=Things"})}),
        keep={"database": "id", "source": "data_sources[0].id"},
    ),
    Call(
        "the database is read",
        "A database is a container: it names its data sources and says nothing of columns.",
        REFERENCE + "database",
        Ask("GET", "/v1/databases/{database}"),
        Expect(body={**DATABASE, "id": "={database}", "parent": {"type": "=page_id", "page_id": "={root}"}}),
    ),
    Call(
        "the columns",
        "The columns are the data source's: each with id, name, type and what the type needs; the title's id is title.",
        REFERENCE + "retrieve-a-data-source",
        Ask("GET", "/v1/data_sources/{source}"),
        Expect(body={**DATA_SOURCE, "id": "={source}", "database_parent": {"type": "=page_id", "page_id": "={root}"}},
               holds={
                   "properties.Name.id": "=title",
                   "properties.Count.number": {"format": "=number"},
                   "properties.Kind.select.options[].name": InOrder("small", "large"),
                   "properties.Kind.select.options": [
                       {"id": "words", "name": "text", "color": "text", "description?": "text|null"}],
                   "properties.State.status.options[].name": InOrder("Not started", "In progress", "Done"),
                   "properties.State.status.groups": Rows(
                       3, {"id": "words", "name": "text", "color": "text", "option_ids": ["words"]}),
               }),
    ),
    Call(
        "a row is created",
        "A row is a page in a data source; every column is in the answer, those without a value as null or empty.",
        REFERENCE + "post-page",
        row("b", Count={"number": 2}, Kind={"select": {"name": "large"}}, State={"status": {"name": "In progress"}},
            Due={"date": {"start": "2026-11-23"}}, Tags={"multi_select": [{"name": "red"}, {"name": "new"}]}),
        Expect(body=ROW, holds={
            "properties.Name.title[0].plain_text": "=b",
            "properties.Count": {"id": "words", "type": "=number", "number": 2},
            "properties.Kind.select": {"id": "words", "name": "=large", "color": "text"},
            "properties.State.status": {"id": "words", "name": "=In progress", "color": "text"},
            "properties.Due.date": {"start": "=2026-11-23", "end": None, "time_zone": None},
            "properties.Tags.multi_select[].name": InOrder("red", "new"),
            "properties.Done.checkbox": False,
            "properties.Link.url": None,
            "properties.Notes.rich_text": Rows(0),
            "properties.Who.people": Rows(0),
            "properties.Papers.files": Rows(0),
            "properties.Made.created_time": "minute",
        }),
        keep={"row_b": "id", "count": "properties.Count.id"},
    ),
    Call(
        "a second row",
        "A status that is not given is empty, even where people get a default in the app (told in public reports).",
        NOWHERE,
        row("a", Count={"number": 10}, Kind={"select": {"name": "small"}}),
        Expect(body=ROW, holds={"properties.State.status": None}),
        keep={"row_a": "id"},
    ),
    Call(
        "a third row",
        "An option of a select that is not there yet comes into being.",
        REFERENCE + "page-property-values",
        row("c", Kind={"select": {"name": "medium"}}),
        Expect(body=ROW, holds={"properties.Kind.select.name": "=medium", "properties.Count.number": None}),
        keep={"row_c": "id"},
    ),
    Call(
        "a status that is not there",
        "An option of a status never comes into being: one that is not there is refused.",
        REFERENCE + "page-property-values",
        Ask("PATCH", "/v1/pages/{row_a}", {"properties": {"State": {"status": {"name": "Lost"}}}}),
        refusal(400, "validation_error", "status", "not exist"),
    ),
    Call(
        "a column that is not there",
        "A value for a column that is not there is refused, and the message names the column.",
        REFERENCE + "patch-page",
        Ask("PATCH", "/v1/pages/{row_a}", {"properties": {"Nothing": {"number": 1}}}),
        refusal(400, "validation_error", "Nothing", "property"),
    ),
    Call(
        "a value of another kind",
        "A value of another kind than its column is refused with the kind that was expected.",
        REFERENCE + "patch-page",
        Ask("PATCH", "/v1/pages/{row_a}", {"properties": {"Count": {"checkbox": True}}}),
        refusal(400, "validation_error", "Count", "expected to be number"),
    ),
    Call(
        "an empty address",
        "An empty text is refused where null clears.",
        REFERENCE + "patch-page",
        Ask("PATCH", "/v1/pages/{row_a}", {"properties": {"Link": {"url": ""}}}),
        refusal(400, "validation_error", "url"),
    ),
    Call(
        "a long title",
        "A page object shows the first 25 items of a title.",
        REFERENCE + "retrieve-a-page",
        Ask("PATCH", "/v1/pages/{row_c}", {"properties": {"Name": {"title": [
            item for number in range(26) for item in text(f"c{number % 10}" if number else "c")]}}}),
        Expect(body=ROW, holds={"properties.Name.title": Rows(25)}),
    ),
    Call(
        "a long title in full",
        "The endpoint of one property shows all the items of a title.",
        REFERENCE + "retrieve-a-page-property",
        Ask("GET", "/v1/pages/{row_c}/properties/title", query={"page_size": 100}),
        Expect(body={"object": "=list", "results": Rows(26), "*": "any"}),
    ),
    Call(
        "one number",
        "The endpoint of one property gives a number as one item, by the id that the page shows.",
        REFERENCE + "retrieve-a-page-property",
        Ask("GET", "/v1/pages/{row_b}/properties/{count}"),
        Expect(body={"object": "=property_item", "id": "={count}", "type": "=number", "number": 2, **ASKED}),
    ),
)  # fmt: skip
