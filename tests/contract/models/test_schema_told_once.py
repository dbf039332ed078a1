"""The schema of an answer reaches each vendor once, natively or in words, and is the one that answers are held to."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.backends.models import shapes
from shared.ports.model import ModelRequest
from tests.support.servers.models.model_vendors import MODELS, good, rig
from tests.unit.prompts.told import questions

_IN_WORDS = re.compile(r"schema[^\n]*:\n(\{.*)", re.DOTALL)
ROOT = Path(__file__).resolve().parents[3]
ASKED = {name: told.schema for name, told in questions().items() if told.schema}


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def schemas_in(body: Any, root: set[str]) -> Iterator[Mapping[str, Any]]:
    """Yield every schema in a request whose own fields are these, whether it is structure or stands in a text."""
    if isinstance(body, Mapping):
        if set(body.get("properties", ())) == root:
            yield body
        for each in body.values():
            yield from schemas_in(each, root)
    elif isinstance(body, list):
        for each in body:
            yield from schemas_in(each, root)
    elif isinstance(body, str) and (found := _IN_WORDS.search(body)):
        yield from schemas_in(json.JSONDecoder().raw_decode(found[1])[0], root)


def fields_in(schema: Any, defs: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, str]]:
    """Yield each field with what it may be, however deep it is: an independent reading of JSON Schema."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema or "const" in schema:
        yield at, str(sorted(map(str, schema.get("enum") or [schema.get("const")])))
    for name, inner in schema.get("properties", {}).items():
        yield f"{at}.{name}", ""
        yield from fields_in(inner, defs, f"{at}.{name}")
    for inner in [schema["items"]] if isinstance(schema.get("items"), Mapping) else []:
        yield from fields_in(inner, defs, f"{at}[]")
    for inner in schema.get("anyOf", ()):
        yield from fields_in(inner, defs, at)


@pytest.mark.parametrize("vendor", MODELS)
def test_the_schema_told_is_the_schema_enforced_and_is_told_once(vendor: str, session: requests.Session) -> None:
    for name, schema in ASKED.items():
        with rig(vendor, session) as one:
            one.endpoint.script([good(vendor, "{}")])
            request = ModelRequest(name, "reason", "You answer.", "Now.", schema, max_output_tokens=900)
            one.provider.complete(one.model, request)
            body = one.endpoint.requests[0].body
        assert_told_once(name, schema, body)


def assert_told_once(name: str, schema: Mapping[str, Any], body: Any) -> None:
    """Assert that a request tells the schema of its answer once, and as it is."""
    (told,) = schemas_in(body, set(schema["properties"]))
    enforced = set(fields_in(schema, schema.get("$defs", {})))
    assert set(fields_in(told, {})) == enforced, name
    assert "additionalProperties" not in told or told["additionalProperties"] is False


@pytest.mark.slow
@pytest.mark.xdist_group("pydantic-ai")
def test_a_library_in_between_tells_it_once_too() -> None:
    some = {name: ASKED[name] for name in ("plan", "outline", "write", "repair", "ask", "chat", "decider")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.models.pydantic_ai_schemas"],
        input=json.dumps(some), cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert set(found) == {"openai-chat", "anthropic"}
    for vendor, bodies in found.items():
        assert set(bodies) == set(some)
        for name, body in bodies.items():
            assert_told_once(f"{name} through {vendor}", ASKED[name], body)


@pytest.mark.parametrize("name", ASKED)
def test_what_has_to_be_there_is_told_as_such(name: str) -> None:
    schema = ASKED[name]
    assert set(shapes.flat(schema)["required"]) == set(schema["required"])
