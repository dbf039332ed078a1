"""An answer within the limits of what was asked for: rules quote, and what they quote may be longer than an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.core.models.model_errors import Refused

Schema = Mapping[str, Any]
_WHOLE = frozenset(
    {"choice", "content", "id", "path", "test"}
)  # what is worth nothing, or something else, when it is cut


def fitted(answer: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the answer with its texts and lists cut to what the schema takes; raises Refused where that would harm."""
    found: dict[str, Any] = _fitted(answer, schema, schema.get("$defs", {}), "")
    return found


def _fitted(value: Any, schema: Schema, defs: Schema, name: str) -> Any:
    if reference := schema.get("$ref"):
        schema = defs[reference.rpartition("/")[2]]
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        return {field: _fitted(each, fields.get(field, {}), defs, field) for field, each in value.items()}
    if isinstance(value, list | tuple):
        items = schema.get("items", {})
        return [_fitted(each, items, defs, name) for each in value[: schema.get("maxItems")]]
    most = schema.get("maxLength")
    if isinstance(value, str) and most is not None and len(value) > most:
        if name in _WHOLE:
            raise Refused(f"{name}: {len(value)} letters, of at most {most}")
        return value[: most - 2] + " …" if most > 2 else value[:most]
    return value
