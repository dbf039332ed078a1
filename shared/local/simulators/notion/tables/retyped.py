"""What becomes of the values of a column whose type changes: what reads as the new type stays, the rest is cleared."""

from contextlib import suppress
from typing import Any

from shared.local.simulators.notion.content.rich_text import from_plain
from shared.local.simulators.notion.tables import schema, values
from shared.local.simulators.notion.world import World

Json = dict[str, Any]

_TEXTS = ("url", "email", "phone_number")


def convert(world: World, source: Json, before: list[Json], after: list[Json]) -> None:
    """Convert the rows of a data source whose columns were `before` and are `after`."""
    former = {column["id"]: column for column in before}
    for column in after:
        old = former.get(column["id"])
        if old is None or old["type"] == column["type"]:
            continue
        for row in (world.nodes[key] for key in source["children"]):
            text = values.text(old, row, world)
            row["values"].pop(column["id"], None)
            value = _convert_text(column, text) if text else None
            if value is not None:
                row["values"][column["id"]] = value


def _convert_text(column: Json, text: str) -> Any:
    kind = column["type"]
    if kind == "rich_text":
        return from_plain(text)
    if kind == "number":
        with suppress(ValueError):
            return float(text)
    if kind == "checkbox":
        return text == "yes"
    if kind in _TEXTS:
        return text
    if kind in ("select", "multi_select"):
        names = text.split(", ") if kind == "multi_select" else [text.replace(",", " ")]
        chosen = [_option(column, name) for name in names]
        return chosen if kind == "multi_select" else chosen[0]
    return None


def _option(column: Json, name: str) -> str:
    options: list[Json] = column["config"]["options"]
    found = next((option for option in options if option["name"] == name), None)
    if found is None:
        found = schema.new_option({"name": name}, "", None, options)
        options.append(found)
    return str(found["id"])
