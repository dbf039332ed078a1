"""What is stored can be read again: by this version, from an older one, and never half-understood from a newer one."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.errors import ErrorClass, StoreCorrupt
from shared.core.people.actor import Actor, ActorKind
from shared.core.run import events as ev
from shared.core.run.codec import event_from_data, event_to_data, run_from_data, run_to_data
from shared.core.run.faults import Fault
from shared.core.run.run import (
    SCHEMA,
    Carried,
    Limits,
    RunStatus,
    Step,
    StepSpec,
    StepStatus,
    Trigger,
    Usage,
    Wait,
    WaitKind,
)
from tests.support.builders.runs import fold

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
OLD = FIXTURES / "run_schema_1.json"  # written once by the first version, never to be written again


def stored() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(OLD.read_text(encoding="utf-8"))
    return found


def test_a_run_of_the_first_schema_stays_readable() -> None:
    run = run_from_data(stored()["run"])
    assert (run.tenant, run.id, run.status, run.seq, run.revision) == (
        "t-1",
        "run-1",
        RunStatus.AWAITING_APPROVAL,
        5,
        1,
    )
    assert run.trigger == Trigger("page", "page-1", "Bäckerei ☕", "Mira", ("run-0",))
    assert run.limits == Limits(steps=50, backoff_s=1.0)
    assert run.opened_at == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    assert run.deadline == run.opened_at + timedelta(days=14)
    assert [(s.id, s.status) for s in run.steps] == [
        ("plan", StepStatus.SUCCEEDED),
        ("publish", StepStatus.SUCCEEDED),
        ("approve", StepStatus.WAITING),
        ("write", StepStatus.PENDING),
        ("test", StepStatus.PENDING),
    ]
    plan, publish, approve, write, test = run.steps
    assert (plan.used, plan.attempt, plan.failures, dict(plan.output)) == (
        Usage(300, 1200),
        2,
        1,
        {"page_hash": "h", "requirements": 3},
    )
    assert dict(publish.output) == {"container": "block-1"}
    until = datetime(2026, 11, 28, 9, 0, 4, tzinfo=UTC)
    assert approve.wait == Wait(WaitKind.APPROVAL, until, run.plan_hash)
    assert (approve.spec.gate, approve.spec.lane) == (WaitKind.APPROVAL, "")
    assert write.spec == StepSpec(
        "write",
        "code.generate",
        "Write it",
        {"artifact": "static_site"},
        ("approve",),
        undoable=True,
        estimate=Usage(9, 8),
    )
    assert (test.spec.repairs, test.spec.depends_on) == ("write", ("approve", "write"))
    assert run.spent == Usage(300, 1200)
    assert run.notices == {"approval_asked/approve": "sent"}
    assert run.next_check_at == until
    assert (run.rules, run.schema) == (1, SCHEMA)


def test_events_of_the_first_schema_still_lead_to_the_run_they_led_to() -> None:
    events = [event_from_data(data) for data in stored()["events"]]
    assert fold(events) == run_from_data(stored()["run"])


def test_what_the_first_schema_stored_is_what_is_stored_today() -> None:
    assert run_to_data(run_from_data(stored()["run"])) == stored()["run"]
    assert [event_to_data(event_from_data(data)) for data in stored()["events"]] == stored()["events"]


@pytest.mark.parametrize("schema", [SCHEMA + 1, SCHEMA + 40])
def test_a_newer_schema_is_refused_with_the_way_out(schema: int) -> None:
    with pytest.raises(StoreCorrupt, match=f"run run-1: stored with schema {schema}.*start the newer version"):
        run_from_data({**stored()["run"], "schema": schema})


def test_an_event_nobody_knows_is_refused_with_the_way_out() -> None:
    with pytest.raises(StoreCorrupt, match=r"'MoonRose' is unknown.*start the newer version"):
        event_from_data({"is": "MoonRose", "at": "2026-11-21T09:00:00+00:00"})


# --- every event, whatever is in it -----------------------------------------------------------------------------------

TEXT = st.text(max_size=12)
TIMES = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=5.5))])
)
JSON_OBJECTS = st.dictionaries(
    TEXT,
    st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda x: st.lists(x, max_size=3), max_leaves=4),
)
USAGES = st.builds(Usage, st.integers(0, 2**40), st.integers(0, 2**40))
SPECS = st.builds(
    StepSpec,
    id=TEXT,
    kind=TEXT,
    title=TEXT,
    input=JSON_OBJECTS,
    depends_on=st.lists(TEXT, max_size=3).map(tuple),
    lane=TEXT,
    undoable=st.booleans(),
    estimate=USAGES,
    repairs=TEXT,
    vital=st.booleans(),
    gate=st.sampled_from([None, WaitKind.APPROVAL, WaitKind.INPUT]),
)
STEPS = st.builds(
    Step,
    SPECS,
    status=st.sampled_from(StepStatus),
    attempt=st.integers(1, 9),
    output=JSON_OBJECTS,
    home=TEXT,
    done_seq=st.integers(-99, 99),
    fault=st.none() | st.sampled_from(Fault),
)
CARRIED = st.builds(
    Carried,
    st.lists(STEPS, max_size=3).map(tuple),
    run=TEXT,
    revision=st.integers(1, 9),
    plan_hash=TEXT,
    replannable=st.booleans(),
    replans=st.integers(0, 2),
    spent=USAGES,
    facts=JSON_OBJECTS,
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "carried": st.none() | CARRIED,
    "at": TIMES,
    "until": TIMES,
    "since": TIMES,
    "box": st.booleans(),
    "actor": st.none() | st.builds(Actor, st.sampled_from(ActorKind), TEXT, TEXT),
    "trigger": st.builds(Trigger, TEXT, TEXT, TEXT, TEXT, st.lists(TEXT, max_size=3).map(tuple)),
    "limits": st.builds(Limits, steps=st.integers(1, 99), wall_s=st.floats(1, 1e9), micros=st.integers(0, 2**40)),
    "specs": st.lists(SPECS, max_size=3).map(tuple),
    "children": st.lists(SPECS, max_size=3).map(tuple),
    "used": USAGES,
    "calls": st.lists(JSON_OBJECTS, max_size=2).map(tuple),
    "steps": st.lists(TEXT, max_size=3).map(tuple),
    "changes": st.lists(TEXT, max_size=3).map(tuple),
    "plan_estimate": USAGES,
    "output": JSON_OBJECTS,
    "facts": JSON_OBJECTS,
    "error_class": st.sampled_from(ErrorClass),
    "fault": st.sampled_from(Fault),
    "attempt": st.integers(1, 2**31),
    "wake": st.integers(0, 2**31),
    "retry_after_s": st.none() | st.floats(0, 1e9),
    "force": st.booleans(),
    "replannable": st.booleans(),
}
EVENTS = st.sampled_from(get_args(ev.Event)).flatmap(
    lambda cls: st.builds(cls, **{f.name: FIELDS.get(f.name, TEXT) for f in dataclasses.fields(cls)})
)


@pytest.mark.slow
@given(EVENTS)
def test_every_event_comes_back_from_json_as_it_was(event: Any) -> None:
    text = json.dumps(event_to_data(event), allow_nan=False)
    assert event_from_data(json.loads(text)) == event


def test_every_kind_of_event_is_among_those_tried() -> None:
    known = {f.name for cls in get_args(ev.Event) for f in dataclasses.fields(cls)}
    assert set(FIELDS) <= known
    assert len(get_args(ev.Event)) == 28
