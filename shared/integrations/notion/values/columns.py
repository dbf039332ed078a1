"""Columns of a data source: how a plan describes one, as it is sent, and one that was read, as it is sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.core.errors import Rejected

Json = dict[str, Any]

_CHOICES = frozenset({"select", "multi_select", "status"})


def column_config(
    kind: str,
    *,
    options: Sequence[str] = (),
    format: str = "",
    relates_to: str = "",
    expression: str = "",
) -> Json:
    """Return a column as it is created. Raises Rejected naming what its type needs and has not."""
    inner: Json = {}
    if kind in _CHOICES and options:
        inner = {"options": [{"name": name} for name in options]}
    elif kind == "number":
        inner = {"format": format or "number"}
    elif kind == "relation":
        if not relates_to:
            raise Rejected("notion", "a relation needs relates_to: the data source that it leads to")
        inner = {"data_source_id": relates_to, "single_property": {}}
    elif kind == "formula":
        if not expression:
            raise Rejected("notion", "a formula needs an expression")
        inner = {"expression": expression}
    return {kind: inner}


def config_again(column: Mapping[str, Any], *, with_ids: bool = False) -> Json:
    """Return a column that was read as it is sent; `with_ids` keeps its options the same, else they are made anew."""
    kind = str(column["type"])
    body: Mapping[str, Any] = column.get(kind) or {}
    inner: Json = {}
    if kind in _CHOICES:
        names = ("id",) if with_ids else ("name", "color")  # an id with a name beside it is refused
        inner = {"options": [{name: each[name] for name in names if each.get(name)} for each in body["options"]]}
    elif kind == "number":
        inner = {"format": body.get("format") or "number"}
    elif kind == "relation":
        dual = body.get("dual_property")
        way: Json = {"single_property": {}}
        if dual is not None:
            name = dual.get("synced_property_name")
            way = {"dual_property": {"synced_property_name": name} if name else {}}
        inner = {"data_source_id": body["data_source_id"], **way}
    elif kind == "rollup":
        wanted = ("relation_property_id", "rollup_property_id", "function")
        inner = {name: body[name] for name in wanted if name in body}
    elif kind in ("formula", "unique_id"):
        inner = {name: body[name] for name in ("expression", "prefix") if body.get(name)}
    described = column.get("description")
    return {kind: inner, **({"description": described} if described else {})}
