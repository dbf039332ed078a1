"""Write `docs/reference/api.md` from the API's own description: `python tools/api_document.py`.

The description is the one that `/openapi.json` answers with (`shared/app/api/openapi.py`), the sentences are those of
the functions that answer; a test compares the page with what this writes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reference" / "api.md"
sys.path.insert(0, str(ROOT))

from shared.app.api.openapi import document  # noqa: E402
from shared.app.api.route import NEEDS, PERMISSIONS  # noqa: E402
from shared.app.api.routes import ROUTES  # noqa: E402

_HEAD = """# The API

People's programs, the terminal and links call the function `api`, at the address that
`terraform -chdir=terraform output public_url` prints, or at the address of `workwright up` on one machine. Generated
from the description that the service itself gives (`/openapi.json`) by `python tools/api_document.py`; that this is
true is tested from outside.

- **Who**: `Authorization: Bearer KEY`. A key belongs to one team and has a role and scopes; one makes more with
  `POST /v1/keys`, and the first one comes from `owner.key` on one machine, from `workwright attach` in the cloud.
  Signed links and Slack's clicks carry their own proof.
- **Errors** are `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`, `not_lost` and
  `way_out`; the classes are in [errors.md](errors.md#requests-to-the-api-and-webhooks).
- **Frontends** on other origins call with a key too, once an owner has allowed their origin
  ([how](../guides/frontends.md)).
- **Asking again**: what needs a key has an `ETag`; given back as `If-None-Match`, the answer is 304 without a body
  while nothing has changed.
- **Once**: a POST with an `Idempotency-Key` (a UUID, say) is carried out once. Sent again within a day with the
  same body it gets the same answer, with `Idempotency-Replayed: true`; with another body 409.
- **Lists** come in pages: `next` of an answer is the `after` of the next call, null at the end. Runs have
  `next_cursor` too, for `cursor`: it holds for the same team and filters alone, runs that are opened meanwhile move no
  page, and a page may have fewer runs than asked for, or none, while there is a next one.
- **Rates**: 600 calls a minute for each key, and for all keys of a person together, unless the operator has set
  another; then 429 with `Retry-After`.
"""


def render_page() -> str:
    """Return the page."""
    described = document(ROUTES, "https://api.example")
    summaries = {(route.method.lower(), route.path): str(route.handler.__doc__).partition("\n")[0] for route in ROUTES}
    parts = [_HEAD, "\n## Who may do what\n\n", *_permissions(), "\n## Addresses\n"]
    for path, operations in sorted(described["paths"].items()):
        for method, operation in operations.items():
            parts.append(f"\n### {method.upper()} {path}\n\n{summaries[method, path]} {operation['description']}\n")
            parts += _operation(operation, described["components"]["schemas"])
    parts.append("\n## Shapes\n\nThe fields of each answer; those with a question mark may be missing.\n\n")
    parts += [f"- **{name}**: {_shape(shape)}\n" for name, shape in sorted(described["components"]["schemas"].items())]
    return "".join(parts)


def _permissions() -> Iterator[str]:
    yield "| Permission | Roles | Scopes |\n|---|---|---|\n"
    for name, roles in PERMISSIONS.items():
        order = ("owner", "admin", "member", "viewer")
        holders = ", ".join(role for role in order if role in roles) if roles is not None else "without a key"
        yield f"| {name} | {holders} | {', '.join(sorted(NEEDS.get(name, ())))} |\n"


def _operation(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        _row(parameter["name"], parameter["in"], parameter.get("schema", {}), parameter.get("required", False))
        for parameter in operation.get("parameters", ())
    ]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        shape = _resolve_reference(content["schema"], schemas)
        needed = shape.get("required", ())
        rows += [
            _row(name, kind.rpartition("/")[2], field, name in needed)
            for name, field in shape.get("properties", {}).items()
        ]
    if rows:
        yield "\n| Field | In | Type |\n|---|---|---|\n" + "".join(rows)
    answers = []
    for status, answer in sorted(operation["responses"].items()):
        shapes = {_name(media["schema"]) for media in answer.get("content", {}).values()}
        answers.append(f"{status} {', '.join(sorted(shapes - {'string', 'Problem'}))}".strip())
    yield f"\nAnswers: {'; '.join(answers)}\n"


def _row(name: str, place: str, schema: Mapping[str, Any], required: bool) -> str:
    text = _name(schema)
    bounds = [f"{word} {schema[key]}" for key, word in _BOUNDS.items() if key in schema]
    described = str(schema.get("description", "")).replace("|", "\\|").replace("\n", " ")
    meaning = "; ".join(each for each in (text, *bounds, described) if each)
    return f"| `{name}`{'' if required else '?'} | {place} | {meaning} |\n"


_BOUNDS = {"minimum": "from", "maximum": "to", "minLength": "at least", "maxLength": "at most", "maxItems": "at most"}


def _resolve_reference(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    ref = str(schema.get("$ref", ""))
    found: Mapping[str, Any] = schemas[ref.rpartition("/")[2]] if ref else schema
    return found


def _name(schema: Mapping[str, Any]) -> str:
    """Return a type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(_name(option) for option in schema[choice]))
    if "enum" in schema:
        given = [f"`{value}`" for value in schema["enum"]]
        return ", ".join(given) if len(given) <= 12 else f"one of {len(given)} words such as {given[0]}"
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_name(schema.get('items', {}))}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _shape(schema: Mapping[str, Any]) -> str:
    properties = schema.get("properties")
    if not properties:
        return _name(schema)
    needed = schema.get("required", ())
    return ", ".join(f"`{name}`{'' if name in needed else '?'} {_name(field)}" for name, field in properties.items())


if __name__ == "__main__":
    TARGET.write_text(render_page(), encoding="utf-8")
