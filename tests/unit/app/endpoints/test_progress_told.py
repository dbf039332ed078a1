"""Steps that end and decisions are told to who chose them: once, as published, and with nothing that people wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.app.api.openapi import document
from shared.app.api.routes import ROUTES
from shared.app.endpoints.team_endpoints import add_endpoint, choose_events, find_endpoint, send_test
from shared.app.engine.engine import open_run, record
from shared.app.engine.switches import set_rehearsal
from shared.app.money.tenant_ledger import TOLD
from shared.core.documents.codec import to_body
from shared.core.errors import ErrorClass
from shared.core.notify.endpoint import ENDPOINTS, EVENTS
from shared.core.people.actor import Actor, ActorKind
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import NOTIFY, PUBLISH, Command
from shared.core.run.run import Run, Trigger
from shared.ports import Put
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.dying import Died, dying_at
from tests.support.rigs.told_team import OTHER, TEAM, Receiver, Team

ADA = Actor(ActorKind.PERSON, "p-1", "Ada Lovelace")
BEFORE = ("run.ended", "approval.asked", "site.live", "site.rolled_back", "budget.alert")  # the kinds of 0.1


def _open(team: Team, **fields: Any) -> Run:
    trigger = Trigger("api", "", "Bakery", "Mira")
    return open_run(team.deps, opened(gate("ok"), spec("a", "ok"), spec("b", "a"), trigger=trigger, **fields))


def _approve(team: Team, run: Run) -> Run:
    granted = acts.ApprovalGranted(team.ports.clock.now(), "ok", run.asked, "Ada Lovelace", "api", ADA)
    return record(team.deps, TEAM, run.id, granted)


def _pass(team: Team, step: str) -> Run:
    return record(team.deps, TEAM, "run-1", ev.StepSucceeded(team.ports.clock.now(), step, 1, output={"x": "secret"}))


def test_a_step_that_ends_and_a_yes_are_told_once_each(team: Team, receiver: Receiver) -> None:
    add_endpoint(team.deps, TEAM, receiver.url, ("step.ended", "approval.given"), "Ada")
    run = _open(team)
    plan = run.asked
    _approve(team, run)
    _pass(team, "a")
    team.ports.clock.move(seconds=5)
    failed = ev.StepFailed(team.ports.clock.now(), "b", 1, "their words")
    record(team.deps, TEAM, "run-1", failed)
    for _ in range(2):
        team.work()
    told = {(each["type"], each["data"].get("step", "")): each for each in receiver.told()}
    assert len(told) == len(receiver.told()) == 3
    given = told["approval.given", ""]["data"]
    assert (given["gate"], given["plan_hash"], given["by"], given["via"]) == ("ok", plan, "person:p-1", "api")
    a, b = told["step.ended", "a"], told["step.ended", "b"]
    assert (a["data"]["status"], a["data"]["step_kind"], a["data"]["attempt"]) == ("succeeded", "test.step", 1)
    assert b["data"]["status"] == "failed"
    assert b["timestamp"] == team.ports.clock.now().isoformat()  # when it happened, not when it was told
    for word in ("Bakery", "Ada", "Mira", "secret", "their words"):
        assert word not in str(receiver.told())


def test_a_no_is_told_as_one_and_its_reason_is_not(team: Team, receiver: Receiver) -> None:
    add_endpoint(team.deps, TEAM, receiver.url, ("approval.refused", "approval.given"), "Ada")
    run = _open(team)
    denied = acts.ApprovalDenied(team.ports.clock.now(), "ok", run.asked, "Ada Lovelace", "link", "because of Bob")
    record(team.deps, TEAM, run.id, denied)
    team.work()
    assert [each["type"] for each in receiver.told()] == ["approval.refused"]
    assert receiver.told()[0]["data"]["by"] == ""
    assert "Bob" not in str(receiver.told())


def test_a_decision_that_does_not_fit_any_more_is_not_told(team: Team, receiver: Receiver) -> None:
    add_endpoint(team.deps, TEAM, receiver.url, ("approval.given",), "Ada")
    run = _open(team)
    late = replace(acts.ApprovalGranted(team.ports.clock.now(), "ok", "another plan", "Eve", "api"))
    record(team.deps, TEAM, run.id, late)
    team.work()
    assert receiver.told() == []


def test_a_try_that_fails_and_comes_again_is_no_end(team: Team, receiver: Receiver) -> None:
    add_endpoint(team.deps, TEAM, receiver.url, ("step.ended",), "Ada")
    _approve(team, _open(team))
    record(team.deps, TEAM, "run-1", ev.StepFailed(team.ports.clock.now(), "a", 1, "away", ErrorClass.TRANSIENT))
    team.work()
    assert receiver.told() == []
    record(team.deps, TEAM, "run-1", ev.StepSucceeded(team.ports.clock.now(), "a", 2))
    team.work()
    assert [each["data"]["attempt"] for each in receiver.told()] == [2]


def test_of_a_rehearsal_nobody_is_told(team: Team, receiver: Receiver) -> None:
    add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    set_rehearsal(team.deps, True)
    run = _open(team)
    assert run.rehearse
    _approve(team, run)
    team.work()
    assert receiver.told() == []


def test_who_chose_everything_before_hears_no_kind_that_came_later(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    assert set(endpoint.events) == set(EVENTS)
    team.deps.store.put(TEAM, Put(ENDPOINTS, endpoint.id, to_body(replace(endpoint, events=()))))  # as it was stored
    assert find_endpoint(team.deps, TEAM, endpoint.id).chosen == BEFORE
    _approve(team, _open(team))
    _pass(team, "a")
    team.work()
    assert [each["type"] for each in receiver.told()] == ["approval.asked"]
    choose_events(team.deps, TEAM, endpoint.id, ("step.ended",), "Ada")
    _pass(team, "b")
    team.work()
    assert [each["type"] for each in receiver.told()] == ["approval.asked", "step.ended"]


def test_a_team_without_endpoints_has_nothing_more_to_carry_out(team: Team, receiver: Receiver) -> None:
    add_endpoint(team.deps, OTHER, receiver.url, (), "Eve")
    add_endpoint(team.deps, TEAM, f"{receiver.url}/2", ("run.ended",), "Ada")
    _approve(team, _open(team))
    _pass(team, "a")
    assert not [each for each in team.work() if each.name == PUBLISH]
    assert receiver.told() == []


def test_a_death_before_it_is_written_down_loses_nothing(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, ("step.ended",), "Ada")
    _approve(team, _open(team))
    _pass(team, "a")
    seen: list[str] = []
    for number in (1, 2, 3):
        seen.clear()
        deps = replace(team.deps, crash_point=dying_at(number, seen))
        command = Command("run-1.3.told.0", PUBLISH, "notify", TEAM, "run-1", "a", 1, 3, "step.ended", "succeeded")
        with pytest.raises(Died):
            team.carry_out(command, deps)
    team.ports.clock.move(seconds=timedelta(hours=2).total_seconds())
    team.work()
    assert seen == ["endpoint.before/delivery", "endpoint.after/delivery", "endpoint.after/ordered"]
    assert len(team.deliveries(endpoint.id)) == 1
    assert len(receiver.got) == 1


def test_every_kind_is_sent_as_the_description_says(team: Team, receiver: Receiver) -> None:
    endpoint, _ = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")
    run = _open(team)
    _approve(team, run)
    _pass(team, "a")
    team.work()
    record(team.deps, TEAM, run.id, ev.StepSucceeded(team.ports.clock.now(), "b", 1, facts={"site": "https://x.test"}))
    refused = open_run(team.deps, opened(gate("ok"), run="run-2"))
    record(team.deps, TEAM, "run-2", acts.ApprovalDenied(team.ports.clock.now(), "ok", refused.asked, "Ada"))
    open_run(team.deps, opened(spec("a"), run="run-3", trigger=Trigger("rollback", "", "Back")))
    record(team.deps, TEAM, "run-3", ev.StepSucceeded(team.ports.clock.now(), "a", 1))
    open_run(team.deps, opened(spec("a"), run="run-4", trigger=Trigger("take-down", "", "Down")))
    gone = ev.StepSucceeded(team.ports.clock.now(), "a", 1, facts={"taken_down": "https://x.test"})
    record(team.deps, TEAM, "run-4", gone)
    team.carry_out(Command("b-1", NOTIFY, "notify", TEAM, topic=TOLD, ref="month.2026-03.50.5000000"))
    send_test(team.deps, TEAM, endpoint.id)
    for _ in range(2):
        team.work()
    described = json.loads(json.dumps(document(ROUTES, "https://api.example")))
    assert {each["type"] for each in receiver.told()} == set(described["webhooks"]) == {*EVENTS, "test"}
    for said in receiver.told():
        [content] = described["webhooks"][said["type"]]["post"]["requestBody"]["content"].values()
        Draft202012Validator({**content["schema"], "components": described["components"]}).validate(said)
