"""Shapes: schemas as vendors take them, and answers back; judged by jsonschema and by the strict endpoints' rules."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from shared.app.planning.plan_thinking import Proposal
from shared.backends.models import shapes
from shared.core.models.model_errors import InvalidOutput
from shared.mind.agents.registry import agents
from shared.steps import KINDS
from shared.steps.code._code_answers import Outline, Repaired, Written
from tests.support.servers.models import anthropic_wire, openai_wire


class Small(BaseModel):
    kind: Literal["small"]
    size: int = Field(ge=1, le=9)


class Large(BaseModel):
    kind: Literal["large"]
    names: list[str] = []


class Whole(BaseModel):
    """Everything our own models use."""

    title: str = Field(min_length=1, max_length=80, description="What it is called.")
    note: str = ""
    maybe: str | None = None
    part: Small | Large
    parts: list[Small] = []
    free: dict[str, Any] = {}
    any: Any = None
    yes: bool = True
    word: Literal["a", "b"] = "a"


class Nested(BaseModel):
    name: str
    below: list[Nested] = []


PRODUCT = {
    **{f"agent {name}": agent.output.model_json_schema() for name, agent in agents().items()},
    **{f"step {name}": kind.input.model_json_schema() for name, kind in KINDS.items()},
    "plan": Proposal.model_json_schema(),
    "code outline": Outline.model_json_schema(),
    "code written": Written.model_json_schema(),
    "code repaired": Repaired.model_json_schema(),
    "all of our means": Whole.model_json_schema(),
    "endless": Nested.model_json_schema(),
}


def _asked(schema: dict[str, Any], *, all_required: bool) -> dict[str, Any]:
    return shapes.wire(shapes.flat(schema), all_required=all_required)


@pytest.mark.parametrize("name", PRODUCT)
def test_every_schema_of_ours_is_one_the_vendors_take(name: str) -> None:
    strict, plain = (_asked(PRODUCT[name], all_required=each) for each in (True, False))
    for schema in (strict, plain):
        Draft202012Validator.check_schema(schema)
        assert "$ref" not in json.dumps(schema)
    form = {"type": "json_schema", "name": "x", "strict": True, "schema": strict}
    openai_wire.check_response({"model": "gpt-6-luna", "input": "x", "text": {"format": form}}, xai=False)
    body: dict[str, Any] = {
        "model": "claude-opus-5-5",
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "x"}],
    }
    body["output_config"] = {"format": {"type": "json_schema", "schema": plain}}
    anthropic_wire.check_request(body)


def _values(schema: dict[str, Any], said: str = "") -> st.SearchStrategy[Any]:
    """Return answers a model held to a wire schema may give; `said` is what stands around an alternative."""
    if "anyOf" in schema:
        return st.one_of([_values(each, schema.get("description", "")) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "object":
        needed = {name: _values(each) for name, each in schema["properties"].items() if name in schema["required"]}
        rest = {name: _values(each) for name, each in schema["properties"].items() if name not in needed}
        return st.fixed_dictionaries(needed, optional=rest)
    if schema["type"] == "array":
        return st.lists(_values(schema["items"]), max_size=3)
    if schema["type"] == "string" and "written as text" in schema.get("description", said):
        kept = st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
        return kept.map(lambda value: json.dumps(value, ensure_ascii=False))
    plain = {"string": st.text(min_size=1, max_size=5), "integer": st.integers(1, 9), "boolean": st.booleans()}
    return {**plain, "null": st.none(), "number": st.floats(0, 9)}[schema["type"]]


@pytest.mark.parametrize("all_required", [True, False])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_a_model_held_to_the_wire_schema_answers_fits_our_own_model(
    all_required: bool, data: st.DataObject
) -> None:
    schema = Whole.model_json_schema()
    wire = _asked(schema, all_required=all_required)
    value = data.draw(_values(wire))
    Draft202012Validator(wire).validate(value)
    read = shapes.read(shapes.flat(schema), value)
    Draft202012Validator(schema).validate(read)
    checked = Whole.model_validate(read)
    assert checked.title == value["title"]
    assert isinstance(read.get("free", {}), dict)


class Boxed(BaseModel):
    kind: Literal["boxed"]
    value: dict[str, Any]


class Plain(BaseModel):
    kind: Literal["plain"]
    value: str


class Odd(BaseModel):
    """Means our own models do without, and a tenant's tools may not."""

    word: Literal["x", 1, None] = None
    pair: tuple[str, int] = ("a", 1)
    either: list[Plain | Boxed] = []
    nothing: list[str] = Field(min_length=0, max_length=0)


@pytest.mark.parametrize("all_required", [True, False])
def test_each_value_of_a_list_has_the_type_that_is_said_of_it(all_required: bool) -> None:
    def values(schema: dict[str, Any]) -> list[dict[str, Any]]:
        return [each for choice in schema["anyOf"] for each in (values(choice) if "anyOf" in choice else [choice])]

    word = _asked(Odd.model_json_schema(), all_required=all_required)["properties"]["word"]
    found = {each["type"]: each.get("enum") for each in values(word)}
    assert found in ({"string": ["x"], "integer": [1], "null": [None]}, {"string": ["x"], "integer": [1], "null": None})
    nullable = {"type": ["string", "null"], "enum": ["a", None]}
    assert {each["type"]: each.get("enum") for each in values(_asked(nullable, all_required=all_required))} == {
        "string": ["a"],
        "null": [None],
    }


def test_alternatives_with_the_same_names_are_told_apart_by_their_words() -> None:
    text = '{"a": 1}'
    shape = shapes.flat(Odd.model_json_schema())
    value = {"either": [{"kind": "boxed", "value": text}, {"kind": "plain", "value": text}], "nothing": []}
    read = Odd.model_validate(shapes.read(shape, value))
    assert read.either == [Boxed(kind="boxed", value={"a": 1}), Plain(kind="plain", value=text)]
    assert read.nothing == []


def test_the_places_of_a_tuple_keep_their_types() -> None:
    shape = shapes.flat(Odd.model_json_schema())
    Draft202012Validator(shapes.wire(shape)["properties"]["pair"]).validate(["7", 3])
    assert shapes.read(shape, {"pair": ["7", 3]})["pair"] == ["7", 3]


def test_limits_that_no_vendor_enforces_are_told_in_words() -> None:
    told = _asked(Whole.model_json_schema(), all_required=True)["properties"]["title"]["description"]
    assert told == "What it is called. (minLength 1, maxLength 80)"


def test_only_what_may_be_left_out_loses_its_null() -> None:
    shape = shapes.flat(Whole.model_json_schema())
    read = shapes.read(shape, {"title": "t", "note": None, "maybe": None, "part": {"kind": "small", "size": 1}})
    assert read == {"title": "t", "maybe": None, "part": {"kind": "small", "size": 1}}


@pytest.mark.parametrize("text", ['{"a": 1', "[1]", "3"])
def test_a_text_that_must_hold_an_object_and_does_not_is_the_models_own_mistake(text: str) -> None:
    with pytest.raises(InvalidOutput):
        shapes.read(shapes.flat(Whole.model_json_schema()), {"free": text})


def test_a_value_of_any_kind_that_is_no_json_is_the_text_it_is() -> None:
    shape = shapes.flat(Whole.model_json_schema())
    assert [shapes.read(shape, {"any": text})["any"] for text in ("plain words", '"quoted"', "[1]", "null")] == [
        "plain words",
        "quoted",
        [1],
        None,
    ]
