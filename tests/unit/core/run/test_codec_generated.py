"""Runs and events as they were written field by field: the same data comes of them, and damage is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.core.errors import StoreCorrupt
from shared.core.run.codec import event_from_data, event_to_data, run_from_data, run_to_data
from shared.core.run.faults import Fault
from shared.core.run.run import Pause, RunStatus, StepStatus, Usage, Wait, WaitKind

# Written by the version that listed each field by hand; every field of a run and of its steps is in it.
BY_HAND = Path(__file__).resolve().parents[3] / "fixtures/run_by_hand.json"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def stored() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(BY_HAND.read_text(encoding="utf-8"))
    return found


def test_a_run_with_everything_in_it_is_read_and_written_as_before() -> None:
    run = run_from_data(stored()["run"])
    assert (run.status, run.fault, run.pause) == (RunStatus.AWAITING_APPROVAL, Fault.BUDGET, Pause("Ada", AT, "lunch"))
    assert (run.spent, run.earlier, run.by_model) == (Usage(300, 40), Usage(1, 2), {"m": (1, 2, 3)})
    plan, make, approve, ask = run.steps
    assert (plan.status, plan.attempt, plan.home, plan.wait) == (StepStatus.SUCCEEDED, 2, "run-0", None)
    assert (make.spec.estimate, make.reserved, make.fault) == (Usage(9000, 1200), Usage(7, 8), Fault.SAME_TWICE)
    assert (approve.wait, ask.wait) == (Wait(WaitKind.APPROVAL, AT, "hash"), Wait(WaitKind.GRANT, None, "notion"))
    assert run_to_data(run) == stored()["run"]


def test_events_with_everything_in_them_are_read_and_written_as_before() -> None:
    assert [event_to_data(event_from_data(data)) for data in stored()["events"]] == stored()["events"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"deadline": "soon"}, "the deadline of a stored Run cannot be read", id="no time"),
        pytest.param({"status": "asleep"}, "the status of a stored Run cannot be read", id="no status"),
        pytest.param({"steps": [{"status": "ready"}]}, "the steps of a stored Run cannot be read", id="no spec"),
        pytest.param({"wait": 1, "trigger": None}, "the trigger of a stored Run cannot be read", id="no trigger"),
    ],
)
def test_what_is_damaged_in_a_run_is_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(StoreCorrupt, match=named):
        run_from_data({**stored()["run"], **change})


def test_a_run_that_lacks_a_part_says_which() -> None:
    lacking = {name: value for name, value in stored()["run"].items() if name not in ("trigger", "opened_at")}
    with pytest.raises(StoreCorrupt, match="a stored Run has no trigger, opened_at"):
        run_from_data(lacking)


def test_what_a_newer_version_says_in_an_event_is_not_passed_over() -> None:
    with pytest.raises(StoreCorrupt, match="event 'TimePassed' has moon, unknown to this code; start the newer"):
        event_from_data({"is": "TimePassed", "at": AT.isoformat(), "moon": "full"})
