"""The six limits of money: each is met, only what it is about waits, and calls outside of runs count too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.app.engine.engine import open_run
from shared.app.money.budget import BudgetExceeded
from shared.app.money.spend import meter_model
from shared.app.money.tenant_ledger import LEDGERS
from shared.app.tenants.settings_changes import change_settings
from shared.core.documents.codec import from_body
from shared.core.money.spending import Account, Ledger
from shared.core.people.actor import Actor, ActorKind
from shared.core.run.run import RunStatus, StepStatus, Trigger
from tests.support.builders.paid_steps import ASK, COST, DAY, allow, attempt, thinking
from tests.support.builders.runs import TENANT, opened
from tests.support.ports.local_ports import Ports, ScriptedModel, local_ports

ADA, BEN = Actor(ActorKind.PERSON, "p-ada", "Ada"), Actor(ActorKind.PERSON, "p-ben", "Ben")
ROUTINE = Actor(ActorKind.ROUTINE, "page-9", "a routine")


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path / "data") as found:
        yield found


def _open(ports: Ports, run: str, page: str, actor: Actor | None = None) -> StepStatus:
    event = opened(*thinking("a"), run=run, trigger=Trigger("page", page, by="x", actor=actor))
    step = open_run(ports.deps, replace(event, at=ports.clock.now())).step("a")
    assert step is not None
    return step.status


@pytest.mark.parametrize("limit", ["project", "person", "day", "month"])
def test_a_starved_limit_lets_what_it_is_about_wait_and_nothing_else(ports: Ports, limit: str) -> None:
    allow(ports, kept_back=0, **{limit: 500_000})  # room for one of 400,000
    assert _open(ports, "run-1", "page-1", ADA) == StepStatus.RUNNING
    found = {
        "the same page, another person": _open(ports, "run-2", "page-1", BEN),
        "another page, the same person": _open(ports, "run-3", "page-2", ADA),
        "another page, a routine": _open(ports, "run-4", "page-3", ROUTINE),
    }
    waits = {name for name, status in found.items() if status == StepStatus.WAITING}
    assert (
        waits
        == {
            "project": {"the same page, another person"},
            "person": {"another page, the same person"},
            "day": set(found),
            "month": set(found),
        }[limit]
    )
    assert set(found.values()) <= {StepStatus.RUNNING, StepStatus.WAITING}


@pytest.mark.parametrize(("limit", "words"), [("project", "this page's budget"), ("person", "of who asked for this")])
def test_what_waits_for_a_project_or_a_person_goes_on_with_the_month_or_a_raised_limit(
    ports: Ports, limit: str, words: str
) -> None:
    ports.clock.move(hours=20 * 24)  # a run ends after two weeks, and what cannot go on before that fails
    allow(ports, kept_back=0, **{limit: 500_000})
    _open(ports, "run-1", "page-1", ADA)
    attempt(ports, ScriptedModel([{}], usage=COST))
    assert _open(ports, "run-2", "page-1", ADA) == StepStatus.WAITING
    waits = ports.run(run="run-2").step("a")
    assert waits is not None
    assert waits.wait is not None
    assert (waits.wait.what, words in waits.error) == (limit, True)
    assert waits.wait.until == ports.clock.now().replace(month=4, day=1, hour=0, minute=0, second=0)
    change_settings(ports.deps, TENANT, budget={"kept_back": 0, limit: 800_000})
    again = ports.run(run="run-2").step("a")
    assert again is not None
    assert again.status == StepStatus.RUNNING
    ledger = from_body(Ledger, ports.store.get(TENANT, LEDGERS, DAY[:7]).body, month=DAY[:7])  # type: ignore[union-attr]
    assert ledger.centres["project:page1"] == ledger.centres["person:person:p-ada"] == Account(400_000, 400_000, 10)


def test_a_call_outside_of_runs_counts_for_who_asks(ports: Ports) -> None:
    allow(ports, kept_back=0, person=500_000)
    scripted = ScriptedModel([{}, {}, {}], usage=COST)
    ports.clock.move(hours=20 * 24)
    meter_model(ports.deps, TENANT, scripted, "chat", asker=ADA).complete(ASK)
    with pytest.raises(BudgetExceeded, match="of who asked for this has no room left"):
        meter_model(ports.deps, TENANT, scripted, "chat", asker=ADA).complete(ASK)
    assert _open(ports, "run-1", "page-1", ADA) == StepStatus.WAITING
    meter_model(ports.deps, TENANT, scripted, "chat", asker=BEN).complete(ASK)
    meter_model(ports.deps, TENANT, scripted, "chat").complete(ASK)
    assert len(scripted.asked) == 3


def test_a_starved_run_or_call_is_refused(ports: Ports) -> None:
    allow(ports, run=300_000, kept_back=0)
    _open(ports, "run-1", "page-1", ADA)
    assert (ports.run().status, "budget" in ports.run().failure) == (RunStatus.FAILED, True)
    allow(ports, call=300_000)
    assert _open(ports, "run-2", "page-1", ADA) == StepStatus.RUNNING
    with pytest.raises(BudgetExceeded, match=r"the limit of one call is 0\.30"):
        meter_model(ports.deps, TENANT, ScriptedModel([{}], usage=COST), "chat").complete(ASK)


@pytest.mark.parametrize("limit", ["project", "person"])
def test_two_steps_at_once_do_not_pass_a_limit_and_a_routine_is_nobody(ports: Ports, limit: str) -> None:
    ports.clock.move(hours=20 * 24)
    allow(ports, kept_back=0, **{limit: 500_000})
    event = opened(*thinking("a", "b"), trigger=Trigger("page", "page-1", by="x", actor=ADA))
    run = open_run(ports.deps, replace(event, at=ports.clock.now()))
    assert sorted(step.status for step in run.steps) == [StepStatus.RUNNING, StepStatus.WAITING]
    assert {_open(ports, f"run-r{n}", f"page-r{n}", ROUTINE) for n in range(3)} == {StepStatus.RUNNING}
