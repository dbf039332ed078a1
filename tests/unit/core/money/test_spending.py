"""A tenant's ledger: whatever is set aside, booked, given back or forgotten, in any order, no limit is passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared.core.documents.codec import from_body, to_body
from shared.core.money.spending import (
    FOREVER,
    Account,
    Allowance,
    Ledger,
    Move,
    Open,
    add_calls,
    alerts,
    day_of,
    room,
    turn_of,
)
from shared.core.run.run import Usage

NOW = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
TODAY, MONTH = "2026-11-30", "2026-11"
NONE = Allowance(None, None, None, None, 0)


CENTRES = ((), ("person:ada",), ("project:shop", "person:ada"), ("project:shop", "person:ben"))


class Book(RuleBasedStateMachine):
    """A ledger beside a plain list of who holds what and what was paid."""

    def __init__(self) -> None:
        super().__init__()
        self.allowed = Allowance(day=500, month=900, kept_back=60, project=300, person=400)
        self.ledger = Ledger(MONTH)
        self.held: dict[str, tuple[str, int]] = {}
        self.centres: dict[str, tuple[str, ...]] = {}  # by key, also of what is settled
        self.paid_for: dict[str, int] = {}
        self.paid: dict[str, int] = {}
        self.day, self.keys = 1, 0

    @property
    def today(self) -> str:
        return f"{MONTH}-{self.day:02}"

    @rule(micros=st.integers(1, 300), vital=st.booleans(), centres=st.sampled_from(CENTRES))
    def set_aside(self, micros: int, vital: bool, centres: tuple[str, ...]) -> None:
        if micros <= room(self.ledger, self.today, self.allowed, vital=vital, centres=centres).micros:
            self.keys += 1
            until = NOW + timedelta(minutes=self.day)
            self.ledger = self.ledger.reserve(f"k{self.keys}", Open(self.today, micros, until), centres)
            self.held[f"k{self.keys}"] = (self.today, micros)
            self.centres[f"k{self.keys}"] = centres

    def pay(self, key: str, day: str, micros: int) -> None:
        self.paid[day] = self.paid.get(day, 0) + micros
        for name in self.centres[key]:
            self.paid_for[name] = self.paid_for.get(name, 0) + micros

    @rule(data=st.data(), share=st.floats(0, 1))
    def settle(self, data: st.DataObject, share: float) -> None:
        if self.held:
            key = data.draw(st.sampled_from(sorted(self.held)))
            day, micros = self.held.pop(key)
            self.ledger = self.ledger.settle(key, Usage(0, int(micros * share)))
            self.pay(key, day, int(micros * share))
            assert self.ledger.settle(key, Usage(0, 999)) == self.ledger, "settled twice is settled once"

    @rule(minutes=st.integers(0, 12))
    def forget(self, minutes: int) -> None:
        self.ledger, gone = self.ledger.expire_reservations(NOW + timedelta(minutes=minutes))
        for key in gone:
            day, micros = self.held.pop(key)
            self.pay(key, day, micros)

    @rule()
    def sleep(self) -> None:
        self.day = min(self.day + 1, 30)

    @invariant()
    def nothing_is_passed_and_nothing_is_lost(self) -> None:
        assert self.ledger.spent + self.ledger.reserved <= 900
        assert self.ledger.spent == sum(self.paid.values())
        assert self.ledger.reserved == sum(micros for _, micros in self.held.values())
        for name, account in self.ledger.days.items():
            assert account.spent + account.reserved <= 500
            assert account.spent == self.paid.get(name, 0)
        for name, account in self.ledger.centres.items():
            assert account.spent == self.paid_for.get(name, 0)
            held = [self.held[key][1] for key, centres in self.centres.items() if key in self.held and name in centres]
            assert account.reserved == sum(held)
            assert account.spent + account.reserved <= (300 if name.startswith("project:") else 400)
        assert set(self.ledger.held_for) == {key for key in self.held if self.centres[key]}
        assert from_body(Ledger, to_body(self.ledger), month=MONTH) == self.ledger


Book.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestBook = Book.TestCase


def test_what_is_kept_back_is_left_to_those_who_may_use_it() -> None:
    ledger = Ledger(MONTH, {TODAY: Account(spent=400)})
    allowed = Allowance(day=500, month=10_000, kept_back=60)
    assert (room(ledger, TODAY, allowed).micros, room(ledger, TODAY, allowed, vital=True).micros) == (40, 100)


@pytest.mark.parametrize(("day", "month", "scope", "left"), [(500, 900, "day", 100), (500, 450, "month", 50)])
def test_the_tighter_limit_counts(day: int, month: int, scope: str, left: int) -> None:
    ledger = Ledger(MONTH, {TODAY: Account(spent=300, reserved=100)})
    there = room(ledger, TODAY, Allowance(day=day, month=month, kept_back=0))
    assert (there.scope, there.micros) == (scope, left)


def test_no_limit_is_room_for_everything() -> None:
    assert room(Ledger(MONTH), TODAY, NONE).micros == FOREVER
    assert alerts(Ledger(MONTH, {TODAY: Account(spent=10**9)}), TODAY, NONE)[1] == []


@pytest.mark.parametrize(
    ("scope", "day", "turn"),
    [
        ("day", "2026-11-30", "2026-12-01"),
        ("day", "2026-12-31", "2027-01-01"),
        ("day", "2028-02-28", "2028-02-29"),
        ("month", "2026-11-30", "2026-12-01"),
        ("month", "2026-01-01", "2026-02-01"),
        ("month", "2026-12-31", "2027-01-01"),
        ("month", "2028-02-01", "2028-03-01"),
    ],
)
def test_days_and_months_turn_at_midnight_utc(scope: str, day: str, turn: str) -> None:
    assert turn_of(scope, day) == datetime.fromisoformat(f"{turn}T00:00:00+00:00")


def test_a_time_lies_on_its_day_in_utc() -> None:
    at = datetime.fromisoformat("2026-12-01T00:30:00+02:00")
    assert day_of(at) == "2026-11-30"


def test_a_move_into_another_month_is_refused() -> None:
    with pytest.raises(ValueError, match="not a day of 2026-11"):
        Ledger(MONTH).book([Move("2026-12-01", 1)])


def test_each_share_of_a_limit_is_told_once_and_again_when_the_limit_is_another_one() -> None:
    allowed, ledger, heard = Allowance(day=100, month=1000), Ledger(MONTH), list[str]()
    for _ in range(10):
        ledger, told = alerts(ledger.book([Move(TODAY, spent=10)]), TODAY, allowed)
        heard += told
    assert heard == [f"day.{TODAY}.50.100", f"day.{TODAY}.80.100", f"day.{TODAY}.100.100"]
    ledger, told = alerts(ledger, TODAY, Allowance(day=120, month=1000))
    assert told == [f"day.{TODAY}.80.120"]
    assert alerts(ledger, TODAY, Allowance(day=120, month=1000)) == (ledger, [])


def test_a_refusal_counts_as_all_of_it() -> None:
    ledger = Ledger(MONTH, {TODAY: Account(spent=90)})
    ledger, told = alerts(ledger, TODAY, Allowance(day=100, month=1000), "day")
    assert told == [f"day.{TODAY}.100.100"]
    assert alerts(ledger, TODAY, Allowance(day=100, month=1000), "day") == (ledger, [])


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 99), st.integers(0, 99)), max_size=8))
def test_the_sums_by_model_are_those_of_the_calls(calls: list[tuple[str, int, int]]) -> None:
    listed = [{"model": model, "tokens": tokens, "micros": micros} for model, tokens, micros in calls]
    whole = add_calls({}, listed)
    assert add_calls(add_calls({}, listed[:3]), listed[3:]) == whole
    for model in ("a", "b"):
        mine = [call for call in calls if call[0] == model]
        sums = (len(mine), sum(call[1] for call in mine), sum(call[2] for call in mine))
        assert whole.get(model, (0, 0, 0)) == sums
