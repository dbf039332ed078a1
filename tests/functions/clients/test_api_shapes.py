"""What a route says of its input is what it takes and refuses: a validator of JSON Schema reads each schema too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import pytest

from shared.app.api.exchange import FORM
from shared.app.api.json_shapes import read_fields, read_query
from shared.app.api.route import Route
from shared.app.api.routes import ROUTES
from shared.core.errors import MalformedRequest
from tests.functions.conftest import Service

_JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.0, 1.5, 10**17, "", "0", "a", "A", "é", " ", "a\n", "null", "2026-02-30", "a" * 301,
    "a@b", "a@b\x1c", "a@\ufeffb", [], [0], [""], ["a"], [None], [[]], {}, {"x": 0}, {"x": "a"}, {"": ""},
    {"x": {"y": [1.5]}},
)  # fmt: skip


def _values(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield values that fit and such that miss it by little, at every depth, and what any program might send."""
    yield from _JUNK
    yield from schema.get("enum", ())
    yield from (f"{word}x" for word in schema.get("enum", ())[:1])
    for bound in ("minimum", "maximum"):
        if bound in schema:
            yield from (schema[bound] + step for step in (-1, 0, 1))
    if "maxLength" in schema:
        yield from ("é" * schema["maxLength"], "é" * (schema["maxLength"] + 1))
    if schema.get("type") == "array":
        items = list(_values(schema["items"]))
        yield from ([item] for item in items)
        yield from ([items[-1]] * size for size in (schema["maxItems"], schema["maxItems"] + 1))
    for name, field in schema.get("properties", {}).items():
        yield from ({name: value} for value in _values(field))
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield from ({"any": value} for value in _values(schema["additionalProperties"]))


def _fits(body: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    try:
        read_fields(body, schema)
    except MalformedRequest:
        return False
    return True


@pytest.mark.parametrize("route", [each for each in ROUTES if each.body], ids=lambda route: route.id)
def test_a_body_is_taken_exactly_where_its_schema_says_so(route: Route) -> None:
    assert route.body is not None
    for name, field in route.body["properties"].items():
        alone = {key: value for key, value in route.body.items() if key != "required"}
        judge = jsonschema_rs.Draft202012Validator(alone, validate_formats=True)
        for value in _values(field):
            assert _fits({name: value}, alone) == judge.is_valid({name: value}), f"{name}: {value!r:.200}"
    for missing in route.body.get("required", ()):
        with pytest.raises(MalformedRequest):
            read_fields({}, {**route.body, "required": [missing]})


def test_a_query_is_taken_exactly_where_its_schema_says_so() -> None:
    tried = 0
    for route in ROUTES:
        for name, field in route.query.items():
            judge = jsonschema_rs.Draft202012Validator(field, validate_formats=True)
            for value in _values(field):
                if isinstance(value, str | int) and not isinstance(value, bool):
                    try:
                        read_query({name: [str(value)]}, route.query)
                        taken = True
                    except MalformedRequest:
                        taken = False
                    meant = value if field["type"] == "integer" else str(value)
                    if field["type"] == "integer" and isinstance(value, str):
                        meant = int(value) if value.isdecimal() else value
                    assert taken == judge.is_valid(meant), f"{route.id} {name}: {value!r:.200}"
                    tried += 1
    assert tried > 800


def test_every_route_refuses_what_it_does_not_know(service: Service) -> None:
    for route in ROUTES:
        if not route.needs_key:
            continue
        path = route.path.replace("{", "~").replace("}", "")
        if route.parts:  # no id has such letters: it is nobody's, whatever else the call says
            assert service.call(route.method, path + "é").status_code == 404, f"{route.method} {route.path}"
            continue
        assert service.call(route.method, f"{path}?never=1").status_code == 400, f"{route.method} {path}"
        if route.body is not None and route.body_type != FORM:
            for body, status in (
                (b'{"never": 1}', 400), (b"[]", 400), (b"{", 400), (b'{"a": 1, "a": 1}', 400), (b"NaN", 400),
            ):  # fmt: skip
                answer = service.call(route.method, path, data=body, content_type="application/json")
                assert answer.status_code == status, f"{route.method} {path} {body!r}"
            for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"):
                answer = service.call(route.method, path, data=b"x=1", content_type=kind)
                assert answer.status_code == 415, f"{route.method} {path} {kind}"


def test_every_address_refuses_every_other_method_and_names_its_own(service: Service) -> None:
    known: dict[str, set[str]] = {}
    for route in ROUTES:
        known.setdefault(route.path, set()).add(route.method)
    for path, methods in known.items():
        for method in {"GET", "PUT", "POST", "DELETE", "PATCH", "TRACE", "QUERY", "OPTIONS"} - methods:
            answer = service.call(method, path.replace("{", "").replace("}", ""))
            assert answer.status_code == 405, f"{method} {path}"
            assert set(answer.headers["Allow"].split(", ")) == methods, f"{method} {path}"
            if "html" not in answer.content_type:
                assert json.loads(answer.data)["status"] == 405
