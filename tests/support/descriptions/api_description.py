"""OpenAPI documents of vendors as judges of requests. They are data of others and no part of the repository.

A document is looked for where an environment variable says, else in the sibling folder `../shared/specs`; where it is
absent nothing is judged. What a vendor has of its own stands in `{vendor}_description.py`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft4Validator, Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT4, DRAFT202012

Json = dict[str, Any]

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "specs"
_JSON = "application/json"


def described_at(variable: str, name: str) -> Path | None:
    """Return the file an environment variable names, else the one in the sibling folder; None where it is absent."""
    told = os.environ.get(variable)
    path = Path(told) if told else BESIDE / name
    return path if path.is_file() else None


def as_it_is(document: Any) -> Any:
    """Return a document whose schemas mean what JSON Schema means."""
    return document


def closed(schema: Any) -> Any:
    """Return the schema so that unknown fields count, and `nullable`, which JSON Schema does not know, does too."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    if made.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


@dataclass(frozen=True)
class Api:
    """The description of one API, and what is known of the API besides."""

    find: Callable[[], list[Path]]
    """Where documents are now. The first knows every endpoint; a later one judges those it knows."""
    prepare: Callable[[Any], Any] = as_it_is
    """Makes a document's schemas such that JSON Schema judges what the vendor means."""
    prefix: str = ""
    """What stands before the document's paths; a request elsewhere is not judged."""
    slashed: tuple[str, ...] = ()
    """Parameters of paths in which the vendor takes slashes as they are."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Method and path of endpoints that the document does not have, and that are not judged."""
    instead: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """Method, path and queries of endpoints that are judged by these names and not by the document."""
    later_queries: tuple[tuple[str, str, str], ...] = ()
    """Method, path and query that came after the document."""
    later_fields: tuple[tuple[str, str, str], ...] = ()
    """Method, path and field of a body that came after the document."""
    signed: bool = False
    """Whether queries that are numbers may be below zero."""
    bounds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """The least and the most of queries that are numbers, wherever they stand."""

    def of_exchange(self, exchange: Mapping[str, Any]) -> list[str]:
        """Return the violations of one exchange as our HTTP client traces it, where bytes are shown as their size."""
        parts, body = urlsplit(str(exchange["url"])), exchange["body"]
        if not parts.path.startswith(self.prefix):
            return []
        path, raw = parts.path.removeprefix(self.prefix), isinstance(body, str)
        return self.violations(str(exchange["method"]), path, dict(parse_qsl(parts.query)), b"" if raw else body)

    def violations(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> list[str]:
        """Return what in a request the description does not allow; nothing where there is no description.

        `body` is parsed JSON, None for none, or bytes for what is no JSON, which is not looked into.
        """
        found: list[str] = []
        for number, place in enumerate(map(str, self.find())):
            for known, template, names in self.instead:
                if known == method and self._fits(template, path):
                    return [
                        f"{method} {template}: query.{name} is not known" for name in query or () if name not in names
                    ]
            paths = _described(place)["paths"]
            fitting = [each for each, ways in paths.items() if method.lower() in ways and self._fits(each, path)]
            if fitting:
                template = min(fitting, key=lambda each: (each.count("{"), -len(each)))  # users/me before users/{id}
                problems = self._problems(place, method, template, query or {}, body)
                found += [f"{method} {template}: {problem}" for problem in problems]
            elif not number and not any(method == each and self._fits(left, path) for each, left in self.left_out):
                found.append(f"{method} {path}: there is no such endpoint")
        return list(dict.fromkeys(found))

    def _fits(self, template: str, path: str) -> bool:
        def part(found: re.Match[str]) -> str:
            return ".+" if found[1] in self.slashed else "[^/]+"

        return re.fullmatch(re.sub(r"\{(\w+)\}", part, template), path) is not None

    def _problems(self, place: str, method: str, template: str, query: Mapping[str, Any], body: Any) -> Iterator[str]:
        described = _described(place)
        operation = described["paths"][template][method.lower()]
        given = [_resolved(described, each) for each in operation.get("parameters", ())]
        later = {name: Json() for each, at, name in self.later_queries if (each, at) == (method, template)}
        known = later | {each["name"]: each for each in given if each.get("in") == "query"}
        for name, value in query.items():
            if problem := self._query_problem(name, str(value), known.get(name)):
                yield f"query.{name} {problem}"
        yield from (f"query.{n} is missing" for n, each in known.items() if each.get("required") and n not in query)
        yield from self._body_problems(place, method, template, operation.get("requestBody") or {}, body)

    def _query_problem(self, name: str, value: str, known: Json | None) -> str:
        if known is None:
            return "is not known"
        schema = known.get("schema", {})
        if "enum" in schema and value not in map(str, schema["enum"]):
            return f"is {value}"
        least, most = self.bounds.get(name, (schema.get("minimum"), schema.get("maximum")))
        if schema.get("type") not in ("integer", "number") and least is None and most is None:
            return ""
        if not (value.removeprefix("-") if self.signed else value).isdecimal():
            return f"is {value}, no number"
        outside = (least is not None and int(value) < least) or (most is not None and int(value) > most)
        return f"is {value}" if outside else ""

    def _body_problems(self, place: str, method: str, template: str, asked: Json, body: Any) -> Iterator[str]:
        content = asked.get("content", {})
        if body is None:
            if asked.get("required"):
                yield "the body is missing"
        elif not content:
            yield "a body is sent where none is known"
        elif isinstance(body, bytes) or _JSON not in content:
            if not isinstance(body, bytes) or not set(content) - {_JSON}:
                yield f"the body is not what is known: {', '.join(content)}"
        else:
            later = [name for each, at, name in self.later_fields if (each, at) == (method, template)]
            error = best_match(_validator(self, place, method, template).iter_errors(_without(body, later)))
            if error is not None:
                yield f"body{error.json_path[1:]}: {error.message[:300]}"


@cache
def _described(place: str) -> Json:
    loaded: Json = json.loads(Path(place).read_text(encoding="utf-8"))
    return loaded


def _resolved(described: Json, each: Json) -> Json:
    name = str(each.get("$ref", "")).rpartition("/")[2]
    found: Json = described["components"]["parameters"][name] if name else each
    return found


@cache
def _registry(prepare: Callable[[Any], Any], place: str) -> Any:
    described = _described(place)
    dialect = DRAFT4 if described["openapi"].startswith("3.0") else DRAFT202012  # what OpenAPI says its schemas are
    return Registry().with_resource("urn:api", dialect.create_resource(prepare(described)))


@cache
def _checker(prepare: Callable[[Any], Any], place: str, pointer: str) -> Any:
    chosen = Draft4Validator if _described(place)["openapi"].startswith("3.0") else Draft202012Validator
    return chosen({"$ref": f"urn:api#{pointer}"}, registry=_registry(prepare, place))


def _validator(api: Api, place: str, method: str, template: str) -> Any:
    way = template.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    return _checker(api.prepare, place, f"/paths/{way}/{method.lower()}/requestBody/content/application~1json/schema")


def _without(body: Any, fields: list[str]) -> Any:
    """Return a body without fields, which are named by their way in it: `filter.in_trash`."""
    left = deepcopy(body)
    for each in fields:
        *above, last = each.split(".")
        holder: Any = left
        for name in above:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder.pop(last, None)
    return left
