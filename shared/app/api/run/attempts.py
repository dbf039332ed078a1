"""When the steps of a run, and each attempt of them, began and ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, MAYBE_TIME, TIME, array, choice, explain, members, text
from shared.core.errors import NotThere
from shared.core.run.attempt_times import Attempt, list_attempts
from shared.core.run.events import Event
from shared.core.run.run import StepStatus

_PAGE = 1000  # events
_ATTEMPT = members(
    step=text(),
    attempt=COUNT,
    begun_at=explain(TIME, "In the future where the attempt was told to wait."),
    ended_at=MAYBE_TIME,
    status=explain(
        choice(*(status.value for status in StepStatus)),
        "That of the step during the attempt and at its end; failed or cancelled where another attempt followed.",
    ),
)
ATTEMPTS = members(attempts=array(_ATTEMPT, "In the order in which they were handed out."))


def show_attempts(call: Call) -> ApiReply:
    """Return when each attempt of a run's steps began and ended; that people were asked is the attempt of a gate."""
    run = call.parts["run"]
    if call.deps.store.load_run(call.tenant, run) is None:
        raise NotThere(f"no run {run!r}")
    return ApiReply(body={"attempts": [_view(each) for each in list_attempts(_read_events(call, run))]})


def _read_events(call: Call, run: str) -> Iterator[Event]:
    after = 0
    while found := call.deps.store.events(call.tenant, run, after=after, limit=_PAGE):
        yield from (event for _, event in found)
        after = found[-1][0]


def _view(attempt: Attempt) -> dict[str, Any]:
    return {
        "step": attempt.step,
        "attempt": attempt.number,
        "begun_at": attempt.begun_at.isoformat(),
        "ended_at": attempt.ended_at.isoformat() if attempt.ended_at else None,
        "status": attempt.status.value,
    }
