"""Published descriptions of Vercel's API as judges of requests. They are data of others and no part of the repository.

They are looked for in the folder VERCEL_DESCRIPTIONS, else in the sibling folder `../shared/specs`. The vendor's own
document is a year old and knows fewer paths; it judges those it knows. Where both are absent nothing is judged.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT4

Json = dict[str, Any]

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "specs"
_CURRENT, _OLD = "vercel-openapi-derived.json", "vercel-openapi-2025-10-27-trimmed.json"
_NAME = "urn:vercel"


def find_descriptions() -> list[Path]:
    """Return where the descriptions are on this machine, the current one first; none where it is absent."""
    folder = Path(os.environ.get("VERCEL_DESCRIPTIONS") or _BESIDE)
    current = folder / _CURRENT
    return [path for path in (current, folder / _OLD) if path.is_file()] if current.is_file() else []


def of_exchange(exchange: Mapping[str, Any]) -> list[str]:
    """Return the violations of one exchange as our HTTP client traces it."""
    parts = urlsplit(str(exchange["url"]))
    method, body = str(exchange["method"]), exchange["body"]
    raw = isinstance(body, str)  # the trace shows bytes as their size
    query = dict(parse_qsl(parts.query))
    found = []
    for number, description in enumerate(find_descriptions()):
        described = _described(str(description))
        template = _template(described, method, parts.path)
        if template is None:
            found += [] if number else [f"{method} {parts.path}: there is no such endpoint"]
            continue
        operation = described["paths"][template][method.lower()]
        problems = [*_query(operation, query), *([] if raw else _body(str(description), operation, body))]
        found += [f"{description.name}: {method} {template}: {problem}" for problem in problems]
    return found


@cache
def _described(path: str) -> Json:
    loaded: Json = json.loads(Path(path).read_text(encoding="utf-8"))
    return loaded


def _template(described: Json, method: str, path: str) -> str | None:
    fitting = [each for each, ways in described["paths"].items() if method.lower() in ways and _fits(each, path)]
    return min(fitting, key=lambda each: each.count("{"), default=None)


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def _query(operation: Json, query: Mapping[str, str]) -> Iterator[str]:
    known = {each["name"]: each for each in operation.get("parameters", ()) if each.get("in") == "query"}
    for name, value in query.items():
        schema = known.get(name, {}).get("schema")
        if schema is None:
            yield f"query.{name} is not known"
        elif "enum" in schema and value not in map(str, schema["enum"]):
            yield f"query.{name} is {value!r}"
        elif schema.get("type") in ("integer", "number") and not re.fullmatch(r"-?\d+", value):
            yield f"query.{name} is {value!r}, no number"
    yield from (f"query.{n} is missing" for n, each in known.items() if each.get("required") and n not in query)


def _body(path: str, operation: Json, body: Any) -> list[str]:
    asked = operation.get("requestBody")
    content = (asked or {}).get("content", {}).get("application/json")
    if asked is None or content is None:
        return [] if body in (None, {}) else ["a body is sent where none is known"]
    if body is None:
        return ["the body is missing"] if asked.get("required") else []
    error = best_match(_validator(path, json.dumps(content["schema"])).iter_errors(body))
    return [] if error is None else [f"body{error.json_path[1:]}: {error.message[:300]}"]


@cache
def _validator(path: str, schema: str) -> Draft4Validator:
    schemas = _nullable({"components": {"schemas": _described(path).get("components", {}).get("schemas", {})}})
    registry: Any = Registry().with_resource(_NAME, DRAFT4.create_resource(schemas))
    return Draft4Validator(_nullable(json.loads(schema)), registry=registry)


def _nullable(schema: Any) -> Any:
    """Return the schema so that `nullable`, which JSON Schema does not know, counts, and references are absolute."""
    if isinstance(schema, list):
        return [_nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _nullable(value) for key, value in schema.items()}
    if str(made.get("$ref", "")).startswith("#"):
        made["$ref"] = f"{_NAME}{made['$ref']}"
    if made.pop("nullable", False) is True:
        made.pop("default", None)
        return {"anyOf": [made, {"type": "null"}]}
    return made
