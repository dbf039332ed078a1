"""notion.query_rows, notion.aggregate_rows: read a data source into a small table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.reading import property_text
from shared.integrations.notion.row_batches import TooManyRows, list_all_rows
from shared.integrations.notion.values.writable_values import column_of, labels_of, number_of
from shared.steps._input import Input, Target
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps.notion._cells import MAX_IN_CELL, cell_of, table_of

Json = dict[str, Any]
_MAX_GROUPS = 500
_PART = 100


class QueryRows(Input):
    """Notion's filter and sorts, e.g. {"property": "Status", "status": {"equals": "Done"}}; `columns` by name or id."""

    data_source: Target = Field(min_length=1)
    filter: dict[str, Any] = Field(default_factory=dict)
    sorts: list[dict[str, Any]] = Field(default_factory=list, max_length=10)
    columns: list[str] = Field(default_factory=list, max_length=20)
    limit: int = Field(100, ge=1, le=1000, description="else 100")


class Measure(Input):
    """`of` is a column; count needs none. min and max also of dates and texts."""

    do: Literal["count", "sum", "average", "min", "max"]
    of: str = Field("", max_length=200)


class AggregateRows(Input):
    """Over all rows, e.g. [{"do": "sum", "of": "Estimate"}], for each value of the column `group_by`."""

    data_source: Target = Field(min_length=1)
    filter: dict[str, Any] = Field(default_factory=dict)
    measures: list[Measure] = Field(min_length=1, max_length=10)
    group_by: str = Field("", max_length=200)


def _query(wanted: QueryRows, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    source = ctx.target(wanted.data_source, "data_source")
    schema = notion.data_source(source)["properties"]
    columns = [column_of(schema, each) for each in wanted.columns] or list(schema.items())[:20]
    ids = [str(column["id"]) for _, column in columns]
    rows, cursor, complete = list[Json](), "", True
    while len(rows) < wanted.limit:
        size = min(_PART, wanted.limit - len(rows))
        part = notion.query_part(source, wanted.filter, wanted.sorts, cursor=cursor, size=size, only=ids)
        rows += part.rows
        cursor, complete = part.cursor, complete and part.complete
        if not cursor:
            break
    more = bool(cursor) or not complete
    names = [name for name, _ in columns]
    table = table_of(names, [[cell_of(row, key) for key in ids] for row in rows])
    text = table + (f"\n\nThe first {len(rows)} rows; there are more." if more else "")
    output = {"text": ctx.keep_text(text), "rows": len(rows), "more": more}
    return Done(output, facts={"rows read": f"{len(rows)}{'+' if more else ''}"})


def _aggregate(wanted: AggregateRows, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    source = ctx.target(wanted.data_source, "data_source")
    schema = notion.data_source(source)["properties"]
    of = [str(column_of(schema, each.of)[1]["id"]) if each.of else "" for each in wanted.measures]
    by = str(column_of(schema, wanted.group_by)[1]["id"]) if wanted.group_by else ""
    only = list(dict.fromkeys(each for each in (*of, by) if each)) or ["title"]
    try:
        rows = list_all_rows(notion, ctx, source, wanted.filter or None, only, "rows")
    except TooManyRows:
        rows = notion.query(source, wanted.filter or None, only=only)
    groups: dict[str, list[Json]] = {}
    for row in rows:
        for label in labels_of(_value(row, by)) if by else ("",):
            groups.setdefault(label, []).append(row)
    if not by:
        groups.setdefault("", [])
    pairs = list(zip(wanted.measures, of, strict=True))
    found = {label: [_measure(each, key, groups[label]) for each, key in pairs] for label in sorted(groups)}
    names = [f"{each.do} of {each.of}" if each.of else each.do for each in wanted.measures]
    head = [wanted.group_by, *names] if by else names
    cells = [[*([label or "(empty)"] if by else []), *map(_format_figure, values)] for label, values in found.items()]
    listed = [{"group": label[:MAX_IN_CELL], "values": values} for label, values in list(found.items())[:_MAX_GROUPS]]
    output = {"text": ctx.keep_text(table_of(head, cells)), "rows": len(rows), "groups": listed}
    return Done(output, facts={"rows counted": len(rows)})


def _value(row: Json, column_id: str) -> Json:
    properties: Mapping[str, Json] = row["properties"]
    return next((each for each in properties.values() if str(each.get("id")) == column_id), {})


def _measure(measure: Measure, column_id: str, rows: Sequence[Json]) -> float | str | None:
    """Return the figure; None where no row has a value for it. A count of a column counts the rows that have one."""
    if not column_id:
        return len(rows)
    values = [_value(row, column_id) for row in rows]
    texts = [text for each in values if (text := property_text(each))]
    if measure.do == "count":
        return len(texts)
    numbers = [number for each in values if (number := number_of(each)) is not None]
    if measure.do in ("min", "max") and not numbers:
        pick = min if measure.do == "min" else max
        return pick(texts)[:MAX_IN_CELL] if texts else None
    if not numbers:
        return 0 if measure.do == "sum" else None
    figure = {
        "sum": math.fsum(numbers),
        "average": math.fsum(numbers) / len(numbers),
        "min": min(numbers),
        "max": max(numbers),
    }[measure.do]
    return int(figure) if figure.is_integer() else figure


def _format_figure(value: float | str | None) -> str:
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.2f}"
    return "" if value is None else str(value)


NOTION_QUERY_ROWS = StepKind(
    "notion.query_rows",
    "Read rows of a database into a table.",
    QueryRows,
    _query,
    Repeat.SAME_END,
    systems=("notion",),
    reads=True,
    leaves_text=True,
    core=True,
)
NOTION_AGGREGATE_ROWS = StepKind(
    "notion.aggregate_rows",
    "Count, add up or compare all rows of a database.",
    AggregateRows,
    _aggregate,
    Repeat.SAME_END,
    systems=("notion",),
    reads=True,
    leaves_text=True,
    core=True,
)
