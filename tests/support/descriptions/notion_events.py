"""Webhook payloads made from the description of Notion's API, where it is on this machine."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import unquote

from tests.support.descriptions.notion_description import find_description

Json = dict[str, Any]


def description() -> Json:
    """Return the description as data; only where it is on this machine."""
    found = find_description()
    assert found is not None
    return dict(json.loads(found.read_text(encoding="utf-8")))


def webhooks_of(spec: Json) -> list[str]:
    """Return the names of the schemas of all webhooks."""
    return [name for name in spec["components"]["schemas"] if name.endswith("WebhookPayload") and name[:4] != "Base"]


def payload_of(spec: Json, webhook: str) -> Json:
    """Return a payload of this webhook with every field of its schema filled in."""
    made = _example(spec, spec["components"]["schemas"][webhook])
    assert isinstance(made, dict)
    return made


def _example(spec: Json, schema: Json) -> Any:
    if "$ref" in schema:
        found: Any = spec
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[unquote(part)]
        return _example(spec, found)
    if "allOf" in schema:
        merged: Json = {}
        for part in schema["allOf"]:
            merged |= _example(spec, part)
        return merged
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return _example(spec, schema[several][-1 if several == "oneOf" and _nullable(schema) is False else 0])
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    return _of_type(spec, schema)


def _nullable(schema: Json) -> bool:
    return any(part.get("type") == "null" for part in schema["oneOf"])


def _of_type(spec: Json, schema: Json) -> Any:
    match schema.get("type"):
        case "object":
            return {name: _example(spec, each) for name, each in schema.get("properties", {}).items()}
        case "array":
            return [_example(spec, schema["items"]) for _ in range(min(2, schema.get("maxItems", 2)))]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return str(uuid.uuid4()) if schema.get("format") != "date-time" else "2026-11-20T10:15:30.123Z"
