"""A plan gives agents what they work on: a text where they need one, and an order that it writes itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.core.models.model_errors import InvalidOutput
from shared.mind.agents.registry import agents
from shared.steps import KINDS
from tests.unit.patterns.team import ask, pattern, planned, writer

ORDERED = {name: one.order for name, one in agents().items() if one.order}
_SOME: dict[str, Any] = {"string": "some text", "integer": 50, "boolean": False, "array": []}


def given_to(agent: str, *without: str) -> dict[str, Any]:
    """Return an input of the agent with something in every field but these."""
    schema = agents()[agent].input.model_json_schema()
    return {name: _SOME[schema["properties"][name].get("type", "array")] for name in schema["required"]
            if name not in without}  # fmt: skip


@pytest.mark.parametrize(("agent", "order"), ORDERED.items())
@pytest.mark.parametrize("source", ["step:s1.text", "step:s1"])
def test_an_answer_never_becomes_an_agents_order(agent: str, order: str, source: str) -> None:
    """What another agent answered may say what a stranger wrote on a page that it has read."""
    with pytest.raises(InvalidOutput, match=f"takes.{order}: `{order}` is the order of {agent}, which the plan writes"):
        planned(writer("W"), ask(agent, takes={order: source}, **given_to(agent, order)))


def test_nor_does_it_in_a_pattern_however_deep() -> None:
    inner = pattern("sequence", members=[writer("W"), ask("editor", takes={"wish": "before.text"}, text="T")])
    with pytest.raises(InvalidOutput, match="`wish` is the order of editor"):
        planned(pattern("sequence", members=[inner, writer("W")]))


def test_an_answer_stays_material_for_who_has_an_order() -> None:
    (_, edit) = planned(writer("W"), ask("editor", takes={"text": "step:s1.text"}, wish="Shorter."))
    assert edit.input["takes"] == {"text": "step:s1.text"}


def test_planners_are_told_which_fields_are_orders() -> None:
    told = str(KINDS["agent.ask"].input.model_json_schema()["description"])
    assert "never an agent's order: brief, rule, task or wish." in " ".join(told.split())
    assert sorted(set(ORDERED.values())) == ["brief", "rule", "task", "wish"]


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_an_agent_that_is_asked_alone_needs_a_text(blank: str) -> None:
    with pytest.raises(
        InvalidOutput, match=r"steps\[0\].input: input.text: holds no text; write it, or name in `takes`"
    ):
        planned(ask("editor", text=blank))
    with pytest.raises(InvalidOutput, match=r"input\.brief: holds no text"):
        planned(writer("W"), {**_reading(writer(blank)), "depends_on": ["s1"]})


def _reading(member: dict[str, Any]) -> dict[str, Any]:
    return {**member, "input": {**member["input"], "reads": ["step:s1"]}}


def test_what_it_reads_is_a_text_too() -> None:
    (_, check) = planned(writer("W"), _reading(ask("critic", asked="A", plan="")))
    assert json.dumps(check.input["reads"]) == '["step:s1"]'


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("notion.append_blocks", {"page": "0f1e2d3c-0000-4000-8000-000000000001", "markdown": " \n"}),
        ("notion.comment", {"page": "0f1e2d3c-0000-4000-8000-000000000001", "text": "\t"}),
        ("knowledge.search", {"query": "  "}),
    ],
)
def test_blanks_are_no_text(kind: str, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidOutput, match="holds blanks alone; write a text"):
        planned({"kind": kind, "input": given})


def test_a_field_of_another_answer_is_not_taken() -> None:
    with pytest.raises(InvalidOutput, match="it answers with title, text, missing, left_out"):
        planned(writer("W"), ask("editor", takes={"text": "step:s1.verdict"}))
    whole = pattern("sequence", members=[writer("W"), ask("critic", asked="A", plan="P")])
    with pytest.raises(InvalidOutput, match="it answers with verdict, findings"):
        planned(whole, ask("editor", takes={"text": "step:s1.text"}))
