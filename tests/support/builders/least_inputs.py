"""The least that a plan can say of a step, made of what its kind says of its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.mind.structured import schema_of
from shared.steps._kind import StepKind

SOME_ID = "deadbeef-dead-4ead-8ead-deadbeefdead"  # the id of nothing
_TARGET = "id, address or step:ID"  # how the description of what stands in Notion begins
_TEXTS = ("x", "1", "X1", "2026-12-01", "https://example.org/", "a@example.org", SOME_ID)


def least_input(kind: StepKind) -> dict[str, Any]:
    """Return a value for each field that must be given or has `examples`, of which it is the first."""
    schema = schema_of(kind.input)
    needed, defs = schema.get("required") or (), schema.get("$defs") or {}
    fields = (schema.get("properties") or {}).items()
    return {
        name: _value(f"{kind.name}, {name}", each, defs)
        for name, each in fields
        if name in needed or "examples" in each
    }


def _value(what: str, schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(what, defs[str(schema["$ref"]).rpartition("/")[2]], defs)
    for known in ("examples", "enum"):
        if known in schema:
            return schema[known][0]
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return _value(what, choices[0], defs)
    match schema.get("type"):
        case "string":
            return _text(what, schema)
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "array":
            return [_value(what, schema["items"], defs)] * schema.get("minItems", 0)
    fields = schema.get("properties") or {}
    return {name: _value(what, fields[name], defs) for name in schema.get("required") or ()}


def _text(what: str, schema: Mapping[str, Any]) -> str:
    if str(schema.get("description", "")).startswith(_TARGET):
        return SOME_ID
    for text in _TEXTS:
        filled = text.ljust(schema.get("minLength", 0), "x")
        if re.search(schema.get("pattern", ""), filled):
            return filled
    raise AssertionError(f"{what}: give the field examples=[…], nobody can guess what fits {schema['pattern']}")
