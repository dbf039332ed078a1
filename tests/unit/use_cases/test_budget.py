"""A tenant's money: set aside before, booked after, and never spent where nobody waits for the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.app.engine.engine import open_run, record
from shared.app.engine.execute_step import execute_step
from shared.app.money.tenant_ledger import BEGUN, LEDGERS, SPENDING
from shared.app.money.usage import sum_spent
from shared.core.errors import OutcomeUnknown
from shared.core.models.model_errors import InvalidOutput
from shared.core.money.spending import Account
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import RunStatus, StepSpec, StepStatus, Trigger, Usage
from shared.ports.model import ModelCall, ModelRequest, ModelResult
from tests.support.builders.paid_steps import (
    COST,
    DAY,
    account,
    attempt,
    begin,
    paid,
    thinking,
    tools,
)
from tests.support.builders.runs import TENANT, fold, spec
from tests.support.ports.local_ports import Ports, ScriptedModel, attempt_of

# --- set aside, then booked


def test_what_an_attempt_may_cost_is_set_aside_in_the_commit_that_hands_it_out_and_settled_in_that_of_its_end(
    ports: Ports,
) -> None:
    begin(ports, *thinking("a", "b"))
    assert account(ports) == Account(0, 800_000, 0)
    run = attempt(ports, ScriptedModel([{}], usage=Usage(7, 150_000)))
    assert (run.spent, run.reserved) == (Usage(7, 150_000), COST)
    assert account(ports) == Account(150_000, 400_000, 7)


def test_an_end_that_hands_out_what_follows_writes_the_ledger_once(ports: Ports) -> None:
    begin(ports, *thinking("a"), *thinking("b", depends_on=("a",)))
    attempt(ports, ScriptedModel([{}], usage=Usage(7, 150_000)))
    doc = ports.store.get(TENANT, LEDGERS, DAY[:7])
    assert doc is not None
    assert doc.version.endswith("-2")  # the embedded store counts the writes of a document
    assert account(ports) == Account(150_000, 400_000, 7)


def test_what_is_free_touches_no_ledger(ports: Ports) -> None:
    begin(ports, spec("a", kind="test.think"))
    assert attempt(ports, ScriptedModel([{}])).status == RunStatus.SUCCEEDED
    assert ports.store.list_docs(TENANT, LEDGERS) == ports.store.list_docs(TENANT, BEGUN) == []
    assert [doc.body["items"] for doc in ports.store.list_docs(TENANT, SPENDING)] == [[]]  # only that it has ended


def test_every_call_is_recorded_with_the_attempt_and_by_model(ports: Ports) -> None:
    made = (
        ModelCall("big", "vendor-a", "agent.writer", "quick", Usage(3, 60_000), "overloaded"),
        ModelCall("small", "vendor-b", "agent.writer", "quick", Usage(5, 20_000), why="the next in line"),
    )

    @dataclass
    class Routed(ScriptedModel):
        answers: list[Any] = field(default_factory=list)

        def complete(self, request: ModelRequest) -> ModelResult:
            return ModelResult({}, "small", Usage(8, 80_000), made=made)

    begin(ports, *thinking("a"))
    run = attempt(ports, Routed(usage=Usage(8, 100_000)))
    event = next(e for _, e in ports.store.events(TENANT, "run-1") if isinstance(e, ev.StepSucceeded))
    assert [(c["model"], c.get("outcome"), c["micros"], c["agent"]) for c in event.calls] == [
        ("big", "overloaded", 60_000, "writer"),
        ("small", "ok", 20_000, "writer"),
    ]
    assert event.used == Usage(8, 80_000)
    assert run.by_model == {"big": (1, 3, 60_000), "small": (1, 5, 20_000)}
    assert sum(item["micros"] for item in paid(ports)) == run.spent.micros == account(ports).spent
    assert fold(e for _, e in ports.store.events(TENANT, "run-1")) == run


def test_two_calls_of_one_attempt_share_what_is_reserved(ports: Ports) -> None:
    begin(ports, *thinking("a"))
    model = ScriptedModel([{}], usage=Usage(5, 250_000))
    run = attempt(ports, model, calls=2)
    assert len(model.asked) == 1
    assert run.status == RunStatus.FAILED
    assert "but only 5 and 0.15 are reserved" in run.failure
    assert account(ports) == Account(250_000, 0, 5)


@pytest.mark.parametrize("error", [OutcomeUnknown("vendor", "no answer"), InvalidOutput("no JSON")])
def test_an_answer_that_failed_is_booked_with_what_it_may_have_cost(ports: Ports, error: Any) -> None:
    error.used = Usage(9, 390_000)
    begin(ports, *thinking("a"))
    attempt(ports, ScriptedModel([error], usage=Usage(9, 390_000)))
    assert account(ports).spent == 390_000
    assert [(item["outcome"], item["micros"]) for item in paid(ports)] == [("failed", 390_000)]


def test_how_a_run_ended_is_recorded_also_where_its_last_step_was_free(ports: Ports) -> None:
    begin(ports, *thinking("a"), spec("b", "a", kind="test.think"))
    attempt(ports, ScriptedModel([{}], usage=Usage(7, 150_000)))
    assert attempt(ports, ScriptedModel([{}]), "b").status == RunStatus.SUCCEEDED
    ended = [doc.body["ended"] for doc in ports.store.list_docs(TENANT, SPENDING) if "ended" in doc.body]
    assert ended == [{"status": "succeeded", "tokens": 7, "micros": 150_000}]


# --- nobody comes back


class Dies(Exception):
    """The process ends here."""


def die_at(point: str) -> Any:
    def reached(name: str) -> None:
        if name == point:
            raise Dies(name)

    return reached


@pytest.mark.parametrize("point", ["call.begun/test.think", "commit.before/test.think"])
def test_a_worker_that_dies_after_its_call_began_is_booked_in_full_when_the_attempt_comes_again(
    ports: Ports, point: str
) -> None:
    begin(ports, *thinking("a"))
    model = ScriptedModel([{}], usage=Usage(7, 150_000))
    command = attempt_of(ports.run(), "a")
    with pytest.raises(Dies):
        execute_step(command, ports.with_deps(crash_point=die_at(point)).deps, tools(model))
    assert account(ports) == Account(0, 400_000, 0)
    asked = len(model.asked)
    execute_step(command, ports.deps, tools(model))
    assert len(model.asked) == asked, "nobody knows what the first call did: it is not just made again"
    assert (ports.run().spent, account(ports)) == (COST, Account(400_000, 400_000, 10))
    assert attempt(ports, model).status == RunStatus.SUCCEEDED
    assert account(ports) == Account(550_000, 0, 17)
    assert [(item["outcome"], item["micros"]) for item in paid(ports)] == [("lost", 400_000), ("ok", 150_000)]
    assert ports.store.list_docs(TENANT, BEGUN) == []


def test_a_worker_that_dies_after_its_commit_is_booked_once(ports: Ports) -> None:
    begin(ports, *thinking("a"))
    model, command = ScriptedModel([{}], usage=Usage(7, 150_000)), attempt_of(ports.run(), "a")
    with pytest.raises(Dies):
        execute_step(command, ports.with_deps(crash_point=die_at("commit.after/test.think")).deps, tools(model))
    execute_step(command, ports.deps, tools(model))
    assert len(model.asked) == 1
    assert account(ports) == Account(150_000, 0, 7)
    assert len(paid(ports)) == 1


def test_a_call_whose_worker_never_comes_again_leaves_no_mark_behind(ports: Ports) -> None:
    begin(ports, *thinking("a"))
    model, command = ScriptedModel([{}], usage=Usage(7, 150_000)), attempt_of(ports.run(), "a")
    with pytest.raises(Dies):
        execute_step(command, ports.with_deps(crash_point=die_at("call.begun/test.think")).deps, tools(model))
    assert len(ports.store.list_docs(TENANT, BEGUN)) == 1
    ports.clock.move(seconds=1000)
    record(ports.deps, TENANT, "run-1", ev.TimePassed(ports.clock.now()))
    assert ports.store.list_docs(TENANT, BEGUN) == []


def test_an_attempt_that_nobody_comes_back_from_counts_as_spent_when_its_time_is_over(ports: Ports) -> None:
    begin(ports, *thinking("a"))
    ports.clock.move(seconds=1000)
    run = record(ports.deps, TENANT, "run-1", ev.TimePassed(ports.clock.now()))
    assert (run.spent, run.reserved) == (COST, COST)
    assert account(ports) == Account(400_000, 400_000, 10)


def test_a_run_stopped_by_force_books_what_is_under_way(ports: Ports) -> None:
    begin(ports, *thinking("a"))
    run = record(ports.deps, TENANT, "run-1", acts.CancelRequested(ports.clock.now(), "Ada Example", force=True))
    assert (run.status, run.spent) == (RunStatus.CANCELLED, COST)
    assert account(ports) == Account(400_000, 0, 10)


# --- nobody waits for the answer


def test_no_model_is_asked_once_the_run_is_being_cancelled(ports: Ports) -> None:
    begin(ports, *thinking("a"))
    model = ScriptedModel([{}], usage=Usage(7, 100_000))
    command = attempt_of(ports.run(), "a")
    record(ports.deps, TENANT, "run-1", acts.CancelRequested(ports.clock.now(), "Ada Example"))
    execute_step(command, ports.deps, tools(model))
    assert model.asked == []
    assert ports.run().status == RunStatus.CANCELLED
    assert account(ports) == Account()


@pytest.mark.parametrize("how", ["cancel", "end", "fail"])
def test_no_further_call_is_begun_when_the_run_is_over_meanwhile(ports: Ports, how: str) -> None:
    begin(ports, *thinking("a", *(["b"] if how == "fail" else [])))

    @dataclass
    class Meanwhile(ScriptedModel):
        def complete(self, request: ModelRequest) -> ModelResult:
            now = ports.clock.now()
            if how == "fail":
                record(ports.deps, TENANT, "run-1", ev.StepFailed(now, "b", 1, "broken"))
            else:
                record(ports.deps, TENANT, "run-1", acts.CancelRequested(now, "Ada Example", force=how == "end"))
            return super().complete(request)

    model = Meanwhile([{}], usage=Usage(1, 50_000))
    run = attempt(ports, model, calls=3)
    assert len(model.asked) == 1
    assert run.status.final
    assert account(ports).reserved == 0
    assert account(ports).spent == run.spent.micros >= 50_000


def test_an_attempt_that_was_taken_for_lost_asks_no_more_and_does_not_fail_the_one_that_follows(ports: Ports) -> None:
    begin(ports, *thinking("a"))

    @dataclass
    class TooLate(ScriptedModel):
        def complete(self, request: ModelRequest) -> ModelResult:
            ports.clock.move(seconds=1000)
            record(ports.deps, TENANT, "run-1", ev.TimePassed(ports.clock.now()))
            return super().complete(request)

    model = TooLate([{}], usage=Usage(1, 50_000))
    run = attempt(ports, model, calls=2)
    assert len(model.asked) == 1
    step = run.step("a")
    assert step is not None
    assert (run.failure, step.status, step.wake) == ("", StepStatus.RUNNING, 1)
    assert (run.spent, account(ports)) == (COST, Account(400_000, 400_000, 10))
    assert attempt(ports, ScriptedModel([{}], usage=Usage(1, 50_000))).status == RunStatus.SUCCEEDED
    assert ports.store.list_docs(TENANT, BEGUN) == []


@pytest.mark.parametrize("failing", [False, True])
def test_a_run_that_cost_nothing_is_among_those_that_finished(ports: Ports, failing: bool) -> None:
    """The offline model costs nothing, and what it has finished is finished all the same."""
    now = ports.deps.clock.now()
    open_run(ports.deps, ev.RunOpened(now, TENANT, "run-free", Trigger("page"), specs=(StepSpec("a", "code.test"),)))
    end = ev.StepFailed(now, "a", 1, "no") if failing else ev.StepSucceeded(now, "a", 1)
    record(ports.deps, TENANT, "run-free", end)
    record(ports.deps, TENANT, "run-free", ev.PeopleNotified(now, "run_succeeded", "end", "sent"))
    found = sum_spent(ports.deps, TENANT, f"{now:%Y-%m-%d}")
    assert found.ended == ({"failed": 1} if failing else {"succeeded": 1})
    assert found.per_outcome == (None if failing else 0)
