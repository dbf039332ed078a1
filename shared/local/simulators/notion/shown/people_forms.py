"""Forms of the pages for people, and the API-shaped call each of them stands for."""

from collections.abc import Mapping
from html import escape
from typing import Any

from shared.local.simulators.notion.markdown.plain_markdown import blocks_of
from shared.local.simulators.notion.tables import schema, values
from shared.local.simulators.notion.world import World

Json = dict[str, Any]
ApiCall = tuple[str, str, Any]

_EDITABLE = ("title", "rich_text", "select", "status", "checkbox", "number", "url", "date")
_SHOWN_PIECE = 1000

APPEND = (
    '<h2 class="label">Add to this page</h2><form method="post"><label class="field"><span class="soft">One block per '
    "line: # heading, - list, - [ ] to-do, 1. number, &gt; quote, plain text</span>"
    '<textarea name="text" required></textarea></label><button name="do" value="append">Add</button></form>'
)
COMMENT = (
    '<form method="post"><label class="field"><span class="soft">Your comment</span>'
    '<textarea name="text" required></textarea></label><button name="do" value="comment">Comment</button></form>'
)


def new_row(source: Json) -> str:
    """Return the form that adds a row to a table."""
    return (
        f'<form method="post" class="buttons"><input type="hidden" name="source" value="{source["id"]}">'
        '<input type="text" name="title" placeholder="Title" aria-label="Title of the new row">'
        '<button name="do" value="row">New row</button></form>'
    )


def pill(world: World, column: Json, page: Json) -> str:
    """Return the chosen option of a select, in its colour."""
    option = values.read(column, page, world)[column["type"]]
    return f'<span class="pill {escape(option["color"])}">{escape(option["name"])}</span>' if option else ""


def property_html(world: World, page: Json, column: Json) -> str:
    """Return one property: a small form where it can be changed, else its text."""
    name, text = escape(column["name"]), escape(values.text(column, page, world))
    if column["type"] not in _EDITABLE:
        if column["type"] in ("created_time", "last_edited_time"):
            text = text[:16].replace("T", " ")
        return f'<div class="still"><span class="name">{name}</span><span>{text or "—"}</span></div>'
    key = escape(column["id"])
    return (
        f'<form method="post"><label for="p-{key}">{name}</label>{_field(column, page, key, text)}'
        f'<input type="hidden" name="column" value="{key}"><button name="do" value="set">Save</button></form>'
    )


def _field(column: Json, page: Json, key: str, text: str) -> str:
    if column["type"] in ("select", "status", "checkbox"):
        names = ["no", "yes"]
        if column["type"] != "checkbox":
            names = ["", *(option["name"] for option in column["config"]["options"])]
        options = ""
        for option in map(escape, names):
            options += f'<option value="{option}"{" selected" if option == text else ""}>{option or "—"}</option>'
        return f'<select id="p-{key}" name="value">{options}</select>'
    return f'<input type="text" id="p-{key}" name="value" value="{text}">'


def call_of(world: World, node: Json, form: Mapping[str, str]) -> ApiCall | None:
    """Return the call a posted form stands for, or None."""
    match form.get("do"):
        case "append":
            return "PATCH", f"/v1/blocks/{node['id']}/children", {"children": blocks_of(form.get("text", ""))}
        case "comment":
            return "POST", "/v1/comments", {"parent": {"page_id": node["id"]}, "rich_text": _rich(form.get("text", ""))}
        case "tick":
            checked = {"to_do": {"checked": bool(form.get("checked"))}}
            return "PATCH", f"/v1/blocks/{form.get('block', '')}", checked
        case "row":
            return _new_row(world, form)
        case "set" if node["object"] == "page":
            column = schema.find(world.columns(node), form.get("column", ""))
            if column is not None and column["type"] in _EDITABLE:
                value = {column["type"]: _value(column["type"], form.get("value", "").strip())}
                return "PATCH", f"/v1/pages/{node['id']}", {"properties": {column["id"]: value}}
    return None


def _new_row(world: World, form: Mapping[str, str]) -> ApiCall | None:
    source = world.nodes.get(form.get("source", ""))
    if source is None or source["object"] != "data_source":
        return None
    title = {"title": {"title": _rich(form.get("title", ""))}}
    return "POST", "/v1/pages", {"parent": {"data_source_id": source["id"]}, "properties": title}


def _rich(text: str) -> list[Json]:
    text = text.replace("\r\n", "\n")
    return [{"text": {"content": text[at : at + _SHOWN_PIECE]}} for at in range(0, len(text), _SHOWN_PIECE)]


def _value(kind: str, text: str) -> Any:
    if kind in ("title", "rich_text"):
        return _rich(text)
    if kind == "checkbox":
        return text == "yes"
    if not text:
        return None
    if kind in ("select", "status"):
        return {"name": text}
    if kind == "date":
        return {"start": text}
    if kind == "number":
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text  # the API says what is wrong with it
    return text
