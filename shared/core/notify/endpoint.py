"""An endpoint is an address of a team's own that is told of events; a delivery is one message on its way there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.run.acts import ApprovalDenied, ApprovalGranted
from shared.core.run.commands import PUBLISH, Command
from shared.core.run.events import Event
from shared.core.run.run import Run, StepStatus

ENDPOINTS, DELIVERIES = "endpoints", "endpoint-deliveries"  # kinds of documents of a tenant
MAX_ENDPOINTS = 10
KEPT = timedelta(days=30)  # for which a delivery that has ended is listed
OLD_SECRET = timedelta(days=1)  # for which a secret that was replaced signs beside the new one
LASTING = timedelta(days=3)  # of failures alone, after which an endpoint is switched off
_MAX_ANSWERS = 30

RUN_ENDED, SITE_LIVE, ROLLED_BACK = "run.ended", "site.live", "site.rolled_back"
TAKEN_DOWN = "site.taken_down"
ASKED, GIVEN, REFUSED = "approval.asked", "approval.given", "approval.refused"
STEP_ENDED, BUDGET_ALERT = "step.ended", "budget.alert"
TEST = "test"  # what an owner sends by hand; every endpoint hears it
EVENTS = (RUN_ENDED, STEP_ENDED, ASKED, GIVEN, REFUSED, SITE_LIVE, ROLLED_BACK, TAKEN_DOWN, BUDGET_ALERT)
FIRST_EVENTS = (RUN_ENDED, ASKED, SITE_LIVE, ROLLED_BACK, BUDGET_ALERT)  # all there were when none meant all
VERSION = 1  # of the bodies: fields are added to it, and nothing of it is taken away or means something else

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"
_ENDED = (StepStatus.SUCCEEDED, StepStatus.FAILED)


MAX_REPLAYED = 1_000  # deliveries that are sent again at a time
REPLAYED_AT_ONCE, REPLAY_PAUSE = 25, timedelta(seconds=5)  # how fast: whoever was away must not be flooded
REPLAY_LOST = timedelta(hours=1)  # without any progress, after which another replay may take its place


@dataclass(frozen=True, slots=True)
class Replay:
    """Deliveries of a range that are sent again, from the latest on; it goes on where a process died."""

    id: str
    since: datetime
    until: datetime  # those of this moment are not among them
    events: tuple[str, ...]  # none: of all kinds
    after: str  # the delivery behind which it began; "" for the latest
    last: str  # the last one of it; "" where there is none
    count: int  # how many are sent
    has_more: bool  # whether there may be others in the range behind `last`
    moved_at: datetime
    seen: str = ""  # how far it has come
    sent: int = 0  # how many were handed over
    turn: int = 0
    done: bool = False

    def includes(self, delivery: Delivery) -> bool:
        """Say whether a delivery is one of the range; what an owner has sent by hand is none."""
        kind = delivery.event in self.events if self.events else delivery.event != TEST
        return kind and self.since <= delivery.at < self.until


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a team is told, of what, and by which secret it knows that we are the ones who tell."""

    url: str  # of a service's the host alone
    at: datetime
    secret: Mapping[str, Any]  # sealed
    events: tuple[str, ...] = sparse(())  # none, in one of an earlier version: FIRST_EVENTS
    secret_before: Mapping[str, Any] | None = sparse(None)  # sealed; it signs too until `before_until`
    before_until: datetime | None = sparse(None)
    failing_since: datetime | None = sparse(None)  # nothing has arrived since
    off_at: datetime | None = sparse(None)  # when it was switched off, after lasting failure
    replay: Replay | None = sparse(None)  # the last one
    template: str = sparse("")  # the service in whose shape it is told; "" for the standard one
    address: Mapping[str, Any] | None = sparse(None)  # sealed, of a service's: who has it can write there
    id: str = beside("")
    more: Mapping[str, Any] = unknown()

    def wants(self, event: str) -> bool:
        """Say whether it is to be told of such an event."""
        return self.off_at is None and (event == TEST or event in self.chosen)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Return the kinds of events that were chosen: a kind that came later is none of them by itself."""
        return self.events or FIRST_EVENTS


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one endpoint, and what was answered each time."""

    endpoint: str
    message: str  # the same at every try and endpoint: by it receivers know what they have had
    event: str
    content: str  # the body, the same at every try
    at: datetime
    state: str = WAITING
    tried: int = 0
    began: int = sparse(0)  # how often it had been tried when it was last sent anew
    next_at: datetime | None = sparse(None)
    replay: str = sparse("")  # the last one of a range that it was part of
    answers: tuple[Mapping[str, Any], ...] = sparse(())  # at, status (0: none), why, took_ms; the last ones
    id: str = beside("")
    more: Mapping[str, Any] = unknown()

    @property
    def ended(self) -> bool:
        """Say whether nothing more is sent by itself."""
        return self.state != WAITING


def name_delivery(endpoint: str, message: str, at: datetime) -> str:
    """Return a delivery's id: those of an endpoint stand together, the latest first."""
    return f"{endpoint}.{9_999_999_999 - int(at.timestamp()):010d}.{message}"


def add_answer(answers: tuple[Mapping[str, Any], ...], answer: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return (*answers, answer)[-_MAX_ANSWERS:]


def list_progress(before: Run, event: Event, after: Run) -> tuple[Command, ...]:
    """Return what is to be told of an event that was applied; of a rehearsal nothing.

    `wake` is the number of the event, of which the store has the rest; `topic` is the kind of event told.
    """
    if after.rehearse or after is before:
        return ()
    number = before.seq + 1
    return tuple(
        Command(f"{after.id}.{number}.told.{index}", PUBLISH, "notify", after.tenant, after.id, wake=number, **about)
        for index, about in enumerate([*_list_decisions(event), *_list_ended_steps(before, after)])
    )


def _list_decisions(event: Event) -> Iterator[dict[str, Any]]:
    if isinstance(event, ApprovalGranted | ApprovalDenied):
        yield {"topic": GIVEN if isinstance(event, ApprovalGranted) else REFUSED, "step": event.gate}


def _list_ended_steps(before: Run, after: Run) -> Iterator[dict[str, Any]]:
    for step in after.steps:
        if step.status in _ENDED and step.done_seq > before.seq and step.spec.gate is None:
            yield {"topic": STEP_ENDED, "step": step.id, "attempt": step.attempt, "ref": step.status.value}
