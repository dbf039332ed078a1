"""Checks values against the small part of JSON Schema that the API describes itself with: one truth for both."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from shared.core.errors import MalformedRequest

Schema = Mapping[str, Any]
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


COUNT: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ANY: Schema = {"type": "object"}
TIME: Schema = {"type": "string", "format": "date-time"}
MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
TEXTS: Schema = {"type": "array", "items": {"type": "string"}}


def text(pattern: str = "", *, max_length: int = 0, what: str = "", default: str | None = None) -> dict[str, Any]:
    """Return the schema of a string."""
    rules = {"pattern": pattern, "maxLength": max_length, "description": what}
    found = {"type": "string", **{name: value for name, value in rules.items() if value}}
    return found if default is None else {**found, "default": default}


def explain(value: Schema, what: str) -> dict[str, Any]:
    """Return the schema with a description."""
    return {**value, "description": what}


def array(value: Schema, what: str = "") -> dict[str, Any]:
    """Return the schema of a list in an answer."""
    found = {"type": "array", "items": value}
    return {**found, "description": what} if what else found


def ref(name: str) -> dict[str, Any]:
    """Return what stands for a schema that the document names."""
    return {"$ref": f"#/components/schemas/{name}"}


def members(*, optional: Any = (), **fields: Any) -> dict[str, Any]:
    """Return the schema of an object in an answer: these fields, all of them there but the optional ones (names)."""
    required = [name for name in fields if name not in optional]
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def listing(name: str, item: str, *, paged: bool = True, **more: Schema) -> dict[str, Any]:
    """Return the schema of a list in an answer; `next` is null at its end."""
    fields: dict[str, Any] = {name: array(ref(item)), **more}
    if paged:
        what = "Give it as `after` to get the next page; null at the end."
        fields["next"] = {"type": ["string", "integer", "null"], "description": what}
    return members(**fields)


def number(minimum: int, maximum: int, default: int | None = None) -> dict[str, Any]:
    """Return the schema of a whole number."""
    found: dict[str, Any] = {"type": "integer", "minimum": minimum, "maximum": maximum}
    return found if default is None else {**found, "default": default}


def choice(*words: str) -> dict[str, Any]:
    """Return the schema of one of these words."""
    return {"type": "string", "enum": list(words)}


def lists(value: Schema, max_items: int, *, min_items: int = 0, what: str = "") -> dict[str, Any]:
    """Return the schema of a list of such texts, at most and at least so many."""
    found = {"type": "array", "items": dict(value), "maxItems": max_items, "description": what}
    return {**found, "minItems": min_items} if min_items else found


def texts(value: Schema, *names: str, what: str = "") -> dict[str, Any]:
    """Return the schema of an object with such values, texts or lists; under these names alone, if there are any."""
    found: dict[str, Any] = {"type": "object", "maxProperties": 100, "default": {}, "description": what}
    if names:
        return {**found, "properties": dict.fromkeys(names, value), "additionalProperties": False}
    return {**found, "additionalProperties": value}


def shape(*, required: Any = (), **fields: Any) -> dict[str, Any]:
    """Return the schema of an object with these fields and no others; `required` are names."""
    found: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def or_usual(schema: Schema) -> dict[str, Any]:
    """Return the schema of a value that may be null instead: then what is usual applies again."""
    words = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    bare = {name: value for name, value in schema.items() if name != "default"}
    return {**bare, **words, "type": [schema["type"], "null"]}


def read_query(given: Mapping[str, Sequence[str]], known: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the query's values in their types; raises MalformedRequest naming what is wrong."""
    _refuse_unknown("query parameter", given, known)
    found = {name: schema["default"] for name, schema in known.items() if "default" in schema}
    for name, values in given.items():
        if len(values) != 1:
            _refuse(f"query parameter {name!r} must be given once, got it {len(values)} times", "Give it once.")
        found[name] = _query_value(name, values[0], known[name])
    return found


def read_json(raw: bytes, schema: Schema) -> dict[str, Any]:
    """Return the object of a JSON body; raises MalformedRequest naming what is wrong."""
    try:
        body = json.loads(raw, parse_constant=_no_constant, object_pairs_hook=_no_doubles)
    except (ValueError, RecursionError) as error:
        _refuse(f"the body is not JSON: {str(error)[:200]}", "Send one JSON object.")
    if not isinstance(body, dict):
        _refuse("the body is not a JSON object", "Send one JSON object.")
    return read_fields(body, schema)


def read_form(raw: bytes, schema: Schema) -> dict[str, Any]:
    """Return the fields of a submitted form; raises MalformedRequest naming what is wrong."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
        return read_fields(_no_doubles(pairs), schema)
    except ValueError as error:
        _refuse(f"the form cannot be read: {str(error)[:200]}", "Send it as the page does.")


def read_fields(body: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the fields with defaults filled in; raises MalformedRequest naming the first that is wrong."""
    known: Mapping[str, Schema] = schema["properties"]
    _refuse_unknown("field", body, known)
    for name in schema.get("required", ()):
        if name not in body:
            _refuse(f"field {name!r} is missing", f"It is {_describe_schema(known[name])}.")
    given = {name: _whole(value) for name, value in body.items()}
    for name, value in given.items():
        _check(f"field {name!r}", value, known[name])
    return {**{name: sub["default"] for name, sub in known.items() if "default" in sub}, **given}


def _fits_texts(value: Any, schema: Schema) -> bool:
    if not isinstance(value, dict) or len(value) > schema.get("maxProperties", 100):
        return False
    if schema.get("additionalProperties") is True:  # anything that JSON can say
        return _has_whole_letters(value)
    if any(name not in value for name in schema.get("required", ())):
        return False
    known, other = schema.get("properties", {}), schema["additionalProperties"]
    letters = {"type": "string", "maxLength": 300}
    return all(
        _fits_text(name, letters) and (name in known or bool(other)) and _fits(each, known.get(name) or other)
        for name, each in value.items()
    )


def matches(value: str, schema: Schema) -> bool:
    """Return whether a part of the path fits its schema."""
    return re.fullmatch(_bare(str(schema["pattern"])), value) is not None


def _query_value(name: str, value: str, schema: Schema) -> Any:
    what = f"query parameter {name!r}"
    if schema["type"] == "integer":
        if not _WHOLE_NUMBER.fullmatch(value):
            _refuse(f"{what} is {value[:40]!r}", f"It is {_describe_schema(schema)}.")
        found = int(value)
        _check(what, found, schema)
        return found
    _check(what, value, schema)
    return value


def _whole(value: Any) -> Any:
    """Return 5 for 5.0, at any depth: JSON has one kind of number, and JSON Schema calls both an integer."""
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check(what: str, value: Any, schema: Schema) -> None:
    if isinstance(value, dict) and "object" in schema["type"] and schema.get("additionalProperties") is False:
        path = what.removesuffix("'")
        for name in value:  # name what is wrong in it, as far down as it goes
            _refuse_unknown(what, value, schema["properties"])
            _check(f"{path}.{name}'", value[name], schema["properties"][name])
    if not _fits(value, schema):
        _refuse(f"{what} does not fit", f"It is {_describe_schema(schema)}.")


def _fits(value: Any, schema: Schema) -> bool:
    if isinstance(schema["type"], list):
        return value is None or _fits(value, {**schema, "type": schema["type"][0]})
    fits: dict[str, Callable[[Any, Schema], bool]] = {
        "integer": _fits_number,
        "string": _fits_text,
        "boolean": lambda given, _: isinstance(given, bool),
        "object": _fits_texts,
        "array": _fits_list,
    }
    return fits[schema["type"]](value, schema)


def _fits_list(value: Any, schema: Schema) -> bool:
    if not isinstance(value, list) or not schema.get("minItems", 0) <= len(value) <= schema["maxItems"]:
        return False
    return all(_fits(each, schema["items"]) for each in value)


def _fits_number(value: Any, schema: Schema) -> bool:
    return type(value) is int and bool(schema["minimum"] <= value <= schema["maximum"])


def _fits_text(value: Any, schema: Schema) -> bool:
    if not isinstance(value, str) or len(value) > schema.get("maxLength", 10_000):
        return False
    if any("\ud800" <= letter <= "\udfff" for letter in value):  # half a letter, which no store can keep
        return False
    if schema.get("format") == "date" and not _is_day(value):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    return "pattern" not in schema or re.fullmatch(_bare(str(schema["pattern"])), value) is not None


def _has_whole_letters(value: Any) -> bool:
    """Say whether no text in it, at any depth, has half a letter, which no store can keep."""
    if isinstance(value, dict):
        return all(_has_whole_letters(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return all(map(_has_whole_letters, value))
    return not isinstance(value, str) or not any("\ud800" <= letter <= "\udfff" for letter in value)


def _bare(pattern: str) -> str:
    """Return the pattern without its anchors: Python's `$` would let a line's end pass."""
    return pattern.removeprefix("^").removesuffix("$")


def _is_day(value: str) -> bool:
    try:
        return _DAY.fullmatch(value) is not None and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _describe_schema(schema: Schema) -> str:
    if isinstance(schema["type"], list):
        return _describe_schema({**schema, "type": schema["type"][0]}) + ", or null for what is usual"
    if "enum" in schema:
        return "one of " + ", ".join(filter(None, schema["enum"]))
    if schema["type"] == "integer":
        return f"a whole number from {schema['minimum']} to {schema['maximum']}"
    if schema.get("format") == "date":
        return "a day like 2026-11-21"
    limit_words = f" of at most {schema['maxLength']} characters" if "maxLength" in schema else ""
    like = f" that matches {schema['pattern']}" if "pattern" in schema else ""
    words = {"string": "text", "boolean": "true or false", "object": "an object", "array": "a list of texts"}
    what = f" ({schema['description']})" if schema.get("description") else ""
    return words[schema["type"]] + limit_words + like + what


def _refuse_unknown(what: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        names = ", ".join(sorted(known)) or "none"
        _refuse(f"unknown {what} {unknown[0][:80]!r}", f"Leave it out; known are: {names}.")


def _refuse(detail: str, way_out: str) -> NoReturn:
    raise MalformedRequest(detail, way_out=way_out)


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _no_doubles(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name[:80]!r} is given twice")
        found[name] = value
    return found
