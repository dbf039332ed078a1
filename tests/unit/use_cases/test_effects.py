"""An external write happens once, whatever dies around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from shared.app.engine.effects import Effects
from shared.core.errors import (
    Busy,
    IntegrationError,
    Missing,
    NeedsHuman,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.steps._kind import Repeat
from tests.support.ports.dying import Died
from tests.support.ports.local_ports import Ports

POINTS = ("intent.before", "effect.before", "effect.after", "result.after")


@dataclass
class World:
    """Somebody else's system: what was made there, and how the next requests go."""

    made: list[str] = field(default_factory=list)
    trouble: list[tuple[str, BaseException]] = field(default_factory=list)  # ("before" | "after" the write, error)
    looked: int = 0

    def make(self) -> Mapping[str, Any]:
        when, error = self.trouble.pop(0) if self.trouble else ("", None)
        if error is not None and when == "before":
            raise error
        self.made.append(f"id-{len(self.made) + 1}")
        if error is not None:
            raise error
        return {"id": self.made[-1]}

    def look(self) -> Mapping[str, Any] | None:
        self.looked += 1
        return {"id": self.made[0]} if self.made else None


def effects(ports: Ports, die_at: str = "", scope: str = "run-1.s1", tenant: str = "t-1") -> Effects:
    def point(name: str) -> None:
        if die_at and name.startswith(die_at):
            raise Died(name)

    return Effects(ports.with_deps(crash_point=point).deps, tenant, scope, "test", "test")


@pytest.fixture
def world() -> World:
    return World()


def test_it_is_done_once_and_its_result_stays_the_same(ports: Ports, world: World) -> None:
    effect = effects(ports)
    assert effect.find_result("thing") is None
    assert not effect.is_intended("thing")
    for _ in range(3):
        assert effect("thing", world.make, repeat=Repeat.ONCE) == {"id": "id-1"}
    assert effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look) == {"id": "id-1"}
    assert (world.made, world.looked) == (["id-1"], 0)
    assert effect.find_result("thing") == {"id": "id-1"}
    assert effect.is_intended("thing")


def test_another_name_step_or_tenant_is_another_effect(ports: Ports, world: World) -> None:
    for effect, name in (
        (effects(ports), "thing"),
        (effects(ports), "other"),
        (effects(ports, scope="run-1.s2"), "thing"),
        (effects(ports, tenant="t-2"), "thing"),
    ):
        effect(name, world.make, repeat=Repeat.SAME_END)
    assert len(world.made) == 4


@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_any_point_leaves_one_where_it_can_be_looked_up(ports: Ports, world: World, point: str) -> None:
    with pytest.raises(Died):
        effects(ports, point)("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    ports.clock.move(seconds=71)
    assert effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look) == {"id": "id-1"}
    assert world.made == ["id-1"]


@pytest.mark.parametrize("point", POINTS)
def test_what_can_be_neither_found_nor_repeated_is_never_sent_twice(ports: Ports, world: World, point: str) -> None:
    with pytest.raises(Died):
        effects(ports, point)("mail", world.make, repeat=Repeat.ONCE)
    ports.clock.move(days=3)
    for _ in range(3):
        with suppress(NeedsHuman):
            effects(ports)("mail", world.make, repeat=Repeat.ONCE)
    assert world.made == ([] if point == "effect.before" else ["id-1"])


@pytest.mark.parametrize("point", POINTS)
def test_what_leads_to_the_same_end_is_simply_repeated(ports: Ports, world: World, point: str) -> None:
    with pytest.raises(Died):
        effects(ports, point)("thing", world.make, repeat=Repeat.SAME_END)
    assert effects(ports)("thing", world.make, repeat=Repeat.SAME_END)["id"] == world.made[-1]
    assert len(world.made) == (2 if point == "effect.after" else 1)


def test_an_unclear_answer_is_looked_into_and_found(ports: Ports, world: World) -> None:
    world.trouble = [("after", OutcomeUnknown("test", "timeout"))]
    with pytest.raises(OutcomeUnknown):
        effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    assert effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look) == {"id": "id-1"}
    assert (world.made, world.looked) == (["id-1"], 1)


def test_an_unclear_answer_without_a_trace_waits_until_it_cannot_arrive_any_more(ports: Ports, world: World) -> None:
    world.trouble = [("before", OutcomeUnknown("test", "timeout"))]
    with pytest.raises(OutcomeUnknown):
        effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    ports.clock.move(seconds=40)
    with pytest.raises(OutcomeUnknown, match="may still arrive") as early:
        effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    assert early.value.retry_after == timedelta(seconds=30)  # 70 in all
    assert world.made == []
    ports.clock.move(seconds=30)
    assert effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look) == {"id": "id-1"}
    assert world.made == ["id-1"]


def test_a_request_that_arrives_late_is_found_and_not_repeated(ports: Ports, world: World) -> None:
    world.trouble = [("before", OutcomeUnknown("test", "timeout"))]
    with pytest.raises(OutcomeUnknown):
        effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    world.made.append("id-late")
    assert effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look) == {"id": "id-late"}
    assert world.made == ["id-late"]


def test_a_clock_turned_back_does_not_shorten_the_wait(ports: Ports, world: World) -> None:
    world.trouble = [("before", OutcomeUnknown("test", "timeout"))]
    with pytest.raises(OutcomeUnknown):
        effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    ports.clock.move(seconds=-10)
    with pytest.raises(OutcomeUnknown, match="may still arrive"):
        effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look)


def test_an_unclear_answer_to_what_is_done_once_needs_a_person_for_ever(ports: Ports, world: World) -> None:
    world.trouble = [("after", NeedsHuman("test", "no complete answer"))]
    for _ in range(4):
        with pytest.raises(NeedsHuman):
            effects(ports)("mail", world.make, repeat=Repeat.ONCE)
        ports.clock.move(hours=1)
    assert world.made == ["id-1"]


@pytest.mark.parametrize("error", [RateLimited, Unavailable, Unauthorized, Rejected, Missing])
@pytest.mark.parametrize("repeat", list(Repeat))
def test_a_refusal_is_no_doubt_and_the_next_attempt_just_does_it(
    ports: Ports, world: World, error: Callable[[str, str], IntegrationError], repeat: Repeat
) -> None:
    world.trouble = [("before", error("test", "no"))]
    with pytest.raises(IntegrationError, match="no"):
        effects(ports)("thing", world.make, repeat=repeat, look=world.look)
    assert effects(ports)("thing", world.make, repeat=repeat, look=world.look) == {"id": "id-1"}
    assert (world.made, world.looked) == (["id-1"], 0)


def test_a_bug_in_the_call_counts_as_an_unclear_answer(ports: Ports, world: World) -> None:
    world.trouble = [("after", ZeroDivisionError())]
    with pytest.raises(ZeroDivisionError):
        effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    assert effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look) == {"id": "id-1"}
    assert world.made == ["id-1"]


def test_what_is_kept_names_the_arguments_without_telling_them(ports: Ports, world: World) -> None:
    effects(ports)("thing", world.make, repeat=Repeat.ONCE, args={"to": "ada@example.test"})
    doc = ports.store.get("t-1", "effects", "run-1.s1.thing")
    assert doc is not None
    assert len(doc.body["args"]) == 16
    assert "ada" not in str(doc.body)


def test_in_a_restored_house_what_was_done_after_the_backup_is_found_and_not_done_again(
    ports: Ports, world: World
) -> None:
    world.make()  # by the house that was backed up, afterwards: there is no record of it
    restored = Effects(ports.with_deps(restored=True).deps, "t-1", "run-1.s1", "test", "test")
    assert restored("thing", world.make, repeat=Repeat.LOOK, look=world.look) == {"id": "id-1"}
    assert world.made == ["id-1"]
    assert restored.find_result("thing") == {"id": "id-1"}


def test_a_person_who_has_it_retried_decides_about_an_unclear_answer(ports: Ports) -> None:
    """What cannot be looked up is not repeated by itself; whoever retries the run has looked, and wants it done."""
    world = World(trouble=[("after", OutcomeUnknown("ses", "no answer"))])
    with pytest.raises(OutcomeUnknown):
        effects(ports)("mail", world.make, repeat=Repeat.ONCE)
    with pytest.raises(NeedsHuman):
        effects(ports)("mail", world.make, repeat=Repeat.ONCE)
    ports.clock.move(seconds=120)
    decided = ports.deps.clock.now()
    again = Effects(ports.deps, "t-1", "run-1.s1", "test", decided=decided)
    assert again("mail", world.make, repeat=Repeat.ONCE) == {"id": "id-2"}


def test_what_a_dead_process_sent_may_still_be_on_its_way_however_long_ago_it_was_meant(
    ports: Ports, world: World
) -> None:
    """It was sent at the latest when the process died, and that is known to be before the next one began."""
    with suppress(Died):
        effects(ports, die_at="effect.before")("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    ports.clock.move(hours=1)  # it waited for a limit of calls, say, and then sent; now another process has begun
    again = Effects(ports.with_deps(born=ports.clock.now()).deps, "t-1", "run-1.s1", "test", "test")
    with pytest.raises(OutcomeUnknown):
        again("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    assert world.made == []
    ports.clock.move(seconds=ports.deps.settle.total_seconds())
    assert again("thing", world.make, repeat=Repeat.LOOK, look=world.look) == {"id": "id-1"}


@pytest.mark.parametrize("died", [False, True])
def test_what_arrives_after_a_look_that_came_too_early_is_not_sent_again(
    ports: Ports, world: World, *, died: bool
) -> None:
    """A look is an answer about when it was asked: that the time is over when it comes back proves nothing."""
    settle, unclear = ports.deps.settle.total_seconds(), [("before", OutcomeUnknown("test", "no answer"))]
    world.trouble = [] if died else unclear
    with suppress(Died, OutcomeUnknown):
        effects(ports, "effect.before" if died else "")("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    ports.clock.move(seconds=settle - 1)

    def slow_look() -> Mapping[str, Any] | None:
        found = world.look()
        if not world.made:
            world.make()  # what was sent is carried out just now
            ports.clock.move(seconds=2)  # and the answer to our look was long on its way
        return found

    with suppress(OutcomeUnknown):
        effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=slow_look)
    assert world.made == ["id-1"]
    assert effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=slow_look) == {"id": "id-1"}
    assert world.made == ["id-1"]


def test_of_a_sort_a_run_makes_what_was_named_first_whichever_step_says_so(ports: Ports) -> None:
    one = Effects(ports.deps, "t-1", "run-1.propose", "test", "test")
    other = Effects(ports.deps, "t-1", "run-1.second", "test", "test")
    assert one.claim_only("run-1", "repository", "github:acme/club") == "github:acme/club"
    assert other.claim_only("run-1", "repository", "github:acme/other") == "github:acme/club"
    assert one.claim_only("run-1", "site", "vercel:club") == "vercel:club"
    assert other.claim_only("run-2", "repository", "github:acme/other") == "github:acme/other"


@pytest.mark.parametrize("point", [*POINTS[:2], "before"])
def test_an_attempt_that_wakes_after_a_nights_sleep_writes_nothing_beside_the_one_in_its_place(
    ports: Ports, world: World, point: str
) -> None:
    """The lid is closed in the middle of an attempt; hours later both go on."""

    def asleep(name: str) -> None:
        if name.startswith(point):
            ports.clock.move(hours=10)

    sleeper = Effects(ports.with_deps(crash_point=asleep).deps, "t-1", "run-1.s1", "test", "test")
    if point == "before":
        ports.clock.move(hours=10)
    with pytest.raises(Busy):
        sleeper("thing", world.make, repeat=Repeat.LOOK, look=world.look)
    ports.clock.move(seconds=71)
    assert effects(ports)("thing", world.make, repeat=Repeat.LOOK, look=world.look) == {"id": "id-1"}
    with pytest.raises(Busy):
        sleeper("other", world.make, repeat=Repeat.LOOK, look=world.look)
    assert world.made == ["id-1"]
