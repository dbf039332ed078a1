"""A Firestore store whose replies get lost, under a clock in hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.backends.cloud.store import FirestoreStore
from shared.core.run.commands import Command
from shared.core.run.events import TimePassed
from shared.core.run.run import Limits, Run, RunStatus, Trigger
from shared.ports import Commit, Put
from tests.support.ports.moved_clock import MovedClock
from tests.support.servers.cloud.cloud_clients import FIRESTORES, shaky_firestore
from tests.support.servers.cloud.firestore_emulator import firestore_client

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


class FirestoreWorld:
    """One database, a plain store on it, and one behind the wire."""

    def __init__(self, host: str, kind: str) -> None:
        project = f"t-{uuid4().hex[:12]}"
        self.clock = MovedClock(NOW)
        self.vendors: Any = firestore_client(host, project)
        self.store = self.on(FIRESTORES[kind](host, project))
        client, self.wire = shaky_firestore(kind, host, project)
        self.shaky = self.on(client)

    def on(self, client: Any) -> FirestoreStore:
        return FirestoreStore(client, self.clock, pause=lambda _: None)


def a_run(**changes: Any) -> Run:
    run = Run("acme", "r1", RunStatus.RECEIVED, Trigger("page"), Limits(), NOW, NOW + timedelta(days=14), seq=1)
    return replace(run, next_check_at=NOW, **changes)


def a_commit(run: Run, expected: str = "", **more: Any) -> Commit:
    events = more.pop("events", (TimePassed(NOW),))
    return Commit(run, events, more.pop("commands", ()), expected, more.pop("token", uuid4().hex), **more)


FULL: dict[str, Any] = {
    "commands": (Command("c1", "attempt", "execute-step", "acme", "r1", "s1"),),
    "audit": ({"who": "ann"}, {"who": "bob"}),
    "puts": (Put("pages", "p1", {"rows": [[1, 2], [3]]}, expected=""),),
}
