"""What the Cloud Tasks server keeps: tasks that wait, deliveries that were made, queues, and how it is to misbehave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.support.ports.moved_clock import MovedClock


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How this server differs from an ideal one. `scale` shortens every wait: 0.001 makes a second a millisecond.

    `deadline_scale` shortens dispatch deadlines, apart, because handlers take real time. `jitter` holds each new task
    back for up to that many real seconds, so that tasks overtake each other; among tasks that are due, `shuffle`
    picks any. `routes` maps the origins of cloud addresses to local ones; anything else outside this machine gets no
    answer. With `clock` every wait is one of that clock's, which stands still until a test moves it: see `settle`.
    """

    scale: float = 1.0
    deadline_scale: float = 1.0
    duplicates: float = 0.0
    shuffle: bool = False
    jitter: float = 0.0
    seed: int = 0
    tombstone: timedelta = timedelta(hours=24)
    throttle: timedelta = timedelta(seconds=1)
    max_throttle: timedelta = timedelta(minutes=1)
    workers: int = 16
    routes: dict[str, str] = field(default_factory=dict)
    clock: MovedClock | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that was sent. `waited` is the wait the rules asked for before it, unscaled."""

    queue: str
    task: str
    retry_count: int
    execution_count: int
    waited: timedelta
    url: str
    method: str
    headers: dict[str, str]
    body: bytes
    status: int | None
    duplicate: bool


@dataclass(slots=True)
class Pending:
    """A task that is not done."""

    task: Any
    named: bool
    due: float
    waited: timedelta = timedelta(0)
    lived: timedelta = timedelta(0)  # since the first attempt: waits as the rules ask, work as long as it took
    attempts: int = 0
    answers: int = 0
    running: bool = False
    forced: bool = False
    previous: int | None = None


@dataclass(slots=True)
class QueueState:
    """A queue and what is in it."""

    queue: Any
    tasks: dict[str, Pending] = field(default_factory=dict)
    running: int = 0
    tokens: float = 1.0
    refilled: float = 0.0
    blocked_until: float = 0.0
    throttles: int = 0
