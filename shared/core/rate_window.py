"""How many calls a window of time still allows, when several callers share it. Pure: numbers in, numbers out.

Times are seconds since 1970. A caller borrows tokens for a short life, spends them by itself and reports later when it
did. Until then all of them count as if spent at the very end of that life, so that the cap holds whatever became of the
caller.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.documents.codec import sparse, unknown
from shared.core.documents.generate import BESIDE, SPARSE, TURNS, Form, store_as

TICK_S = 0.25  # spent tokens are kept per tick, at its end
SKEW_S = 2.0  # by how much two callers' clocks may differ: each is right to one second


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` calls in any `window_s` seconds. notion-api, rate limits: 180 per 60 s on the smallest plan.

    `guard_s` is added to the window: clocks that differ by up to SKEW_S, and half a second for a call on its way.
    """

    limit: int = 180
    window_s: float = 60.0
    guard_s: float = SKEW_S + 0.5
    life_s: float = 10.0  # of borrowed tokens: long enough to spend them one after the other

    @property
    def occupied_s(self) -> float:
        """Return for how long a spent token cannot be spent again."""
        return self.window_s + self.guard_s


@dataclass(frozen=True, slots=True)
class Pause:
    """Nobody calls before `until`, by the clock of `by`; `times` counts refusals close upon each other."""

    since: float
    until: float
    by: str
    times: int = 1

    def seconds_left(self, now: float, reader: str) -> float:
        """Return the seconds left by the reader's clock: exactly for who stored it, else with room for the skew.

        Nothing is left of one that begins in the future: a clock was turned back.
        """
        until = self.until if reader == self.by else self.until + SKEW_S
        return max(0.0, until - now) if self.since <= now + SKEW_S else 0.0


def _write_spent(spent: Mapping[int, int]) -> list[list[int]]:
    return list(map(list, sorted(spent.items())))


def _read_loans(stored: Mapping[str, Any]) -> dict[str, tuple[float, int]]:
    return {who: (until, tokens) for who, (until, tokens) in stored.items()}


def _write_loans(loans: Mapping[str, tuple[float, int]]) -> dict[str, list[float]]:
    return {who: [*loan] for who, loan in loans.items()}


@dataclass(slots=True)
class Window:
    """What the callers of one bot have spent, borrowed and been told.

    Stored as one small document: at most 4 KB at 180 calls a minute.
    """

    rate: Rate = field(metadata={BESIDE: True})
    spent: dict[int, int] = field(default_factory=dict, metadata={TURNS: (dict, _write_spent)})  # tick → tokens
    loans: dict[str, tuple[float, int]] = field(  # caller → end of life, tokens
        default_factory=dict, metadata={TURNS: (_read_loans, _write_loans)}
    )
    pauses: dict[str, Pause] = field(default_factory=dict, metadata={SPARSE: True})  # endpoint, or "" for all of them
    blocked: str = sparse("")  # why we were shut out
    more: Mapping[str, Any] = unknown()

    def forget_old(self, now: float) -> None:
        """Drop what no longer counts, and what only a clock far ahead can have written."""
        held, future = self.rate.occupied_s, now + self.rate.window_s
        self.spent = {t: n for t, n in self.spent.items() if now < t * TICK_S + held and t * TICK_S <= future}
        self.loans = {w: (u, n) for w, (u, n) in self.loans.items() if now < u + held and u <= future}
        remembered = 10 * self.rate.window_s  # repeats within this wait longer and longer
        self.pauses = {w: p for w, p in self.pauses.items() if now < p.until + remembered}

    def report(self, who: str, spent_at: Iterable[float]) -> None:
        """Replace what a caller had borrowed by what it has really spent, and when."""
        self.loans.pop(who, None)
        for at in spent_at:
            tick = math.ceil(at / TICK_S)
            self.spent[tick] = self.spent.get(tick, 0) + 1

    def lend(self, who: str, tokens: int, now: float) -> float:
        """Lend tokens; return until when they may be spent."""
        until = round(now + self.rate.life_s, 3)
        self.loans[who] = (until, tokens)
        return until

    def count_taken(self) -> int:
        """Return how many tokens count at the moment, after `forget_old`."""
        return sum(self.spent.values()) + sum(n for _, n in self.loans.values())

    def wait_for(self, tokens: int, now: float) -> float:
        """Return the seconds until so many tokens are free, if nobody takes any before and loans were spent at once."""
        missing = self.count_taken() + min(tokens, self.rate.limit) - self.rate.limit
        if missing <= 0:
            return 0.0
        back_at = now
        for at, n in sorted(self._coming_back(now)):
            back_at, missing = at, missing - n
            if missing <= 0:
                break
        return max(0.0, back_at - now)

    def fair_share(self, who: str) -> int:
        """Return the most one caller should borrow at once: half of an equal share of what is free.

        At the usual limit that is 20 at first and 5 when little is left, so that hardly anything lies with one caller
        while another one waits.
        """
        callers = len({who, *self.loans})
        maximum = max(20, self.rate.limit // 9)
        minimum = min(5, max(1, self.rate.limit // 20))
        return max(minimum, min(maximum, (self.rate.limit - self.count_taken()) // (2 * callers)))

    def _coming_back(self, now: float) -> Iterable[tuple[float, int]]:
        """Yield when tokens come back. Borrowed ones are mostly spent at once; those late beyond that may be lost."""
        held, life = self.rate.occupied_s, self.rate.life_s
        yield from ((tick * TICK_S + held, n) for tick, n in self.spent.items())
        for until, n in self.loans.values():
            hoped = until - life + held
            yield (hoped if hoped > now else until + held, n)


store_as(Form(as_list=True), Pause)
