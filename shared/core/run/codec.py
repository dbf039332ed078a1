"""Runs and events as JSON-able data, and back. What is empty is left out; old schemas are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args

from shared.core.documents.codec import from_body, to_body
from shared.core.documents.generate import Form, store_as
from shared.core.errors import StoreCorrupt
from shared.core.people.actor import Actor
from shared.core.run.events import Event
from shared.core.run.faults import Fault, read_fault
from shared.core.run.run import SCHEMA, Limits, Pause, Run, Step, StepSpec, Trigger, Usage, Wait

_SPARSE = Form(sparse=True)
_ALWAYS = ("seq", "revision", "steps", "rules", "schema")
store_as(Form(sparse=True, always=_ALWAYS, first=("schema", "rules")), Run)
store_as(Form(sparse=True, always=("status",)), Step)
store_as(Form(sparse=True, always=("lane",)), StepSpec)
store_as(_SPARSE, Trigger, Limits)
store_as(Form(as_list=True), Actor, Pause, Usage, Wait)
store_as(Form(read=read_fault), Fault)
_EVENTS: dict[str, type[Any]] = {cls.__name__: cls for cls in get_args(Event)}
_FIELDS = {name: {"is", *(each.name for each in dataclasses.fields(cls))} for name, cls in _EVENTS.items()}
store_as(_SPARSE, *_EVENTS.values())


def run_to_data(run: Run) -> dict[str, Any]:
    return to_body(run)


def run_from_data(data: Mapping[str, Any]) -> Run:
    """Return the run; raises StoreCorrupt for a schema that is newer than this code."""
    if data["schema"] > SCHEMA:
        raise StoreCorrupt(
            f"run {data.get('id')}: stored with schema {data['schema']}, this code reads up to {SCHEMA};"
            " start the newer version of Workwright"
        )
    return from_body(Run, data)


def event_to_data(event: Event) -> dict[str, Any]:
    """Return the event as JSON-able data; `is` names its class."""
    return {"is": type(event).__name__, **to_body(event)}


def event_from_data(data: Mapping[str, Any]) -> Event:
    """Return the event; raises StoreCorrupt for a kind or a field this code does not know."""
    name = data["is"]
    if name not in _EVENTS:
        raise StoreCorrupt(f"event {name!r} is unknown to this code; start the newer version of Workwright")
    if not data.keys() <= _FIELDS[name]:
        more = ", ".join(sorted(data.keys() - _FIELDS[name]))
        raise StoreCorrupt(f"event {name!r} has {more}, unknown to this code; start the newer version of Workwright")
    event: Event = from_body(_EVENTS[name], data)
    return event
