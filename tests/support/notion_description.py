"""The published description of Notion's API as a judge of requests. It is data of others and no part of the repository.

It is looked for at NOTION_DESCRIPTION and in the sibling folder `../shared/specs`. Where it is absent nothing is judged
(the part "notion-description" of `parts.py` says so).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "specs" / "notion-openapi-2026-03.json"
_NAME = "urn:notion"

# What the API takes since the description was published: method, path, field, and the fact sheet's section.
LATER_FIELDS = (
    ("POST", "/v1/pages", "allow_async", "10"),
    ("PATCH", "/v1/pages/{page_id}", "is_archived", "2"),
    ("PATCH", "/v1/pages/{page_id}/markdown", "allow_async", "10"),
    ("POST", "/v1/search", "filter.in_trash", "9"),
)
LATER_QUERIES = (("POST", "/v1/pages", "filter_properties", "2"),)
LATER_ENDPOINTS = (
    ("PATCH", "/v1/comments/{comment_id}", "2"),
    ("DELETE", "/v1/comments/{comment_id}", "2"),
    ("GET", "/v1/views", "2"),
    ("POST", "/v1/views", "2"),
    ("GET", "/v1/views/{view_id}", "2"),
    ("PATCH", "/v1/views/{view_id}", "2"),
    ("DELETE", "/v1/views/{view_id}", "2"),
    ("POST", "/v1/views/{view_id}/queries", "2"),
    ("GET", "/v1/views/{view_id}/queries/{query_id}", "2"),
    ("DELETE", "/v1/views/{view_id}/queries/{query_id}", "2"),
    ("GET", "/v1/custom_emojis", "2"),
    ("GET", "/v1/async_tasks/{task_id}", "10"),
)


def find_description() -> Path | None:
    """Return where the description is on this machine, or None."""
    told = os.environ.get("NOTION_DESCRIPTION")
    path = Path(told) if told else _BESIDE
    return path if path.is_file() else None


def violations(method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> list[str]:
    """Return what in a request the description does not allow; nothing where there is no description.

    `body` is parsed JSON, None for none, or bytes for a form, which is not looked into.
    """
    found = find_description()
    if found is None:
        return []
    described = _described(str(found))
    template = _template(described, method, path)
    if template is None:
        later = any(method == each and _fits(known, path) for each, known, _ in LATER_ENDPOINTS)
        return [] if later else [f"{method} {path}: there is no such endpoint"]
    asked = f"{method} {template}"
    operation = described["paths"][template][method.lower()]
    problems = list(_query_problems(operation, method, template, query or {}))
    if not isinstance(body, bytes):
        problems += _body_problems(str(found), operation, method, template, body)
    return [f"{asked}: {problem}" for problem in problems]


def of_exchange(exchange: Mapping[str, Any]) -> list[str]:
    """Return the violations of one exchange as our HTTP client traces it."""
    parts = urlsplit(str(exchange["url"]))
    body = exchange["body"]
    form = isinstance(body, str)  # the trace shows a form as its size
    return violations(str(exchange["method"]), parts.path, dict(parse_qsl(parts.query)), b"" if form else body)


@cache
def _described(path: str) -> Json:
    loaded: Json = json.loads(Path(path).read_text(encoding="utf-8"))
    return loaded


@cache
def _validator(path: str, pointer: str) -> Draft202012Validator:
    registry = Registry().with_resource(_NAME, DRAFT202012.create_resource(_described(path)))
    return Draft202012Validator({"$ref": f"{_NAME}#{pointer}"}, registry=registry)


def _template(described: Json, method: str, path: str) -> str | None:
    fitting = [each for each, ways in described["paths"].items() if method.lower() in ways and _fits(each, path)]
    return min(fitting, key=lambda each: each.count("{"), default=None)  # users/me before users/{user_id}


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def _query_problems(operation: Json, method: str, template: str, query: Mapping[str, Any]) -> Iterator[str]:
    known = {each["name"]: each for each in operation.get("parameters", ()) if each.get("in") == "query"}
    later = {name for each, at, name, _ in LATER_QUERIES if (each, at) == (method, template)}
    for name in query:
        if name not in known and name not in later:
            yield f"query.{name} is not known"
    for name, each in known.items():
        if each.get("required") and name not in query:
            yield f"query.{name} is missing"
    size = query.get("page_size")
    if size is not None and not (str(size).isdecimal() and 1 <= int(size) <= 100):
        yield f"query.page_size is {size}"


def _body_problems(path: str, operation: Json, method: str, template: str, body: Any) -> list[str]:
    expected = (operation.get("requestBody") or {}).get("content", {}).get("application/json")
    if expected is None:
        return [] if body in (None, {}) else ["a body is sent where none is known"]
    if body is None:
        return ["the body is missing"]
    known = _without_later(method, template, body)
    way = template.replace("~", "~0").replace("/", "~1")
    pointer = f"/paths/{way}/{method.lower()}/requestBody/content/application~1json/schema"
    error = best_match(_validator(path, pointer).iter_errors(known))
    return [] if error is None else [f"body{error.json_path[1:]}: {error.message[:300]}"]


def _without_later(method: str, template: str, body: Any) -> Any:
    known = deepcopy(body)
    for each, at, field, _ in LATER_FIELDS:
        if (each, at) != (method, template) or not isinstance(known, dict):
            continue
        *above, last = field.split(".")
        holder: Any = known
        for name in above:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder.pop(last, None)
    return known
