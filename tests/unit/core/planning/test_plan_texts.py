"""What a step is to write or read of another one is there, or the plan is refused: before people approve, not after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.core.models.model_errors import InvalidOutput
from shared.core.planning.plan import Before, Rule, validate
from shared.core.run.run import StepSpec


def _answers(given: Mapping[str, Any]) -> Sequence[str] | None:
    if given.get("agent") == "old":
        raise ValueError("held to the rules of its own day")
    return None if given.get("agent") == "any" else ("title", "text")


RULES = {
    "notion.comment": Rule("notion.comment", dict, "execute-step"),
    "knowledge.search": Rule("knowledge.search", dict, "execute-step", leaves_text=True),
    "agent.ask": Rule("agent.ask", dict, "execute-step", leaves_text=True, answers=_answers),
    "pattern.sequence": Rule("pattern.sequence", dict, "execute-step", leaves_text=True, answers=_answers),
}


def step(name: str, kind: str, **given: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "title": "Do it", "depends_on": [], "input": given}


FOUND = (
    step("say", "notion.comment", text="Hello"),
    step("look", "knowledge.search", query="parking"),
    step("draft", "agent.ask", agent="writer"),
    step("free", "agent.ask", agent="any"),
)


def said_of(*steps: dict[str, Any], before: Before | None = None) -> str:
    try:
        validate([*FOUND, *steps], RULES, prefix="r2.", max_steps=20, before=before)
    except InvalidOutput as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("kind", "given", "field", "named"),
    [
        ("notion.comment", {"from_step": "say"}, "from_step", "say"),
        ("agent.ask", {"reads": ["step:look", "step:say"]}, "reads", "step:say"),
        ("agent.ask", {"takes": {"text": "step:say"}}, "takes.text", "step:say"),
        ("agent.ask", {"takes": {"text": "step:say.comment"}}, "takes.text", "step:say.comment"),
        (
            "pattern.sequence",
            {"members": [{"kind": "agent.ask", "input": {}}, {"kind": "agent.ask", "input": {"reads": ["step:say"]}}]},
            "members[1].input.reads",
            "step:say",
        ),
    ],
)
def test_a_step_that_leaves_no_text_is_not_written_or_read(
    kind: str, given: dict[str, Any], field: str, named: str
) -> None:
    said = said_of(step("use", kind, **given))
    leaving = "look, draft, free" if kind == "notion.comment" else "look, draft, free, use"
    assert said == (
        f"step 'use', {field}: {named!r} is a step of the kind notion.comment, which leaves no text;"
        f" these do: {leaving}"
    )


def test_a_field_that_a_step_does_not_answer_with_is_not_taken() -> None:
    said = said_of(step("use", "agent.ask", takes={"text": "step:draft.verdict"}))
    assert said == (
        "step 'use', takes.text: 'step:draft.verdict' is no field of the answer of that step (agent.ask);"
        " it answers with title, text"
    )
    said = said_of(step("use", "agent.ask", takes={"text": "step:look.text"}))
    assert said.endswith("(knowledge.search); it has a text and no fields")


@pytest.mark.parametrize(
    "given",
    [
        {"takes": {"text": "step:draft.text"}},
        {"takes": {"text": "step:look", "title": "step:draft"}},
        {"takes": {"text": "step:free.anything"}},
        {"reads": ["step:look", "step:draft.text"]},
        {"takes": {"text": "before.verdict"}},
    ],
)
def test_what_is_there_is_taken(given: dict[str, Any]) -> None:
    assert said_of(step("use", "agent.ask", **given)) == ""


def test_what_an_earlier_plan_has_done_is_known_and_not_held_to_todays_rules() -> None:
    done = {
        "told": StepSpec("r1.told", "notion.comment"),
        "kept": StepSpec("r1.kept", "agent.ask", input={"agent": "old"}),
    }
    assert "'step:told' is a step of the kind" in said_of(
        step("use", "agent.ask", reads=["step:told"]), before=Before(done=done)
    )
    assert said_of(step("use", "agent.ask", takes={"text": "step:kept.any"}), before=Before(done=done)) == ""


def test_a_text_that_is_named_like_any_other_step_is_the_same_text() -> None:
    """The table of kinds writes step:ID for what a step makes; a model writes so where an id alone is asked for."""
    specs = validate([*FOUND, step("use", "notion.comment", from_step="step:look")], RULES, prefix="r2.", max_steps=20)
    use = next(spec for spec in specs if spec.id == "r2.use")
    assert use.input == {"from_step": "r2.look"}
    assert use.depends_on == ("r2.look",)
    assert "which leaves no text" in said_of(step("use", "notion.comment", from_step="step:say"))
