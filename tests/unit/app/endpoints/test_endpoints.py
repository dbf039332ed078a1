"""Endpoints of a team's own: told of each event at least once, signed, for three days, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.endpoints.deliver import deliver
from shared.app.endpoints.team_endpoints import (
    add_endpoint,
    list_deliveries,
    remove_endpoint,
    replace_secret,
    send_test,
    switch_on,
)
from shared.app.engine.engine import open_run
from shared.app.money.tenant_ledger import TOLD
from shared.core.errors import Conflicting, NotThere
from shared.core.notify.endpoint import DELIVERED
from shared.core.run.commands import DELIVER, NOTIFY, Command
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.dying import Died, dying_at
from tests.support.ports.local_ports import Ports, tools_with
from tests.support.rigs.told_team import OTHER, TEAM, Receiver, Team


def test_an_event_arrives_once_and_signed(team: Team, receiver: Receiver) -> None:
    endpoint, secret = add_endpoint(team.deps, TEAM, receiver.url, ("run.ended",), "Ada")
    command = team.ends()
    for _ in range(3):
        team.carry_out(command)
        team.work()
    assert [each["type"] for each in receiver.told()] == ["run.ended"]
    assert receiver.is_signed(0, secret)
    said = receiver.told()[0]
    assert said["data"]["run"] == "run-1"
    assert said["data"]["status"] == "succeeded"
    assert "Bakery" not in str(said)  # nothing of what people wrote
    [kept] = team.deliveries(endpoint.id)
    assert (kept.state, kept.tried, kept.answers[0]["status"]) == (DELIVERED, 1, 204)
    assert kept.message == receiver.got[0][0]["webhook-id"]


def test_the_secret_lies_sealed(team: Team, receiver: Receiver) -> None:
    endpoint, secret = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    kept = str([doc.body for doc in team.deps.store.list_docs(TEAM, "endpoints")])
    assert secret.removeprefix("whsec_") not in kept
    assert endpoint.url in kept


def test_a_question_is_told_and_its_link_is_not(team: Team, receiver: Receiver) -> None:
    add_endpoint(team.deps, TEAM, receiver.url, ("approval.asked",), "Ada")
    open_run(team.deps, opened(gate("approve"), spec("a", "approve")))
    team.work()
    assert [each["type"] for each in receiver.told()] == ["approval.asked"]
    assert receiver.told()[0]["data"]["gate"] == "approve"
    assert "/approvals/" not in str(receiver.told())


def test_the_budget_of_a_day_is_told(team: Team, receiver: Receiver) -> None:
    add_endpoint(team.deps, TEAM, receiver.url, ("budget.alert",), "Ada")
    team.carry_out(Command("b-1", NOTIFY, "notify", TEAM, topic=TOLD, ref="day.2026-03-02.80.5000000"))
    team.work()
    assert receiver.told()[0]["data"] == {"scope": "day", "period": "2026-03-02", "percent": 80, "limit_usd": 5.0}


def test_only_what_is_wanted_is_told(team: Team, receiver: Receiver) -> None:
    add_endpoint(team.deps, TEAM, receiver.url, ("site.live",), "Ada")
    team.carry_out(team.ends())
    team.work()
    assert receiver.got == []


def test_another_teams_endpoint_hears_nothing_and_cannot_be_named(team: Team, receiver: Receiver) -> None:
    theirs, _ = add_endpoint(team.deps, OTHER, receiver.url, (), "Eve")
    team.carry_out(team.ends(TEAM))
    team.work()
    assert receiver.got == []
    for attempt in (
        lambda: send_test(team.deps, TEAM, theirs.id),
        lambda: remove_endpoint(team.deps, TEAM, theirs.id, "Ada"),
        lambda: replace_secret(team.deps, TEAM, theirs.id, "Ada"),
        lambda: switch_on(team.deps, TEAM, theirs.id, "Ada"),
        lambda: team.deliveries(theirs.id),
    ):
        with pytest.raises(NotThere):
            attempt()
    sent = send_test(team.deps, OTHER, theirs.id)
    team.carry_out(Command("forged", DELIVER, "notify", TEAM, ref=sent))
    assert receiver.got == []


def test_the_same_event_of_two_teams_has_two_ids(team: Team, receiver: Receiver) -> None:
    for tenant in (TEAM, OTHER):
        add_endpoint(team.deps, tenant, receiver.url, ("run.ended",), "Ada")
        team.carry_out(team.ends(tenant))
        team.work()
    ids = {headers["webhook-id"] for headers, _ in receiver.got}
    assert len(ids) == 2


def _tell(team: Team, command: Command, point: Any) -> None:
    deps = replace(team.deps, crash_point=point)
    team.carry_out(command, deps)
    team.ports.deliver_due(lambda each: team.carry_out(each, deps) if each.name == DELIVER else 204)


def test_a_death_anywhere_on_the_way_loses_nothing(ports: Ports, team: Team, receiver: Receiver) -> None:
    endpoint, secret = add_endpoint(team.deps, TEAM, receiver.url, ("run.ended",), "Ada")
    command = team.ends()
    passed: list[str] = []
    wanted = 1
    while True:
        seen: list[str] = []
        try:
            _tell(team, replace(command, ref=f"end-{wanted}"), dying_at(wanted, seen))
        except Died:
            passed.append(seen[-1])
        else:
            break
        ports.clock.move(seconds=timedelta(hours=2).total_seconds())
        for _ in range(2):
            team.carry_out(replace(command, ref=f"end-{wanted}"))
            team.work()
        wanted += 1
    assert {"endpoint.before/delivery", "endpoint.after/delivery", "endpoint.after/ordered"} <= set(passed)
    assert {"deliver.before/sent", "deliver.after/sent", "deliver.after/kept", "deliver.after/health"} <= set(passed)
    kept = team.deliveries(endpoint.id)
    assert len(kept) == wanted + 1  # one for each event, and the one that the run itself has ordered
    assert {each.state for each in kept} == {DELIVERED}
    arrived = [headers["webhook-id"] for headers, _ in receiver.got]
    assert set(arrived) == {each.message for each in kept}
    assert len(arrived) - len(set(arrived)) <= passed.count("deliver.after/sent")  # twice under the same id, if at all
    assert all(receiver.is_signed(number, secret) for number in range(len(arrived)))


def test_for_a_day_the_secret_before_signs_as_well(team: Team, receiver: Receiver) -> None:
    endpoint, old = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    _, new = replace_secret(team.deps, TEAM, endpoint.id, "Ada")
    assert old != new
    send_test(team.deps, TEAM, endpoint.id)
    team.work()
    assert receiver.is_signed(0, old)
    assert receiver.is_signed(0, new)
    team.ports.clock.move(seconds=timedelta(hours=25).total_seconds())
    send_test(team.deps, TEAM, endpoint.id)
    team.work()
    assert not receiver.is_signed(1, old)
    assert receiver.is_signed(1, new)


def test_what_is_removed_gets_nothing_that_was_on_its_way(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    send_test(team.deps, TEAM, endpoint.id)
    remove_endpoint(team.deps, TEAM, endpoint.id, "Ada")
    team.work()
    assert receiver.got == []
    assert team.deps.store.list_docs(TEAM, "endpoint-deliveries") == []


def test_this_machine_is_no_endpoint_unless_an_operator_says_so(ports: Ports, receiver: Receiver) -> None:
    with pytest.raises(Conflicting, match="url"):
        add_endpoint(ports.deps, TEAM, receiver.url, (), "Ada")
    let = ports.with_deps(loopback_endpoints=True).deps
    endpoint, _ = add_endpoint(let, TEAM, receiver.url, (), "Ada")
    sent = send_test(let, TEAM, endpoint.id)
    deliver(Command("d-1", DELIVER, "notify", TEAM, ref=sent), ports.deps, tools_with())  # switched off since
    assert receiver.got == []
    assert "not sent" in list_deliveries(ports.deps, TEAM, endpoint.id, "", 1)[0].answers[0]["why"]


def test_our_own_address_is_none(ports: Ports) -> None:
    deps = ports.with_deps(public_url="https://house.example.com").deps
    with pytest.raises(Conflicting, match="our own"):
        add_endpoint(deps, TEAM, "https://house.example.com/v1/runs", (), "Ada")
