"""The local queue while the clock is moved: nothing is lost or doubled, and nobody waits longer than they meant to."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from shared.core.run.commands import NOTIFY
from tests.support.builders.saved_runs import a_command
from tests.support.ports.moved_clock import START
from tests.support.ports.queue_in_hand import Open, received_ids


def test_a_clock_moved_on_a_day_makes_everything_due(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.answers["failed"] = [500]
        rig.queue.enqueue([a_command("failed"), a_command("late", not_before=START + timedelta(hours=23))])
        rig.settle()
        rig.clock.move(days=1)
        assert not rig.dispatcher.idle()
        rig.settle()
        assert sorted(received_ids(rig)) == ["failed", "failed", "late"]
        assert rig.dispatcher.idle()
        assert rig.dispatcher.find_next_due() is None


def test_a_clock_moved_back_an_hour_loses_and_doubles_nothing(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.answers["failed"] = [500]
        rig.queue.enqueue([a_command("done"), a_command("failed")])
        rig.queue.enqueue([a_command("late", name=NOTIFY, not_before=START + timedelta(minutes=1))])
        rig.settle()
        rig.clock.move(hours=-1)
        rig.queue.enqueue([a_command("done"), a_command("new")])
        rig.settle()
        assert received_ids(rig) == ["done", "failed", "new"]
        rig.later(61)  # a retry does not wait for the hour to come again
        assert received_ids(rig) == ["done", "failed", "new", "failed"]
        rig.later(3600)
        assert Counter(received_ids(rig)) == {"done": 1, "failed": 2, "new": 1, "late": 1}


@pytest.mark.parametrize("name", ["attempt", "undo", "mirror", "consider", "look", "reconcile"])
def test_a_clock_moved_back_an_hour_lets_nobody_wait_longer_than_it_wanted_to(open_rig: Open, name: str) -> None:
    with open_rig() as rig:
        rig.queue.enqueue([a_command("poll", name=name, not_before=START + timedelta(seconds=30))])
        rig.settle()
        rig.clock.move(hours=-1)
        rig.settle()
        assert received_ids(rig) == []
        rig.later(29)
        assert received_ids(rig) == []
        rig.later(2)
        assert received_ids(rig) == ["poll"]


def test_what_is_handed_over_while_the_clock_is_turned_back_does_not_wait_for_the_hour(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.settle()
        before = rig.clock.now()
        rig.clock.move(hours=-1)
        mirror = a_command("again", name="mirror", not_before=before + timedelta(seconds=30))
        rig.queue.enqueue([mirror, a_command("quiet", name=NOTIFY, not_before=before + timedelta(seconds=30))])
        rig.later(31)
        assert received_ids(rig) == ["again"]
        rig.later(10)
        rig.queue.enqueue([a_command("patient", name="mirror", not_before=rig.clock.now() + timedelta(hours=2))])
        rig.later(7190)
        assert received_ids(rig) == ["again", "quiet"]
        rig.later(11)
        assert received_ids(rig) == ["again", "quiet", "patient"]


def test_a_clock_moved_back_between_two_starts_does_not_delay_a_retry(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.answers["failed"] = [500]
        rig.queue.enqueue([a_command("failed")])
        rig.settle()
        clock = rig.clock
    clock.move(days=-1)
    with open_rig() as rig:
        rig.later(61)
        assert received_ids(rig) == ["failed"]
