"""What each pattern does with what its members say: who is asked, in which order, knowing what, and what counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.backends.offline.model import OfflineModel
from shared.core.errors import Overloaded
from shared.core.models.model_errors import InvalidOutput, Refused
from shared.core.run.run import NOTHING, RunStatus, StepSpec
from shared.ports.model import ModelRequest
from tests.support.ports.local_ports import Ports
from tests.unit.patterns.team import OK, STOP, Speakers, ask, critic, mend, pattern, planned, team, text, writer

EDIT = {"text": "Edited.", "changes": [], "doubts": []}


def test_one_agent_is_asked_and_its_checked_answer_is_kept(ports: Ports) -> None:
    model = Speakers(by_agent={"writer": [{"title": "no text"}, text("Hello.")]})
    one = team(ports, model)
    one.begin(*planned(writer("Say hello.")))
    run = one.work()
    assert run.status == RunStatus.SUCCEEDED
    assert one.answer(run.step("s1"))["text"] == "Hello."
    assert model.order == ["writer", "writer"]  # the first answer lacked fields and was sent back


def test_a_later_step_takes_fields_of_an_answer_and_reads_whole_ones(ports: Ports) -> None:
    model = Speakers(by_agent={"writer": [text("Some words.")], "editor": [EDIT], "critic": [OK]})
    one = team(ports, model)
    edit = {**ask("editor", takes={"text": "step:s1.text"}), "depends_on": ["s1"]}
    check = critic()
    check["input"]["reads"] = ["step:s1"]
    one.begin(*planned(writer("Write."), edit, check))
    assert one.work().status == RunStatus.SUCCEEDED
    assert model.asked[1].data["input"]["text"] == "Some words."
    assert "Some words." in model.asked[2].prompt


def test_in_a_sequence_each_is_given_what_the_one_before_it_made(ports: Ports) -> None:
    model = Speakers(by_agent={"writer": [text("First.")], "editor": [EDIT], "critic": [OK]})
    one = team(ports, model)
    one.begin(
        *planned(pattern("sequence", members=[writer("W"), ask("editor", takes={"text": "before.text"}), critic()]))
    )
    run = one.work()
    assert model.order == ["writer", "editor", "critic"]
    assert model.asked[1].data["input"]["text"] == "First."
    assert "Edited." in model.asked[2].prompt
    assert "First." not in model.asked[2].prompt
    assert one.answer(run.step("s1")) == OK


@pytest.mark.parametrize(
    ("verdicts", "won", "votes", "dissenting"),
    [
        ([OK, mend("a"), OK], "ok", {"ok": 2, "mend": 1}, ["mend"]),
        ([mend("a"), OK, mend("b")], "mend", {"mend": 2, "ok": 1}, ["ok"]),
        ([OK, OK, OK], "ok", {"ok": 3}, []),
        ([STOP, OK], "stop", {"stop": 1, "ok": 1}, ["ok"]),  # a tie: who was named first
    ],
)
def test_a_vote_counts_equal_positions_and_keeps_the_dissent(
    ports: Ports, verdicts: list[Any], won: str, votes: dict[str, int], dissenting: list[str]
) -> None:
    model = Speakers(by_agent={"critic": verdicts})
    one = team(ports, model)
    one.begin(*planned(pattern("parallel", members=[critic()] * len(verdicts), how="vote", on="verdict")))
    output = one.work().steps[0].output
    assert (one.answer(one.ports.run().steps[0])["verdict"], output["votes"]) == (won, votes)
    assert [each["says"] for each in output.get("dissent", [])] == dissenting


def test_who_refuses_is_absent_from_a_vote_and_the_others_decide(ports: Ports) -> None:
    model = Speakers(by_agent={"critic": [OK, Refused("I will not."), OK]})
    one = team(ports, model)
    one.begin(*planned(pattern("parallel", members=[critic()] * 3, how="vote", on="verdict")))
    run = one.work()
    assert run.status == RunStatus.SUCCEEDED
    assert run.steps[0].output["absent"] == ["2 of 3: critic: I will not."]
    assert run.steps[0].output["outcome"] == "2 of 2 votes"


def test_who_is_overloaded_is_waited_for_and_then_absent(ports: Ports) -> None:
    def overloaded(request: ModelRequest, before: int) -> Any:
        return Overloaded("vertex", "no room") if "second" in request.prompt else OK

    one = team(ports, Speakers(by_agent={"critic": overloaded}))
    asked = [critic(of) for of in ("first", "second", "third")]
    one.begin(*planned(pattern("parallel", members=asked, how="vote", on="verdict")), attempts=3)
    run = one.work()
    assert run.status == RunStatus.SUCCEEDED
    assert "tried 3 times" in run.step("s1~2").error  # type: ignore[union-attr]


def test_without_a_quorum_the_run_ends_and_says_who_was_missing(ports: Ports) -> None:
    one = team(ports, Speakers(by_agent={"critic": [OK, Refused("no"), Refused("no")]}))
    one.begin(*planned(pattern("parallel", members=[critic()] * 3, how="vote", on="verdict")))
    run = one.work()
    assert run.status == RunStatus.FAILED
    assert "1 of 3 answered, 2 are needed (2 of 3: critic: no; 3 of 3: critic: no)" in run.failure


def test_a_merger_hears_all_who_answered(ports: Ports) -> None:
    drafts = [text("One."), Refused("no"), text("Three.")]
    model = Speakers(by_agent={"writer": drafts, "summariser": [{"summary": "Both.", "points": []}], "editor": [EDIT]})
    one = team(ports, model)
    merger = ask("editor", takes={"text": "before.text"})
    one.begin(*planned(pattern("parallel", members=[writer(w) for w in "abc"], how="merge", by=merger)))
    run = one.work()
    assert model.asked[-1].data["input"]["text"] == "One.\n\nThree."
    assert one.answer(run.steps[0]) == EDIT
    assert run.steps[0].output["outcome"] == "merged from 2"


def test_the_best_is_the_one_with_the_fewest_findings_and_no_one_judges_itself(ports: Ports) -> None:
    def judge(request: ModelRequest, before: int) -> Any:
        return mend("x", "y") if "Bad." in request.prompt else mend("x") if "Good." in request.prompt else OK

    model = Speakers(by_agent={"writer": [text("Bad."), text("Good."), text("Bad. too")], "critic": judge})
    one = team(ports, model)
    one.begin(*planned(pattern("parallel", members=[writer(w) for w in "abc"], how="best_of", by=critic())))
    run = one.work()
    assert one.answer(run.steps[0])["text"] == "Good."
    assert model.order == ["writer"] * 3 + ["critic"] * 3


def test_a_debate_ends_with_the_round_in_which_all_agree(ports: Ports) -> None:
    model = Speakers(by_agent={"critic": [OK, mend("a"), OK, OK, OK, OK]})
    one = team(ports, model)
    one.begin(*planned(pattern("debate", members=[critic(), critic(), critic()], on="verdict", rounds=4)))
    run = one.work()
    assert len(model.asked) == 6
    assert run.steps[0].output["outcome"] == "agreed after 2 rounds"
    assert "dissent" not in run.steps[0].output
    assert (
        json.dumps(mend("a")["findings"][0]["problem"]) in model.asked[3].prompt
    )  # each hears all of the round before


def test_a_debate_without_agreement_keeps_the_dissent(ports: Ports) -> None:
    def restless(request: ModelRequest, before: int) -> Any:
        return [OK, STOP, OK, OK, mend("a"), OK, OK, STOP, OK][before]

    one = team(ports, Speakers(by_agent={"critic": restless}))
    one.begin(*planned(pattern("debate", members=[critic(), critic(), critic()], on="verdict", rounds=3)))
    output = one.work().steps[0].output
    assert (output["outcome"], output["rounds"], output["agreed"]) == ("2 of 3 after 3 rounds", 3, False)
    assert [(each["who"], each["says"]) for each in output["dissent"]] == [("Round 3: critic", "stop")]


def test_a_debate_in_which_nobody_moves_is_over(ports: Ports) -> None:
    model = Speakers(by_agent={"critic": lambda request, before: STOP if "second" in request.prompt else OK})
    one = team(ports, model)
    one.begin(*planned(pattern("debate", members=[critic("first"), critic("second")], on="verdict", rounds=4)))
    output = one.work().steps[0].output
    assert (len(model.asked), output["rounds"]) == (4, 2)


def test_who_was_absent_in_one_round_is_not_asked_in_the_next(ports: Ports) -> None:
    model = Speakers(by_agent={"critic": [OK, STOP, Refused("no"), OK, OK]})
    one = team(ports, model)
    one.begin(*planned(pattern("debate", members=[critic(), critic(), critic()], on="verdict")))
    assert one.work().steps[0].output["agreed"]
    assert len(model.asked) == 5


def test_a_debate_that_most_have_left_decides_nothing(ports: Ports) -> None:
    away = Refused("away")
    first: list[Any] = [OK, mend("a"), STOP, away, away]
    model = Speakers(by_agent={"critic": [*first, mend("b"), OK, away, OK]})
    one = team(ports, model)
    one.begin(*planned(pattern("debate", members=[critic()] * 5, on="verdict", rounds=3)))
    run = one.work()
    assert run.status != RunStatus.SUCCEEDED
    assert "3 are needed" in run.steps[0].error


def test_what_a_checker_finds_goes_back_to_the_maker_until_it_passes(ports: Ports) -> None:
    model = Speakers(by_agent={"writer": [text("A"), text("B"), text("C")], "critic": [mend("dull"), mend("long"), OK]})
    one = team(ports, model)
    check = critic(takes=None)
    del check["input"]["input"]["plan"]
    check["input"]["takes"] = {"plan": "before.text"}
    one.begin(*planned(pattern("verify", maker=writer("W"), checker=check)))
    run = one.work()
    assert model.order == ["writer", "critic"] * 3
    assert [request.data["input"].get("plan") for request in model.asked[1::2]] == ["A", "B", "C"]
    assert "dull" in model.asked[2].prompt
    assert run.steps[0].output["outcome"] == "passed after 2 repairs"
    assert one.answer(run.steps[0])["text"] == "C"


@pytest.mark.parametrize(
    ("checks", "calls", "said"),
    [
        ([STOP], 2, "the checker stops it"),
        ([mend("a"), mend("b"), mend("c")], 6, "not passed after 3 checks"),
        ([mend("a"), mend("a")], 4, "the same findings twice in a row"),
    ],
)
def test_what_never_passes_is_no_result(ports: Ports, checks: list[Any], calls: int, said: str) -> None:
    model = Speakers(by_agent={"writer": [text("A")], "critic": checks})
    one = team(ports, model)
    one.begin(*planned(pattern("verify", maker=writer("W"), checker=critic())))
    run = one.work()
    assert (run.status, len(model.asked)) == (RunStatus.FAILED, calls)
    assert said in run.failure


def test_a_chair_hears_the_specialists_and_decides(ports: Ports) -> None:
    model = Speakers(by_agent={"critic": [mend("a"), OK, OK], "code-reviewer": [STOP]})
    one = team(ports, model)
    given = {
        "specialists": [critic(), ask("code-reviewer", files=[{"path": "a.py", "content": ""}]), critic()],
        "chair": critic(),
        "on": "verdict",
    }
    one.begin(*planned(pattern("panel", **given)))
    run = one.work()
    assert model.order[-1] == "critic"
    assert '"problem": "a"' in model.asked[-1].prompt
    assert one.answer(run.steps[0]) == OK
    assert [each["says"] for each in run.steps[0].output["dissent"]] == ["mend", "stop"]
    assert run.steps[0].output["outcome"] == "decided by critic, 3 heard"


def test_what_agents_answer_is_kept_as_text_too_for_steps_that_write_it(ports: Ports) -> None:
    draft = {"title": "Opening", "text": "We open at 9.", "missing": ["the day"], "left_out": ["the price", "the name"]}
    one = team(ports, Speakers(by_agent={"writer": [draft], "critic": [mend("dull"), OK]}))
    one.begin(*planned(pattern("verify", maker=writer("W"), checker=critic()), critic(plan="W")))
    run = one.work()
    read = ports.deps.store.get_text
    assert read("t-1", run.steps[0].output["text"]) == (
        "## Opening\n\nWe open at 9.\n\n**Missing**\n\n- the day\n\n**Left out**\n\n- the price\n- the name"
    )
    checked = run.step("s1~check-1")
    assert checked is not None
    assert read("t-1", checked.output["text"]) == (
        "**Verdict**: mend\n\n**Findings**\n\n- severity: high; where: line 1; problem: dull; mend: write it down"
    )


def test_the_offline_model_takes_part_by_its_rules(ports: Ports) -> None:
    files = [{"path": "app.py", "content": "import os\n\nos.system(input())\n"}]
    reviewers = [ask("code-reviewer", files=files), ask("security-reviewer", files=files)]
    one = team(ports, OfflineModel())
    one.begin(*planned(pattern("parallel", members=reviewers, how="vote", on="verdict"), model=OfflineModel()))
    run = one.work()
    assert run.status == RunStatus.SUCCEEDED
    assert one.answer(run.step("s1~2"))["verdict"] != "ok"  # whatever is typed is run
    assert {step.output["model"] for step in run.steps[1:]} == {"offline"}
    assert run.spent == NOTHING


def test_a_step_depends_on_what_it_names_however_deep_in_its_members() -> None:
    take = {**ask("editor", takes={"text": "step:s1.text"}), "id": "edit", "depends_on": []}
    check = critic()
    check["input"]["reads"] = ["step:s1", "step:edit"]
    deep = {**pattern("sequence", members=[pattern("sequence", members=[critic(), check]), critic()]), "depends_on": []}
    specs = planned(writer("W"), take, deep)
    assert [(spec.id, spec.depends_on) for spec in specs] == [("s1", ()), ("edit", ("s1",)), ("s3", ("s1", "edit"))]
    with pytest.raises(InvalidOutput, match="'s1' depends on 'nothing', which is not in the plan"):
        planned(ask("editor", takes={"text": "step:nothing.text"}))


def test_a_plan_made_later_hears_what_the_one_before_has_done(ports: Ports) -> None:
    model = Speakers(by_agent={"writer": [text("Some words.")], "editor": [EDIT]})
    one = team(ports, model)
    (first,) = planned(writer("W"))
    edit = StepSpec(
        "r2.edit", "agent.ask", input=ask("editor", takes={"text": "step:s1.text"})["input"], depends_on=("s1",)
    )
    one.begin(first, edit)
    assert one.work().status == RunStatus.SUCCEEDED
    assert model.asked[1].data["input"]["text"] == "Some words."
