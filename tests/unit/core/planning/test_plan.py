"""A proposed plan is valid or is refused with a reason the model can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.core.models.model_errors import InvalidOutput
from shared.core.planning.plan import MAX_TITLE, Before, Rule, add_gates, question, validate
from shared.core.run.run import StepSpec, Usage, WaitKind, plan_hash


def text_only(given: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in given.items():
        if name != "text":
            raise ValueError(f"{name}: unknown")
        if not isinstance(value, str) or not value.isascii():
            raise ValueError(f"{name}: must be plain text")
    return {"text": given.get("text", "")}


RULES = {
    "a.write": Rule("a.write", text_only, "execute-step", estimate=Usage(5, 7)),
    "a.test": Rule("a.test", text_only, "execute-step", repairs="a.write"),
    "a.read": Rule("a.read", text_only, "deploy", undoable=True, needs_approval=False),
}


def step(name: Any, *needs: Any, kind: Any = "a.write", **fields: Any) -> dict[str, Any]:
    found = {"id": name, "kind": kind, "title": "Do it", "input": {"text": f"for {name}"}, "depends_on": list(needs)}
    return {**found, **fields}


def checked(*steps: Any, prefix: str = "", max_steps: int = 200) -> tuple[StepSpec, ...]:
    return validate(list(steps), RULES, prefix=prefix, max_steps=max_steps)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param([], "'steps' must be a list with at least one step", id="empty"),
        pytest.param("abc", "'steps' must be a list", id="text instead of a list"),
        pytest.param({"id": "a"}, "'steps' must be a list", id="an object instead of a list"),
        pytest.param(None, "'steps' must be a list", id="nothing"),
        pytest.param(7, "'steps' must be a list", id="a number"),
        pytest.param(["a"], "steps[0] must be an object", id="a step that is text"),
        pytest.param([step("a"), None], "steps[1] must be an object", id="a step that is nothing"),
        pytest.param([step("a", kind="a.destroy")], "steps[0].kind 'a.destroy' is unknown", id="unknown kind"),
        pytest.param([step("a", kind=["a.write"])], "steps[0].kind ['a.write'] is unknown", id="kind is a list"),
        pytest.param([{"id": "a"}], "steps[0].kind None is unknown", id="no kind"),
        pytest.param([step("a"), step("b", after="a")], "steps[1] has the unknown field 'after'", id="unknown field"),
        pytest.param([step("")], "steps[0].id must be", id="empty id"),
        pytest.param([step(3)], "steps[0].id must be", id="id is a number"),
        pytest.param([step("a/../b")], "steps[0].id must be", id="id with a slash"),
        pytest.param([step("a.b")], "steps[0].id must be", id="id with our own separator"),
        pytest.param([step("schön")], "steps[0].id must be", id="id with letters the store does not take"),
        pytest.param([step("²")], "steps[0].id must be", id="id with a superscript digit"),
        pytest.param([step("a\n")], "steps[0].id must be", id="id with a line break"),
        pytest.param([step("x" * 41)], "at most 40", id="id too long"),
        pytest.param([step("approve")], "'approve' is one of our own", id="the gate's own name"),
        pytest.param([step("publish")], "'publish' is one of our own", id="the publication's own name"),
        pytest.param([step("plan")], "'plan' is one of our own", id="the planning step's own name"),
        pytest.param([step("plan-2")], "'plan-2' is one of our own", id="the next planning step's own name"),
        pytest.param([step("a", title={"de": "x"})], "steps[0].title must be text", id="title is an object"),
        pytest.param([step("a", input=["x"])], "steps[0].input must be an object", id="input is a list"),
        pytest.param([step("a", input={"txt": ""})], "steps[0].input: txt: unknown", id="input names the field"),
        pytest.param([step("a", input={"text": 1})], "steps[0].input: text: must be plain", id="wrong input value"),
        pytest.param([step("a", depends_on="b")], "steps[0].depends_on must be a list", id="depends on a text"),
        pytest.param([step("a", 1)], "steps[0].depends_on must be a list of step ids", id="depends on a number"),
        pytest.param([step("a"), step("b"), step("a")], "'a' is used 2 times", id="duplicate ids"),
        pytest.param([step("a", "b")], "'a' depends on 'b', which is not in the plan", id="missing dependency"),
        pytest.param([step("a", "a")], "the steps a wait for each other", id="depends on itself"),
        pytest.param(
            [step(f"s{n}", f"s{(n + 1) % 50}") for n in range(50)], "wait for each other in a circle", id="long circle"
        ),
        pytest.param(
            [step("ok"), step("a", "b", "ok"), step("b", "a"), step("c", "a")],
            "the steps a, b, c wait for each other",
            id="a circle and what hangs on it",
        ),
        pytest.param([step(f"s{n}") for n in range(10_000)], "has 10000 steps; at most 200", id="10,000 steps"),
        pytest.param(
            [step(n, input={"text": "again"}) for n in "abc"],
            "repeats itself: a.write with the same input 3 times",
            id="the same step three times",
        ),
    ],
)
def test_an_unusable_plan_is_refused_with_the_reason(steps: Any, said: str) -> None:
    with pytest.raises(InvalidOutput) as refused:
        validate(steps, RULES, prefix="", max_steps=200)
    assert said in str(refused.value)


@pytest.mark.parametrize("kind", ["code.generate", "code.test", "repository.propose_change", "site.deploy"])
def test_a_plan_makes_one_piece_of_work_so_that_none_is_lost(kind: str) -> None:
    rules = {**RULES, kind: Rule(kind, text_only, "execute-step")}
    validate([step("a", kind=kind)], rules, prefix="", max_steps=9)
    with pytest.raises(InvalidOutput, match=f"several steps {kind}"):
        validate([step("a", kind=kind), step("b", kind=kind)], rules, prefix="", max_steps=9)


def test_a_refusal_of_a_kind_names_those_there_are() -> None:
    with pytest.raises(InvalidOutput, match=r"use one of: a\.read, a\.test, a\.write$"):
        checked(step("a", kind="rm -rf"))


def test_the_same_step_twice_is_no_loop() -> None:
    assert len(checked(*(step(n, input={"text": "again"}) for n in "ab"))) == 2


def test_the_plans_largest_size_is_allowed_and_one_more_is_not() -> None:
    assert len(checked(*(step(f"s{n}") for n in range(5)), max_steps=5)) == 5
    with pytest.raises(InvalidOutput, match="6 steps; at most 5"):
        checked(*(step(f"s{n}") for n in range(6)), max_steps=5)


def test_steps_come_in_an_order_in_which_each_follows_its_dependencies() -> None:
    ordered = checked(step("d", "b", "c"), step("c", "a"), step("b", "a"), step("a"))
    places = {spec.id: place for place, spec in enumerate(ordered)}
    assert sorted(places) == ["a", "b", "c", "d"]
    assert all(places[need] < places[spec.id] for spec in ordered for need in spec.depends_on)


def test_a_spec_carries_what_its_rule_says_and_ids_get_the_revisions_prefix() -> None:
    first, second = checked(step("w"), step("r", "w", kind="a.read"), prefix="r2.")
    assert (first.id, first.lane, first.undoable, first.estimate) == ("r2.w", "execute-step", False, Usage(5, 7))
    assert (second.id, second.lane, second.undoable) == ("r2.r", "deploy", True)
    assert second.depends_on == ("r2.w",)
    assert first.input == {"text": "for w"}


def test_a_step_that_can_send_work_back_points_at_the_step_it_checks() -> None:
    _, _, beside, checks = checked(
        step("w"), step("x", kind="a.read"), step("t", "x", kind="a.test"), step("u", "x", "w", kind="a.test")
    )
    assert (checks.id, checks.repairs) == ("u", "w")
    assert (beside.id, beside.repairs) == ("t", "")


def test_a_title_is_cut_and_loses_halves_of_characters_so_that_it_can_be_stored() -> None:
    (spec,) = checked(step("a", title="\ud83d" + "x" * 500))
    assert spec.title == "?" + "x" * (MAX_TITLE - 1)
    assert len(plan_hash((spec,))) == 64


def test_the_gate_stands_before_everything_that_needs_approval_and_before_nothing_else() -> None:
    specs = checked(step("w"), step("t", "w", kind="a.test"), step("r", kind="a.read"), prefix="r3.")
    publish, gate, *rest = add_gates(specs, RULES, prefix="r3.")
    assert (publish.kind, publish.id, publish.depends_on) == ("notion.publish_plan", "r3.publish", ())
    assert (gate.id, gate.gate, gate.depends_on, gate.lane) == ("r3.approve", WaitKind.APPROVAL, ("r3.publish",), "")
    assert {spec.id: spec.depends_on for spec in rest} == {
        "r3.w": ("r3.approve",),
        "r3.t": ("r3.approve", "r3.w"),
        "r3.r": (),
    }


def test_a_question_is_asked_and_then_its_answer_awaited() -> None:
    ask, answer = question("Which colour?", prefix="r2.")
    assert (ask.id, ask.kind, ask.input) == ("r2.ask", "notion.ask_question", {"question": "Which colour?"})
    assert (answer.id, answer.gate, answer.depends_on, answer.lane) == ("r2.answer", WaitKind.INPUT, ("r2.ask",), "")


def test_several_questions_are_one_comment() -> None:
    ask, _ = question("Which colour?", "For whom?", prefix="")
    assert ask.input == {"question": "1. Which colour?\n2. For whom?"}


def test_a_step_may_say_why_it_is_there_which_is_no_part_of_what_is_approved() -> None:
    assert checked(step("a", why="because the page says so")) == checked(step("a"))
    with pytest.raises(InvalidOutput, match=r"steps\[0\]\.why must be text"):
        checked(step("a", why=["no"]))


BUILT = Before(
    done={"write": StepSpec("write", "b.write"), "test": StepSpec("r2.test", "b.test")},
    failed=(StepSpec("push", "b.push", input={"text": "to main"}),),
)
BUILDING = {
    **{name: Rule(name, text_only, "execute-step") for name in ("b.write", "b.mail")},
    "b.test": Rule("b.test", text_only, "execute-step", repairs="b.write", needs=("b.write",)),
    "b.push": Rule("b.push", text_only, "execute-step", needs=("b.test",)),
}


def after_failure(*steps: Any) -> tuple[StepSpec, ...]:
    return validate(list(steps), BUILDING, prefix="r3.", max_steps=9, before=BUILT)


def test_another_plan_builds_on_what_is_done() -> None:
    mail, push = after_failure(step("mail", kind="b.mail"), step("push", "test", "mail", kind="b.push"))
    assert (push.id, push.depends_on) == ("r3.push", ("r2.test", "r3.mail"))
    (check,) = after_failure(step("check", "write", kind="b.test"))
    assert (check.depends_on, check.repairs) == (("write",), "write")
    assert mail.depends_on == ()


def test_a_step_of_the_plan_itself_comes_before_a_done_one_of_the_same_name() -> None:
    ordered = after_failure(step("write", kind="b.write"), step("test", "write", kind="b.test"))
    assert [spec.depends_on for spec in ordered] == [(), ("r3.write",)]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param(
            [step("push", kind="b.push", input={"text": "to main"})], "repeats the step that has failed", id="again"
        ),
        pytest.param(
            [step("write", kind="b.write"), step("push", "write", kind="b.push")],
            "must come after every step of the kind b.test",
            id="what was tested is not what is pushed",
        ),
        pytest.param(
            [step("push", "plan", kind="b.push")], "'push' depends on 'plan', which is not in the plan", id="not done"
        ),
    ],
)
def test_another_plan_is_refused_where_it_does_not_build_on_what_is_done(steps: Any, said: str) -> None:
    with pytest.raises(InvalidOutput, match=re.escape(said)):
        after_failure(*steps)


SHIPPING = {
    **BUILDING,
    "b.push": replace(BUILDING["b.push"], ships="release"),
    "b.live": Rule("b.live", text_only, "execute-step", needs=("b.test",), ships="production"),
    "release.review": Rule("release.review", text_only, "execute-step", repairs="b.test"),
}


@pytest.mark.parametrize("needs", [(), ("test",)])
def test_what_another_plan_ships_goes_back_with_the_work_that_was_done_before(needs: tuple[str, ...]) -> None:
    specs = validate([step("push", *needs, kind="b.push")], SHIPPING, prefix="r3.", max_steps=9, before=BUILT)
    plan = {spec.id: spec for spec in add_gates(specs, SHIPPING, prefix="r3.", done=BUILT.done)}
    assert (plan["r3.review"].depends_on, plan["r3.review"].repairs) == (("r3.approve", "r2.test"), "r2.test")
    assert set(plan["r3.push"].depends_on) == {"r3.approve", "r3.release", "r2.test"}


def test_nobody_is_asked_what_goes_live_before_the_plan_is_approved() -> None:
    specs = validate([step("live", kind="b.live")], SHIPPING, prefix="r3.", max_steps=9, before=BUILT)
    plan = {spec.id: spec for spec in add_gates(specs, SHIPPING, prefix="r3.", done=BUILT.done)}
    assert plan["r3.production"].depends_on == ("r3.approve", "r2.test")


LETTERS = st.text(st.characters(), max_size=8)  # halves of surrogate pairs too: JSON can hold them
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | LETTERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LETTERS, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["a", "b", "c", "d", "approve", "", "a b"])
NEARLY = st.fixed_dictionaries(
    {"id": NAMES, "kind": st.sampled_from([*RULES, "a.destroy"])},
    optional={
        "title": LETTERS | JSON,
        "input": st.dictionaries(st.sampled_from(["text", "txt"]), LETTERS) | JSON,
        "depends_on": st.lists(NAMES, max_size=3) | JSON,
    },
)


@given(JSON | st.lists(NEARLY, max_size=6) | st.lists(NEARLY | JSON, max_size=4))
@example([{"id": "a", "kind": "a.write", "title": "\ud800"}])
@example([{"id": "a", "kind": "a.write", "input": {"text": float("nan")}}])
def test_whatever_a_model_answers_becomes_a_valid_plan_or_a_refusal(answer: Any) -> None:
    try:
        specs = validate(answer, RULES, prefix="r9.", max_steps=5)
    except InvalidOutput:
        return
    assert 1 <= len(specs) <= 5
    assert len({spec.id for spec in specs}) == len(specs)
    done: set[str] = set()
    for spec in specs:
        assert spec.id.startswith("r9.")
        assert spec.kind in RULES
        assert done.issuperset(spec.depends_on)
        assert not spec.repairs or spec.repairs in spec.depends_on
        done.add(spec.id)
    gated = add_gates(specs, RULES, prefix="r9.")
    assert len({spec.id for spec in gated}) == len(specs) + 2
    assert len(plan_hash(gated)) == 64
    assert json.loads(json.dumps([dict(spec.input) for spec in specs])) == [spec.input for spec in specs]
