"""How fields, operators and places are written in a query of Firestore by REST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.backends.cloud.api_error import ApiError
from shared.backends.cloud.rest.wire import known_shape

NAME = "__name__"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
OPERATORS = {
    "==": "EQUAL",
    "<": "LESS_THAN",
    "<=": "LESS_THAN_OR_EQUAL",
    ">": "GREATER_THAN",
    ">=": "GREATER_THAN_OR_EQUAL",
    "in": "IN",
}


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """One condition of a query."""

    field_path: str
    op_string: str
    value: Any


def rows(answer: Any) -> list[Mapping[str, Any]]:
    """Return the parts of a streamed answer; raises ApiError, also for an error that comes after some of them."""
    with known_shape():
        rows: list[Mapping[str, Any]] = [dict(each) for each in answer]
        for each in rows:
            if "error" in each:
                raise ApiError(str(each["error"].get("status", "UNKNOWN")), str(each["error"].get("message", "")))
    return rows


def quote_name(name: str) -> str:
    if _PLAIN.match(name):
        return name
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def field(name: str) -> dict[str, Any]:
    return {"field": {"fieldPath": name if name == NAME else quote_name(name)}}
