"""What every use case is handed: the ports, and the few settings that are not a port."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.core.models.model_facts import Offer
from shared.core.run.run import Limits
from shared.ports import Clock, Queue, Secrets, Store, at_once


def no_crash(point: str) -> None:
    """Do nothing: crash points are armed by the crash test alone."""


def fresh_owner() -> str:
    """Return a token that says who took a lease or made a commit."""
    return random_source.token_hex(8)


@dataclass(frozen=True, slots=True)
class Deps:
    """The ports everybody needs. `crash_point` is called between any two durable actions."""

    store: Store
    queue: Queue
    secrets: Secrets
    clock: Clock
    public_url: str = "http://127.0.0.1"  # where people reach `api`
    connect_url: str = "http://127.0.0.1/oauth-callback"  # where people connect accounts
    hooks_url: str = "http://127.0.0.1/forge-webhook"  # where forges and hosts tell what happened
    loopback_endpoints: bool = False  # whether teams may give addresses of this machine to be told at
    notion_url: str = ""  # of a simulated Notion, whose API and pages for people have one address; "" for the real one
    limits: Limits = field(default_factory=Limits)  # of a new run
    lease: timedelta = timedelta(minutes=11)  # longer than an attempt can take
    settle: timedelta = timedelta(seconds=70)  # after which an unanswered request can no longer arrive
    born: datetime | None = None  # on one machine, when this process began: whoever worked before it is dead since then
    gather: timedelta = timedelta(0)  # for how long deliveries about one page wait for each other
    models: Offer = field(default_factory=Offer)  # which models this installation offers its tenants
    restored: bool = False  # of a backup: what was done after it was made has no record here
    crash_point: Callable[[str], None] = no_crash
    owner: Callable[[], str] = fresh_owner
    pause: Callable[[float], None] | None = None  # waits so many seconds for a caller, where that costs nobody anything
    stand_back: Callable[[int], None] = at_once  # after so many tries at what others were faster at
