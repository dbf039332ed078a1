"""Teams take turns in a queue that knows none: of what comes late, a team with much in it gets its turns later.

Cloud Tasks hands out in the order in which tasks came, whoever's they are. While nothing comes late nothing is asked
here. What comes late takes the next turn of its team: the first of them at once, then so many a second. A turn that is
not now is the same command, handed over for that time under a name of its own; it is no failed delivery, and is not
asked again. So a flood costs each of its tasks one short delivery more, and the others wait for no more than LATE.

An instance takes turns by the block from the team's document: one write for that many.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.errors import Busy
from shared.core.run.commands import Command
from shared.core.run.run import derive_id
from shared.ports import change_doc
from shared.telemetry.trace import Headers

LATE = timedelta(seconds=2)  # after its time, from which on a delivery has come late
PER_SECOND = 4.0  # turns of a team in one queue
BLOCK = 20  # turns that are taken at once, and that a team has without waiting
LONGEST = timedelta(minutes=10)  # an attempt that is away for fifteen is taken for lost
# Seconds since 1970, and failed deliveries before. The queue on one machine has turns of its own and says neither.
_ETA, _RETRIES = "X-CloudTasks-TaskETA", "X-CloudTasks-TaskRetryCount"
_KIND, _GIVEN = "turns", "turn-"
_TRIES = 4


@dataclass(slots=True)
class _Block:
    """Turns of one team in one queue that this instance has taken: when the next one is, and how many are left."""

    at: float = 0.0
    left: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)  # its own: no team waits for another's document


class Turns:
    """One instance's part in the turns of all teams. Safe to use from several threads."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._blocks: dict[tuple[str, str], _Block] = {}
        self._lock = threading.Lock()

    def gives_way(self, command: Command, headers: Headers) -> bool:
        """Hand the command over for a later turn, where it comes late and its team has had its share; say so.

        `headers` are those of its delivery. One that comes twice leads to one command.
        """
        now = self._deps.clock.now()
        if command.id.startswith(_GIVEN) or not _is_late(headers, now):
            return False
        turn = datetime.fromtimestamp(self._turn(command.function, command.tenant, now.timestamp()), UTC)
        if turn <= now:
            return False
        later = replace(command, id=derive_id(_GIVEN, command.id), not_before=min(turn, now + LONGEST))
        self._deps.queue.enqueue([later])
        return True

    def _turn(self, function: str, tenant: str, now: float) -> float:
        """Take the team's next turn; return its time, which may be past."""
        with self._lock:
            block = self._blocks.setdefault((function, tenant), _Block())
        with block.lock:
            if not block.left:
                block.at, block.left = self._take(function, tenant, now), BLOCK
            at = block.at
            block.at, block.left = at + 1 / PER_SECOND, block.left - 1
            return at

    def _take(self, function: str, tenant: str, now: float) -> float:
        """Take the next block from the team's document; return when it begins: now, where too many are at it."""
        span = BLOCK / PER_SECOND

        def take(known: Mapping[str, Any] | None) -> Mapping[str, Any]:
            return {"next": max(float(known["next"]) if known else 0.0, now - span) + span}

        try:
            taken = change_doc(self._deps.store, (tenant, _KIND, function), take, self._deps.stand_back, _TRIES)
        except Busy:
            return now - span
        assert taken is not None
        return float(taken["next"]) - span


def _is_late(headers: Headers, now: datetime) -> bool:
    """Say whether its first delivery comes late: a failed one before it has waits of its own."""
    try:
        late = now.timestamp() - float(headers.get(_ETA, ""))
    except ValueError:
        return False
    return late > LATE.total_seconds() and headers.get(_RETRIES, "0") == "0"
