"""What must happen, in the imperative, and which function does it. Commands carry ids, never payloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from shared.core.documents.codec import from_body, to_body, turned, unknown
from shared.core.documents.generate import Form, store_as


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do. `name` says what; `id` is derived, so that sending it twice is sending it once."""

    id: str
    name: str  # one of NAMES
    function: str  # the function that does it
    tenant: str
    run: str = ""
    step: str = ""
    attempt: int = 0
    wake: int = 0
    topic: str = ""  # of a notification; of an attempt, the kind of the step
    ref: str = ""  # of a notification; the page of `consider`
    not_before: datetime | None = None
    trace: str = field(default="", compare=False)  # who hands it over, for those who watch; it changes nothing


# What one machine has only so much of. Work that needs it waits in a line of its own.
BROWSER, SANDBOX, GIT, MODEL = "browser", "sandbox", "git", "model"
LINES = (BROWSER, SANDBOX, GIT, MODEL)

ATTEMPT, UNDO, NOTIFY, MIRROR, CONSIDER = "attempt", "undo", "notify", "mirror", "consider"
PLAN_DAY, ROUTINE = "plan_day", "routine"  # what the clock asks for; `ref` is the page of a routine
LOOK = "look"  # at the page of `ref`, at which something happened; `wake` numbers what was gathered until then
RECONCILE = "reconcile"  # find what deliveries missed; `topic` says of what, `ref` of which object
ORDER = "order"  # topic of RECONCILE: order the passes of the tenants in `ref`, with spaces between
RETAIN = "retain"  # topic of RECONCILE: remove what the team keeps no longer; `wake` counts the parts of a day's pass
QUICK = "quick"  # topic of RECONCILE: a quick look at the tables, and at the comments of `wake` places
CHANGE = "change"  # look at what happened to a change or a deployment of ours; `topic` is what and by whom, `ref` where
ERASE = "erase"  # go on deleting a tenant
DELIVER = "deliver"  # try the delivery of `ref` to an endpoint, which was tried `wake` times
PUBLISH = "publish"  # tell the team's endpoints what became of `step` with the event `wake`; `topic` is the kind told
REPLAY = "replay"  # go on sending again what was sent: `ref` is the endpoint and its replay, `wake` the turn
SIGN_IN = "sign_in"  # send the link of `ref` with which somebody signs in
REPLY = "reply"  # do what somebody asked for at a messenger, the request of `ref`, and answer there
NAMES = frozenset(
    {
        CHANGE,
        ATTEMPT,
        UNDO,
        NOTIFY,
        MIRROR,
        CONSIDER,
        PLAN_DAY,
        ROUTINE,
        LOOK,
        RECONCILE,
        ERASE,
        DELIVER,
        PUBLISH,
        REPLAY,
        SIGN_IN,
        REPLY,
    }
)

store_as(Form(sparse=True), Command)
_FIELDS = frozenset(each.name for each in fields(Command))
_TEXT = ("id", "name", "function", "tenant", "run", "step", "topic", "ref", "trace")


def command_to_data(command: Command) -> dict[str, Any]:
    """Return the command as JSON-able data; empty fields are left out."""
    return to_body(command)


def command_from_data(data: dict[str, Any]) -> Command:
    """Return the command that `command_to_data` wrote; raises ValueError naming the field that is wrong."""
    if not isinstance(data, dict):
        raise ValueError("a command must be an object")
    unknown = data.keys() - _FIELDS
    if unknown:
        raise ValueError(f"unknown field {sorted(unknown)[0]!r}")
    for name in ("id", "name", "function", "tenant"):
        if not isinstance(data.get(name), str) or not data[name]:
            raise ValueError(f"field {name!r} must be a non-empty string")
    for name in _TEXT:
        if not isinstance(data.get(name, ""), str):
            raise ValueError(f"field {name!r} must be a string")
    for name in ("attempt", "wake"):
        if type(data.get(name, 0)) is not int or data.get(name, 0) < 0:
            raise ValueError(f"field {name!r} must be a whole number, 0 or more")
    if data["name"] not in NAMES:
        raise ValueError(f"field 'name' must be one of {', '.join(sorted(NAMES))}")
    if data.get("not_before") is not None and not _is_moment(data["not_before"]):
        raise ValueError("field 'not_before' must be an ISO 8601 time with its zone")
    return from_body(Command, data)


def _is_moment(text: Any) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except (TypeError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class HeldCommand:
    """A command that came while its tenant was paused, and when it came."""

    command: Command = turned(None, command_from_data, command_to_data)
    at: str = ""
    more: Mapping[str, Any] = unknown()
