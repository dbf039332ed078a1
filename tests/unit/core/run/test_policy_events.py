"""A gate that a policy passes, and one that people are asked at after all: what begins, what waits, what is stored."""

from __future__ import annotations

import pytest

from shared.core.approval.release_words import describe_passed
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.codec import event_from_data, event_to_data, run_from_data, run_to_data
from shared.core.run.run import Run, RunStatus
from tests.support.builders.reworked_run import asked, done, yes
from tests.support.builders.runs import after, at, begin, gate, spec, statuses

PLAN = (gate("approve"), spec("one", "approve"), spec("two", "one"), spec("three", "two"), spec("beside"))


def allowed(run: Run, name: str, what: str | None = None, version: int = 3) -> acts.PolicyAllowed:
    step = run.step(name)
    bound = what if what is not None else step.wait.what if step is not None and step.wait is not None else ""
    return acts.PolicyAllowed(at(2), name, bound, "inside_limits", version, "code: go ahead inside limits")


def withdrawn(run: Run, name: str, step: str, attempt: int = 1) -> acts.PolicyWithdrawn:
    return acts.PolicyWithdrawn(at(5), name, step, attempt, "always_ask", 4, "people are asked first")


def test_a_gate_is_passed_and_says_by_which_rule() -> None:
    run, _ = begin(*PLAN)
    run, commands = after(run, allowed(run, "approve"))
    assert statuses(run) == {"approve": "succeeded", "one": "running", "two": "pending", "three": "pending",
                             "beside": "running"}  # fmt: skip
    passed = run.step("approve")
    assert passed is not None
    assert dict(passed.output) == {
        "by": "the team's policy", "via": "policy", "at": at(2).isoformat(), "plan_hash": run.plan_hash,
        "rule": "inside_limits", "version": 3, "words": "code: go ahead inside limits",
    }  # fmt: skip
    assert [each.step for each in commands if each.name == "attempt"] == ["one"]
    assert describe_passed(run) == [
        "Went ahead under the rule “code: go ahead inside limits” (policy, version 3): nobody was asked about the plan."
    ]


def test_what_no_longer_fits_changes_nothing() -> None:
    run, _ = begin(*PLAN)
    for event in (allowed(run, "approve", "another plan"), allowed(run, "one"), allowed(run, "nowhere")):
        assert after(run, event)[0] is run
    decided, _ = after(run, yes(run, "approve"))
    assert after(decided, allowed(run, "approve"))[0] is decided  # a person was faster
    passed, _ = after(run, allowed(run, "approve"))
    assert after(passed, allowed(run, "approve"))[0] is passed  # it came twice
    assert after(passed, yes(run, "approve"))[0] is passed


def test_what_has_not_begun_waits_for_people_again() -> None:
    run, _ = begin(*PLAN)
    run, _ = after(run, allowed(run, "approve"), ev.StepSucceeded(at(3), "one", 1))
    assert statuses(run)["two"] == "running"
    run, commands = after(run, withdrawn(run, "approve", "two"))
    assert statuses(run) == {"approve": "waiting", "one": "succeeded", "two": "pending", "three": "pending",
                             "beside": "running"}  # fmt: skip
    assert [(each.topic, each.ref) for each in commands if each.name == "notify"] == [("approval_asked", "approve")]
    run, _ = after(run, ev.StepSucceeded(at(6), "beside", 1))
    assert run.status == RunStatus.AWAITING_APPROVAL
    assert describe_passed(run) == []
    late = ev.StepSucceeded(at(7), "two", 1)  # of the attempt that was not made
    assert after(run, late)[0] is run
    run, commands = after(run, yes(run, "approve"))
    assert [(each.step, each.attempt) for each in commands if each.name == "attempt"] == [("two", 2)]
    run, _ = after(run, ev.StepSucceeded(at(8), "two", 2), ev.StepSucceeded(at(9), "three", 1))
    assert run.status == RunStatus.SUCCEEDED


def test_nothing_is_withdrawn_that_a_person_has_approved_or_that_has_begun() -> None:
    run, _ = begin(*PLAN)
    by_person, _ = after(run, yes(run, "approve"))
    assert after(by_person, withdrawn(by_person, "approve", "one"))[0] is by_person
    passed, _ = after(run, allowed(run, "approve"))
    aside = withdrawn(passed, "approve", "beside")  # which runs, and never waited for it
    for event in (aside, withdrawn(passed, "approve", "two"), withdrawn(passed, "approve", "one", attempt=2)):
        assert after(passed, event)[0] is passed
    ended, _ = after(passed, ev.StepSucceeded(at(3), "one", 1))
    assert after(ended, withdrawn(ended, "approve", "one"))[0] is ended


def test_work_that_is_mended_is_asked_about_anew() -> None:
    run = asked()
    run, _ = after(run, allowed(run, "release"))
    assert statuses(run)["push"] == "running"
    run, _ = after(run, acts.ReworkAsked(at(4), "test", "in blue"), done(run, "test", 5))
    again = run.step("test")
    assert again is not None
    run, _ = after(run, ev.StepSucceeded(at(6), "test", again.attempt, {"tree": "t2"}))
    review = run.step("review")
    assert review is not None
    run, _ = after(run, ev.StepSucceeded(at(7), "review", review.attempt, {"binds": "b2"}))
    release = run.step("release")
    assert release is not None
    assert (release.status.value, release.wait and release.wait.what) == ("waiting", "b2")
    assert after(run, allowed(run, "release", "b1"))[0] is run


@pytest.mark.parametrize("kind", ["allowed", "withdrawn"])
def test_both_are_stored_and_read_as_they_were(kind: str) -> None:
    run, _ = begin(*PLAN)
    event = allowed(run, "approve") if kind == "allowed" else withdrawn(run, "approve", "one")
    assert event_from_data(event_to_data(event)) == event
    passed, _ = after(run, allowed(run, "approve"))
    assert run_from_data(run_to_data(passed)) == passed
