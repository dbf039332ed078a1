"""What is known of GitLab's API as a judge of requests: data of others, no part of the repository.

It is looked for at GITLAB_DESCRIPTION and in the sibling folder `../shared/specs`; where it is not, nothing is judged.
It was derived from two public clients and holds a part of the API: BEYOND names what GitLab documents besides.
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

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "specs" / "gitlab-openapi-derived.json"
_NAME = "urn:gitlab"
API = "/api/v4"

# method, path, queries: GitLab's own pages name these, the derived description does not.
BEYOND = (
    ("GET", "/namespaces/{id}", ()),  # api/namespaces
    ("GET", "/user", ()),  # api/users
    ("GET", "/projects/{id}/repository/tree", ("ref", "recursive", "per_page", "pagination", "page_token")),
    ("GET", "/projects/{id}/repository/files/{path}", ("ref",)),  # api/repository_files
    ("GET", "/projects/{id}/merge_requests/{iid}/approvals", ()),  # api/merge_request_approvals
    ("GET", "/projects/{id}/merge_requests/{iid}/versions", ("per_page", "page")),  # api/merge_requests
    ("GET", "/projects/{id}/jobs/{job}/trace", ()),  # api/jobs
    ("GET", "/projects/{id}/members/all", ("query", "per_page", "page")),  # api/project_members
)


def find_description() -> Path | None:
    """Return where the description is on this machine, or None."""
    told = os.environ.get("GITLAB_DESCRIPTION")
    path = Path(told) if told else _BESIDE
    return path if path.is_file() else None


def of_exchange(exchange: Mapping[str, Any]) -> list[str]:
    """Return what in an exchange, as our HTTP client traces it, is not allowed; nothing without the description."""
    found, parts = find_description(), urlsplit(str(exchange["url"]))
    if found is None or not parts.path.startswith(API):
        return []
    method, path, query = str(exchange["method"]), parts.path.removeprefix(API), dict(parse_qsl(parts.query))
    for known, template, queries in BEYOND:
        if known == method and _fits(template, path):
            return [f"{method} {template}: query.{name} is not known" for name in query if name not in queries]
    described = _described(str(found))["paths"]
    fitting = [each for each, ways in described.items() if method.lower() in ways and _fits(each, path)]
    if not fitting:
        return [f"{method} {path}: there is no such endpoint"]
    template = min(fitting, key=lambda each: each.count("{"))
    operation = described[template][method.lower()]
    problems = [*_queries(operation, query), *_body(str(found), operation, method, template, exchange["body"])]
    return [f"{method} {template}: {problem}" for problem in problems]


def _queries(operation: Json, query: Mapping[str, str]) -> Iterator[str]:
    known = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    yield from (f"query.{name} is not known" for name in query if name not in known)


def _body(place: str, operation: Json, method: str, template: str, body: Any) -> Iterator[str]:
    expected = (operation.get("requestBody") or {}).get("content", {}).get("application/json")
    if expected is None or body is None:
        if body is not None or (operation.get("requestBody") or {}).get("required"):
            yield "a body is sent where none is known, or missing"
        return
    way = template.replace("~", "~0").replace("/", "~1")
    pointer = f"/paths/{way}/{method.lower()}/requestBody/content/application~1json/schema"
    error = best_match(_validator(place, pointer).iter_errors(body))
    if error is not None:
        yield f"body{error.json_path[1:]}: {error.message[:300]}"
    schema = expected["schema"]
    while "$ref" in schema:
        schema = _described(place)["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield from (f"body.{name} is not known" for name in body if name not in schema.get("properties", {}))


@cache
def _described(path: str) -> Json:
    loaded: Json = json.loads(Path(path).read_text(encoding="utf-8"))
    return loaded


@cache
def _validator(path: str, pointer: str) -> Draft202012Validator:
    registry = Registry().with_resource(_NAME, DRAFT202012.create_resource(_described(path)))
    return Draft202012Validator({"$ref": f"{_NAME}#{pointer}"}, registry=registry)


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None
