"""A question with options: sides are heard, they argue, a chair decides, and who disagrees is counted, not claimed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.backends.offline.model import OfflineModel
from shared.core.models.model_errors import InvalidOutput
from shared.core.run.children import came_to
from shared.core.run.run import RunStatus
from shared.ports.model import ModelRequest
from tests.support.ports.local_ports import Ports
from tests.unit.patterns.team import Speakers, ask, critic, pattern, planned, team, writer

OPTIONS = ["a hosted forum", "a mailing list"]
ASKED = {"question": "How do members talk to each other?", "options": OPTIONS}
SIDES = ("cost", "security", "effort")


def advisor(view: str, **more: Any) -> dict[str, Any]:
    return ask("advisor", **ASKED, view=view, **more)


def decider(**more: Any) -> dict[str, Any]:
    return ask("decider", **ASKED, **more)


def position(choice: int, *reasons: str) -> dict[str, Any]:
    return {"choice": OPTIONS[choice], "reasons": list(reasons), "assumptions": [], "objections": ["It is new."]}


def decision(choice: int, *dissent: dict[str, str]) -> dict[str, Any]:
    return {"choice": OPTIONS[choice], "reasons": ["Addresses stay with us."], "dissent": list(dissent)}


def panel(**more: Any) -> dict[str, Any]:
    return pattern("panel", specialists=[advisor(side) for side in SIDES], chair=decider(), **more)


def debate(**more: Any) -> dict[str, Any]:
    return pattern("debate", members=[advisor(side) for side in SIDES], on="choice", chair=decider(), **more)


FORUM, MAIL = position(0, "Its maker mends it."), position(1, "It is free.", "Everybody has mail.")


def test_a_chair_is_given_who_is_for_what_and_why(ports: Ports) -> None:
    model = Speakers(by_agent={"advisor": [MAIL, FORUM, MAIL], "decider": [decision(0)]})
    one = team(ports, model)
    one.begin(*planned(panel()))
    assert one.work().status == RunStatus.SUCCEEDED
    assert [request.data["input"]["view"] for request in model.asked[:3]] == list(SIDES)
    heard = model.asked[3].data["input"]["positions"]
    assert [(each["who"], each["choice"], each["reasons"]) for each in heard] == [
        ("Specialist 1: advisor (cost)", OPTIONS[1], ["It is free.", "Everybody has mail."]),
        ("Specialist 2: advisor (security)", OPTIONS[0], ["Its maker mends it."]),
        ("Specialist 3: advisor (effort)", OPTIONS[1], ["It is free.", "Everybody has mail."]),
    ]
    assert model.asked[3].prompt.count("Its maker mends it.") == 1  # and not a second time beside its input


def test_who_disagrees_is_counted_whatever_the_chair_says(ports: Ports) -> None:
    told = [
        {"who": "Specialist 1: advisor (cost)", "choice": OPTIONS[1], "why": "It is free; a leak is dearer."},
        {"who": "Specialist 2: advisor (security)", "choice": OPTIONS[1], "why": "Made up."},
    ]
    model = Speakers(by_agent={"advisor": [MAIL, FORUM, MAIL], "decider": [decision(0, *told)]})
    one = team(ports, model)
    one.begin(*planned(panel()))
    (step, *_) = one.work().steps
    assert one.answer(step)["dissent"] == [
        told[0],
        {"who": "Specialist 3: advisor (effort)", "choice": OPTIONS[1], "why": "It is free."},
    ]
    assert [each["who"] for each in step.output["dissent"]] == [told[0]["who"], "Specialist 3: advisor (effort)"]
    assert "Specialist 1: advisor (cost) dissents: a mailing list" in came_to(step)
    assert ports.deps.store.get_text("t-1", step.output["text"]) == (
        "**Choice**: a hosted forum\n\n**Why**\n\n- Addresses stay with us.\n\n**Who disagreed**\n\n"
        "- advisor (cost): choice: a mailing list; why: It is free; a leak is dearer.\n"
        "- advisor (effort): choice: a mailing list; why: It is free."
    )


def test_those_who_argue_hear_each_other_and_then_the_chair_decides(ports: Ports) -> None:
    def argues(request: ModelRequest, before: int) -> Any:
        return [MAIL, FORUM, MAIL, MAIL, FORUM, FORUM][min(before, 5)]

    model = Speakers(by_agent={"advisor": argues, "decider": [decision(0)]})
    one = team(ports, model)
    one.begin(*planned(debate(rounds=2)))
    run = one.work()
    assert run.status == RunStatus.SUCCEEDED
    assert model.order == ["advisor"] * 6 + ["decider"]
    assert "Its maker mends it." in model.asked[3].prompt
    assert [each["who"] for each in model.asked[6].data["input"]["positions"]] == [
        "Round 2: advisor (cost)",
        "Round 2: advisor (security)",
        "Round 2: advisor (effort)",
    ]
    output = run.steps[0].output
    assert output["outcome"] == "2 of 3 after 2 rounds; decided by decider"
    assert one.answer(run.steps[0])["dissent"] == [
        {"who": "Round 2: advisor (cost)", "choice": OPTIONS[1], "why": "It is free."}
    ]
    assert (output["rounds"], output["agreed"]) == (2, False)


def test_a_chair_may_decide_against_all(ports: Ports) -> None:
    model = Speakers(by_agent={"advisor": [MAIL], "decider": [decision(0)]})
    one = team(ports, model)
    one.begin(*planned(debate()))
    output = one.work().steps[0].output
    assert output["outcome"] == "agreed after 1 round; decided by decider"
    assert len(output["dissent"]) == 3


def test_what_is_decided_is_one_of_the_options(ports: Ports) -> None:
    other = {**decision(0), "choice": "carrier pigeons"}
    model = Speakers(by_agent={"advisor": [MAIL], "decider": [other, decision(1)]})
    one = team(ports, model)
    one.begin(*planned(panel()))
    run = one.work()
    assert one.answer(run.steps[0])["choice"] == OPTIONS[1]
    assert model.order[3:] == ["decider", "decider"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (
            panel(on="verdict"),
            r"specialists\.1 does not answer with 'verdict', but with choice, reasons, assumptions, objections",
        ),
        (
            pattern("panel", specialists=[advisor("cost"), critic()], chair=decider(), on="choice"),
            r"specialists\.2 does not answer with 'choice', but with verdict, findings",
        ),
        (
            pattern("panel", specialists=[advisor("cost"), advisor("time")], chair=writer("W"), on="choice"),
            "chair does not answer with 'choice', but with title, text, missing, left_out",
        ),
        (debate() | {"input": {**debate()["input"], "on": "verdict"}}, r"members\.1 does not answer with 'verdict'"),
        (
            pattern("debate", members=[advisor("cost"), advisor("time")], on="choice", chair=critic()),
            "chair does not answer with 'choice', but with verdict, findings",
        ),
        (
            pattern(
                "panel",
                specialists=[advisor("cost"), advisor("time")],
                chair=ask("writer", brief="Tell it.", words=50, takes={"facts": "before.text"}),
            ),
            r"chair needs 'text' of specialists\.1, which does not answer with 'text', but with choice, reasons",
        ),
        (
            pattern("sequence", members=[advisor("cost"), ask("editor", takes={"text": "before.text"})]),
            r"members\.2 needs 'text' of members\.1, which does not answer with 'text', but with choice",
        ),
        (
            pattern("panel", specialists=[advisor("cost"), critic()], chair=decider()),
            r"chair needs 'choice' of specialists\.2, which does not answer with 'choice', but with verdict, findings",
        ),
        (
            pattern("panel", specialists=[ask("advisor", question="Q", options="a or b")] * 2, chair=decider()),
            "input of advisor: options: must be a list of texts, 2 to 12 of them",
        ),
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_answer_its_question_is_refused_with_the_fields_there_are(
    wanted: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidOutput, match=says):
        planned(wanted)


def test_rules_decide_too_and_say_that_they_count(ports: Ports) -> None:
    facts = [
        "Cost: the mailing list is free.",
        "Security: the hosted forum is mended by its maker.",
        "Effort: the mailing list is set up in an hour.",
    ]
    wanted = pattern("debate", members=[advisor(side, facts=facts) for side in SIDES], on="choice", chair=decider())
    one = team(ports, OfflineModel())
    one.begin(*planned(wanted, model=OfflineModel()))
    run = one.work()
    answer = one.answer(run.steps[0])
    assert (run.status, answer["choice"]) == (RunStatus.SUCCEEDED, "a mailing list")
    assert answer["reasons"][0].startswith("2 of 3 are for it; rules count positions")
    assert [(each["choice"], each["why"]) for each in answer["dissent"]] == [("a hosted forum", facts[1])]


def test_who_is_asked_alone_is_given_the_positions(ports: Ports) -> None:
    model = Speakers(by_agent={"decider": [decision(0)]})
    one = team(ports, model)
    said = [{"who": "Ada", "choice": OPTIONS[1], "reasons": ["It is free."]}]
    one.begin(*planned(decider(positions=said)))
    run = one.work()
    assert json.loads(json.dumps(model.asked[0].data["input"]["positions"]))[0]["who"] == "Ada"
    assert one.answer(run.steps[0]) == decision(0)


def test_a_decider_is_given_the_facts_and_what_sides_assume(ports: Ports) -> None:
    side = {**position(0, "It is patched."), "assumptions": ["Members read mail."]}
    chair = {"choice": OPTIONS[0], "reasons": ["It is patched."], "dissent": []}
    model = Speakers(by_agent={"advisor": [side], "decider": [chair]})
    one = team(ports, model)
    given = ask("decider", question="Q", options=OPTIONS, facts=["The forum takes 40 euros a month."])
    one.begin(*planned(pattern("panel", specialists=[advisor("cost"), advisor("security")], chair=given)))
    one.work()
    told = model.asked[-1].prompt
    assert "The forum takes 40 euros a month." in told
    assert "Members read mail." in told
