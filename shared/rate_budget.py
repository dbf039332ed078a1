"""The throttle of our calls, which all instances share: in any 60 seconds no bot makes more than its limit.

How: one document per bot. An instance borrows a few tokens of the window by one compare-and-set, spends them by itself
within ten seconds, and reports with its next loan when it spent them. Tokens that nobody reported count as spent at the
end of the loan's life. So the cap holds when an instance dies (its loan, at most 20 tokens, is lost for at most 72.5 s)
and when clocks are off by up to a second each; it does not hold for clocks that are further off, and a call that takes
more than half a second longer to arrive than the one a window before it may be one too many. Then Notion's own answer
counts: a 429's pause is stored and kept by everybody.

What it costs, measured over 1,000 calls as fast as they go (tests/unit/rates): one caller alone makes 14 writes per
180 calls at most; sixteen make 310 writes in 320 s, so hardly one per second, and lose 80 races, whose writes are
refused. A document is at most 4 KB. Each instance reads the two documents (bot, workspace) at most once per second, and
one of them once more per loan, so that it hears of another one's pause within a second. A single call of an idle bot
costs three reads and one write.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.core.backoff import backoff, fraction
from shared.core.documents.codec import from_body, to_body
from shared.core.documents.grant import Grant
from shared.core.errors import Blocked, BudgetSpent, Busy, RateLimited, VersionConflict
from shared.core.polling.pace import Room
from shared.core.rate_window import SKEW_S, TICK_S, Pause, Rate, Window
from shared.core.retries import REFUSED
from shared.ports import SYSTEM, Clock, Doc, Put, Store, change_doc

LONGEST_SLEEP_S = 2.0  # inside a function; a longer wait is a command that comes again
FIRST_LOAN = 5
_LOOK_EVERY_S = 1.0
_KIND = "rates"
_TRIES = 8
_WHOSE = {"bot": "this connection", "workspace": "the workspace", "endpoint": "this endpoint"}
_FIXED = re.compile(r"[a-z_]+|v[0-9]+")  # a part of a path that is no id


@dataclass(frozen=True, slots=True)
class Payer:
    """Who calls: one bot of one workspace in one system."""

    system: str
    bot: str
    workspace: str = ""

    @property
    def own(self) -> str:
        """Return the id of the bot's document."""
        return f"{self.system}.bot.{self.bot}"

    @property
    def shared(self) -> str:
        """Return the id of the workspace's document, or "" when nobody told us the workspace."""
        return f"{self.system}.workspace.{self.workspace}" if self.workspace else ""


def payer_of(tenant: str, system: str, grant: Grant | None) -> Payer:
    """Return whose budget the calls of this grant are: its bot's; a grant that names none has its own."""
    return Payer(system, (grant.bot if grant else "") or tenant, grant.workspace if grant else "")


def endpoint_of(method: str, path: str) -> str:
    """Return the call without the ids in it: what a system limits as one endpoint."""
    parts = [part if not part or _FIXED.fullmatch(part) else "{id}" for part in path.split("/")]
    return f"{method} {'/'.join(parts)}"


@dataclass(slots=True)
class _Purse:
    """What this instance has borrowed for one bot, and what it has seen of the pauses."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    left: int = 0
    until: float = 0.0
    spent_at: list[float] = field(default_factory=list)
    size: int = FIRST_LOAN  # of the next loan
    looked_at: float = float("-inf")
    blocked: str = ""
    pauses: dict[tuple[str, str], Pause] = field(default_factory=dict)  # (scope, endpoint) → pause
    asked: int = 0  # makes one wait differ from the next


class RateBudget:
    """One instance's part in the budgets of all bots. Safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        owner: str,
        *,
        rate: Rate | None = None,
        sleep: Callable[[float], None] | None = None,  # None: never waits, always says when to come again
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._rate = rate or Rate()
        self._sleep = sleep
        self._purses: dict[Payer, _Purse] = {}
        self._lock = threading.Lock()

    def spend(self, payer: Payer, endpoint: str = "") -> None:
        """Take one token, to be used at once; sleeps two seconds at most, all in all.

        Raises BudgetSpent, which says when to come again, and Blocked.
        """
        purse, slept = self._purse(payer), 0.0
        while True:
            with purse.lock:
                wait, scope = self._try(purse, payer, endpoint)
            if wait <= 0:
                return
            if self._sleep is None or slept + wait > LONGEST_SLEEP_S:
                why = f"calls of {_WHOSE[scope]} have to wait {wait:.1f} s; nothing was sent"
                raise BudgetSpent(payer.system, why, retry_after=timedelta(seconds=wait), scope=scope)
            self._sleep(wait)
            slept += wait

    def room(self, payer: Payer) -> Room:
        """Return what the window leaves to those who can wait; it takes nothing, and asks the store alone."""
        now, taken, refusals, pause_s = self._now(), 0, 0, 0.0
        for name in (payer.own, payer.shared):
            doc = self._store.get(SYSTEM, _KIND, name) if name else None
            if doc is not None:
                window = self._read(doc)
                window.forget_old(now)
                taken = taken or window.count_taken()
                refusals = max([refusals, *(pause.times for pause in window.pauses.values())])
                pause_s = max([pause_s, *(pause.seconds_left(now, self._owner) for pause in window.pauses.values())])
        return Room(self._rate.limit, taken, refusals, pause_s)

    def record_refusal(self, payer: Payer, endpoint: str, error: RateLimited) -> float:
        """Remember for all instances that a call was refused; return the seconds to wait.

        A refusal that our own count does not explain (less than half of the limit) is the workspace's: others spend
        there too.
        """
        now, scope = self._now(), error.scope if error.scope in _WHOSE else "bot"
        retry_after_s = error.retry_after.total_seconds() if error.retry_after is not None else 0.0
        where = endpoint if scope == "endpoint" else ""
        waits = [0.0]

        def pause(window: Window) -> None:
            before = window.pauses.get(where)
            times = before.times + 1 if before else 1
            wait = retry_after_s or backoff(times, REFUSED.waits, self._fraction(payer, times)).total_seconds()
            waits.append(wait)
            if before is None or before.seconds_left(now, self._owner) < wait:
                window.pauses[where] = Pause(round(now, 3), round(now + wait, 3), self._owner, times)

        purse = self._purse(payer)
        with purse.lock:
            if scope != "workspace":
                window = self._change(payer.own, pause)
                self._see(purse, scope, where, window)
                if scope == "bot" and window.count_taken() < self._rate.limit / 2:
                    scope = "workspace"
            if scope == "workspace" and payer.shared:
                self._see(purse, scope, "", self._change(payer.shared, pause))
        return waits[-1]

    def block(self, payer: Payer, why: str) -> None:
        """Let no instance call for this bot any more: the system has shut us out."""

        def change(window: Window) -> None:
            window.blocked = why[:500]

        with self._purse(payer).lock:
            self._purse(payer).blocked = self._change(payer.own, change).blocked

    def lift(self, payer: Payer) -> None:
        """Let calls through again, after a person has connected anew."""

        def change(window: Window) -> None:
            window.blocked = ""

        doc = self._store.get(SYSTEM, _KIND, payer.own)
        if doc is not None and self._read(doc).blocked:
            with self._purse(payer).lock:
                self._purse(payer).blocked = self._change(payer.own, change).blocked

    def _try(self, purse: _Purse, payer: Payer, endpoint: str) -> tuple[float, str]:
        """Spend a token and return (0, ""), or the seconds to wait and whose calls have to."""
        now = self._now()
        if not 0 <= now - purse.looked_at < _LOOK_EVERY_S:
            self._look(purse, payer, now)
        if purse.blocked:
            raise Blocked(payer.system, purse.blocked)
        for (scope, where), pause in purse.pauses.items():
            if where in ("", endpoint) and (left := pause.seconds_left(now, self._owner)) > 0:
                return left, scope
        turned_back = now < purse.until - self._rate.life_s - SKEW_S
        if purse.left == 0 or now >= purse.until or turned_back:
            wait = self._borrow(purse, payer, now)
            if wait > 0:
                return wait, "bot"
        purse.left -= 1
        purse.spent_at.append(now)
        return 0.0, ""

    def _look(self, purse: _Purse, payer: Payer, now: float) -> None:
        """See what others were told: pauses of the bot, of its endpoints, of its workspace."""
        for scope, name in (("bot", payer.own), ("workspace", payer.shared)):
            doc = self._store.get(SYSTEM, _KIND, name) if name else None
            if doc is not None:
                window = self._read(doc)
                for where in window.pauses:
                    self._see(purse, "endpoint" if where else scope, where, window)
                if scope == "bot":
                    purse.blocked = window.blocked
        purse.pauses = {key: p for key, p in purse.pauses.items() if p.seconds_left(now, self._owner) > 0}
        purse.looked_at = now

    def _see(self, purse: _Purse, scope: str, where: str, window: Window) -> None:
        known, pause = purse.pauses.get((scope, where)), window.pauses.get(where)
        if pause is not None and (known is None or known.until <= pause.until or known.since > pause.since):
            purse.pauses[scope, where] = pause

    def _borrow(self, purse: _Purse, payer: Payer, now: float) -> float:
        """Report what was spent and borrow anew: return 0 with tokens in the purse, or the seconds to wait."""
        doc = self._store.get(SYSTEM, _KIND, payer.own)
        window = self._read(doc)
        window.report(self._owner, purse.spent_at)
        window.forget_old(now)
        tokens, wait = self._possible(purse, payer, window, now)
        until = window.lend(self._owner, tokens, now) if tokens else 0.0
        if tokens or purse.until:
            try:
                self._save(payer.own, window, doc)
            except VersionConflict:  # another instance was faster: look again in a moment
                return 0.05 + 0.2 * self._fraction(payer, self._take_number(purse))
            purse.left, purse.until, purse.spent_at = tokens, until, []
        return wait

    def _possible(self, purse: _Purse, payer: Payer, window: Window, now: float) -> tuple[int, float]:
        """Return how many tokens to borrow, or none and the seconds to wait."""
        if purse.until:  # learn from the last loan: all used, more next time; else as much as was used
            purse.size = 2 * purse.size if purse.left == 0 else max(FIRST_LOAN, len(purse.spent_at))
        purse.size = wanted = min(purse.size, window.fair_share(self._owner))
        free, min_loan = self._rate.limit - window.count_taken(), min(wanted, FIRST_LOAN)
        if free >= min_loan:
            return min(wanted, free), 0.0
        soon = window.wait_for(min_loan, now)
        if soon <= LONGEST_SLEEP_S:  # one loan in a moment costs less than several of one token
            return 0, max(soon, TICK_S)
        if free > 0:
            return free, 0.0
        first = window.wait_for(1, now)
        if first <= LONGEST_SLEEP_S:
            return 0, max(first, TICK_S)
        # Many come back at the same time: spread them over the tokens that do, so that each finds some.
        others = len(window.loans) * min_loan
        return 0, window.wait_for(min_loan + int(others * self._fraction(payer, self._take_number(purse))), now)

    def _change(self, name: str, change: Callable[[Window], None]) -> Window:
        window = Window(self._rate)

        def apply_change(known: Mapping[str, Any] | None) -> Mapping[str, Any]:
            nonlocal window
            window = from_body(Window, known or {}, rate=self._rate)
            window.forget_old(self._now())
            change(window)
            return to_body(window)

        with suppress(Busy):  # this instance keeps to it all the same; the next refused call tells the others
            change_doc(self._store, (SYSTEM, _KIND, name), apply_change, max_tries=_TRIES)
        return window

    def _save(self, name: str, window: Window, doc: Doc | None) -> None:
        self._store.put(SYSTEM, Put(_KIND, name, to_body(window), doc.version if doc else ""))

    def _read(self, doc: Doc | None) -> Window:
        return from_body(Window, doc.body, rate=self._rate) if doc is not None else Window(self._rate)

    def _purse(self, payer: Payer) -> _Purse:
        with self._lock:
            return self._purses.setdefault(payer, _Purse())

    def _take_number(self, purse: _Purse) -> int:
        purse.asked += 1
        return purse.asked

    def _fraction(self, payer: Payer, n: int) -> float:
        """Return 0 to 1, another one for each instance and time, and the same again when repeated."""
        return fraction(f"{self._owner}/{payer.own}/{n}")

    def _now(self) -> float:
        return self._clock.now().timestamp()
