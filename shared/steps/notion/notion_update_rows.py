"""notion.update_rows: the same values for up to 10,000 rows, in parts that an interruption does not undo."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field, model_validator

from shared.core.errors import RateLimited, Rejected
from shared.core.text.outgoing_text import hosts_of
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.row_batches import list_all_rows, list_written, write_rows
from shared.integrations.notion.values.property_values import Value
from shared.integrations.notion.values.writable_values import CHANGED, means_the_same, planned_values, value_again
from shared.steps._input import Input, Target
from shared.steps._kind import Again, Done, Repeat, StepContext, StepKind
from shared.steps.notion._rows_changed import cells_of, columns_told, describe_changes, describe_left, rows_left

Json = dict[str, Any]
_ROWS = "rows"
_TOGETHER = 25
_AT_A_TIME = 250  # each is looked at first
_SOON = timedelta(seconds=5)


class UpdateRows(Input):
    """Of rows matching Notion's `filter` ({} for all), or of `rows` by id; e.g. "set": {"Status": "Done"}."""

    data_source: Target = Field(min_length=1)
    filter: dict[str, Any] | None = None
    rows: list[Target] = Field(default_factory=list, max_length=1000)
    set: dict[str, Value] = Field(min_length=1, max_length=20)
    at_most: int = Field(10_000, ge=1, le=10_000, description="where more match, none changes")

    @model_validator(mode="after")
    def _require_one_choice(self) -> UpdateRows:
        if (self.filter is None) == (not self.rows):
            raise ValueError("give exactly one of filter, rows")
        return self


def _run(wanted: UpdateRows, ctx: StepContext) -> Done | Again:
    notion = ctx.connect(Notion)
    try:
        planned = ctx.keep_before("planned", lambda: _plan(notion, wanted, ctx))
        source = ctx.target(wanted.data_source, "data_source")
        result = write_rows(notion, ctx, planned["changes"], _ROWS, turn=_AT_A_TIME, write=_put, source=source)
    except RateLimited as error:
        return Again(error.retry_after or _SOON, facts=_progress(ctx), held_back=str(error))
    total, same, kept = len(planned["changes"]), planned["same"], result["kept"]
    whole = rows_left(planned, kept)
    done = result["done"] - len(result["gone"]) - len(whole)
    text = ctx.keep_text(describe_changes(planned, result["gone"], wanted.at_most, kept))
    output = {"text": text, "updated": done, "unchanged": same, "gone": result["gone"][:100], "left": [*kept][:100]}
    return Done(output, facts={"rows": f"{done} of {total}", **describe_left(kept)})


def _progress(ctx: StepContext) -> dict[str, str]:
    planned = ctx.recall("planned")
    if planned is None:
        return {}
    return {"rows": f"{list_written(ctx.effect.find_result, _ROWS)} of {len(planned['changes'])}"}


def _plan(notion: Notion, wanted: UpdateRows, ctx: StepContext) -> Json:
    """Return the rows to write, with what they held, before the first one is written."""
    source = ctx.target(wanted.data_source, "data_source")
    schema = notion.data_source(source)["properties"]
    values = planned_values(schema, wanted.set, hosts_of(ctx.run_url))
    columns = columns_told(schema, wanted.set, wanted.filter)
    only = [each["id"] for each in columns]
    if wanted.rows:
        rows = _read_named_rows(notion, wanted, ctx, source)
    else:
        rows = list_all_rows(notion, ctx, source, wanted.filter or None, only, "found")
    if len(rows) > wanted.at_most:
        return {"changes": [], "same": len(rows), "too_many": len(rows)}
    changes = [change for row in rows if (change := _change(row, values)) is not None]
    changed = {change["id"] for change in changes}
    cells = {row["id"]: cells_of(row, columns) for row in rows if row["id"] in changed}
    heads = [each["head"] for each in columns]
    names = {str(column["id"]): name for name, column in schema.items() if str(column["id"]) in values}
    return {"changes": changes, "same": len(rows) - len(changes), "heads": heads, "told": cells, "names": names}


def _read_named_rows(notion: Notion, wanted: UpdateRows, ctx: StepContext, source: str) -> list[Json]:
    ids = list(dict.fromkeys(ctx.target(each, "page") for each in wanted.rows))
    found: list[Json] = []
    for start in range(0, len(ids), _TOGETHER):
        chosen = ids[start : start + _TOGETHER]
        known = ctx.do_idempotently(
            f"read-{start:05d}",
            lambda chosen=chosen: {  # type: ignore[misc]
                "rows": ctx.keep_text(json.dumps([_row(notion, each, source) for each in chosen], ensure_ascii=False))
            },
        )
        found += json.loads(ctx.get_text(str(known["rows"])))
    return found


def _row(notion: Notion, row: str, source: str) -> Json:
    page = notion.page(row)
    if page["parent"].get("data_source_id") != source:
        raise Rejected("notion", f"rows: {row} is not a row of the data source {source}")
    return {"id": page["id"], "properties": page["properties"]}


def _change(row: Json, values: Json) -> Json | None:
    """Return what to write to the row and what it held; None when it has these values already."""
    held = {str(each["id"]): each for each in row["properties"].values()}
    differing = {key: new for key, new in values.items() if not means_the_same(held.get(key, {}), new)}
    if not differing:
        return None
    before, lost = dict[str, Json](), list[str]()
    for key in differing:
        try:
            again = value_again(held[key]) if key in held else None
        except ValueError as error:
            lost.append(str(error))
            continue
        if again is not None:
            before[key] = again
    return {"id": row["id"], "properties": differing, "before": before, "lost": lost}


def _put(notion: Notion, change: Json) -> dict[str, str]:
    """Write to the row what it does not hold yet; return what people have changed since it was read: that stays."""
    held = _read_properties(notion, change)
    values, theirs = dict[str, Json](), dict[str, str]()
    for key, new in change["properties"].items():
        name, value = held.get(key, (key, None))
        if value is not None and means_the_same(value, new):  # an earlier request has arrived
            continue
        former = change["before"].get(key)
        if value is not None and former is not None and not means_the_same(value, former):
            theirs[key] = f"{name}: {CHANGED}"
        else:
            values[key] = new
    if values:
        notion.update_page(str(change["id"]), values)
    return theirs


def _read_properties(notion: Notion, change: Json) -> dict[str, tuple[str, Json]]:
    now = notion.page(str(change["id"]))["properties"]
    return {str(each["id"]): (name, each) for name, each in now.items()}


def _undo(wanted: UpdateRows, ctx: StepContext) -> None:
    """Write what the rows held before, to as many as may have been written."""
    planned = ctx.recall("planned")
    if planned is None or not ctx.effect.is_intended(f"{_ROWS}-00000"):
        return
    reached = list_written(ctx.effect.find_result, _ROWS)
    theirs = _list_left_to_people(ctx, reached)
    if ctx.effect.was_begun(f"{_ROWS}-{reached:05d}"):
        reached += _TOGETHER  # begun, and nobody knows how far it came
    touched = [each for change in planned["changes"][:reached] if (each := _drop_columns(change, theirs))]
    back = [each for each in touched if each["before"]]
    notion, source = ctx.connect(Notion), ctx.target(wanted.data_source, "data_source")
    result = write_rows(notion, ctx, back, "undo", turn=_AT_A_TIME, write=_put_back, source=source)
    lost = [f"{each['id']}: {each['lost'][0]}" for each in touched if each["lost"]] + result["left"]
    if lost:
        raise Rejected("notion", f"all was put back but {len(lost)} rows: {'; '.join(lost)[:1000]}")


def _list_left_to_people(ctx: StepContext, reached: int) -> dict[str, list[str]]:
    """Return the columns, by row, that were never written."""
    theirs, done = dict[str, list[str]](), 0
    while done < reached and (part := ctx.effect.find_result(f"{_ROWS}-{done:05d}")) is not None:
        theirs |= part.get("kept", {})
        done += int(part["count"])
    return theirs


def _drop_columns(change: Json, theirs: Mapping[str, Collection[str]]) -> Json | None:
    """Return the change without those columns; None where nothing is left of it."""
    left = theirs.get(change["id"], ())
    written = {key: value for key, value in change["properties"].items() if key not in left}
    before = {key: value for key, value in change["before"].items() if key not in left}
    return {**change, "properties": written, "before": before} if written else None


def _put_back(notion: Notion, change: Json) -> dict[str, str]:
    """Write what the row held before where it still holds ours; return what people have changed since."""
    held = _read_properties(notion, change)
    values, left = dict[str, Json](), dict[str, str]()
    for key, former in change["before"].items():
        name, value = held.get(key, (key, {}))
        if means_the_same(value, change["properties"][key]):
            values[key] = former
        elif not means_the_same(value, former):
            left[key] = f"{name}: {CHANGED}"
    if values:
        notion.update_page(str(change["id"]), values)
    return left


NOTION_UPDATE_ROWS = StepKind(
    "notion.update_rows",
    "Set the same values in many rows; other columns stay. Its text lists each row changed: title, columns of the"
    " filter, and what the columns set held before; or says that none was.",
    UpdateRows,
    _run,
    Repeat.SAME_END,
    undo=_undo,
    systems=("notion",),
    leaves_text=True,
    core=True,
)
