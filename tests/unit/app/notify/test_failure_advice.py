"""What people are told to do about a run that failed: by the sort of failure, however it is put into words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.app.notify.failure_advice import way_out, went_back
from shared.core.errors import ErrorClass
from shared.core.run import events as ev
from shared.core.run.codec import event_from_data, event_to_data, run_from_data, run_to_data
from shared.core.run.faults import Fault
from shared.core.run.run import Limits, Run, StepStatus, Trigger, Usage
from tests.support.builders.runs import after, at, begin, spec

ADVICE = {
    Fault.LOOPED: "agents had set each other off",
    Fault.NO_SANDBOX: "workwright doctor",
    Fault.NOT_SHARED: "share that page or table with the connection again",
    Fault.MUST_NOT_LEAVE: "change what is allowed",
    Fault.UNKNOWN_KIND: "this version plans it anew",
    Fault.NO_KEY: "give a key of your own",
    Fault.NO_MODEL: "look at whom your team asks",
    Fault.QUOTA: "top up that account",
    Fault.BUDGET: "raise the budget",
    Fault.LOST_UNPAID: "raise the budget",
    Fault.TOO_LONG: "ask for less at once",
    Fault.SAME_TWICE: "say on the page more precisely",
    Fault.MAY_HAVE_HAPPENED: "look there whether it happened",
    Fault.LOST: "look at its log",
}


def failing(fault: Fault = Fault.OTHER, error: str = "it did not work", title: str = "Write it") -> Run:
    run, _ = begin(spec("a", title=title), trigger=Trigger("page", "p"))
    run, _ = after(run, ev.StepFailed(at(1), "a", 1, error, fault=fault))
    return run


@pytest.mark.parametrize(("fault", "advice"), ADVICE.items())
@pytest.mark.parametrize("words", ["it did not work", "es ging nicht", "budget, sandbox, may have happened"])
def test_the_same_failure_in_other_words_has_the_same_way_out(fault: Fault, advice: str, words: str) -> None:
    run = failing(fault, words)
    assert (run.fault, run.steps[0].fault) == (fault, fault)
    assert advice in way_out(run)
    assert way_out(run_from_data(run_to_data(run))) == way_out(run)


@pytest.mark.parametrize("title", ["Compute the household budget", "Rake the sandbox", "Say what may have happened"])
def test_words_of_a_plan_are_no_sort_of_failure(title: str) -> None:
    run = failing(title=title)
    assert way_out(run).startswith("fix what the message says.")
    assert not went_back(failing(title="Say why it was rolled back to the previous version"))


@pytest.mark.parametrize(
    ("limits", "event", "fault"),
    [
        (Limits(attempts=1), ev.StepFailed(at(1), "a", 1, "503", ErrorClass.TRANSIENT), Fault.TRIED_OFTEN),
        (Limits(lost=1), ev.StepLost(at(1), "a", 1, 0), Fault.LOST),
        (Limits(wall_s=60), ev.TimePassed(at(61)), Fault.TOO_LONG),
        (Limits(), ev.BudgetShort(at(1), ("a",), "team", "all of it is spent"), Fault.BUDGET),
        (
            Limits(attempts=1),
            ev.StepFailed(at(1), "a", 1, "wait", ErrorClass.TRANSIENT, fault=Fault.NO_MODEL),
            Fault.NO_MODEL,
        ),
        (
            Limits(wall_s=60),
            ev.StepWaits(at(1), "a", 1, 0, at(99), held_back="wait", fault=Fault.NO_MODEL),
            Fault.NO_MODEL,
        ),
    ],
)
def test_what_the_core_itself_gives_up_for_is_told_as_data(limits: Limits, event: ev.Event, fault: Fault) -> None:
    run, _ = begin(spec("a", estimate=Usage(10, 10)), limits=limits)
    run, _ = after(run, event)
    assert run.fault == fault


def test_the_same_mistake_twice_and_what_must_not_leave_are_told_apart() -> None:
    for told, fault in ((Fault.OTHER, Fault.SAME_TWICE), (Fault.MUST_NOT_LEAVE, Fault.MUST_NOT_LEAVE)):
        run, _ = begin(spec("a"))
        for attempt in (1, 2):
            wrong = ev.StepFailed(at(attempt), "a", attempt, "x", ErrorClass.INVALID, signature="s", fault=told)
            run, _ = after(run, wrong)
        assert run.fault == fault


def test_a_chain_of_runs_that_wake_each_other_is_told_as_data() -> None:
    run, _ = begin(spec("a"), trigger=Trigger("page", "p", causes=("r-1", "r-2", "r-3")))
    assert (run.fault, run.failure[:6]) == (Fault.LOOPED, "3 runs")


def test_what_is_no_longer_shared_is_known_when_no_other_way_was_found() -> None:
    run = failing(Fault.SAME_TWICE, "x")
    unshared = replace(run.steps[0], fault=Fault.NOT_SHARED)
    assert "share that page" in way_out(replace(run, steps=(unshared,)))
    assert "share that page" not in way_out(run)


def test_what_a_version_before_has_stored_is_read_by_its_words() -> None:
    data = run_to_data(failing(Fault.NO_MODEL, "models: no model may be asked for 'plan' (none is connected)"))
    del data["fault"], data["steps"][0]["fault"]
    run = run_from_data(data)
    assert (run.fault, run.steps[0].fault) == (None, None)
    assert ADVICE[Fault.NO_MODEL] in way_out(run)
    told = event_from_data({"is": "StepFailed", "at": at(1).isoformat(), "step": "a", "attempt": 1, "error": "x"})
    assert isinstance(told, ev.StepFailed)
    assert told.fault == Fault.OTHER
    tried = replace(run, failure="Deploy it: 503 (tried 3 times)", steps=(
        replace(run.steps[0], spec=spec("a", kind="site.deploy"), error="503 (tried 3 times)"),))  # fmt: skip
    assert "see whether the place where the site is works again" in way_out(tried)
    assert went_back(replace(run, failure="site: rolled back to the previous version, because it was wrong"))


def test_a_fault_is_stored_by_its_value_and_one_of_a_newer_version_is_like_any_other() -> None:
    event = ev.StepFailed(at(1), "a", 1, "x", fault=Fault.QUOTA)
    assert event_to_data(event)["fault"] == "quota"
    assert event_from_data(event_to_data(event)) == event
    assert "fault" not in event_to_data(replace(event, fault=Fault.OTHER))
    newer = event_from_data({**event_to_data(event), "fault": "of_tomorrow"})
    assert isinstance(newer, ev.StepFailed)
    assert newer.fault == Fault.OTHER
    data = run_to_data(failing(Fault.QUOTA))
    assert (data["fault"], data["steps"][0]["fault"]) == ("quota", "quota")
    assert run_from_data({**data, "fault": "of_tomorrow"}).fault == Fault.OTHER


def test_a_step_that_failed_and_a_run_that_did_not_tell_no_other_fault() -> None:
    run, _ = begin(spec("a"))
    assert (run.fault, run.steps[0].fault, run.steps[0].status) == (None, None, StepStatus.RUNNING)
    assert "fault" not in run_to_data(run)
