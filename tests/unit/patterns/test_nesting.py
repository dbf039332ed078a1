"""Patterns within patterns: how deep, how many, how dear at most; what survives a death at any point, and a cancel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.app.money.ceilings import refuse_too_dear
from shared.core.models.model_errors import InvalidOutput, Refused
from shared.core.planning.risk import risk_of
from shared.core.run import acts
from shared.core.run.run import NOTHING, RunStatus, StepSpec, Usage
from shared.mind.agents.registry import agent
from shared.ports.model import ModelRequest
from tests.support.builders.runs import begin, with_limits
from tests.support.ports.local_ports import Ports
from tests.unit.patterns.team import OK, Speakers, critic, die_everywhere, mend, pattern, planned, team, text, writer

PRICE = Usage(1000, 700)


def checked(of: str = "W", **more: Any) -> dict[str, Any]:
    return pattern("verify", maker=writer(of), checker=critic(), **more)


def row(*members: dict[str, Any]) -> dict[str, Any]:
    return pattern("sequence", members=list(members))


def test_three_levels_of_patterns_work_and_flow_outwards(ports: Ports) -> None:
    model = Speakers(by_agent={"writer": [text("Deep.")], "critic": [OK]})
    one = team(ports, model)
    one.begin(*planned(pattern("parallel", members=[row(checked(), critic()), critic()], how="vote", on="verdict")))
    run = one.work()
    assert run.status == RunStatus.SUCCEEDED
    assert max(step.level for step in run.steps) == 3
    assert run.steps[0].output["votes"] == {"ok": 2}


def test_a_fourth_level_is_refused_with_the_plan() -> None:
    three = row(row(checked(), critic()), critic())
    planned(three)
    with pytest.raises(InvalidOutput, match=r"steps\[0\]\.input: patterns are nested 4 deep; at most 3 are allowed"):
        planned(row(three, critic()))


def test_more_steps_than_one_pattern_may_become_are_refused_with_the_plan() -> None:
    five = pattern("debate", members=[checked()] * 5, on="title", rounds=4)
    with pytest.raises(InvalidOutput, match=r"this may become 140 steps; at most 80 are allowed"):
        planned(five)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (pattern("verify", maker=critic(), checker=critic()), "checker is 'critic', who would check its own work"),
        (pattern("verify", maker=row(writer("a"), critic()), checker=critic()), "who would check its own work"),
        (pattern("verify", maker=writer("a"), checker=writer("b")), "checker does not answer with 'verdict', but"),
        (
            pattern("parallel", members=[critic(), writer("a")], how="vote", on="verdict"),
            "members.2 does not answer with 'verdict', but with title, text, missing, left_out",
        ),
        (pattern("parallel", members=[critic()] * 2, how="vote"), "on: give the field that is voted on"),
        (pattern("parallel", members=[critic()] * 2, how="merge"), "by: name who merges or checks"),
        (pattern("debate", members=[critic()] * 2, on="verdict", quorum=3), "quorum is 3, and there are 2 members"),
        (row(critic(), {"kind": "agent.ask", "input": {"agent": "nobody"}}), "there is no agent 'nobody'; there are"),
        (
            row(critic(), writer("a", words=5)),
            "agent.ask: input of writer: words: must be a whole number from 20 to 3000",
        ),
        (row(critic(), {"kind": "pattern.spiral", "input": {}}), "member 'pattern.spiral' is unknown"),
    ],
)
def test_what_cannot_work_is_refused_with_the_plan(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidOutput) as error:
        planned(wrong)
    assert said in str(error.value)


def test_the_ceiling_is_the_sum_of_all_that_may_be_asked_and_stands_in_the_plan() -> None:
    write, check = agent("writer").budget, agent("critic").budget
    paid = Speakers(price=PRICE)
    talk = pattern("debate", members=[critic()] * 2, on="verdict", rounds=3)
    (spec,) = planned(row(checked(repairs=1), talk), model=paid)
    times = 2  # makes and checks of a verification with one repair
    assert spec.estimate.micros == times * (write.micros + check.micros) + 6 * check.micros
    assert spec.estimate.tokens == times * (write.tokens + check.tokens) + 6 * check.tokens
    (free,) = planned(row(checked(), critic()), model=Speakers(price=NOTHING))
    assert free.estimate == NOTHING


def test_a_group_never_holds_and_spends_more_than_its_ceiling_and_is_paid_call_by_call(ports: Ports) -> None:
    model = Speakers(by_agent={"writer": [text("A")], "critic": [mend("a"), OK]}, price=PRICE)
    one = team(ports, model)
    specs = planned(row(checked(repairs=1), critic()), model=model)
    one.begin(*specs)
    seen: list[Usage] = []
    for _ in range(40):
        one.step()
        run = one.ports.run()
        seen.append(run.spent + run.reserved)
    assert run.status == RunStatus.SUCCEEDED
    assert max(each.micros for each in seen) == specs[0].estimate.micros
    assert max(each.tokens for each in seen) == specs[0].estimate.tokens
    assert run.spent == Usage(5 * PRICE.tokens, 5 * PRICE.micros)


def test_a_group_below_that_fails_is_absent_and_asks_nobody_any_more(ports: Ports) -> None:
    model = Speakers(by_agent={"writer": [Refused("no")], "critic": [OK]})
    one = team(ports, model)
    voters = [row(checked(), critic()), critic(), critic()]
    one.begin(*planned(pattern("parallel", members=voters, how="vote", on="verdict")))
    run = one.work()
    assert run.status == RunStatus.SUCCEEDED
    assert sorted(model.order) == ["critic", "critic", "writer"]
    assert run.steps[0].output["absent"] == ["1 of 3: sequence: Make: writer: no"]


def by_what_it_is_told(request: ModelRequest, before: int) -> Any:
    """Answer the same to the same: a call that is repeated after a death changes nothing."""
    return OK if "Better." in request.prompt else mend("too short")


def story(ports: Ports) -> tuple[Any, Speakers]:
    def drafts(request: ModelRequest, before: int) -> Any:
        return text("Better." if "too short" in request.prompt else "Short.")

    model = Speakers(by_agent={"writer": drafts, "critic": by_what_it_is_told}, price=PRICE)
    one = team(ports, model)
    one.begin(*planned(checked(), model=model))
    return one, model


@pytest.mark.slow
def test_after_a_death_at_any_point_it_ends_the_same_and_asks_nothing_twice_that_was_stored(tmp_path: Path) -> None:
    lives = die_everywhere(tmp_path, story)
    whole = next(lives)
    assert (whole.run.status, whole.answer, whole.calls) == (RunStatus.SUCCEEDED, text("Better."), 4)
    assert len(whole.passed) > 20
    for life in lives:
        assert (life.run.status, life.answer, life.output) == (RunStatus.SUCCEEDED, whole.answer, whole.output), (
            life.died
        )
        unkept = life.died in ("text.after/agent.ask", "commit.before/agent.ask")  # called, and the result not kept yet
        assert life.calls == 4 + unkept, life.died


def test_cancelled_in_the_middle_it_asks_nobody_any_more(ports: Ports) -> None:
    one, model = story(ports)
    while len(model.asked) < 2:
        one.step()
    record(ports.deps, "t-1", "run-1", acts.CancelRequested(ports.clock.now(), "Ada Example"))
    run = one.work()
    assert (run.status, len(model.asked)) == (RunStatus.CANCELLED, 2)
    assert run.reserved == NOTHING


def test_a_group_that_the_run_could_never_pay_for_is_refused_with_the_plan() -> None:
    specs = planned(row(checked(), critic()), model=Speakers(price=PRICE))
    dollars = specs[0].estimate.micros
    run, _ = begin(limits=with_limits(micros=dollars + 99, kept_back=99))
    refuse_too_dear(specs, run)
    run, _ = begin(limits=with_limits(micros=dollars + 98, kept_back=99))
    with pytest.raises(
        InvalidOutput, match=r"step 's1' may cost up to 0\.69 US dollars .* fewer members, rounds or repairs"
    ):
        refuse_too_dear(specs, run)


def test_what_an_agent_deep_in_a_pattern_may_write_counts_for_the_risk_of_the_plan() -> None:
    at_work = {"agent": "researcher", "may": [{"kind": "notion.comment", "fixed": {"page": "p"}}]}
    inside = row(row({"kind": "agent.loop", "input": at_work}, critic()), critic())
    assert risk_of([StepSpec("s1", inside["kind"], input=inside["input"])]).why == ("it writes to Notion",)
    assert risk_of([StepSpec("s1", "pattern.sequence", input=row(critic(), critic())["input"])]).why == ()
