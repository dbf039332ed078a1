"""What a checked answer lacks, in plain words: the field, what was given, what is allowed; no word of Python."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

_SHORT = 40  # characters of what was given that are quoted
_MAX_NAMES = 30
_ONE = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "null": "nothing",
}
_MANY = {
    "string": "texts",
    "integer": "whole numbers",
    "number": "numbers",
    "boolean": "values true or false",
    "object": "objects",
    "array": "lists",
}
_OWN = ("value_error", "assertion_error")  # kinds of errors whose words are ours
_PREFIX = re.compile(r"^(Value error|Assertion failed), ")

Json = Mapping[str, Any]


def describe_errors(errors: Iterable[Mapping[str, Any]], schema: Json) -> list[str]:
    """Return a line for each of pydantic's errors against the model with that JSON schema."""
    return list(dict.fromkeys(_line(each, schema) for each in errors))


def describe_in_one_line(error: ValidationError, of: type[BaseModel], without: Iterable[str] = ()) -> str:
    """Return what is wrong with an input, but in the fields `without`; "" where nothing else is."""
    left = [each for each in error.errors(include_url=False) if not each["loc"] or each["loc"][0] not in tuple(without)]
    problems = describe_errors(left, of.model_json_schema())
    return "; ".join(line.removeprefix("the answer: ") for line in problems)  # of an input as a whole: its own words


def _line(error: Mapping[str, Any], schema: Json) -> str:
    where = ".".join(str(part) for part in error["loc"])
    at = _find_schema(schema, error["loc"])
    kind, given = str(error["type"]), error.get("input")
    words = str(error["msg"])
    if kind in _OWN:
        return f"{where or 'the answer'}: {_PREFIX.sub('', words)}"
    if kind == "extra_forbidden":
        known = list((_find_schema(schema, error["loc"][:-1]) or {}).get("properties") or ())
        return f"{where}: unknown field; known: {', '.join(known[:_MAX_NAMES]) or 'none'}"
    if kind == "missing":
        return f"{where}: is missing; it must be {describe_schema(at, schema)}"
    if at is None:
        return f"{where or 'the answer'}: {_plain(words)}; given: {describe_value(given)}"
    return f"{where or 'the answer'}: must be {describe_schema(at, schema)}; given: {describe_value(given)}"


def _plain(words: str) -> str:
    """Return words of the checking library without the words of its language."""
    for old, new in (("tuple", "list"), ("dictionary", "object"), ("string", "text"), ("String", "the text")):
        words = words.replace(old, new)
    return words.replace("Input should be", "must be")


def fields_in_words(schema: Json) -> str:
    """Return the fields of an input and what each must be, in a line; those with ? may be left out."""
    needed = schema.get("required") or ()
    fields = []
    for name, each in (schema.get("properties") or {}).items():
        about = str(each.get("description", ""))
        words = (
            f"{describe_schema(each, schema)} ({about})" if 0 < len(about) <= _SHORT else describe_schema(each, schema)
        )
        fields.append(f"{name}{'' if name in needed else '?'}: {words}")
    return "; ".join(fields) or "nothing"


def describe_value(given: Any) -> str:
    """Return what was given, short enough to read: itself, or what it is."""
    if isinstance(given, str):
        return repr(given) if len(given) <= _SHORT else f"a text of {len(given)} characters"
    if isinstance(given, list | tuple):
        return f"a list of {len(given)}"
    if isinstance(given, Mapping):
        return "an object"
    return "nothing" if given is None else json.dumps(given, default=str)[:_SHORT]


def describe_schema(found: Json | None, schema: Json) -> str:
    """Return what a schema allows: "a list of texts", "one of: low, high", with its limits."""
    found = _resolve_ref(found, schema)
    if "const" in found:
        return json.dumps(found["const"], ensure_ascii=False)
    if "enum" in found:
        return f"one of: {', '.join(str(each) for each in found['enum'])}"
    if choices := found.get("anyOf") or found.get("oneOf"):
        return " or ".join(dict.fromkeys(describe_schema(each, schema) for each in choices))
    kind = str(found.get("type", ""))
    if kind == "array":
        return f"a list of {_several(found.get('items'), schema)}{_limits(found, 'Items', 'of them')}"
    if kind == "object" and found.get("properties"):
        needed = set(found.get("required") or ())
        names = (name if name in needed else f"{name}?" for name in list(found["properties"])[:_MAX_NAMES])
        return f"an object with {', '.join(names)}"
    if kind == "string" and "pattern" in found:
        return f"a text like {found['pattern']}"
    return _ONE.get(kind, "a value") + _limits(found, "Length", "characters") + _bounds(found)


def _several(found: Json | None, schema: Json) -> str:
    found = _resolve_ref(found, schema)
    if "enum" in found:
        return f"values, each {describe_schema(found, schema)}"
    return _MANY.get(str(found.get("type", "")), "values")


def _limits(found: Json, what: str, words: str) -> str:
    minimum, maximum = found.get(f"min{what}"), found.get(f"max{what}")
    if minimum and maximum:
        return f", {minimum} to {maximum} {words}"
    if maximum is not None:
        return f" of at most {maximum} {words}" if what == "Length" else f", at most {maximum}"
    return (
        f" of at least {minimum} {words}"
        if minimum and what == "Length"
        else f", at least {minimum}"
        if minimum
        else ""
    )


def _bounds(found: Json) -> str:
    minimum, maximum = found.get("minimum"), found.get("maximum")
    if minimum is not None and maximum is not None:
        return f" from {minimum} to {maximum}"
    return f" of at most {maximum}" if maximum is not None else f" of at least {minimum}" if minimum is not None else ""


def _find_schema(schema: Json, place: Iterable[Any]) -> Json | None:
    """Return the schema of what is at that place; None where it cannot be told."""
    found: Json | None = _resolve_ref(schema, schema)
    for part in place:
        found = _step_into(found, part, schema) if found is not None else None
    return found


def _step_into(found: Json, part: Any, schema: Json) -> Json | None:
    for each in (found, *(found.get("anyOf") or found.get("oneOf") or ())):
        each = _resolve_ref(each, schema)
        if isinstance(part, int) and each.get("type") == "array":
            places = each.get("prefixItems") or ()
            return _resolve_ref(places[part] if part < len(places) else each.get("items"), schema)
        if str(part) in (each.get("properties") or {}):
            return _resolve_ref(each["properties"][str(part)], schema)
        if isinstance(each.get("additionalProperties"), Mapping) and each.get("type") == "object":
            return _resolve_ref(each["additionalProperties"], schema)
    return None


def _resolve_ref(found: Json | None, schema: Json) -> Json:
    """Return the schema, of a name the one it stands for."""
    while found and "$ref" in found:
        found = (schema.get("$defs") or {}).get(str(found["$ref"]).rpartition("/")[2])
    return found or {}
