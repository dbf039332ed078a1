"""Values in a row: checks what is written, stores it raw, completes it to what is read."""

from collections.abc import Mapping
from typing import Any, Protocol

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.content.rich_text import NameOf, plain, rich_text
from shared.local.simulators.notion.refusals import invalid, validation_error
from shared.local.simulators.notion.tables import rollups, schema

Json = dict[str, Any]


class Look(Protocol):
    """What a value needs to know of the world around its page."""

    @property
    def nodes(self) -> Mapping[str, Json]:
        """Return every page by id."""
        ...

    def user(self, object_id: str) -> Json:
        """Return a user object."""
        ...

    def columns(self, page: Json) -> list[Json]:
        """Return the columns of a page."""
        ...

    def render_file(self, value: Json) -> Json:
        """Return a file as it reads."""
        ...


LISTED = ("title", "rich_text", "people", "relation")
CUT_AT = 25


def parse_value(column: Json, value: Any, path: str, name_of: NameOf) -> Any:
    """Take one property value of a page as written; return what is stored. May add an option to the column."""
    kind = column["type"]
    if kind in schema.READ_ONLY or kind in ("button", "verification"):
        raise validation_error(f"{column['name']} is a read-only property of type {kind}.")
    given = checks.check_object(value, path)
    if kind not in given:
        raise validation_error(f"{column['name']} is expected to be {kind}.")
    checks.check_exact(given, path, (kind, "type"))
    if "type" in given:
        checks.one_of(given["type"], f"{path}.type", (kind,))
    return _parse_inner(column, given[kind], f"{path}.{kind}", name_of)


def _parse_inner(column: Json, inner: Any, path: str, name_of: NameOf) -> Any:
    kind = column["type"]
    if kind in ("title", "rich_text"):
        return rich_text(inner, path, name_of)
    if kind == "checkbox":
        return checks.boolean(inner, path)
    if kind == "multi_select":
        return [_option(column, item, f"{path}[{i}]") for i, item in enumerate(checks.array(inner, path))]
    if kind in ("people", "relation"):
        return [_id_of(item, f"{path}[{i}]") for i, item in enumerate(checks.array(inner, path))]
    if kind == "files":
        return [_file(item, f"{path}[{i}]") for i, item in enumerate(checks.array(inner, path))]
    if inner is None:
        return None
    if kind == "number":
        return checks.number(inner, path)
    if kind in ("select", "status"):
        return _option(column, inner, path)
    if kind == "date":
        return checks.date_value(inner, path)
    if kind == "place":
        return checks.check_object(inner, path, ("lat", "lon"))
    return checks.string(inner, path, checks.LONGEST_URL if kind == "url" else checks.LONGEST_SHORT, 1)


def _id_of(item: Any, path: str) -> str:
    given = checks.check_exact(item, path, ("id", "object"), ("id",))
    return checks.object_id(given["id"], f"{path}.id")


def _file(item: Any, path: str) -> Json:
    given = checks.check_exact(item, path, ("name", "type", "external", "file_upload", "file"))
    if "name" in given:
        checks.string(given["name"], f"{path}.name", checks.LONGEST_SHORT, 1)
    if "file_upload" in given:
        named = {"name": given["name"]} if "name" in given else {}
        return {**named, **checks.upload(given["file_upload"], f"{path}.file_upload")}
    if "file" in given:
        return {
            "name": given.get("name"),
            "type": "file",
            "file": checks.check_object(given["file"], f"{path}.file", ("url",)),
        }
    for key in ("name", "external"):
        if key not in given:
            raise invalid(f"{path}.{key}", "defined", ...)
    external = checks.check_exact(given["external"], f"{path}.external", ("url",), ("url",))
    address = checks.url(external["url"], f"{path}.external.url")
    return {"name": given["name"], "type": "external", "external": {"url": address}}


def _option(column: Json, value: Any, path: str) -> str:
    given = checks.check_exact(value, path, ("name", "id", "color", "description"))
    if "name" not in given and "id" not in given:
        raise invalid(f"{path}.name", "defined", ...)
    options: list[Json] = column["config"]["options"]
    for option in options:
        if ("id" in given and option["id"] == given["id"]) or ("id" not in given and option["name"] == given["name"]):
            return str(option["id"])
    if column["type"] == "status" or "name" not in given:
        shown = given.get("name", given.get("id"))
        raise validation_error(f'Invalid status option. Status option "{shown}" does not exist.')
    option = schema.new_option({"name": given["name"], "color": given.get("color")}, path, None, options)
    if len(options) >= checks.MAX_ITEMS:
        raise validation_error(f"{column['name']} already has {checks.MAX_ITEMS} options.")
    options.append(option)
    return str(option["id"])


def empty(kind: str) -> Any:
    """Return what an untouched property holds."""
    if kind in (*LISTED, "multi_select", "files"):
        return []
    return False if kind == "checkbox" else None


def read(column: Json, page: Json, world: Look, cut: bool = True) -> Json:
    """Return one property of a page as a read shows it; lists end after 25 items when `cut`."""
    kind = column["type"]
    value = page["values"].get(column["id"], empty(kind))
    base: Json = {"id": column["id"], "type": kind}
    if cut and kind in LISTED and len(value) > CUT_AT:
        value = value[:CUT_AT]
        if kind == "relation":
            base["has_more"] = True
    elif kind == "relation":
        base["has_more"] = False
    return {**base, kind: render_value(column, page, value, world)}


def render_value(column: Json, page: Json, value: Any, world: Look) -> Any:
    """Return the inner value of one property in its read shape; `world` knows people, files and rows."""
    kind = column["type"]
    if kind in ("select", "status"):
        return _render_option(column, value)
    if kind == "multi_select":
        return [option for option in (_render_option(column, item) for item in value) if option]
    if kind == "people":
        return [world.user(item) for item in value]
    if kind == "relation":
        return [{"id": item} for item in value]
    if kind in ("created_time", "last_edited_time"):
        return page[kind]
    if kind in ("created_by", "last_edited_by"):
        return world.user(page[kind]["id"])
    if kind == "unique_id":
        return {"prefix": column["config"].get("prefix"), "number": page.get("number")}
    if kind == "files":
        return [world.render_file(item) for item in value]
    if kind == "rollup":
        return rollups.value(column, page, world, lambda c, p: read(c, p, world, cut=False)[c["type"]])
    if kind == "formula":
        return {"type": "unsupported", "unsupported": {}}
    return value


def _render_option(column: Json, option_id: str | None) -> Json | None:
    for option in column["config"]["options"]:
        if option["id"] == option_id:
            return {"id": option["id"], "name": option["name"], "color": option["color"]}
    return None


def text(column: Json, page: Json, world: Look) -> str:
    """Return a property as a person reads it."""
    value = read(column, page, world, cut=False)[column["type"]]
    match column["type"]:
        case "title" | "rich_text":
            return plain(value)
        case "select" | "status":
            return str(value["name"]) if value else ""
        case "multi_select":
            return ", ".join(option["name"] for option in value)
        case "people":
            return ", ".join(str(person.get("name") or "") for person in value)
        case "date":
            return f"{value['start']}{' → ' + value['end'] if value['end'] else ''}" if value else ""
        case "relation" | "files":
            return f"{len(value)} linked" if value else ""
        case "created_by" | "last_edited_by":
            return str(value.get("name") or "")
        case "checkbox":
            return "yes" if value else "no"
        case "unique_id":
            return f"{value['prefix'] + '-' if value['prefix'] else ''}{value['number'] or ''}"
        case "rollup":
            inner = value[value["type"]]
            return "" if inner is None or value["type"] == "unsupported" else str(inner)
        case "formula":
            return ""
    return "" if value is None else str(value)
