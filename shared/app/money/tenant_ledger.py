"""A tenant's limits and its ledger: one document per month, changed by compare-and-set and in the run's own commit.

A ledger is written when money is set aside and when it is settled, never for what is free. Nothing is ever added
blindly: who saves a ledger has read it, so nothing can count twice, and who comes second reads again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.codec import from_body, to_body
from shared.core.money.spending import (
    DAY,
    MONTH,
    PERSON,
    PROJECT,
    Account,
    Allowance,
    Ledger,
    Move,
    Open,
    Room,
    alerts,
    room,
    turn_of,
)
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import NOTHING, Limits, Step, derive_id
from shared.ports import Doc, Put
from shared.ports.documents import tenant_settings

LEDGERS = "ledgers"  # documents, by month
SPENDING = "spending"  # documents, by day, run and event: what was paid for
BEGUN = "calls"  # documents, by run, step, attempt and wake: a call that costs was begun and not settled yet
LOST = "lost"  # the outcome of what nobody came back from
TOLD = "tenant_budget"  # the topic of a notification; `ref` is scope, period, percent and limit
SOON = timedelta(minutes=1)
_NAMES = tuple(f.name for f in fields(Allowance))


def allowance_of(deps: Deps, tenant: str) -> Allowance:
    """Return what the tenant may spend: as its owner has set it, else as usual."""
    return allowance_in(read_budget(deps, tenant))


def read_budget(deps: Deps, tenant: str) -> Mapping[str, Any]:
    """Return what the owner has set of the budget."""
    found = tenant_settings(deps.store, tenant).budget
    return found if isinstance(found, Mapping) else {}


def allowance_in(given: Mapping[str, Any]) -> Allowance:
    """Return the limits that these settings make of the usual ones."""
    return Allowance(**{name: value for name, value in given.items() if name in _NAMES})


def apply_budget(limits: Limits, given: Mapping[str, Any], ceiling: int | None = None) -> Limits:
    """Return the limits of a new run, its money as the tenant's owner has set it, with the usual part kept back.

    Of a `ceiling` of its own, which is never above that, nothing is kept back.
    """
    if given.get("run") is not None:
        limits = replace(limits, micros=given["run"])
    if ceiling is not None and ceiling < limits.micros:
        return replace(limits, micros=ceiling, kept_back=0)
    return replace(limits, kept_back=min(limits.micros, allowance_in(given).kept_back))


@dataclass
class Book:
    """The ledgers that one commit changes, as they were read."""

    deps: Deps
    tenant: str
    allowed: Allowance

    def __post_init__(self) -> None:
        self._docs: dict[str, Doc | None] = {}
        self._ledgers: dict[str, Ledger] = {}
        self._lapsed: dict[str, Open] = {}
        self._told: list[str] = []

    def ledger(self, month: str) -> Ledger:
        """Return the month as it is now, with what was set aside too long ago taken for spent."""
        if month not in self._ledgers:
            doc = self.deps.store.get(self.tenant, LEDGERS, month)
            self._docs[month] = doc
            found = from_body(Ledger, doc.body, month=month) if doc is not None else self._open_month(month)
            self._ledgers[month], gone = found.expire_reservations(self.deps.clock.now())
            self._lapsed |= gone
        return self._ledgers[month]

    def room(self, day: str, *, vital: bool = False, centres: Iterable[str] = ()) -> Room:
        """Return what may be set aside on that day for these cost centres."""
        return room(self.ledger(day[:7]), day, self.allowed, vital=vital, centres=centres)

    def move(self, *moves: Move) -> None:
        for move in moves:
            self._ledgers[move.day[:7]] = self.ledger(move.day[:7]).book([move])

    def change(self, ledger: Ledger) -> None:
        """Take this for the month."""
        self._ledgers[ledger.month] = ledger

    def tell(self, day: str, refused: str = "") -> None:
        """Remember whom to tell that so much of the day's or the month's limit is spent."""
        after, raised = alerts(self.ledger(day[:7]), day, self.allowed, refused)
        self._ledgers[after.month] = after
        self._told += raised

    def commands(self) -> tuple[Command, ...]:
        """Return what tells people; the same words lead to the same command."""
        return tuple(
            Command(derive_id("budget-", self.tenant, ref), NOTIFY, "notify", self.tenant, topic=TOLD, ref=ref)
            for ref in self._told
        )

    def puts(self) -> tuple[Put, ...]:
        """Return what has to be saved: each month's ledger that has changed, and what was taken for spent."""
        found = []
        for month, ledger in self._ledgers.items():
            doc = self._docs[month]
            if doc is None or ledger != from_body(Ledger, doc.body, month=month):
                found.append(Put(LEDGERS, month, to_body(ledger), doc.version if doc else ""))
        return (*found, *(_lapse(key, each) for key, each in self._lapsed.items()))

    def _open_month(self, month: str) -> Ledger:
        """Return the ledger of a month that has none: with what was counted before there were ledgers."""
        days: dict[str, Account] = {}
        today = self.deps.clock.now().date()
        for number in range(1, today.day + 1 if today.isoformat()[:7] == month else 32):
            try:
                day = date.fromisoformat(f"{month}-{number:02}")
            except ValueError:
                break
            if (used := self.deps.store.usage(self.tenant, day)) != NOTHING:
                days[day.isoformat()] = Account(spent=used.micros, tokens=used.tokens)
        return Ledger(month, days)


def _lapse(key: str, each: Open) -> Put:
    lost = {"kind": each.what, "outcome": LOST, "tokens": 0, "micros": each.micros, "calls": []}
    return Put(SPENDING, f"{each.day}.call.{key}", {"at": each.until.isoformat(), "run": "", "items": [lost]})


_WHOSE = {
    DAY: "the budget of the day",
    MONTH: "the budget of the month",
    PROJECT: "this page's budget of the month",
    PERSON: "the budget of the month of who asked for this",
}


def explain_shortage(need: int, left: Room) -> str:
    """Return what people are told when money is short."""
    whose = _WHOSE[left.scope]
    held = f" and {_usd(left.reserved)} set aside" if left.reserved else ""
    return (
        f"{whose} has no room left: this may need {_usd(need)} US dollars, and {_usd(left.spent)} of"
        f" {_usd(left.limit)} are spent{held}; an owner can raise it (POST /v1/budget)"
    )


def goes_on_at(at: datetime, need: int, left: Room, day: str) -> datetime | None:
    """Return when to ask again: soon where others have only set money aside, else when the day or month is over.

    None where no day or month has room for it.
    """
    if need > left.ever:
        return None
    if need <= left.limit - left.spent:
        return at + SOON
    return turn_of(left.scope, day)


def mark_of(run: str, step: Step) -> str:
    """Return the name under which it is remembered that an attempt has begun a call that costs."""
    return f"{run}.{step.id}.{step.attempt}.{step.wake}"


def _usd(micros: int) -> str:
    return f"{micros / 1e6:.2f}"
