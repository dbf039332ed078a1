"""Events as JSON-able data, and back: by their fields; the name of the class is the name of the event.

Empty fields are left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, get_args

from shared.core.errors import ErrorClass, StoreCorrupt
from shared.core.run.codec import (
    Data,
    carried_from_data,
    carried_to_data,
    limits_from_data,
    limits_to_data,
    read_time,
    spec_from_data,
    spec_to_data,
    trigger_from_data,
    trigger_to_data,
    usage_from_data,
    usage_to_data,
)
from shared.core.run.events import Event
from shared.core.run.faults import read_fault

_EVENTS: dict[str, type[Any]] = {cls.__name__: cls for cls in get_args(Event)}

_WRITERS: dict[str, Callable[[Any], Any]] = {
    "at": datetime.isoformat,
    "until": datetime.isoformat,
    "since": datetime.isoformat,
    "trigger": trigger_to_data,
    "limits": limits_to_data,
    "used": usage_to_data,
    "plan_estimate": usage_to_data,
    "specs": lambda specs: [spec_to_data(spec) for spec in specs],
    "children": lambda specs: [spec_to_data(spec) for spec in specs],
    "calls": lambda calls: [dict(call) for call in calls],
    "steps": list,
    "changes": list,
    "output": dict,
    "facts": dict,
    "carried": carried_to_data,
    "error_class": lambda value: value.value,
    "fault": lambda value: value.value,
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "at": read_time,
    "until": read_time,
    "since": read_time,
    "trigger": trigger_from_data,
    "limits": limits_from_data,
    "used": usage_from_data,
    "plan_estimate": usage_from_data,
    "changes": tuple,
    "specs": lambda specs: tuple(spec_from_data(spec) for spec in specs),
    "children": lambda specs: tuple(spec_from_data(spec) for spec in specs),
    "calls": tuple,
    "steps": tuple,
    "carried": carried_from_data,
    "error_class": ErrorClass,
    "fault": read_fault,
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
