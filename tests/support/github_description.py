"""The published description of GitHub's API as a judge of requests. It is data of others and no part of the repository.

It is looked for at GITHUB_DESCRIPTION and in the sibling folder `../shared/specs`. Where it is absent nothing is
judged.
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

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "specs" / "github-openapi-trimmed.json"
_NAME = "urn:github"

# What the copy at hand leaves out of GitHub's description (it holds 70 of some 700 paths), and we ask all the same.
LEFT_OUT = (
    ("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/comments"),
    ("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations"),
    ("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs"),
    ("GET", "/user/memberships/orgs/{org}"),
    ("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission"),
)
_SLASHED = ("ref", "path", "basehead", "branch")  # parameters in which GitHub takes slashes as they are


def find_description() -> Path | None:
    """Return where the description is on this machine, or None."""
    told = os.environ.get("GITHUB_DESCRIPTION")
    path = Path(told) if told else _BESIDE
    return path if path.is_file() else None


def of_exchange(exchange: Mapping[str, Any]) -> list[str]:
    """Return the violations of one exchange as our HTTP client traces it."""
    parts = urlsplit(str(exchange["url"]))
    return violations(str(exchange["method"]), parts.path, dict(parse_qsl(parts.query)), exchange["body"])


def violations(method: str, path: str, query: Mapping[str, Any], body: Any) -> list[str]:
    """Return what in a request the description does not allow; nothing where there is no description."""
    found = find_description()
    if found is None:
        return []
    described = _described(str(found))
    template = _template(described, method, path)
    if template is None:
        known = any(method == each and _fits(left, path) for each, left in LEFT_OUT)
        return [] if known else [f"{method} {path}: there is no such endpoint"]
    operation = described["paths"][template][method.lower()]
    problems = [*_query_problems(described, operation, query), *_body_problems(str(found), operation, body)]
    return [f"{method} {template}: {problem}" for problem in problems]


@cache
def _described(path: str) -> Json:
    loaded: Json = json.loads(Path(path).read_text(encoding="utf-8"))
    return loaded


def _template(described: Json, method: str, path: str) -> str | None:
    fitting = [each for each, ways in described["paths"].items() if method.lower() in ways and _fits(each, path)]
    return min(fitting, key=lambda each: (each.count("{"), -len(each)), default=None)


def _fits(template: str, path: str) -> bool:
    def part(found: re.Match[str]) -> str:
        return ".+" if found[1] in _SLASHED else "[^/]+"

    return re.fullmatch(re.sub(r"\{(\w+)\}", part, template), path) is not None


def _query_problems(described: Json, operation: Json, query: Mapping[str, Any]) -> Iterator[str]:
    given = [_resolved(described, each) for each in operation.get("parameters", ())]
    known = {each["name"]: each for each in given if each.get("in") == "query"}
    for name, value in query.items():
        schema = known.get(name, {}).get("schema")
        if schema is None:
            yield f"query.{name} is not known"
        elif "enum" in schema and value not in schema["enum"]:
            yield f"query.{name} is {value!r}"
        elif schema.get("type") == "integer" and not value.isdecimal():
            yield f"query.{name} is {value!r}, no number"
    yield from (
        f"query.{name} is missing" for name, each in known.items() if each.get("required") and name not in query
    )


def _resolved(described: Json, each: Json) -> Json:
    name = str(each.get("$ref", "")).rpartition("/")[2]
    found: Json = described["components"]["parameters"][name] if name else each
    return found


def _body_problems(path: str, operation: Json, body: Any) -> list[str]:
    asked = operation.get("requestBody")
    if asked is None:
        return [] if body in (None, {}) else ["a body is sent where none is known"]
    if body is None:
        return ["the body is missing"] if asked.get("required") else []
    error = best_match(_validator(path, json.dumps(asked["content"]["application/json"]["schema"])).iter_errors(body))
    return [] if error is None else [f"body{error.json_path[1:]}: {error.message[:300]}"]


@cache
def _validator(path: str, schema: str) -> Draft4Validator:
    return Draft4Validator(_absolute(_closed(json.loads(schema))), registry=_registry(path))


@cache
def _registry(path: str) -> Any:
    schemas = _closed({"components": {"schemas": _described(path)["components"]["schemas"]}})
    return Registry().with_resource(_NAME, DRAFT4.create_resource(schemas))


def _closed(schema: Any) -> Any:
    """Return the schema so that unknown fields count, and `nullable`, which JSON Schema does not know, does too."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _closed(value) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    if made.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def _absolute(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_absolute(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"{_NAME}{value}" if key == "$ref" and str(value).startswith("#") else _absolute(value)
        for key, value in schema.items()
    }
