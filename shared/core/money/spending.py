"""What a tenant has spent and set aside, by day and month (UTC), and what it may still set aside. Pure.

A ledger holds one month of one tenant. Money is in millionths of a US dollar, always a whole number. Whoever wants to
spend sets the upper bound aside first (`reserved`) and turns it into what it really was afterwards (`spent`), on the
account of the day on which it was set aside, so that no day's or month's sum can pass its limit at midnight either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.core.documents.codec import unknown
from shared.core.documents.generate import BESIDE, SPARSE, Form, store_as
from shared.core.run.run import Usage

ALERTS = (50, 80, 100)  # percent of a limit at which people are told
DAY, MONTH = "day", "month"
PROJECT, PERSON = "project", "person"  # scopes of limits, and what the names of cost centres begin with
FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be spent; None is no limit. `kept_back` is for telling people and taking things back.

    `project` is for the work on one page in a month, `person` for what one person or program asks for in a month. The
    defaults are what a tenant has who has set nothing.
    """

    call: int | None = 3_000_000
    run: int | None = 5_000_000
    day: int | None = 25_000_000
    month: int | None = 250_000_000
    kept_back: int = 250_000
    project: int | None = None
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One day. `told` is by percent the limit of which people were told that so much of it is spent."""

    spent: int = 0
    reserved: int = 0
    tokens: int = 0
    told: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Open:
    """Money set aside outside of runs: on which day, how much, and when to take it for spent."""

    day: str
    micros: int
    until: datetime
    what: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """What changes on one day's account; what is set aside may be negative, and then is given back."""

    day: str
    reserved: int = 0
    spent: int = 0
    tokens: int = 0
    centres: tuple[str, ...] = ()  # on whose accounts beside the day's


@dataclass(frozen=True, slots=True)
class Ledger:
    """One month ("2026-11") of one tenant.

    `centres` are the month's accounts of cost centres, the page a run is about and who asked for it; `held_for` says
    for which of them money is set aside outside of runs.
    """

    month: str = field(metadata={BESIDE: True})
    days: Mapping[str, Account] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)
    open: Mapping[str, Open] = field(default_factory=dict)
    centres: Mapping[str, Account] = field(default_factory=dict, metadata={SPARSE: True})
    held_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict, metadata={SPARSE: True})
    schema: int = 1  # of what is stored
    more: Mapping[str, Any] = unknown()

    @property
    def spent(self) -> int:
        """Return what the month has cost."""
        return sum(day.spent for day in self.days.values())

    @property
    def reserved(self) -> int:
        """Return what is set aside."""
        return sum(day.reserved for day in self.days.values())

    @property
    def tokens(self) -> int:
        """Return the tokens of the month."""
        return sum(day.tokens for day in self.days.values())

    def get_account(self, day: str) -> Account:
        return self.days.get(day, Account())

    def book(self, moves: Iterable[Move]) -> Ledger:
        """Return the ledger after these moves; raises ValueError for one that belongs into another month."""
        days, centres = dict(self.days), dict(self.centres)
        for move in moves:
            if move.day[:7] != self.month:
                raise ValueError(f"{move.day} is not a day of {self.month}")
            days[move.day] = _move(days.get(move.day, Account()), move)
            for name in move.centres:
                centres[name] = _move(centres.get(name, Account()), move)
        return replace(self, days=days, centres=centres)

    def reserve(self, key: str, reservation: Open, centres: tuple[str, ...] = ()) -> Ledger:
        """Return the ledger with money set aside under a key of its own, also for these cost centres."""
        after = self.book([Move(reservation.day, reserved=reservation.micros, centres=centres)])
        held_for = {**self.held_for, key: centres} if centres else self.held_for
        return replace(after, open={**self.open, key: reservation}, held_for=held_for)

    def settle(self, key: str, used: Usage) -> Ledger:
        """Return the ledger with what that key's call has cost; one taken for spent already changes nothing."""
        found = self.open.get(key)
        if found is None:
            return self
        centres = self.held_for.get(key, ())
        after = self.book([Move(found.day, -found.micros, used.micros, used.tokens, centres)])
        held_for = {name: each for name, each in self.held_for.items() if name != key}
        return replace(after, open={name: each for name, each in self.open.items() if name != key}, held_for=held_for)

    def expire_reservations(self, now: datetime) -> tuple[Ledger, dict[str, Open]]:
        """Return the ledger with everything taken for spent whose time is over, and what that was."""
        gone = {key: each for key, each in self.open.items() if each.until <= now}
        after = self
        for key, each in gone.items():
            after = after.settle(key, Usage(0, each.micros))
        return after, gone


def _move(was: Account, move: Move) -> Account:
    return replace(
        was,
        spent=was.spent + move.spent,
        reserved=max(0, was.reserved + move.reserved),  # a ledger brought back from a copy stops nobody
        tokens=was.tokens + move.tokens,
    )


@dataclass(frozen=True, slots=True)
class Room:
    """What may be set aside on a day, by the tightest limit there (`scope`) and beside what is spent and set aside."""

    micros: int
    scope: str = DAY
    spent: int = 0
    reserved: int = 0
    limit: int = FOREVER
    ever: int = FOREVER  # what any limit has room for when nothing is spent yet


def room(
    ledger: Ledger, day: str, allowed: Allowance, *, vital: bool = False, centres: Iterable[str] = ()
) -> Room:  # fmt: skip
    """Return what may be set aside on that day for these cost centres beside everything spent and set aside."""
    kept = 0 if vital else allowed.kept_back
    account = ledger.get_account(day)
    accounts = [
        (DAY, allowed.day, account.spent, account.reserved),
        (MONTH, allowed.month, ledger.spent, ledger.reserved),
    ]
    limits = {PROJECT: allowed.project, PERSON: allowed.person}
    for name in centres:
        scope, theirs = name.partition(":")[0], ledger.centres.get(name, Account())
        accounts.append((scope, limits[scope], theirs.spent, theirs.reserved))
    ever = min((limit - kept for _, limit, *_ in accounts if limit is not None), default=FOREVER)
    rooms = [
        Room(limit - kept - spent - reserved, scope, spent, reserved, limit - kept, ever)
        for scope, limit, spent, reserved in accounts
        if limit is not None
    ]
    return min(rooms, key=lambda each: each.micros, default=Room(FOREVER))


def turn_of(scope: str, day: str) -> datetime:
    """Return when the day, or for any other scope the month, after this day begins."""
    first = date.fromisoformat(day)
    if scope != DAY:
        first = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=1)


def day_of(at: datetime) -> str:
    """Return the day (UTC) as accounts name it."""
    return at.astimezone(UTC).date().isoformat()


def alerts(ledger: Ledger, day: str, allowed: Allowance, refused: str = "") -> tuple[Ledger, list[str]]:
    """Return the ledger that remembers what people are told now, and what that is: scope, period, percent and limit.

    All of a limit counts as reached too when something was refused for it (`refused` is the scope). A limit that was
    changed is told of again.
    """
    alerts_due: list[str] = []
    account = ledger.get_account(day)
    known = dict(account.told)
    for scope, period, limit, spent, before in (
        (DAY, day, allowed.day, account.spent, known),
        (MONTH, ledger.month, allowed.month, ledger.spent, month := dict(ledger.told)),
    ):
        if not limit:
            continue
        passed = [p for p in ALERTS if spent * 100 >= limit * p or (p == 100 and refused == scope)]
        fresh = [p for p in passed if before.get(str(p)) != limit]
        before.update({str(p): limit for p in fresh})
        if fresh:  # of several at once the highest says it all
            alerts_due.append(f"{scope}.{period}.{max(fresh)}.{limit}")
    if not alerts_due:
        return ledger, []
    return replace(ledger, told=month, days={**ledger.days, day: replace(account, told=known)}), alerts_due


def add_calls(
    sums: Mapping[str, tuple[int, int, int]], calls: Iterable[Mapping[str, Any]]
) -> Mapping[str, tuple[int, int, int]]:
    """Return the sums by model (calls, tokens, micros) with these calls."""
    after = dict(sums)
    for call in calls:
        n, tokens, micros = after.get(str(call.get("model", "")), (0, 0, 0))
        cost = cost_of(call)
        after[str(call.get("model", ""))] = (n + 1, tokens + cost.tokens, micros + cost.micros)
    return after


def cost_of(call: Mapping[str, Any]) -> Usage:
    """Return what a call has cost, as an event keeps it."""
    return Usage(int(call.get("tokens", 0)), int(call.get("micros", 0)))


store_as(Form(as_list=True), Account, Open)
store_as(Form(first=("schema", "days", "told", "open")), Ledger)
