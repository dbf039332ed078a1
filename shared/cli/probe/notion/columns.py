"""Columns that change, a second data source, templates, and the views of a database."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.notion.tables import ROW
from shared.cli.probe.notion.wording import (
    ASKED,
    DATA_SOURCE,
    DATABASE,
    PAGE,
    PARENT,
    REFERENCE,
    expect_list,
    refusal,
    text,
)
from shared.cli.probe.shapes import InOrder

COLUMN_CALLS = (
    Call(
        "columns are added, renamed and removed",
        "PATCH data_sources adds a column, renames one and removes one with null, and answers with all of them.",
        REFERENCE + "update-a-data-source",
        Ask("PATCH", "/v1/data_sources/{source}", {"properties": {
            "Extra": {"rich_text": {}}, "Notes": {"name": "Remarks"}, "Papers": None}}),
        Expect(body={**DATA_SOURCE, "id": "={source}"}, holds={
            "properties.Extra.type": "=rich_text", "properties.Remarks.type": "=rich_text",
            "properties.Notes": None, "properties.Papers": None}),
    ),
    Call(
        "the options of a status",
        "The options of a status can be written, as those of a select can; which are there already keep their ids.",
        REFERENCE + "property-object",
        Ask("PATCH", "/v1/data_sources/{source}", {"properties": {"State": {"status": {"options": [
            {"name": "Not started"}, {"name": "In progress"}, {"name": "Done"}, {"name": "Lost"}]}}}}),
        Expect(body={**DATA_SOURCE, "id": "={source}"}, holds={
            "properties.State.status.options[].name": InOrder("Not started", "In progress", "Done", "Lost")}),
    ),
    Call(
        "a relation between rows",
        "A relation to a data source reads back with the ids of both the data source and its database.",
        REFERENCE + "property-object",
        Ask("PATCH", "/v1/data_sources/{source}", {"properties": {
            "Needs": {"relation": {"data_source_id": "{source}", "single_property": {}}}}}),
        Expect(body={**DATA_SOURCE, "id": "={source}"}, holds={"properties.Needs.relation": {
            "data_source_id": "={source}", "database_id": "={database}", "type": "=single_property",
            "single_property": "object"}}),
    ),
    Call(
        "rows are linked",
        "A relation's value is a list of ids, and says whether there are more of them.",
        REFERENCE + "page-property-values",
        Ask("PATCH", "/v1/pages/{row_a}", {"properties": {"Needs": {"relation": [{"id": "{row_b}"}]}}}),
        Expect(body=ROW, holds={"properties.Needs": {
            "id": "words", "type": "=relation", "relation": [{"id": "={row_b}"}], "has_more": False}}),
    ),
    Call(
        "no two titles",
        "A data source has one title: a second one is refused.",
        REFERENCE + "update-a-data-source",
        Ask("PATCH", "/v1/data_sources/{source}", {"properties": {"Second": {"title": {}}}}),
        refusal(400, "validation_error", "title"),
    ),
    Call(
        "a comma in an option",
        "The name of an option holds no comma.",
        REFERENCE + "property-object",
        Ask("PATCH", "/v1/pages/{row_a}", {"properties": {"Kind": {"select": {"name": "one, two"}}}}),
        refusal(400, "validation_error", "comma"),
    ),
    Call(
        "the title of a database",
        "PATCH databases changes the container and answers with it.",
        REFERENCE + "database",
        Ask("PATCH", "/v1/databases/{database}", {"title": text("Renamed")}),
        Expect(body={**DATABASE, "id": "={database}"}, holds={"title[0].plain_text": "=Renamed"}),
    ),
    Call(
        "a second data source",
        "A database may have a second data source, whose parent it is.",
        REFERENCE + "create-a-data-source",
        Ask("POST", "/v1/data_sources", {"parent": {"type": "database_id", "database_id": "{database}"},
                                         "title": text("More"), "properties": {"Name": {"title": {}}}}),
        Expect(body={**DATA_SOURCE, "parent": {"type": "=database_id", "database_id": "={database}"}}),
    ),
    Call(
        "templates",
        "Templates are listed under templates, not under results.",
        REFERENCE + "list-data-source-templates",
        Ask("GET", "/v1/data_sources/{source}/templates", query={"page_size": 100}),
        Expect(body={"templates": [{"id": "uuid", "name": "text", "is_default": "flag"}], "has_more": False,
                     "next_cursor": None, **ASKED}),
    ),
)  # fmt: skip

REFERENCE_TO_PAGE = {"object": "=page", "id": "uuid"}
VIEW = {"object": "=view", "id": "uuid", "*": "any"}
VIEWS = (
    Call(
        "the views of a database",
        "A new database has a view; lists of views name no more than their ids.",
        REFERENCE + "list-views",
        Ask("GET", "/v1/views", query={"database_id": "{database}", "page_size": 100}),
        Expect(body=expect_list({"object": "=view", "id": "uuid"}, "view")),
        keep={"view": "results[0].id"},
    ),
    Call(
        "a view",
        "A view has a name, a type and the data source it shows.",
        REFERENCE + "retrieve-a-view",
        Ask("GET", "/v1/views/{view}"),
        Expect(body={**VIEW, "id": "={view}", "name": "text|null", "type": "=table", "data_source_id": "={source}"}),
    ),
    Call(
        "a second view",
        "POST views adds one to a database and answers with it.",
        REFERENCE + "create-a-view",
        Ask("POST", "/v1/views", {"database_id": "{database}", "data_source_id": "{source}", "name": "Small",
                                  "type": "table", "filter": {"property": "Kind", "select": {"equals": "small"}}}),
        Expect(body={**VIEW, "name": "=Small", "type": "=table"}),
        keep={"small": "id"},
    ),
    Call(
        "a view is renamed",
        "PATCH views changes what is given and answers with the view.",
        REFERENCE + "update-a-view",
        Ask("PATCH", "/v1/views/{small}", {"name": "Smaller"}),
        Expect(body={**VIEW, "id": "={small}", "name": "=Smaller"}),
    ),
    Call(
        "the rows of a view",
        "A query of a view is a snapshot of the rows it shows, with their number and an end.",
        REFERENCE + "create-view-query",
        Ask("POST", "/v1/views/{small}/queries", {"page_size": 100}),
        Expect(body={"object": "=view_query", "id": "uuid", "view_id": "={small}", "expires_at": "time",
                     "total_count": 1, "results": [REFERENCE_TO_PAGE], "has_more": False, "next_cursor": None,
                     "request_status?": {"type": "=complete"}, **ASKED}, holds={"results[].id": InOrder("{row_a}")}),
        keep={"snapshot": "id"},
    ),
    Call(
        "the snapshot again",
        "A snapshot is read again by its id.",
        REFERENCE + "get-view-query-results",
        Ask("GET", "/v1/views/{small}/queries/{snapshot}", query={"page_size": 100}),
        Expect(body=expect_list(REFERENCE_TO_PAGE, "page", more=False, cursor="null", status=True)),
    ),
    Call(
        "the snapshot is given back",
        "A snapshot is deleted by its id.",
        REFERENCE + "delete-view-query",
        Ask("DELETE", "/v1/views/{small}/queries/{snapshot}"),
        Expect(body={"object": "=view_query", "id": "={snapshot}", "deleted": True, **ASKED}),
    ),
    Call(
        "the snapshot is given back twice",
        "A snapshot that is gone, or has expired, is deleted with success.",
        REFERENCE + "delete-view-query",
        Ask("DELETE", "/v1/views/{small}/queries/{snapshot}"),
        Expect(body={"object": "=view_query", "id": "={snapshot}", "deleted": True, **ASKED}),
    ),
    Call(
        "a snapshot that is gone",
        "A snapshot that is gone, or has expired, is 404 object_not_found when it is read.",
        REFERENCE + "get-view-query-results",
        Ask("GET", "/v1/views/{small}/queries/{snapshot}", query={"page_size": 100}),
        refusal(404, "object_not_found"),
    ),
    Call(
        "a view is deleted",
        "DELETE views removes it.",
        REFERENCE + "delete-a-view",
        Ask("DELETE", "/v1/views/{small}"),
        Expect(body={"object": "=view", "id": "={small}", "parent": PARENT, "type": "=table", **ASKED}),
    ),
    Call(
        "where rows stand",
        "A row's parent names its data source and its database.",
        REFERENCE + "retrieve-a-page",
        Ask("GET", "/v1/pages/{row_b}"),
        Expect(body={**PAGE, "id": "={row_b}", "parent": PARENT}, holds={"parent.data_source_id": "={source}"}),
    ),
)  # fmt: skip
