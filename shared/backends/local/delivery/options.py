"""How the local queue is to deliver: by how many workers, in which lines, how often again, and after which waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.core.backoff import Waits
from shared.core.deliveries import MAX_FAILED, MAX_UNANSWERED
from shared.core.retries import DELIVERY
from shared.core.run.commands import Command


@dataclass(frozen=True, slots=True)
class DispatchOptions:
    """How to deliver. `concurrency` and `rates` (per second) are per line; the last two are for tests."""

    workers: int = 8  # 0: nothing happens by itself, see `Dispatcher.deliver_one`
    line: Callable[[Command], str] = lambda command: command.function  # in which a command waits
    concurrency: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    waits: Waits = DELIVERY.waits
    max_deliveries: int = MAX_FAILED  # that were answered
    max_unanswered: int = MAX_UNANSWERED
    duplicate_rate: float = 0.0
    shuffle_seed: int | None = None
