"""Tasks and webhooks that come twice, late, shuffled, newest first, to two workers at once: all the same in the end."""

from __future__ import annotations

import pytest
import requests

from tests.crash.conftest import NewPlace, Undisturbed
from tests.support.measures.told_story import compare, ending
from tests.support.ports.hand_delivery import HandDelivery
from tests.support.rigs.settled_house import control

WORKERS = {"WORKWRIGHT_WORKERS": "8"}
QUEUES = {
    "eight workers": {},
    "every task twice": {"WORKWRIGHT_DUPLICATES": "1.0"},
    "shuffled": {"WORKWRIGHT_SHUFFLE": "1"},
    "shuffled otherwise, every task twice": {"WORKWRIGHT_SHUFFLE": "2", "WORKWRIGHT_DUPLICATES": "1.0"},
}


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_that_doubles_and_shuffles_changes_nothing(
    queue: str, new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    place = new_place(**WORKERS, **QUEUES[queue])
    place.begin()
    place.tell_story()
    assert compare(place, ending(place), undisturbed.end.effects) == []


def test_webhooks_that_come_twice_late_and_in_any_order_change_nothing(
    new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    place = new_place(**WORKERS)
    place.begin()
    config = {"duplicate": True, "reorder": True, "webhook_delay_s": 0.5}
    control(place.simulators["notion"], "/_config", config)
    place.tell_story()
    assert compare(place, ending(place), undisturbed.end.effects) == []
    delivered = requests.get(f"{place.simulators['notion']}/_deliveries", timeout=10).json()
    assert {entry["outcome"] for entry in delivered} == {"delivered"}


def test_every_task_to_two_workers_at_once_newest_first_and_all_again_at_the_end(
    new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    place = new_place()
    place.delivers = False
    place.begin()
    with HandDelivery(place, place.url) as queue:
        place.tell_story(at_rest=lambda: place.ended() and queue.at_rest())
        before = place.runs()
        for task in list(queue.seen.values())[::-1]:
            assert set(queue.deliver(task)) <= {204, 409}, task
        assert place.runs() == before
        assert queue.answers[409] > 0, "no two workers ever met"
    assert compare(place, ending(place), undisturbed.end.effects) == []
