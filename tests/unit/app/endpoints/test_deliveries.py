"""Deliveries: tried for three days, listed, replayed; an endpoint where nothing arrives is switched off."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from shared.app.endpoints.team_endpoints import (
    add_endpoint,
    find_endpoint,
    replay_delivery,
    send_test,
    switch_on,
)
from shared.core.errors import Conflicting, NotThere
from shared.core.notify.endpoint import DELIVERED, FAILED, WAITING, Delivery
from tests.support.rigs.told_team import OTHER, TEAM, Receiver, Team


def test_a_failure_is_tried_again_later_and_later_for_three_days(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    receiver.status = 500
    send_test(team.deps, TEAM, endpoint.id)
    began, waits = team.ports.clock.now(), []
    while (kept := _work_once(team, endpoint.id)).state == WAITING:
        assert kept.next_at is not None
        waits.append((kept.next_at - team.ports.clock.now()).total_seconds())
        team.ports.clock.move(seconds=waits[-1] + 1)
    assert all(later >= earlier * 0.9 for earlier, later in pairwise(waits))
    assert waits[0] < 120
    assert timedelta(days=3) <= team.ports.clock.now() - began < timedelta(days=4)
    assert kept.state == FAILED
    assert kept.tried == len(receiver.got) == len(kept.answers)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1


def _work_once(team: Team, endpoint: str) -> Delivery:
    team.work()
    return team.deliveries(endpoint)[0]


def test_what_works_again_is_delivered_and_nothing_more_is_sent(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    receiver.status = 503
    send_test(team.deps, TEAM, endpoint.id)
    assert _work_once(team, endpoint.id).state == WAITING
    assert find_endpoint(team.deps, TEAM, endpoint.id).failing_since is not None
    receiver.status = 200
    team.ports.clock.move(seconds=120)
    assert _work_once(team, endpoint.id).state == DELIVERED
    assert find_endpoint(team.deps, TEAM, endpoint.id).failing_since is None
    team.ports.clock.move(seconds=timedelta(days=5).total_seconds())
    team.work()
    assert len(receiver.got) == 2


def test_lasting_failure_switches_it_off_and_its_owners_are_told_once(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    receiver.status = 404
    send_test(team.deps, TEAM, endpoint.id)
    for _ in range(40):
        team.work()
        team.ports.clock.move(seconds=timedelta(hours=6).total_seconds())
    off = find_endpoint(team.deps, TEAM, endpoint.id)
    assert off.off_at is not None
    assert len(team.mails.subjects) == 1
    assert "switched off" in team.mails.subjects[0]
    sent = len(receiver.got)
    team.carry_out(team.ends())
    team.work()
    assert len(receiver.got) == sent
    with pytest.raises(Conflicting, match="switched off"):
        send_test(team.deps, TEAM, endpoint.id)
    switch_on(team.deps, TEAM, endpoint.id, "Ada")
    receiver.status = 200
    send_test(team.deps, TEAM, endpoint.id)
    assert _work_once(team, endpoint.id).state == DELIVERED


def test_one_failure_among_successes_switches_nothing_off(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    receiver.status = 500
    send_test(team.deps, TEAM, endpoint.id)
    for _ in range(20):
        team.work()
        receiver.status = 200
        send_test(team.deps, TEAM, endpoint.id)
        team.work()
        receiver.status = 500
        team.ports.clock.move(seconds=timedelta(hours=5).total_seconds())
    assert find_endpoint(team.deps, TEAM, endpoint.id).off_at is None


def test_who_says_gone_is_asked_no_more(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    receiver.status = 410
    send_test(team.deps, TEAM, endpoint.id)
    assert _work_once(team, endpoint.id).state == FAILED
    assert find_endpoint(team.deps, TEAM, endpoint.id).off_at is not None


def test_a_redirect_is_not_followed(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    receiver.status = 302
    send_test(team.deps, TEAM, endpoint.id)
    kept = _work_once(team, endpoint.id)
    assert (kept.state, kept.answers[0]["status"]) == (WAITING, 302)
    assert len(receiver.got) == 1


def test_a_delivery_is_replayed_under_its_id(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    send_test(team.deps, TEAM, endpoint.id)
    first = _work_once(team, endpoint.id)
    replay_delivery(team.deps, TEAM, endpoint.id, first.id.partition(".")[2])
    again = _work_once(team, endpoint.id)
    assert (again.state, again.tried, len(again.answers)) == (DELIVERED, 2, 2)
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]
    assert receiver.got[0][1] == receiver.got[1][1]
    with pytest.raises(NotThere):
        replay_delivery(team.deps, TEAM, endpoint.id, "0000000000.msg_000000000000000000000000")
    with pytest.raises(NotThere):
        replay_delivery(team.deps, OTHER, endpoint.id, first.id.partition(".")[2])


def test_what_has_ended_is_forgotten_after_thirty_days(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    neighbour, _ = add_endpoint(team.deps, TEAM, f"{receiver.url}/neighbour", (), "Ada")
    for each in (endpoint, neighbour):
        send_test(team.deps, TEAM, each.id)
    team.work()
    team.ports.clock.move(seconds=timedelta(days=31).total_seconds())
    send_test(team.deps, TEAM, endpoint.id)
    team.work()
    assert len(team.deliveries(endpoint.id)) == 1
    assert len(team.deliveries(neighbour.id)) == 1
