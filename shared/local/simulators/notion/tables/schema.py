"""Columns of a data source: checks what is written, completes it to what is read."""

import json
from typing import Any
from urllib.parse import unquote

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.refusals import invalid, validation_error

Json = dict[str, Any]

READ_ONLY = ("created_time", "created_by", "last_edited_time", "last_edited_by", "unique_id", "formula", "rollup")
TYPES = [
    "title",
    "rich_text",
    "number",
    "select",
    "multi_select",
    "status",
    "date",
    "people",
    "files",
    "checkbox",
    "url",
    "email",
    "phone_number",
    "relation",
    "rollup",
    "formula",
    "unique_id",
    "created_time",
    "created_by",
    "last_edited_time",
    "last_edited_by",
    "place",
    "verification",
    "button",
]
_DEFAULT_STATUS = (("Not started", "default"), ("In progress", "blue"), ("Done", "green"))
LARGEST_SCHEMA = 50_000


def column_id(columns: list[Json], number: int) -> str:
    """Make a short opaque id; every other one needs percent-encoding, as Notion's sometimes do."""
    digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    for _ in range(3):
        text += digits[number % len(digits)]
        number = number // len(digits) + 17
    return f"{text[0]}%3A{text[1:]}" if len(columns) % 2 else f"{text}_"


def find(columns: list[Json], key: str) -> Json | None:
    """Find a column by name, or by id, encoded or not."""
    for column in columns:
        if column["name"] == key:
            return column
    return next((c for c in columns if key == c["id"] or unquote(key) == unquote(str(c["id"]))), None)


def config_type(value: Json, path: str) -> str:
    """Return the type a column config is of."""
    for key in value:
        if key not in TYPES and key not in ("type", "name", "description", "id"):
            raise invalid(f"{path}.{key}", "not present", value[key])
    found = [key for key in value if key in TYPES]
    if len(found) != 1:
        raise invalid(f"{path}.{value.get('type') or 'title'}", "defined", ...)
    if "type" in value:
        checks.one_of(value["type"], f"{path}.type", (found[0],))
    return found[0]


def config(kind: str, value: Any, path: str, before: Json | None = None) -> Json:
    """Take the inner config of a column."""
    given = checks.check_object(value, path)
    if kind == "number":
        checks.check_exact(given, path, ("format",))
        return {"format": checks.string(given.get("format", "number"), f"{path}.format", 100, 1)}
    if kind in ("select", "multi_select", "status"):
        return _options(kind, given, path, before or {"options": []})
    if kind == "relation":
        return _relation(given, path)
    if kind == "formula":
        return {"expression": checks.string(given.get("expression"), f"{path}.expression", None, 1)}
    if kind == "unique_id":
        return {"prefix": given.get("prefix")}
    if kind == "rollup":
        return dict(given)  # checked by `rollups`, which knows the columns it is about
    return dict(checks.check_exact(given, path, ()))


def _options(kind: str, given: Json, path: str, before: Json) -> Json:
    checks.check_exact(given, path, ("options",))
    if "options" not in given and before["options"]:
        return before
    raw = checks.array(given.get("options", []), f"{path}.options")
    if kind == "status" and "options" not in given:
        raw = [{"name": name, "color": color} for name, color in _DEFAULT_STATUS]
    options: list[Json] = []
    for index, item in enumerate(raw):
        inner = f"{path}.options[{index}]"
        option = checks.check_exact(item, inner, ("name", "id", "color", "description"))
        known = next(
            (o for o in before["options"] if o["id"] == option.get("id") or o["name"] == option.get("name")), None
        )
        if "name" not in option and known is None:
            raise invalid(f"{inner}.name", "defined", ...)
        options.append(new_option(option, inner, known, options))
    if len({option["name"] for option in options}) != len(options):
        raise validation_error(f"{path}.options must have unique names.")
    return with_groups({"options": options}) if kind == "status" else {"options": options}


def new_option(option: Json, path: str, known: Json | None, others: list[Json]) -> Json:
    """Make one option of a select, keeping the id of the one it continues."""
    name = checks.string(option.get("name", (known or {}).get("name")), f"{path}.name", checks.LONGEST_SHORT, 1)
    if "," in name:
        raise validation_error(f"Invalid select option, commas not allowed: {name}")
    color = option.get("color") or (known or {}).get("color") or checks.COLORS[len(others) % len(checks.COLORS)]
    description = option.get("description", (known or {}).get("description"))
    if description is not None:
        checks.string(description, f"{path}.description", checks.LONGEST_TEXT)
    stem = "".join(f"{ord(letter):x}" for letter in name[:6])
    taken = {other["id"] for other in others}
    fresh = next(f"o{stem}{n or ''}" for n in range(len(taken) + 1) if f"o{stem}{n or ''}" not in taken)
    return {
        "id": known["id"] if known else option.get("id") or fresh,
        "name": name,
        "color": checks.one_of(color, f"{path}.color", checks.COLORS),
        "description": description,
    }


def with_groups(conf: Json) -> Json:
    """Sort status options into Notion's three fixed groups, by their colour: green is complete, blue in progress."""
    ids: dict[str, list[str]] = {"To-do": [], "In progress": [], "Complete": []}
    for option in conf["options"]:
        group = {"green": "Complete", "blue": "In progress", "yellow": "In progress"}.get(option["color"], "To-do")
        ids[group].append(option["id"])
    colors = {"To-do": "gray", "In progress": "blue", "Complete": "green"}
    groups = [{"id": f"g{name[:2]}", "name": name, "color": colors[name], "option_ids": ids[name]} for name in ids]
    return {"options": conf["options"], "groups": groups}


def _relation(given: Json, path: str) -> Json:
    checks.check_exact(given, path, ("data_source_id", "type", "single_property", "dual_property"), ("data_source_id",))
    kind = "dual_property" if "dual_property" in given else "single_property"
    if kind not in given:
        raise invalid(f"{path}.single_property", "defined", ...)
    inner = checks.check_object(given[kind], f"{path}.{kind}")
    target = checks.object_id(given["data_source_id"], f"{path}.data_source_id")
    return {"data_source_id": target, "type": kind, kind: dict(inner)}


def description(value: Json, path: str) -> str | None:
    """Take the description of a column, if one is there."""
    if value.get("description") is None:
        return None
    return checks.string(value["description"], f"{path}.description", 280, 1)


def new_columns(value: Any, path: str, first_number: int) -> list[Json]:
    """Take the schema of a new data source: exactly one title."""
    columns: list[Json] = []
    for name, part in checks.check_object(value, path).items():
        columns.append(new_column(columns, name, part, f"{path}.{name}", first_number))
    if sum(column["type"] == "title" for column in columns) != 1:
        raise validation_error(
            "Title is not provided" if columns else f"{path} should have exactly one title property."
        )
    check_size(columns)
    return columns


def new_column(columns: list[Json], name: str, part: Any, path: str, first_number: int) -> Json:
    """Make one column."""
    given = checks.check_object(part, path)
    kind = config_type(given, path)
    checks.string(name, path, checks.LONGEST_SHORT, 1)
    key = "title" if kind == "title" else column_id(columns, first_number + len(columns))
    taken = {column["id"] for column in columns}
    while key in taken and key != "title":
        first_number += 1
        key = column_id(columns, first_number + len(columns))
    return {
        "id": key,
        "name": name,
        "type": kind,
        "description": description(given, path),
        "config": config(kind, given[kind], f"{path}.{kind}"),
    }


def check_size(columns: list[Json]) -> None:
    """Refuse a schema Notion would call too large."""
    if len(json.dumps(columns)) > LARGEST_SCHEMA:
        raise validation_error("Schema is too large.")


def render_column(column: Json, database_of: dict[str, str]) -> Json:
    """Return a column as a data source shows it."""
    inner = dict(column["config"])
    if column["type"] == "relation":
        inner["database_id"] = database_of.get(inner["data_source_id"])
    base = {"id": column["id"], "name": column["name"], "type": column["type"], "description": column["description"]}
    return {**base, column["type"]: inner}
