"""Dead letters of every Queue: put aside for their tenant with the reason, delivered again when a person says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.builders.saved_runs import a_command
from tests.support.ports.backends import QueueRig
from tests.support.ports.moved_clock import START
from tests.support.ports.queue_backends import received_ids


def test_a_buried_command_is_listed_for_its_tenant_alone(rig: QueueRig) -> None:
    command = a_command("c1", run="r1")
    rig.queue.bury(command, "gave up", 8)
    assert [(letter.command, letter.reason, letter.deliveries) for letter in rig.queue.dead_letters("acme")] == [
        (command, "gave up", 8)
    ]
    assert rig.queue.dead_letters("globex") == []


def test_nothing_is_put_aside_in_silence(rig: QueueRig) -> None:
    """What tells people goes on its way with the letter itself; of what tells them nobody is told."""
    rig.queue.bury(a_command("c1", run="r1"), "gave up", 8)
    rig.queue.bury(a_command("c1", run="r1"), "gave up", 8)
    rig.queue.bury(a_command("c2"), "belongs to no run", 8)
    rig.settle()
    rig.later(120)
    (told,) = rig.received
    assert (told.name, told.function, told.tenant, told.run) == ("notify", "notify", "acme", "r1")
    assert (told.topic, told.ref) == ("stands_still", "c1")
    rig.queue.bury(told, "and this one too", 8)
    rig.settle()
    rig.later(120)
    assert rig.received == [told]


def test_a_dead_letter_is_delivered_again_when_a_person_says_so(rig: QueueRig) -> None:
    rig.queue.enqueue([a_command("c1")])
    rig.settle()
    rig.queue.bury(a_command("c1"), "gave up", 8)
    rig.queue.replay("acme", "c1")
    rig.settle()
    assert received_ids(rig)[0] == "c1"
    assert len(rig.received) == 2
    assert rig.queue.dead_letters("acme") == []


def test_a_letter_is_replayed_once_and_may_come_back_as_a_letter(rig: QueueRig) -> None:
    for times in (1, 2):
        rig.queue.bury(a_command("c1"), f"gave up {times}", 8)
        rig.queue.replay("acme", "c1")
        with pytest.raises(KeyError):
            rig.queue.replay("acme", "c1")
        rig.settle()
        rig.later(120)
        assert received_ids(rig) == ["c1"] * times
    with pytest.raises(KeyError):
        rig.queue.replay("acme", "c1")


def test_a_replayed_command_is_tried_again_when_it_fails(rig: QueueRig) -> None:
    rig.queue.bury(a_command("c1"), "gave up", 8)
    rig.answers["c1"] = [500, 500]
    rig.queue.replay("acme", "c1")
    rig.settle()
    rig.later(120)
    rig.later(120)
    rig.later(120)
    assert received_ids(rig) == ["c1"] * 3


def test_a_command_buried_twice_is_one_letter_with_the_last_reason(rig: QueueRig) -> None:
    rig.queue.bury(a_command("c1"), "first", 8)
    rig.queue.bury(a_command("c1"), "second", 9)
    assert [(letter.reason, letter.deliveries) for letter in rig.queue.dead_letters("acme")] == [("second", 9)]


def test_dead_letters_are_read_oldest_first_with_their_time(rig: QueueRig) -> None:
    for number in (2, 0, 1):
        rig.queue.bury(a_command(f"c{number}"), "gave up", 8)
        rig.later(60)
    expected = [(f"c{n}", START + timedelta(minutes=at)) for at, n in enumerate((2, 0, 1))]
    assert [(letter.command.id, letter.at) for letter in rig.queue.dead_letters("acme")] == expected


def test_two_tenants_letters_of_one_id_are_two(rig: QueueRig) -> None:
    for tenant in ("acme", "globex"):
        rig.queue.bury(a_command("c1", tenant), f"of {tenant}", 8)
    rig.queue.replay("acme", "c1")
    rig.settle()
    assert [command.tenant for command in rig.received] == ["acme"]
    assert [letter.reason for letter in rig.queue.dead_letters("globex")] == ["of globex"]


def test_what_is_no_dead_letter_cannot_be_replayed(rig: QueueRig) -> None:
    rig.queue.bury(a_command("c1"), "gave up", 8)
    for tenant, name in (("acme", "c2"), ("globex", "c1")):
        with pytest.raises(KeyError):
            rig.queue.replay(tenant, name)
