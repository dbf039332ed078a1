"""Ranges that are sent again: under the same ids, bounded, slowly, by key once, and whole although a process dies."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.app.endpoints.replay_range import Range, order_replay
from shared.app.endpoints.team_endpoints import (
    add_endpoint,
    find_endpoint,
    remove_endpoint,
    send_message,
    send_test,
)
from shared.core.documents.codec import to_body
from shared.core.errors import Conflicting, NotThere
from shared.core.notify.endpoint import DELIVERED, DELIVERIES, FAILED, Delivery, Replay, name_delivery
from shared.core.run.commands import REPLAY, Command
from shared.ports import Put
from tests.support.ports.dying import Died, dying_at
from tests.support.rigs.told_team import OTHER, TEAM, Receiver, Team

MINUTE = timedelta(minutes=1)


def _add(team: Team, receiver: Receiver) -> str:
    return add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")[0].id


def _send(team: Team, endpoint: str, count: int, event: str = "run.ended") -> list[datetime]:
    """Send so many, a minute apart; return when."""
    times = []
    for _ in range(count):
        at = team.ports.clock.now()
        message = f"msg_{int(at.timestamp()):024x}"
        send_message(team.deps, TEAM, endpoint, message, (event, {"at": at.isoformat()}), at)
        times.append(at)
        team.ports.clock.move(seconds=60)
    team.work()
    return times


def _write_down(team: Team, endpoint: str, count: int, state: str = DELIVERED) -> datetime:
    """Have so many deliveries in the last seconds, as if they had been sent."""
    now = team.ports.clock.now()
    for number in range(count):
        at = now - timedelta(seconds=1 + number // 10)
        delivery = Delivery(endpoint, f"msg_{number:024x}", "run.ended", "{}", at, state, 1)
        team.deps.store.put(TEAM, Put(DELIVERIES, name_delivery(endpoint, delivery.message, at), to_body(delivery)))
    return now


def _finish(team: Team, endpoint: str) -> Replay:
    for _ in range(300):
        team.work()
        found = find_endpoint(team.deps, TEAM, endpoint).replay
        assert found is not None
        if found.done:
            break
        team.ports.clock.move(seconds=5)
    team.work()
    return found


def test_a_range_is_sent_again_with_the_ids_and_bodies_it_had(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    times = _send(team, endpoint, 4)
    first = [(headers["webhook-id"], body) for headers, body in receiver.got]
    ordered = order_replay(team.deps, TEAM, endpoint, Range(times[1], times[3]))
    assert (ordered.count, ordered.has_more, ordered.done) == (2, False, False)
    assert _finish(team, endpoint).sent == 2
    again = [(headers["webhook-id"], body) for headers, body in receiver.got[4:]]
    wanted = [each for each in first if any(at.isoformat() in each[1].decode() for at in times[1:3])]
    assert sorted(again) == sorted(wanted)  # from the one on, and before the other
    assert len(wanted) == 2


def test_the_kinds_that_are_named_and_no_tests_are_sent_again(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    [began] = _send(team, endpoint, 1, "step.ended")
    _send(team, endpoint, 1, "run.ended")
    send_test(team.deps, TEAM, endpoint)
    team.work()
    until = team.ports.clock.now() + MINUTE
    assert order_replay(team.deps, TEAM, endpoint, Range(began, until, ("step.ended",))).count == 1
    assert _finish(team, endpoint).done
    assert [each["type"] for each in receiver.told()[3:]] == ["step.ended"]
    assert order_replay(team.deps, TEAM, endpoint, Range(began, until)).count == 2


def test_what_had_failed_is_tried_for_three_days_again(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    until = _write_down(team, endpoint, 1, FAILED)
    receiver.status = 500
    order_replay(team.deps, TEAM, endpoint, Range(until - MINUTE, until))
    _finish(team, endpoint)
    receiver.status = 200
    team.ports.clock.move(seconds=120)
    team.work()
    assert [each.state for each in team.deliveries(endpoint)] == [DELIVERED]


def test_a_thousand_are_sent_slowly_and_the_answer_says_that_there_are_more(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    until = _write_down(team, endpoint, 1010)
    wanted = Range(until - timedelta(hours=1), until)
    first = order_replay(team.deps, TEAM, endpoint, wanted)
    assert (first.count, first.has_more) == (1000, True)
    for turn in range(1, 4):  # whatever is due at a moment, no more than 25
        team.work()
        assert len(receiver.got) == 25 * turn
        team.ports.clock.move(seconds=5)
    with pytest.raises(Conflicting, match="being sent again"):
        order_replay(team.deps, TEAM, endpoint, replace(wanted, after=first.last))


def test_the_rest_of_a_range_follows_behind_what_the_answer_named(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    until = _write_down(team, endpoint, 30)
    latest = sorted(each.id.partition(".")[2] for each in team.deliveries(endpoint))
    rest = order_replay(team.deps, TEAM, endpoint, Range(until - MINUTE, until, after=latest[19]))
    assert (rest.count, rest.has_more) == (10, False)
    assert _finish(team, endpoint).sent == 10
    assert len(receiver.got) == 10


def test_the_same_key_is_the_same_replay_also_when_it_is_over(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    [began] = _send(team, endpoint, 1)
    wanted = Range(began, began + MINUTE)
    first = order_replay(team.deps, TEAM, endpoint, wanted, "key-1")
    assert order_replay(team.deps, TEAM, endpoint, wanted, "key-1").id == first.id
    _finish(team, endpoint)
    order_replay(team.deps, TEAM, endpoint, wanted, "key-1")
    team.work()
    assert len(receiver.got) == 2
    assert order_replay(team.deps, TEAM, endpoint, wanted, "key-2").id != first.id
    _finish(team, endpoint)
    assert len(receiver.got) == 3


def test_a_death_anywhere_loses_none_and_doubles_none(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    until = _write_down(team, endpoint, 26)  # two turns
    wanted = Range(until - MINUTE, until)
    died: set[str] = set()
    for number in (*range(1, 6), 27, *range(51, 70)):
        receiver.got.clear()
        seen: list[str] = []
        deps = replace(team.deps, crash_point=dying_at(number, seen))
        try:
            order_replay(deps, TEAM, endpoint, wanted, f"key-{number}")
            _work_dying(team, deps)
        except Died:
            died.add(seen[-1])
        else:
            break
        order_replay(team.deps, TEAM, endpoint, wanted, f"key-{number}")  # as who got no answer asks again
        team.ports.clock.move(seconds=3600)
        _finish(team, endpoint)
        ids = [headers["webhook-id"] for headers, _ in receiver.got]
        assert len(set(ids)) == 26, seen[-1]
        assert len(ids) - 26 <= (seen[-1] == "deliver.after/sent"), seen[-1]
    assert {
        "replay.before/kept", "replay.after/kept", "replay.after/marked", "replay.after/handed",
        "replay.after/turned", "replay.after/ordered",
    } <= died  # fmt: skip


def _work_dying(team: Team, deps: object) -> None:
    """Carry out what is due of replays alone, in a process that may die."""
    for _ in range(3):
        team.ports.deliver_due(
            lambda each: team.carry_out(each, deps) if each.name == REPLAY else team.carry_out(each)  # type: ignore[arg-type]
        )
        team.ports.clock.move(seconds=5)


def test_who_dies_right_after_it_is_kept_and_never_asks_again_has_it_carried_out(
    team: Team, receiver: Receiver
) -> None:
    endpoint = _add(team, receiver)
    [began] = _send(team, endpoint, 1)
    seen: list[str] = []
    with pytest.raises(Died):
        order_replay(replace(team.deps, crash_point=dying_at(2, seen)), TEAM, endpoint, Range(began, began + MINUTE))
    assert seen[-1] == "replay.after/kept"
    team.ports.clock.move(seconds=31)
    assert _finish(team, endpoint).sent == 1
    assert len(receiver.got) == 2


def test_one_that_moves_no_more_gives_way_after_an_hour(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    until = _write_down(team, endpoint, 30)
    wanted = Range(until - MINUTE, until)
    first = order_replay(team.deps, TEAM, endpoint, wanted)
    with pytest.raises(Conflicting):
        order_replay(team.deps, TEAM, endpoint, wanted)
    team.ports.clock.move(seconds=3600)
    second = order_replay(team.deps, TEAM, endpoint, wanted)
    assert second.id != first.id
    team.carry_out(Command("late", REPLAY, "notify", TEAM, ref=f"{endpoint}/{first.id}"))
    assert find_endpoint(team.deps, TEAM, endpoint).replay == second
    _finish(team, endpoint)
    assert len(receiver.got) == 30  # the first does not go on beside it


def test_ranges_that_are_none_and_what_is_not_there_are_refused(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    now = team.ports.clock.now()
    with pytest.raises(Conflicting, match="'from'"):
        order_replay(team.deps, TEAM, endpoint, Range(now, now))
    with pytest.raises(NotThere):
        order_replay(team.deps, OTHER, endpoint, Range(now - MINUTE, now))
    assert order_replay(team.deps, TEAM, endpoint, Range(now - MINUTE, now)).count == 0
    assert _finish(team, endpoint).done
    ordered = order_replay(team.deps, TEAM, endpoint, Range(now - MINUTE, now))
    remove_endpoint(team.deps, TEAM, endpoint, "Ada")
    team.carry_out(Command("late", REPLAY, "notify", TEAM, ref=f"{endpoint}/{ordered.id}"))
    assert receiver.got == []


def test_a_replay_ends_where_the_endpoint_is_switched_off(team: Team, receiver: Receiver) -> None:
    endpoint = _add(team, receiver)
    until = _write_down(team, endpoint, 60)
    order_replay(team.deps, TEAM, endpoint, Range(until - MINUTE, until))
    receiver.status = 410
    found = _finish(team, endpoint)
    assert (found.sent, found.done) == (25, True)
    with pytest.raises(Conflicting, match="switched off"):
        order_replay(team.deps, TEAM, endpoint, Range(until - MINUTE, until))
