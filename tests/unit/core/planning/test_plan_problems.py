"""All that is wrong with a plan is said at once: the field, what was given, what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from shared.core.models.model_errors import InvalidOutput
from shared.core.planning.plan import Before, Rule, validate
from shared.core.planning.plan_refusals import MAX_TOLD, REFUSALS
from shared.core.planning.plan_tidy import bare_references, drop_our_steps, steps_named
from shared.core.run.run import StepSpec


def _check(given: Any) -> Any:
    if wrong := [f"{name}: unknown field" for name in given if name not in ("page", "text", "from_step", "reads")]:
        raise ValueError("\n".join(wrong))
    return dict(given)


RULES = {
    name: Rule(name, _check, "execute-step", takes="{page: id, text: text}", leaves_text=name == "notion.query_rows")
    for name in ("notion.comment", "notion.query_rows", "notion.update_rows")
}


def step(name: str, *needs: str, kind: str = "notion.comment", **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "title": "Do it", "depends_on": list(needs), "input": {"text": name}, **more}


def refused(*steps: Any) -> str:
    with pytest.raises(InvalidOutput) as found:
        validate(list(steps), RULES, prefix="", max_steps=300)
    return str(found.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = refused(
        step("a", after=["b"]),
        step("b", kind="notion.query"),
        step("c", "a", "zzz", input={"where": "x", "what": "y"}),
    )
    for words in (
        "steps[0] has the unknown field 'after'; known: id, kind, title, why, input, depends_on",
        "steps[1].kind 'notion.query' is unknown; use one of: notion.query_rows, ",
        "steps[2].input: where: unknown field",
        "steps[2].input: what: unknown field",
        "step 'c' depends on 'zzz', which is not in the plan; there are: a, b, c",
        "notion.comment takes {page: id, text: text}",
    ):
        assert words in said


def test_a_step_that_is_wrong_is_there_for_those_that_depend_on_it() -> None:
    said = refused(step("a", kind="notion.nothing"), step("b", "a"), step("c", "b", input={"x": 1}), step("d", "c"))
    assert "not in the plan" not in said


def test_the_same_mistake_in_many_steps_is_one_line() -> None:
    said = refused(*(step(f"s{n}", after=[]) for n in range(30)))
    assert len(said.splitlines()) == 1
    assert "steps[0], steps[1], steps[2], steps[3], steps[4], steps[5] and 24 more have the unknown field" in said


def test_what_is_said_is_bounded_and_the_form_of_a_step_comes_first() -> None:
    said = refused(*(step(f"s{n}", f"gone-{n}", input={f"field{n}": "x"}) for n in range(200)), step("z", after=[]))
    assert len(said) <= MAX_TOLD
    assert said.startswith("steps[200] has the unknown field 'after'")
    assert said.splitlines()[-1].endswith("more")


def test_every_refusal_says_how_it_is_announced() -> None:
    assert all(rule.words and rule.announced for rule in REFUSALS.values())


def test_steps_that_code_adds_anyway_are_left_out_and_others_wait_for_what_those_waited_for() -> None:
    kept = drop_our_steps(
        [
            step("write"),
            step("publish", "write", kind="notion.publish_plan"),
            step("ok", "publish", kind="approval.ask"),
            step("look", "ok", kind="release.review"),
            step("tell", "look", "write"),
        ],
        RULES,
    )
    assert [(each["id"], each["depends_on"]) for each in kept] == [("write", []), ("tell", ["write"])]


def test_steps_of_ours_that_wait_for_each_other_are_left_out_too() -> None:
    kept = drop_our_steps(
        [step("a", "b", kind="approval"), step("b", "a", kind="gate.review"), step("tell", "a", "b")], RULES
    )
    assert [(each["id"], each["depends_on"]) for each in kept] == [("tell", [])]


def test_what_inputs_name_of_steps_has_the_names_that_these_have_in_the_run() -> None:
    done = {"read": StepSpec("r2.read", "notion.query_rows")}
    given = {"from_step": "count", "page": "step:read", "reads": ["step:count.text"]}
    specs = validate(
        [
            step("count", kind="notion.query_rows"),
            step("tell", "count", "read", input=given),
        ],
        RULES, prefix="r3.", max_steps=9, before=Before(done=done),
    )  # fmt: skip
    tell = next(spec for spec in specs if spec.id == "r3.tell")
    assert tell.depends_on == ("r3.count", "r2.read")
    assert tell.input == {"from_step": "r3.count", "page": "step:r2.read", "reads": ["step:r3.count.text"]}


@pytest.mark.parametrize("written", ["step:find", "step:find.text", "find"])
def test_a_text_named_as_other_fields_name_a_step_is_that_step(written: str) -> None:
    find, change = step("find", kind="notion.query_rows"), step("change")
    tell = validate([find, step("tell", input={"from_step": written})], RULES, prefix="r2.", max_steps=9)[1]
    assert (tell.depends_on, tell.input) == (("r2.find",), {"from_step": "r2.find"})
    assert steps_named(tell.input) == ["find"]
    assert bare_references(tell.input) == {"from_step": "find"}
    wrong = written.replace("find", "change")
    assert "is a step of the kind notion.comment, which leaves no text" in refused(
        find, change, step("tell", input={"from_step": wrong})
    )


def test_a_text_of_a_step_that_leaves_none_is_refused_with_the_plan() -> None:
    said = refused(
        step("find", kind="notion.query_rows"), step("change", "find"), step("tell", input={"from_step": "change"})
    )
    assert (
        said
        == (
            "step 'tell', from_step: 'change' is a step of the kind notion.comment, which leaves no text;"
            " these do: find\n"
        ).strip()
    )


def test_a_text_of_a_step_that_an_earlier_plan_has_done_is_told_apart_too() -> None:
    done = {"read": StepSpec("r1.read", "notion.query_rows"), "said": StepSpec("r1.said", "notion.comment")}
    taken = validate([step("tell", input={"from_step": "read"})], RULES, prefix="r2.", max_steps=9,
                     before=Before(done=done))  # fmt: skip
    assert taken[0].depends_on == ("r1.read",)
    with pytest.raises(InvalidOutput, match="these do: read"):
        validate([step("tell", input={"from_step": "said"})], RULES, prefix="r2.", max_steps=9,
                 before=Before(done=done))  # fmt: skip


def test_what_takes_from_a_step_comes_after_it_though_the_plan_does_not_say_so() -> None:
    made = validate(
        [step("tell", input={"from_step": "find"}), step("find", kind="notion.query_rows"),
         step("more", input={"page": "step:tell"})],
        RULES, prefix="", max_steps=9,
    )  # fmt: skip
    assert [(spec.id, spec.depends_on) for spec in made] == [("find", ()), ("tell", ("find",)), ("more", ("tell",))]
    assert "depends on 'gone', which is not in the plan" in refused(step("tell", input={"from_step": "gone"}))


def test_a_failed_step_is_known_again_though_what_it_names_has_another_mark() -> None:
    failed = StepSpec("r2.tell", "notion.comment", input={"page": "step:r2.made", "text": "hello"})
    steps = [step("made"), step("tell", "made", input={"page": "step:made", "text": "hello"})]
    with pytest.raises(InvalidOutput, match=r"repeats the step that has failed: notion\.comment"):
        validate(steps, RULES, prefix="r3.", max_steps=9, before=Before(failed=[failed]))
