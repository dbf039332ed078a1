"""Runs as JSON-able data, and back, by hand: this is the hot path. What is empty is left out; old schemas are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.core.errors import StoreCorrupt
from shared.core.run.faults import Fault, read_fault
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


def run_to_data(run: Run) -> Data:
    """Return the run as JSON-able data."""
    data: Data = {
        "schema": run.schema,
        "rules": run.rules,
        "tenant": run.tenant,
        "id": run.id,
        "status": run.status.value,
        "trigger": trigger_to_data(run.trigger),
        "limits": limits_to_data(run.limits),
        "opened_at": run.opened_at.isoformat(),
        "deadline": run.deadline.isoformat(),
        "seq": run.seq,
        "revision": run.revision,
        "steps": [_step_to_data(step) for step in run.steps],
    }
    for name in ("plan_hash", "failure", "cancel"):
        if value := getattr(run, name):
            data[name] = value
    if run.fault is not None:
        data["fault"] = run.fault.value
    for name in ("replannable", "replans", "rehearse", "box"):
        if value := getattr(run, name):
            data[name] = value
    return data | _said_where_there(run)


def _said_where_there(run: Run) -> Data:
    data: Data = {}
    if run.pause:
        data["pause"] = [run.pause.by, run.pause.at.isoformat(), run.pause.why]
    if run.stood_until:
        data["stood_until"] = run.stood_until.isoformat()
    for name in ("spent", "earlier"):
        if (usage := getattr(run, name)) != NOTHING:
            data[name] = usage_to_data(usage)
    if run.by_model:
        data["by_model"] = {model: list(sums) for model, sums in run.by_model.items()}
    if run.undone_failed:
        data["undone_failed"] = list(run.undone_failed)
    for name in ("notices", "facts"):
        if told := getattr(run, name):
            data[name] = dict(told)
    for name in ("ended_at", "next_check_at"):
        if at := getattr(run, name):
            data[name] = at.isoformat()
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
        trigger=trigger_from_data(data["trigger"]),
        limits=limits_from_data(data["limits"]),
        opened_at=read_time(data["opened_at"]),
        deadline=read_time(data["deadline"]),
        seq=data["seq"],
        revision=data["revision"],
        plan_hash=data.get("plan_hash", ""),
        replannable=data.get("replannable", False),
        replans=data.get("replans", 0),
        steps=tuple(_step_from_data(step) for step in data["steps"]),
        spent=usage_from_data(data.get("spent")),
        earlier=usage_from_data(data.get("earlier")),
        by_model={model: (sums[0], sums[1], sums[2]) for model, sums in data.get("by_model", {}).items()},
        failure=data.get("failure", ""),
        fault=_maybe_fault(data.get("fault")),
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


def read_time(text: str) -> datetime:
    """Return the time that was written as ISO 8601."""
    return datetime.fromisoformat(text)


def _maybe_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _pause_from_data(data: Any) -> Pause | None:
    return Pause(data[0], read_time(data[1]), data[2]) if data else None


def usage_to_data(usage: Usage) -> list[int]:
    """Return what was used as JSON-able data."""
    return [usage.tokens, usage.micros]


def usage_from_data(data: Any) -> Usage:
    """Return what `usage_to_data` wrote; nothing where nothing was."""
    return Usage(*data) if data else NOTHING


def trigger_to_data(trigger: Trigger) -> Data:
    """Return what asked for a run as JSON-able data."""
    data: Data = {"kind": trigger.kind}
    for name in ("page", "title", "by"):
        if value := getattr(trigger, name):
            data[name] = value
    if trigger.causes:
        data["causes"] = list(trigger.causes)
    return data


def trigger_from_data(data: Mapping[str, Any]) -> Trigger:
    """Return what `trigger_to_data` wrote."""
    return Trigger(
        data["kind"],
        data.get("page", ""),
        data.get("title", ""),
        data.get("by", ""),
        tuple(data.get("causes", ())),
    )


_LIMIT_DEFAULTS = {f.name: f.default for f in dataclasses.fields(Limits)}


def limits_to_data(limits: Limits) -> Data:
    """Return the limits that differ from the usual ones."""
    return {name: value for name, default in _LIMIT_DEFAULTS.items() if (value := getattr(limits, name)) != default}


def limits_from_data(data: Mapping[str, Any]) -> Limits:
    """Return what `limits_to_data` wrote; a limit that this code does not know is left out."""
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
        data["estimate"] = usage_to_data(spec.estimate)
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
        estimate=usage_from_data(data.get("estimate")),
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
    if step.fault is not None:
        data["fault"] = step.fault.value
    if step.output:
        data["output"] = dict(step.output)
    if step.wait:
        until = step.wait.until.isoformat() if step.wait.until else None
        data["wait"] = [step.wait.kind.value, until, step.wait.what]
    if step.used != NOTHING:
        data["used"] = usage_to_data(step.used)
    if step.reserved != NOTHING:
        data["reserved"] = usage_to_data(step.reserved)
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
        fault=_maybe_fault(get("fault")),
        signature=get("signature", ""),
        feedback=get("feedback", ""),
        used=usage_from_data(get("used")),
        reserved=usage_from_data(get("reserved")),
        reserved_on=get("reserved_on", ""),
        parent=get("parent", ""),
        level=get("level", 0),
        expanded=get("expanded", False),
        handed_at=_maybe_time(get("handed_at")),
        done_seq=get("done_seq", 0),
        home=get("home", ""),
    )


def _maybe_fault(text: str | None) -> Fault | None:
    return read_fault(text) if text else None


def carried_to_data(carried: Carried) -> Data:
    """Return what is carried over to a retry as JSON-able data."""
    data: Data = {"steps": [_step_to_data(step) for step in carried.steps]}
    for name in ("run", "revision", "plan_hash", "replannable", "replans"):
        data[name] = getattr(carried, name)
    return {**data, "spent": usage_to_data(carried.spent), "facts": dict(carried.facts)}


def carried_from_data(data: Mapping[str, Any]) -> Carried:
    """Return what `carried_to_data` wrote."""
    steps, spent = tuple(_step_from_data(step) for step in data["steps"]), usage_from_data(data["spent"])
    return Carried(**{**data, "steps": steps, "spent": spent})
