"""Runs and events as JSON-able data, and back. Empty fields are left out; reading upgrades older schemas."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, get_args

from shared.core.errors import ErrorClass, StoreCorrupt
from shared.core.run.events import Event
from shared.core.run.run import (
    NOTHING,
    SCHEMA,
    Carried,
    Limits,
    Pause,
    Run,
    RunStatus,
    Step,
    StepSpec,
    StepStatus,
    Trigger,
    Usage,
    Wait,
    WaitKind,
)

Data = dict[str, Any]


# --- runs: written out by hand, because this is the hot path ----------------------------------------------------------


def run_to_data(run: Run) -> Data:
    """Return the run as JSON-able data."""
    data: Data = {
        "schema": run.schema,
        "rules": run.rules,
        "tenant": run.tenant,
        "id": run.id,
        "status": run.status.value,
        "trigger": _trigger_to_data(run.trigger),
        "limits": _limits_to_data(run.limits),
        "opened_at": run.opened_at.isoformat(),
        "deadline": run.deadline.isoformat(),
        "seq": run.seq,
        "revision": run.revision,
        "steps": [_step_to_data(step) for step in run.steps],
    }
    for name in ("plan_hash", "failure", "cancel"):
        if value := getattr(run, name):
            data[name] = value
    for name in ("replannable", "replans", "rehearse", "box"):
        if value := getattr(run, name):
            data[name] = value
    if run.pause:
        data["pause"] = [run.pause.by, run.pause.at.isoformat(), run.pause.why]
    if run.stood_until:
        data["stood_until"] = run.stood_until.isoformat()
    if run.spent != NOTHING:
        data["spent"] = _usage_to_data(run.spent)
    if run.earlier != NOTHING:
        data["earlier"] = _usage_to_data(run.earlier)
    if run.by_model:
        data["by_model"] = {model: list(sums) for model, sums in run.by_model.items()}
    if run.undone_failed:
        data["undone_failed"] = list(run.undone_failed)
    if run.notices:
        data["notices"] = dict(run.notices)
    if run.facts:
        data["facts"] = dict(run.facts)
    if run.ended_at:
        data["ended_at"] = run.ended_at.isoformat()
    if run.next_check_at:
        data["next_check_at"] = run.next_check_at.isoformat()
    return data


def run_from_data(data: Mapping[str, Any]) -> Run:
    """Return the run; raises StoreCorrupt for a schema that is newer than this code."""
    if data["schema"] > SCHEMA:
        raise StoreCorrupt(
            f"run {data.get('id')}: stored with schema {data['schema']}, this code reads up to {SCHEMA};"
            " start the newer version of Workwright"
        )
    return Run(
        tenant=data["tenant"],
        id=data["id"],
        status=RunStatus(data["status"]),
        trigger=_trigger_from_data(data["trigger"]),
        limits=_limits_from_data(data["limits"]),
        opened_at=_time(data["opened_at"]),
        deadline=_time(data["deadline"]),
        seq=data["seq"],
        revision=data["revision"],
        plan_hash=data.get("plan_hash", ""),
        replannable=data.get("replannable", False),
        replans=data.get("replans", 0),
        steps=tuple(_step_from_data(step) for step in data["steps"]),
        spent=_usage_from_data(data.get("spent")),
        earlier=_usage_from_data(data.get("earlier")),
        by_model={model: (sums[0], sums[1], sums[2]) for model, sums in data.get("by_model", {}).items()},
        failure=data.get("failure", ""),
        cancel=data.get("cancel", ""),
        undone_failed=tuple(data.get("undone_failed", ())),
        notices=data.get("notices", {}),
        facts=data.get("facts", {}),
        ended_at=_maybe_time(data.get("ended_at")),
        next_check_at=_maybe_time(data.get("next_check_at")),
        rehearse=data.get("rehearse", False),
        pause=_pause_from_data(data.get("pause")),
        box=data.get("box", False),
        stood_until=_maybe_time(data.get("stood_until")),
        rules=data["rules"],
        schema=SCHEMA,
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _maybe_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _pause_from_data(data: Any) -> Pause | None:
    return Pause(data[0], _time(data[1]), data[2]) if data else None


def _usage_to_data(usage: Usage) -> list[int]:
    return [usage.tokens, usage.micros]


def _usage_from_data(data: Any) -> Usage:
    return Usage(*data) if data else NOTHING


def _trigger_to_data(trigger: Trigger) -> Data:
    data: Data = {"kind": trigger.kind}
    for name in ("page", "title", "by"):
        if value := getattr(trigger, name):
            data[name] = value
    if trigger.causes:
        data["causes"] = list(trigger.causes)
    return data


def _trigger_from_data(data: Mapping[str, Any]) -> Trigger:
    return Trigger(
        data["kind"],
        data.get("page", ""),
        data.get("title", ""),
        data.get("by", ""),
        tuple(data.get("causes", ())),
    )


_LIMIT_DEFAULTS = {f.name: f.default for f in dataclasses.fields(Limits)}


def _limits_to_data(limits: Limits) -> Data:
    return {name: value for name, default in _LIMIT_DEFAULTS.items() if (value := getattr(limits, name)) != default}


def _limits_from_data(data: Mapping[str, Any]) -> Limits:
    return Limits(**{name: value for name, value in data.items() if name in _LIMIT_DEFAULTS})


def spec_to_data(spec: StepSpec) -> Data:
    """Return a step's spec as JSON-able data."""
    data: Data = {"id": spec.id, "kind": spec.kind}
    if spec.title:
        data["title"] = spec.title
    if spec.input:
        data["input"] = dict(spec.input)
    if spec.depends_on:
        data["depends_on"] = list(spec.depends_on)
    data["lane"] = spec.lane
    if spec.undoable:
        data["undoable"] = True
    if spec.estimate != NOTHING:
        data["estimate"] = _usage_to_data(spec.estimate)
    if spec.repairs:
        data["repairs"] = spec.repairs
    if spec.vital:
        data["vital"] = True
    if spec.gate:
        data["gate"] = spec.gate.value
    if spec.group:
        data["group"] = True
    if spec.optional:
        data["optional"] = True
    return data


def spec_from_data(data: Mapping[str, Any]) -> StepSpec:
    """Return the spec that `spec_to_data` wrote."""
    return StepSpec(
        id=data["id"],
        kind=data["kind"],
        title=data.get("title", ""),
        input=data.get("input", {}),
        depends_on=tuple(data.get("depends_on", ())),
        lane=data["lane"],
        undoable=data.get("undoable", False),
        estimate=_usage_from_data(data.get("estimate")),
        repairs=data.get("repairs", ""),
        vital=data.get("vital", False),
        gate=WaitKind(data["gate"]) if "gate" in data else None,
        group=data.get("group", False),
        optional=data.get("optional", False),
    )


_STEP_FIELDS = (
    "wake", "failures", "rounds", "level", "done_seq", "error", "signature", "feedback", "parent", "expanded",
    "reserved_on", "home",
)  # fmt: skip


def _step_to_data(step: Step) -> Data:
    data: Data = {"spec": spec_to_data(step.spec), "status": step.status.value}
    if step.attempt != 1:
        data["attempt"] = step.attempt
    for name in _STEP_FIELDS:
        if value := getattr(step, name):
            data[name] = value
    if step.output:
        data["output"] = dict(step.output)
    if step.wait:
        until = step.wait.until.isoformat() if step.wait.until else None
        data["wait"] = [step.wait.kind.value, until, step.wait.what]
    if step.used != NOTHING:
        data["used"] = _usage_to_data(step.used)
    if step.reserved != NOTHING:
        data["reserved"] = _usage_to_data(step.reserved)
    if step.handed_at:
        data["handed_at"] = step.handed_at.isoformat()
    return data


def _step_from_data(data: Mapping[str, Any]) -> Step:
    get = data.get
    wait = get("wait")
    return Step(
        spec=spec_from_data(data["spec"]),
        status=StepStatus(data["status"]),
        attempt=get("attempt", 1),
        wake=get("wake", 0),
        failures=get("failures", 0),
        rounds=get("rounds", 0),
        wait=Wait(WaitKind(wait[0]), _maybe_time(wait[1]), wait[2]) if wait else None,
        output=get("output", {}),
        error=get("error", ""),
        signature=get("signature", ""),
        feedback=get("feedback", ""),
        used=_usage_from_data(get("used")),
        reserved=_usage_from_data(get("reserved")),
        reserved_on=get("reserved_on", ""),
        parent=get("parent", ""),
        level=get("level", 0),
        expanded=get("expanded", False),
        handed_at=_maybe_time(get("handed_at")),
        done_seq=get("done_seq", 0),
        home=get("home", ""),
    )


def _carried_to_data(carried: Carried) -> Data:
    data: Data = {"steps": [_step_to_data(step) for step in carried.steps]}
    for name in ("run", "revision", "plan_hash", "replannable", "replans"):
        data[name] = getattr(carried, name)
    return {**data, "spent": _usage_to_data(carried.spent), "facts": dict(carried.facts)}


def _carried_from_data(data: Mapping[str, Any]) -> Carried:
    steps, spent = tuple(_step_from_data(step) for step in data["steps"]), _usage_from_data(data["spent"])
    return Carried(**{**data, "steps": steps, "spent": spent})


# --- events: by their fields; the name of the class is the name of the event ------------------------------------------

_EVENTS: dict[str, type[Any]] = {cls.__name__: cls for cls in get_args(Event)}

_WRITERS: dict[str, Callable[[Any], Any]] = {
    "at": datetime.isoformat,
    "until": datetime.isoformat,
    "since": datetime.isoformat,
    "trigger": _trigger_to_data,
    "limits": _limits_to_data,
    "used": _usage_to_data,
    "plan_estimate": _usage_to_data,
    "specs": lambda specs: [spec_to_data(spec) for spec in specs],
    "children": lambda specs: [spec_to_data(spec) for spec in specs],
    "calls": lambda calls: [dict(call) for call in calls],
    "steps": list,
    "changes": list,
    "output": dict,
    "facts": dict,
    "carried": _carried_to_data,
    "error_class": lambda value: value.value,
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "at": _time,
    "until": _time,
    "since": _time,
    "trigger": _trigger_from_data,
    "limits": _limits_from_data,
    "used": _usage_from_data,
    "plan_estimate": _usage_from_data,
    "changes": tuple,
    "specs": lambda specs: tuple(spec_from_data(spec) for spec in specs),
    "children": lambda specs: tuple(spec_from_data(spec) for spec in specs),
    "calls": tuple,
    "steps": tuple,
    "carried": _carried_from_data,
    "error_class": ErrorClass,
}
_FIELDS = {
    name: tuple((f.name, _WRITERS.get(f.name), f.default) for f in dataclasses.fields(cls))
    for name, cls in _EVENTS.items()
}


def event_to_data(event: Event) -> Data:
    """Return the event as JSON-able data; `is` names its class."""
    name = type(event).__name__
    data: Data = {"is": name}
    for field, write, default in _FIELDS[name]:
        value = getattr(event, field)
        if value == default or value == {}:
            continue
        data[field] = write(value) if write else value
    return data


def event_from_data(data: Mapping[str, Any]) -> Event:
    """Return the event; raises StoreCorrupt for a kind this code does not know."""
    cls = _EVENTS.get(data["is"])
    if cls is None:
        raise StoreCorrupt(f"event {data['is']!r} is unknown to this code; start the newer version of Workwright")
    values = {
        name: _READERS[name](value) if name in _READERS else value for name, value in data.items() if name != "is"
    }
    event: Event = cls(**values)
    return event
