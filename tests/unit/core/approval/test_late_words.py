"""What somebody is told whose decision comes too late: who decided what and when, or what is asked about now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.core.approval.late_words import describe_change, describe_last_decision, describe_other
from shared.core.run import acts
from shared.core.run.run import Run, RunStatus, StepStatus
from tests.support.builders.runs import after, begin, gate, spec

ADA = "Ada Example"


def _waiting() -> Run:
    run, _ = begin(gate("approve"), spec("build", "approve"))
    return run


def test_who_decided_what_and_when_is_said_of_a_yes_and_of_a_no() -> None:
    run = _waiting()
    asked = run.plan_hash
    yes, _ = after(run, acts.ApprovalGranted(datetime(2026, 11, 22, 10, 5, tzinfo=UTC), "approve", asked, ADA))
    assert describe_last_decision(yes) == (
        "the plan has already been decided by Ada Example: approved on 22 November 2026, 10:05 UTC"
    )
    no, _ = after(run, acts.ApprovalDenied(datetime(2026, 11, 22, 10, 5, tzinfo=UTC), "approve", asked, ADA))
    assert "denied on 22 November 2026, 10:05 UTC" in describe_last_decision(no)
    assert describe_other(yes, "approve", asked) == describe_last_decision(yes)
    assert describe_last_decision(run) == ""


def test_a_decision_of_an_earlier_version_has_no_time() -> None:
    run = _waiting()
    step = replace(run.steps[0], status=StepStatus.CANCELLED, output={"by": ADA, "via": "link"})
    assert describe_last_decision(replace(run, steps=(step,))) == (
        "the plan has already been decided by Ada Example: denied"
    )


@pytest.mark.parametrize(
    ("gate_id", "revision", "words"),
    [
        ("approve", 2, "the plan has changed since this was asked: this was about plan 1, and plan 2 is the newest"),
        ("r2.approve", 5, "this was about plan 2, and plan 5 is the newest"),
        ("r2.release", 3, "what leaves has changed since this was asked: this was about plan 2, and plan 3 is the"),
        ("release", 1, "what leaves has changed since this was asked: now the plan is asked about"),
    ],
)
def test_which_plan_is_the_newest_is_said(gate_id: str, revision: int, words: str) -> None:
    assert words in describe_change(replace(_waiting(), revision=revision), gate_id)


def test_work_that_is_made_anew_or_asked_about_again_says_so() -> None:
    run, _ = begin(gate("release"), spec("push", "release"))
    waiting = replace(run.steps[0], attempt=3)
    again = replace(run, steps=(waiting, *run.steps[1:]))
    assert waiting.wait is not None
    version = waiting.wait.what[:8]
    assert describe_change(again, "release").endswith(f": question 3 is about version {version} of it")
    assert describe_other(again, "release", "an older hash") == (
        f"what leaves has changed since you looked: question 3 is asked about now, version {version}"
    )
    made = replace(run, status=RunStatus.EXECUTING, steps=(replace(waiting, wait=None), *run.steps[1:]))
    assert describe_change(made, "release").endswith(": it is being made anew")
