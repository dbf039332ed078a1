"""Steps that become several: rounds of children, money held for them, who may be absent, and what ends with whom."""

from __future__ import annotations

from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.children import came_to, sort_for_reading
from shared.core.run.codec import run_from_data, run_to_data
from shared.core.run.reducer import reduce
from shared.core.run.run import NOTHING, Run, RunStatus, StepSpec, Usage
from tests.support.builders.runs import after, at, begin, spec, statuses, with_limits

PERMANENT, TRANSIENT = ErrorClass.PERMANENT, ErrorClass.TRANSIENT


def fan_out(run: Run, step: str, *children: StepSpec, used: Usage = NOTHING) -> ev.StepFannedOut:
    there = run.step(step)
    assert there is not None
    return ev.StepFannedOut(at(1), step, there.attempt, there.wake, children, {"asked": len(children)}, used)


def done(step: str, attempt: int = 1, used: Usage = NOTHING) -> ev.StepSucceeded:
    return ev.StepSucceeded(at(2), step, attempt, {"by": step}, used)


def failed(step: str, error_class: ErrorClass = PERMANENT, used: Usage = NOTHING) -> ev.StepFailed:
    return ev.StepFailed(at(2), step, 1, "refused", error_class, used=used)


def test_a_parent_is_handed_out_again_when_its_last_child_is_done_and_says_what_is_next() -> None:
    run, _ = begin(spec("panel"), spec("next", "panel"))
    run, commands = after(run, fan_out(run, "panel", spec("panel.1"), spec("panel.2", "panel.1")))
    assert [c.step for c in commands] == ["panel.1"]
    run, commands = after(run, done("panel.1"))
    assert [c.step for c in commands] == ["panel.2"]
    run, commands = after(run, done("panel.2"))
    assert [(c.step, c.attempt, c.wake) for c in commands] == [("panel", 1, 1)]
    run, commands = after(run, fan_out(run, "panel", spec("panel.3")))
    assert [c.step for c in commands] == ["panel.3"]
    run, commands = after(run, done("panel.3"))
    assert [(c.step, c.wake) for c in commands] == [("panel", 2)]
    run, commands = after(run, done("panel"))
    assert [c.step for c in commands] == ["next"]
    assert run.steps[0].output == {"by": "panel"}


def test_children_that_were_asked_for_already_are_not_asked_for_again() -> None:
    run, _ = begin(spec("panel"))
    first = fan_out(run, "panel", spec("panel.1"))
    run, _ = after(run, first, done("panel.1"))
    again, commands = reduce(run, first)  # the same attempt, from before the children were done
    assert again is run
    assert commands == ()


def test_a_round_without_children_is_over_at_once_and_kept() -> None:
    run, _ = begin(spec("loop"))
    run, commands = after(run, fan_out(run, "loop"))
    assert [(c.step, c.wake) for c in commands] == [("loop", 1)]
    assert run.steps[0].output == {"asked": 0}


def test_levels_deeper_than_allowed_end_the_run() -> None:
    run, _ = begin(spec("a"), limits=with_limits(fan_out=1))
    run, _ = after(run, fan_out(run, "a", spec("b")))
    run, _ = after(run, fan_out(run, "b", spec("c")))
    assert run.status == RunStatus.FAILED
    assert "2 levels deep" in run.failure


def test_what_is_reserved_for_a_group_is_all_its_children_can_have_together() -> None:
    run, _ = begin(spec("panel", estimate=Usage(0, 10)), spec("other", estimate=Usage(0, 1)))
    children = [spec(f"panel.{n}", estimate=Usage(0, 4)) for n in (1, 2, 3)]
    run, commands = after(run, fan_out(run, "panel", *children))
    assert [c.step for c in commands] == ["panel.1", "panel.2"]  # 4 of 10, 4 of 6, and no 4 of 2
    assert run.reserved == Usage(0, 11)
    run, commands = after(run, done("panel.1", used=Usage(0, 1)))
    assert [c.step for c in commands] == ["panel.3"]
    assert (run.spent, run.reserved) == (Usage(0, 1), Usage(0, 10))
    run, _ = after(run, done("panel.2", used=Usage(0, 4)), done("panel.3", used=Usage(0, 4)))
    assert (run.spent, run.reserved) == (Usage(0, 9), Usage(0, 2))
    run, _ = after(run, done("panel"))
    assert (run.spent, run.reserved) == (Usage(0, 9), Usage(0, 1))


def test_a_child_for_which_nothing_is_left_is_given_up() -> None:
    run, _ = begin(spec("panel", estimate=Usage(0, 5)))
    run, _ = after(run, fan_out(run, "panel", spec("panel.1", estimate=Usage(0, 4)), used=Usage(0, 2)))
    assert run.status == RunStatus.FAILED
    assert "what its group may cost is used up" in run.failure


def test_nothing_begins_beside_a_step_whose_lack_of_money_has_just_ended_the_run() -> None:
    run, commands = begin(spec("dear", estimate=Usage(0, 10**9)), spec("free"))
    assert (run.status, statuses(run)["free"]) == (RunStatus.FAILED, "cancelled")
    assert [c.name for c in commands] == ["notify"]
    run, _ = begin(spec("panel", estimate=Usage(0, 5)))
    asked = fan_out(run, "panel", spec("panel.1", estimate=Usage(0, 6)), spec("panel.2"))
    run, commands = after(run, asked)
    assert (run.status, statuses(run)["panel.2"]) == (RunStatus.FAILED, "cancelled")
    assert [c.name for c in commands] == ["notify"]


def test_a_child_is_tried_again_only_with_what_its_group_has_left() -> None:
    run, _ = begin(spec("panel", estimate=Usage(0, 6)))
    run, _ = after(run, fan_out(run, "panel", spec("panel.1", estimate=Usage(0, 4))))
    tried, _ = after(run, failed("panel.1", TRANSIENT, Usage(0, 2)))
    assert (tried.spent.micros, tried.reserved.micros) == (2, 4)
    spent, _ = after(run, failed("panel.1", TRANSIENT, Usage(0, 3)))
    assert spent.status == RunStatus.FAILED
    assert "the budget allows no further attempt" in spent.failure


def test_a_child_that_may_be_absent_is_missed_by_nobody() -> None:
    run, _ = begin(spec("vote"))
    three = [spec("vote.1", optional=True), spec("vote.2", optional=True), spec("vote.3", "vote.2", optional=True)]
    run, _ = after(run, fan_out(run, "vote", *three))
    run, commands = after(run, failed("vote.2"))
    assert [c.step for c in commands] == ["vote.3"]
    run, commands = after(run, done("vote.1"), done("vote.3"))
    assert [(c.step, c.wake) for c in commands] == [("vote", 1)]
    assert (run.step("vote.2").status.value, run.step("vote.2").error) == ("skipped", "refused")  # type: ignore[union-attr]
    run, _ = after(run, done("vote"))
    assert run.status == RunStatus.SUCCEEDED


def test_a_failure_below_a_child_that_may_be_absent_ends_that_childs_group_alone() -> None:
    run, _ = begin(spec("vote", estimate=Usage(0, 9)))
    group = spec("vote.1", optional=True, estimate=Usage(0, 6))
    run, _ = after(run, fan_out(run, "vote", group, spec("vote.2", estimate=Usage(0, 3))))
    below = [
        spec("vote.1.1", estimate=Usage(0, 2)),
        spec("vote.1.2", estimate=Usage(0, 2)),
        spec("vote.1.3", "vote.1.2"),
    ]
    run, _ = after(run, fan_out(run, "vote.1", *below))
    run, _ = after(run, failed("vote.1.1"))
    assert statuses(run) == {
        "vote": "waiting", "vote.1": "skipped", "vote.2": "running",
        "vote.1.1": "skipped", "vote.1.2": "running", "vote.1.3": "skipped",
    }  # fmt: skip
    run, _ = after(run, done("vote.2"), done("vote.1.2", used=Usage(0, 1)))  # in flight: ends, and is paid for
    assert run.spent == Usage(0, 1)
    run, _ = after(run, done("vote"))
    assert (run.status, run.reserved) == (RunStatus.SUCCEEDED, Usage())


def test_a_failure_that_nobody_can_do_without_ends_the_run_however_deep_it_is() -> None:
    run, _ = begin(spec("a"))
    run, _ = after(run, fan_out(run, "a", spec("a.1")))
    run, _ = after(run, fan_out(run, "a.1", spec("a.1.1"), spec("a.1.2", "a.1.1")))
    run, _ = after(run, failed("a.1.1"))
    assert run.status == RunStatus.FAILED


def test_cancelling_in_the_middle_of_a_round_begins_nothing_more() -> None:
    run, _ = begin(spec("debate"))
    run, _ = after(run, fan_out(run, "debate", spec("debate.1"), spec("debate.2"), spec("debate.3", "debate.1")))
    run, commands = after(run, acts.CancelRequested(at(3), "mira"), done("debate.1"))
    assert commands == []
    run, _ = after(run, done("debate.2"))
    assert run.status == RunStatus.CANCELLED
    assert statuses(run) == {
        "debate": "cancelled", "debate.1": "succeeded", "debate.2": "succeeded", "debate.3": "cancelled",
    }  # fmt: skip


def test_families_are_stored_and_read_back_whole() -> None:
    run, _ = begin(spec("a", estimate=Usage(0, 5)))
    run, _ = after(run, fan_out(run, "a", spec("a.1", optional=True, estimate=Usage(0, 2))))
    assert run_from_data(run_to_data(run)) == run


def test_people_read_children_below_their_parent_with_what_came_of_them() -> None:
    run, _ = begin(spec("first"), spec("vote"), spec("last", "vote"))
    run, _ = after(run, fan_out(run, "vote", spec("vote~1", optional=True), spec("vote~2", optional=True)))
    run, _ = after(run, fan_out(run, "vote~1", spec("vote~1~1")), failed("vote~2"))
    assert [step.id for step in sort_for_reading(run.steps)] == [
        "first",
        "vote",
        "vote~1",
        "vote~1~1",
        "vote~2",
        "last",
    ]
    assert came_to(run.step("vote~2")) == "absent: refused"  # type: ignore[arg-type]
    other = {"who": "Round 2: critic", "says": "mend"}
    run, _ = after(run, done("vote~1~1"), done("vote~1"))
    output = {"outcome": "2 of 3 after 2 rounds", "dissent": [other]}
    run, _ = after(run, ev.StepSucceeded(at(3), "vote", 1, output))
    assert came_to(run.step("vote")) == "2 of 3 after 2 rounds; Round 2: critic dissents: mend"  # type: ignore[arg-type]
    assert came_to(run.step("first")) == ""  # type: ignore[arg-type]


def test_a_group_that_fails_gives_all_back_and_another_plan_may_be_made() -> None:
    run, _ = begin()
    group = spec("panel", estimate=Usage(0, 9), group=True)
    run, _ = after(run, ev.PlanProposed(at(0), "plan", 1, (group, spec("next", "panel")), replannable=True))
    asked = [spec("panel~1", estimate=Usage(0, 4)), spec("panel~2", estimate=Usage(0, 4))]
    run, _ = after(run, fan_out(run, "panel", *asked, spec("panel~3", "panel~1")))
    run, _ = after(run, failed("panel~1"))
    assert statuses(run)["panel"] == "failed"
    assert run.reserved == Usage(0, 4)  # of the one that is in flight
    run, commands = after(run, done("panel~2", used=Usage(0, 1)))
    assert [c.step for c in commands] == ["plan-2"]
    assert (run.spent, run.reserved, statuses(run)["panel~3"]) == (Usage(0, 1), NOTHING, "skipped")


def test_one_who_may_be_absent_makes_no_other_plan_necessary() -> None:
    run, _ = begin()
    run, _ = after(run, ev.PlanProposed(at(0), "plan", 1, (spec("vote", group=True),), replannable=True))
    run, _ = after(run, fan_out(run, "vote", spec("vote~1", optional=True)))
    run, commands = after(run, failed("vote~1"))
    assert [(c.step, c.wake) for c in commands] == [("vote", 1)]


def test_a_group_that_is_lost_on_its_way_loses_no_money() -> None:
    run, _ = begin(spec("vote", group=True, estimate=Usage(0, 9)), limits=with_limits(attempt_s=60))
    run, _ = after(run, ev.TimePassed(at(61)))
    assert (run.spent, run.reserved) == (NOTHING, Usage(0, 9))


def test_what_fails_in_flight_below_a_group_that_has_ended_is_not_tried_again_and_owes_nothing() -> None:
    run, _ = begin(spec("vote", estimate=Usage(0, 9)))
    group = spec("vote.1", optional=True, estimate=Usage(0, 6))
    run, _ = after(run, fan_out(run, "vote", group, spec("vote.2", estimate=Usage(0, 3))))
    below = [spec("vote.1.1", estimate=Usage(0, 2)), spec("vote.1.2", estimate=Usage(0, 2))]
    run, _ = after(run, fan_out(run, "vote.1", *below))
    run, _ = after(run, failed("vote.1.1"))
    for error_class in ErrorClass:
        last, commands = after(run, failed("vote.1.2", error_class))
        assert statuses(last)["vote.1.2"] == "skipped"
        assert {step.id: step.reserved.micros for step in last.steps if step.reserved != NOTHING} == {
            "vote": 4, "vote.2": 3,
        }  # fmt: skip
        assert (commands, last.failure) == ([], "")
    last, _ = after(run, ev.StepLost(at(3), "vote.1.2", 1, 0))
    assert (statuses(last)["vote.1.2"], last.spent, last.failure) == ("skipped", Usage(0, 2), "")


def test_a_failure_in_flight_beside_the_one_that_leads_to_another_plan_stops_nothing() -> None:
    run, _ = begin()
    group = spec("panel", estimate=Usage(0, 9), group=True)
    run, _ = after(run, ev.PlanProposed(at(0), "plan", 1, (group,), replannable=True))
    asked = [spec("panel~1", estimate=Usage(0, 4)), spec("panel~2", estimate=Usage(0, 4))]
    run, _ = after(run, fan_out(run, "panel", *asked))
    run, _ = after(run, failed("panel~1"))
    run, commands = after(run, failed("panel~2", TRANSIENT, Usage(0, 1)))
    assert [c.step for c in commands] == ["plan-2"]
    assert (run.failure, run.spent, run.reserved) == ("", Usage(0, 1), NOTHING)


def test_an_attempt_that_may_be_under_way_when_its_group_ends_counts_as_spent() -> None:
    run, _ = begin(spec("vote", estimate=Usage(0, 9)))
    run, _ = after(run, fan_out(run, "vote", spec("vote.1", optional=True, estimate=Usage(0, 6))))
    below = [spec("vote.1.1", estimate=Usage(0, 2)), spec("vote.1.2", estimate=Usage(0, 2))]
    run, _ = after(run, fan_out(run, "vote.1", *below))
    run, _ = after(run, ev.StepWaits(at(1), "vote.1.2", 1, 0, at(10)))
    for when, spent in ((9, NOTHING), (10, Usage(0, 2))):
        last, _ = after(run, ev.StepFailed(at(when), "vote.1.1", 1, "refused"))
        assert (statuses(last)["vote.1.2"], last.spent) == ("skipped", spent)
