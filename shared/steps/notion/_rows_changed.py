"""What came of a change of many rows, in words: for the page of whoever asked for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.core.errors import Rejected
from shared.integrations.notion.values.writable_values import column_of
from shared.steps.notion._cells import cell_of, table_of

Json = dict[str, Any]
Kept = Mapping[str, Sequence[str]]  # row → ids of the columns that were left to people
_MAX_NAMED = 20
_MAX_LISTED = 500  # rows: a page with more is read by nobody


def columns_told(schema: Mapping[str, Json], changed: Iterable[str], filter: Json | None) -> list[dict[str, str]]:
    """Return the columns of the list, as `id` and `head`: the title, what the filter names, and what is changed."""
    new = [column_of(schema, each) for each in changed]
    title = [(name, column) for name, column in schema.items() if column.get("type") == "title"]
    heads = {str(column["id"]): name for name, column in (*title, *_find_columns(schema, _properties(filter)))}
    heads |= {str(column["id"]): f"{name} before" for name, column in new}
    return [{"id": key, "head": head} for key, head in heads.items()]


def cells_of(row: Json, columns: Sequence[Mapping[str, str]]) -> list[str]:
    """Return what a row holds in these columns now, which is before it is changed."""
    return [cell_of(row, each["id"]) for each in columns]


def rows_left(planned: Mapping[str, Any], kept: Kept) -> list[str]:
    """Return the rows in which nothing at all was set: people have changed all of it meanwhile."""
    return [each["id"] for each in planned["changes"] if set(each["properties"]) <= set(kept.get(each["id"], ()))]


def describe_left(kept: Kept) -> dict[str, str]:
    """Return, as a fact of the run, that people's edits stay; {} where there were none."""
    if not kept:
        return {}
    rows = "1 row" if len(kept) == 1 else f"{len(kept)} rows"
    return {"left_as_it_is": f"{rows} in which somebody has changed what was to be set"}


def describe_changes(planned: Mapping[str, Any], gone: Collection[str], max_rows: int, kept: Kept) -> str:
    """Return the text: how many rows were changed, and what each held before; or why none was."""
    if many := planned.get("too_many"):
        return f"No row was changed: {many} rows match, and no more than {max_rows} were to be changed."
    not_written = {*gone, *rows_left(planned, kept)}
    rows = [each["id"] for each in planned["changes"] if each["id"] not in not_written]
    head = f"{_rows(len(rows))} changed." if rows else "No row was changed."
    if same := planned["same"]:
        head += f" {_rows(same)} left alone: {'it has' if same == 1 else 'they have'} these values already."
    elif not rows and not not_written:
        head += " No row matches."
    if kept:
        head += f" What somebody has changed meanwhile was left as it is: {_theirs(planned, kept)}."
    if gone:
        head += f" {_rows(len(gone))} thrown away meanwhile."
    cells = planned.get("told", {})  # a change that was begun before rows were listed has none
    listed = [cells[each] for each in rows[:_MAX_LISTED] if each in cells]
    parts = [head, table_of(planned["heads"], listed)] if listed else [head]
    if len(rows) > len(listed) > 0:
        parts.append(f"The first {len(listed)} rows; {len(rows) - len(listed)} more were changed.")
    return "\n\n".join(parts)


def _theirs(planned: Mapping[str, Any], kept: Kept) -> str:
    names, cells = planned.get("names", {}), planned.get("told", {})
    described = [
        f"{next(iter(cells.get(row, ())), '') or row} ({', '.join(names.get(key, key) for key in columns)})"
        for row, columns in [*kept.items()][:_MAX_NAMED]
    ]
    more = len(kept) - len(described)
    return "; ".join([*described, f"and {more} more"] if more else described)


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count} rows were"


def _properties(filter: Any) -> Iterator[str]:
    if isinstance(filter, Mapping):
        if isinstance(named := filter.get("property"), str):
            yield named
        for name in ("and", "or"):
            yield from _properties(filter.get(name))
    elif isinstance(filter, list | tuple):
        for each in filter:
            yield from _properties(each)


def _find_columns(schema: Mapping[str, Json], names: Iterable[str]) -> Iterator[tuple[str, Json]]:
    """Yield the columns of these names; one that is not there is for Notion to refuse, with its own words."""
    for name in names:
        try:
            yield column_of(schema, name)
        except Rejected:
            continue
