"""The kinds of steps as a planner is told of them: with their whole schemas, or in a line each where room is short."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from shared.core.tokens import estimated_tokens
from shared.mind.structured import schema_of
from shared.steps._kind import StepKind

_SHARE = 0.5  # of the prompt's room: what the kinds may take of it with their schemas
_CONDUCTING = ("agent.", "pattern.")  # kinds whose fields take pages to explain; small models do without them
_SHORT = 40  # letters: what is said of a field and kept in a line
_DEEPEST = 4


def kinds_table(kinds: Iterable[StepKind], room: int) -> str:
    """Return what a model is told of these kinds; `room` is what the whole prompt may take, in tokens."""
    known = list(kinds)
    table = [{"kind": k.name, "purpose": k.purpose, "after": k.needs, "input": schema_of(k.input)} for k in known]
    told = "Kinds of steps:\n" + json.dumps(table, ensure_ascii=False)
    if estimated_tokens(told) <= _SHARE * room:
        return told
    lines = [_line(kind) for kind in known if not kind.name.startswith(_CONDUCTING)]
    return "Kinds of steps, with the fields of their input; those with ? may be left out:\n" + "\n".join(lines)


def _line(kind: StepKind) -> str:
    schema = schema_of(kind.input)
    after = f" After: {', '.join(kind.needs)}." if kind.needs else ""
    return f"{kind.name}{_fields(schema, schema.get('$defs') or {}, 0)}: {kind.purpose}{after}"


def _fields(schema: Mapping[str, Any], defs: Mapping[str, Any], depth: int) -> str:
    needed = schema.get("required") or ()
    told = [
        f"{name}{'' if name in needed else '?'}: {_type(each, defs, depth)}{_words(each)}"
        for name, each in (schema.get("properties") or {}).items()
    ]
    return "{" + ", ".join(told) + "}"


def _words(schema: Mapping[str, Any]) -> str:
    text = str(schema.get("description", ""))
    return f" ({text})" if 0 < len(text) <= _SHORT else ""


def _type(schema: Mapping[str, Any], defs: Mapping[str, Any], depth: int) -> str:
    if depth > _DEEPEST:
        return "object"
    if "$ref" in schema:
        return _type(defs[str(schema["$ref"]).rpartition("/")[2]], defs, depth + 1)
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return "|".join(json.dumps(each, ensure_ascii=False) for each in schema["enum"])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return "|".join(dict.fromkeys(_type(each, defs, depth + 1) for each in choices))
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items') or {}, defs, depth + 1)}]"
    if "properties" in schema:
        return _fields(schema, defs, depth + 1)
    if isinstance(schema.get("additionalProperties"), Mapping):
        return "{NAME: " + _type(schema["additionalProperties"], defs, depth + 1) + "}"
    return str(schema.get("type", "any"))
