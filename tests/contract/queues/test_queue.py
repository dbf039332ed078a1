"""What every Queue promises, on every backend: a receiver at the other end says what arrived."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.support.builders.saved_runs import a_command, a_run, opening
from tests.support.parts import require
from tests.support.ports.backends import QueueRig
from tests.support.ports.cloud_rig import CloudRig
from tests.support.ports.moved_clock import START
from tests.support.ports.queue_backends import OpenRig, received_ids


def test_a_command_arrives_as_it_was_enqueued(rig: QueueRig) -> None:
    command = a_command("c1", run="r1", step="s1", attempt=2, wake=1, topic="t", ref="p")
    rig.queue.enqueue([command])
    rig.settle()
    assert rig.received == [command]


def test_what_succeeded_does_not_come_again(rig: QueueRig) -> None:
    rig.queue.enqueue([a_command("c1"), a_command("c2")])
    rig.settle()
    rig.later(120)
    assert received_ids(rig) == ["c1", "c2"]


def test_a_function_that_puts_a_command_aside_and_says_so_does_not_get_it_again(rig: QueueRig) -> None:
    rig.while_delivering = lambda command: rig.queue.bury(command, "no use", 1)
    rig.queue.enqueue([a_command("c1")])
    rig.settle()
    rig.later(120)
    assert received_ids(rig) == ["c1"]
    assert [letter.command.id for letter in rig.queue.dead_letters("acme")] == ["c1"]


def test_an_id_that_waits_is_not_taken_again(rig: QueueRig) -> None:
    rig.queue.enqueue([a_command("c1"), a_command("c1")])
    rig.queue.enqueue([a_command("c1", step="another")])
    rig.settle()
    assert received_ids(rig) == ["c1"]


def test_two_tenants_may_use_the_same_id(rig: QueueRig) -> None:
    commands = [a_command("c1", "acme"), a_command("c1", "globex")]
    rig.queue.enqueue(commands)
    rig.settle()
    assert sorted(rig.received, key=lambda command: command.tenant) == commands


def test_an_id_that_was_delivered_is_not_taken_again(rig: QueueRig) -> None:
    rig.queue.enqueue([a_command("c1")])
    rig.settle()
    rig.queue.enqueue([a_command("c1"), a_command("c2")])
    rig.settle()
    assert received_ids(rig) == ["c1", "c2"]


def test_an_id_is_remembered_for_an_hour_after_its_delivery(rig: QueueRig) -> None:
    rig.queue.enqueue([a_command("c1")])
    rig.settle()
    rig.later(3600)
    rig.queue.enqueue([a_command("c1")])
    rig.settle()
    assert received_ids(rig) == ["c1"]


def test_a_delayed_command_waits_for_its_time(rig: QueueRig) -> None:
    rig.queue.enqueue([a_command("late", not_before=START + timedelta(seconds=30)), a_command("now")])
    rig.settle()
    assert received_ids(rig) == ["now"]
    rig.later(29)
    assert received_ids(rig) == ["now"]
    rig.later(2)
    assert received_ids(rig) == ["late", "now"]


def test_a_command_waits_for_weeks(rig: QueueRig) -> None:
    rig.queue.enqueue([a_command("c1", not_before=START + timedelta(days=29))])
    rig.later(timedelta(days=29).total_seconds() - 1)
    assert rig.received == []
    rig.later(2)
    assert received_ids(rig) == ["c1"]


def test_a_time_beyond_the_queues_horizon_is_left_to_sweep_and_is_no_failure(rig: QueueRig) -> None:
    """Cloud Tasks takes nothing that is more than thirty days ahead; the embedded queue has no such end."""
    far = timedelta(days=30, hours=1)
    rig.queue.enqueue([a_command("far", not_before=START + far), a_command("now")])
    rig.settle()
    assert received_ids(rig) == ["now"]
    rig.later(far.total_seconds() + 1)
    assert received_ids(rig) == (["far", "now"] if rig.horizon is None or far <= rig.horizon else ["now"])


def test_a_time_that_has_passed_is_now(rig: QueueRig) -> None:
    rig.queue.enqueue([a_command("c1", not_before=START - timedelta(hours=1))])
    rig.settle()
    assert received_ids(rig) == ["c1"]


@pytest.mark.parametrize("status", [409, 500])
def test_a_refused_delivery_comes_again(rig: QueueRig, status: int) -> None:
    rig.answers["c1"] = [status, status]
    rig.queue.enqueue([a_command("c1")])
    rig.settle()
    rig.later(120)
    rig.later(120)
    rig.later(120)
    assert received_ids(rig) == ["c1", "c1", "c1"]


def test_a_failed_delivery_comes_again_after_a_wait_that_grows(rig: QueueRig) -> None:
    passed, came = 0.0, []
    rig.while_delivering = lambda _: came.append(passed)
    rig.answers["c1"] = [500] * 5
    rig.queue.enqueue([a_command("c1")])
    rig.settle()
    rig.settle()
    assert came == [0.0]
    while len(came) < 6 and passed < 60:
        passed += 0.02
        rig.later(0.02)
    waits = [after - before for before, after in pairwise(came)]
    assert len(waits) == 5
    assert all(after > 1.5 * before > 0 for before, after in pairwise(waits))


def test_a_failing_command_does_not_hold_up_others(rig: QueueRig) -> None:
    rig.answers["bad"] = [500] * 5
    rig.queue.enqueue([a_command("bad"), a_command("good")])
    rig.settle()
    assert "good" in received_ids(rig)


def test_after_eight_failed_deliveries_a_command_comes_no_more(rig: QueueRig) -> None:
    """The embedded queue puts it aside. Cloud Tasks forgets it: there a function buries what is delivered last."""
    rig.answers["c1"] = [500] * 99
    rig.queue.enqueue([a_command("c1")])
    rig.settle()
    for _ in range(12):
        rig.later(120)
    assert received_ids(rig) == ["c1"] * 8
    letters = [(letter.command.id, letter.deliveries) for letter in rig.queue.dead_letters("acme")]
    assert letters == ([("c1", 8)] if rig.buries_by_itself else [])


def test_a_function_gets_no_more_than_its_rate(open_rig: OpenRig) -> None:
    slow_rig = open_rig(1.0)
    slow_rig.queue.enqueue([a_command(f"n{number}", function="notify") for number in range(4)])
    slow_rig.settle()
    assert len(slow_rig.received) == 1
    slow_rig.later(1.01)
    assert len(slow_rig.received) == 2
    slow_rig.later(1.01)
    slow_rig.later(1.01)
    assert received_ids(slow_rig) == ["n0", "n1", "n2", "n3"]


def test_a_function_that_rested_gets_a_burst_and_then_its_rate(open_rig: OpenRig) -> None:
    """Cloud Tasks fills a bucket whose size it chooses by the rate; the embedded queue spaces deliveries evenly."""
    rig = open_rig(4.0)
    rig.later(60)
    rig.queue.enqueue([a_command(f"n{number}", function="notify") for number in range(12)])
    rig.settle()
    assert len(rig.received) == rig.burst
    for seen in range(1, 5):
        rig.later(0.2501)
        assert len(rig.received) == rig.burst + seen


def test_one_functions_rate_does_not_hold_up_another(open_rig: OpenRig) -> None:
    rig = open_rig(1.0)
    rig.queue.enqueue([a_command(f"n{number}", function="notify") for number in range(3)])
    rig.queue.enqueue([a_command(f"s{number}") for number in range(3)])
    rig.settle()
    assert [name for name in received_ids(rig) if name[0] == "s"] == ["s0", "s1", "s2"]
    assert len(rig.received) == 4


def test_committed_commands_arrive_once_however_often_they_are_relayed(rig: QueueRig) -> None:
    if isinstance(rig, CloudRig):
        require("firestore-emulator")  # the embedded store hands its commands to its own queue, and has no outbox
    rig.store.commit(opening(a_run(), a_command("r1.1.0"), a_command("r1.1.1")))
    for _ in range(2):  # two relays that read the outbox before either marks it
        rig.queue.enqueue(rig.store.unsent("acme", "r1"))
    rig.settle()
    rig.store.mark_sent("acme", ["r1.1.0", "r1.1.1"])
    rig.queue.enqueue(rig.store.unsent("acme", "r1"))
    rig.settle()
    assert received_ids(rig) == ["r1.1.0", "r1.1.1"]
