"""notion.change_schema: the columns of a table, and the options of a select."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from shared.core.errors import Rejected
from shared.core.text.outgoing_text import plain
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.row_batches import list_all_rows, write_rows
from shared.integrations.notion.values.columns import config_again
from shared.integrations.notion.values.writable_values import WRITABLE, column_of, find_column, value_again
from shared.steps._input import Input, Target
from shared.steps._kind import Done, Repeat, StepContext, StepFailure, StepKind
from shared.steps.notion._columns import Column, Json

_CHOICES = ("select", "multi_select", "status")


class ChangeSchema(Input):
    """Columns by name or id. `options` are added to a select. Removing needs allow_removing: true."""

    data_source: Target = Field(min_length=1)
    add: dict[str, Column] = Field(default_factory=dict, max_length=50)
    rename: dict[str, str] = Field(default_factory=dict, max_length=50)
    retype: dict[str, Column] = Field(default_factory=dict, max_length=20)
    options: dict[str, list[str]] = Field(default_factory=dict, max_length=20)
    remove: list[str] = Field(default_factory=list, max_length=50)
    allow_removing: bool = False

    @model_validator(mode="after")
    def _check_meant(self) -> ChangeSchema:
        if self.remove and not self.allow_removing:
            raise ValueError("remove: a removed column takes its values with it; set allow_removing to true if meant")
        if not (self.add or self.rename or self.retype or self.options or self.remove):
            raise ValueError("give something to change")
        return self


def _change(wanted: ChangeSchema, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    source = ctx.target(wanted.data_source, "data_source")
    before = ctx.keep_before("before", lambda: notion.data_source(source)["properties"])
    changes = _changes(wanted, before, before, ctx)
    ctx.keep_before("values", lambda: _values(notion, source, wanted, before, ctx))

    def change() -> Json:  # to the options as they are now: those that are not sent again are removed
        now = notion.data_source(source)["properties"]
        made = notion.update_data_source(source, properties=_changes(wanted, before, now, ctx))
        return {"data_source": made["id"]}

    ctx.create_if_absent(
        "changed",
        change,
        lambda: {"data_source": source} if _is_so(notion.data_source(source)["properties"], wanted, before) else None,
    )
    return Done({"data_source": source, "changed": len(changes)})


def _changes(wanted: ChangeSchema, before: Mapping[str, Json], now: Mapping[str, Json], ctx: StepContext) -> Json:
    """Return the request: columns that are there by id, so that a rename can be sent twice."""
    changes: dict[str, Any] = {}
    for name, column in wanted.add.items():
        if name in before:
            raise StepFailure(f"add: there is a column {name!r} already", signature=f"add {name}")
        changes[name] = column.config(ctx)
    for name, column in wanted.retype.items():
        _, held = column_of(before, name)
        if held["type"] == "title":
            raise StepFailure(f"retype: {name!r} is the title column, which stays one", signature=f"retype {name}")
        changes[held["id"]] = column.config(ctx)
    for name, options in wanted.options.items():
        held = column_of(before, name)[1]
        changes[held["id"]] = _add_options(name, _find_by_id(now, held) or held, options)
    for name, new in wanted.rename.items():
        key = column_of(before, name)[1]["id"]
        changes[key] = {**(changes.get(key) or {}), "name": plain(new)}
    for name in wanted.remove:
        _, held = column_of(before, name)
        if held["type"] == "title":
            raise StepFailure(f"remove: {name!r} is the title column, which stays", signature=f"remove {name}")
        changes[held["id"]] = None
    return changes


def _add_options(name: str, column: Json, names: Sequence[str]) -> Json:
    if column["type"] not in _CHOICES:
        raise StepFailure(f"options: {name!r} is a {column['type']} and has none", signature=f"options {name}")
    again = config_again(column, with_ids=True)
    option_names = {str(each["name"]) for each in column[column["type"]]["options"]}
    again[column["type"]]["options"] += [{"name": plain(each)} for each in names if each not in option_names]
    return again


def _values(notion: Notion, source: str, wanted: ChangeSchema, before: Mapping[str, Json], ctx: StepContext) -> Json:
    """Return what the rows hold in columns that go or change their type, by column name, for the undo."""
    touched = {name: column for name, column in _find_touched(wanted, before).items() if column["type"] in WRITABLE}
    if not touched:
        return {"rows": [], "lost": []}
    rows, lost = list[Json](), list[str]()
    for row in list_all_rows(notion, ctx, source, None, [str(each["id"]) for each in touched.values()], "rows"):
        held: Json = {}
        for name, value in row["properties"].items():
            try:
                again = value_again(value, by_name=True) if name in touched else None
            except ValueError as error:
                lost.append(f"{name} of {row['id']}: {error}")
                continue
            if again is not None and _says_something(again[value["type"]]):
                held[name] = again
        if held:
            rows.append({"id": row["id"], "values": held})
    return {"rows": rows, "lost": lost}


def _says_something(content: Any) -> bool:
    return content is not None and content is not False and content != []


def _find_touched(wanted: ChangeSchema, before: Mapping[str, Json]) -> dict[str, Json]:
    return dict(column_of(before, name) for name in (*wanted.remove, *wanted.retype))


def _find_by_id(now: Mapping[str, Json], column: Json) -> Json | None:
    found = find_column(now, str(column["id"]))
    return found[1] if found else None


def _is_so(now: Mapping[str, Json], wanted: ChangeSchema, before: Mapping[str, Json]) -> bool:
    """Say whether the columns are as they were wanted."""
    held = {
        name: _find_by_id(now, column_of(before, name)[1]) for name in (*wanted.rename, *wanted.retype, *wanted.options)
    }
    return (
        all(name in now and now[name]["type"] == column.type for name, column in wanted.add.items())
        and all((held[name] or {}).get("name") == plain(new) for name, new in wanted.rename.items())
        and all((held[name] or {}).get("type") == column.type for name, column in wanted.retype.items())
        and all(_has_options(held[name], options) for name, options in wanted.options.items())
        and all(_find_by_id(now, column_of(before, name)[1]) is None for name in wanted.remove)
    )


def _has_options(column: Json | None, names: Sequence[str]) -> bool:
    if column is None or column["type"] not in _CHOICES:
        return False
    option_names = {str(each["name"]) for each in column[column["type"]]["options"]}
    return option_names.issuperset(plain(each) for each in names)


def _undo_change(wanted: ChangeSchema, ctx: StepContext) -> None:
    """Bring the columns back, and the values of those that went or changed; their place in views is not ours to set."""
    before = ctx.recall("before")
    if before is None or not ctx.effect.was_begun("changed"):
        return
    notion = ctx.connect(Notion)
    source = ctx.target(wanted.data_source, "data_source")
    stays = ctx.keep_before("stays", lambda: _theirs(notion, source, wanted, before))
    back = _back(notion.data_source(source)["properties"], wanted, before, stays)
    if back:
        ctx.create_if_absent(
            "undo",
            lambda: {"data_source": notion.update_data_source(source, properties=back)["id"]},
            lambda: None,  # what was asked for is still missing
        )
    lost = [f"{name}: {why}" for name, why in stays.items()]
    if not ctx.effect.is_intended("undo"):  # the change never arrived, and the rows hold what people have written
        _say_lost(lost)
        return
    kept = ctx.recall("values") or {"rows": [], "lost": []}
    now = notion.data_source(source)["properties"]
    ids = {name: str(column["id"]) for name, column in _find_restored(now, wanted, before).items() if name not in stays}
    held = [(row["id"], {ids[n]: v for n, v in row["values"].items() if n in ids}) for row in kept["rows"]]
    write_rows(notion, ctx, [{"id": row, "properties": v} for row, v in held if v], "undo-values", source=source)
    _say_lost([*lost, *kept["lost"]])


def _say_lost(lost: list[str]) -> None:
    if lost:
        raise Rejected("notion", f"all was put back but this: {'; '.join(lost)[:1000]}")


def _find_restored(now: Mapping[str, Json], wanted: ChangeSchema, before: Mapping[str, Json]) -> dict[str, Json]:
    """Return the columns, by their former names, that went or changed their type and are there again."""
    columns = ((name, _find_by_id(now, held) or now.get(name)) for name, held in _find_touched(wanted, before).items())
    return {name: column for name, column in columns if column is not None}


def _theirs(notion: Notion, source: str, wanted: ChangeSchema, before: Mapping[str, Json]) -> Json:
    """Return the columns, by their names in the plan, that people have changed since, and how: they stay so."""
    now = notion.data_source(source)["properties"]
    stays = dict[str, str]()
    for name, added in wanted.add.items():
        if name in now and (now[name]["type"] != added.type or _is_filled(notion, source, name, added.type)):
            stays[name] = "it has been filled since, and a removed column takes its values with it"
    for name, new in wanted.rename.items():
        former, held = column_of(before, name)
        called = (_find_by_id(now, held) or held)["name"]
        if called not in (former, plain(new)):
            stays[former] = f"somebody calls it {called!r} now"
    for name, retyped in wanted.retype.items():
        former, held = column_of(before, name)
        if (_find_by_id(now, held) or held)["type"] not in (retyped.type, held["type"]):
            stays[former] = "somebody has changed its type since"
    for name, options in wanted.options.items():
        former, held = column_of(before, name)
        for option in _ours(_find_by_id(now, held) or held, held, options):
            if _is_filled(notion, source, str((_find_by_id(now, held) or held)["name"]), held["type"], option):
                stays[former] = f"{option!r} is in use"
    return stays


def _is_filled(notion: Notion, source: str, name: str, kind: str, option: str = "") -> bool:
    """Say whether a row has a value there, or that option."""
    if kind not in WRITABLE or (kind == "status" and not option):  # a status is never empty
        return False
    way: Json = {"is_not_empty": True}
    if option:
        way = {"contains" if kind == "multi_select" else "equals": option}
    elif kind == "checkbox":
        way = {"equals": True}
    return bool(notion.query_part(source, {"property": name, kind: way}, size=1).rows)


def _ours(column: Json, held: Json, options: Sequence[str]) -> list[str]:
    """Return the options we added that are there."""
    if column["type"] != held["type"]:
        return []
    former = {str(each["name"]) for each in held[held["type"]]["options"]}
    option_names = {str(each["name"]) for each in column[column["type"]]["options"]} - former
    return [name for each in options if (name := plain(each)) in option_names]


def _back(now: Mapping[str, Json], wanted: ChangeSchema, before: Mapping[str, Json], stays: Json) -> Json:
    """Return the request that makes the columns what they were, but for what `stays`; {} when they are."""
    back: dict[str, Any] = {now[name]["id"]: None for name in wanted.add if name in now and name not in stays}
    for name in (*wanted.retype, *wanted.options, *wanted.rename):
        former, held = column_of(before, name)
        column = _find_by_id(now, held)
        if column is None or former in stays:
            continue
        change: Json = back.get(column["id"]) or {}
        if column["type"] != held["type"]:
            change |= config_again(held)
        elif name in wanted.options and (ours := _ours(column, held, wanted.options[name])):
            change |= config_again(column, with_ids=True)
            options = column[column["type"]]["options"]
            change[column["type"]]["options"] = [{"id": each["id"]} for each in options if each["name"] not in ours]
        if name in wanted.rename and column["name"] != former:
            change["name"] = former
        if change:
            back[column["id"]] = change
    for name in wanted.remove:
        former, held = column_of(before, name)
        if _find_by_id(now, held) is None and former not in now:
            back[former] = config_again(held)
    return back


NOTION_CHANGE_SCHEMA = StepKind(
    "notion.change_schema",
    "Add, rename, retype or remove columns of a database, or add options.",
    ChangeSchema,
    _change,
    Repeat.LOOK,
    undo=_undo_change,
    systems=("notion",),
    core=True,
)
