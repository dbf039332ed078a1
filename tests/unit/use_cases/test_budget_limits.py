"""Limits of money: who waits, who fails, what is kept back, and when people are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.app.money.budget import CODE_OUTPUT_TOKENS, CODE_PROMPT_BYTES, BudgetExceeded, step_estimate
from shared.app.money.spend import meter_model
from shared.app.money.tenant_ledger import LEDGERS
from shared.core.documents.codec import from_body
from shared.core.errors import ErrorClass
from shared.core.money.spending import Account, Ledger
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import ATTEMPT, NOTIFY
from shared.core.run.run import RunStatus, StepStatus, Usage, WaitKind
from shared.ports import Put
from shared.ports.model import ModelRequest
from tests.support.builders.paid_steps import (
    ASK,
    COST,
    DAY,
    THINK,
    THINK_OF_CODE,
    account,
    allow,
    attempt,
    begin,
    paid,
    thinking,
    told,
)
from tests.support.builders.runs import TENANT, fold, gate
from tests.support.ports.local_ports import Ports, ScriptedModel

# --- limits


def test_no_limit_of_one_call_means_none_for_the_second_either(ports: Ports) -> None:
    allow(ports, call=None)
    begin(ports, *thinking("a"))

    @dataclass
    class Dearer(ScriptedModel):
        def estimate(self, request: ModelRequest) -> Usage:
            return Usage(1, 100_000 * (1 + len(self.asked)))

    model = Dearer([{}], usage=Usage(1, 50_000))
    assert attempt(ports, model, calls=2).status == RunStatus.SUCCEEDED
    assert len(model.asked) == 2


def test_a_step_waits_for_the_next_day_is_told_once_and_goes_on(ports: Ports) -> None:
    allow(ports, day=500_000, kept_back=0)
    run = begin(ports, *thinking("a", "b"))
    waits = run.step("b")
    assert waits is not None
    assert waits.wait is not None
    assert (waits.wait.kind, waits.wait.what) == (WaitKind.BUDGET, "day")
    assert waits.wait.until == ports.clock.now().replace(minute=1)  # others have set money aside, so it may be soon
    attempt(ports, ScriptedModel([{}], usage=COST))
    ports.clock.move(seconds=61)
    run = record(ports.deps, TENANT, "run-1", ev.TimePassed(ports.clock.now()))
    waits = run.step("b")
    assert waits is not None
    assert waits.wait is not None
    assert waits.wait.until == ports.clock.now().replace(day=3, hour=0, minute=0, second=0)
    assert "need 0.40 US dollars, and 0.40 of 0.50 are spent; an owner can raise it" in waits.error
    record(ports.deps, TENANT, "run-1", ev.TimePassed(ports.clock.now()))
    assert told(ports) == [f"day.{DAY}.100.500000", f"day.{DAY}.80.500000"]
    ports.clock.move(hours=15)
    run = record(ports.deps, TENANT, "run-1", ev.TimePassed(ports.clock.now()))
    assert account(ports, "2026-03-03") == Account(0, 400_000, 0)
    assert attempt(ports, ScriptedModel([{}], usage=COST), "b").status == RunStatus.SUCCEEDED
    assert fold(e for _, e in ports.store.events(TENANT, "run-1")) == ports.run()


def test_nothing_is_handed_out_for_a_step_that_has_to_wait(ports: Ports) -> None:
    allow(ports, day=500_000, kept_back=0)
    begin(ports, *thinking("a", "b"))
    handed = [c.step for c in ports.deliver_due(lambda command: 200) if c.name == ATTEMPT]
    assert handed == ["a"]


def test_what_waits_for_money_can_be_cancelled_and_has_nothing_to_undo(ports: Ports) -> None:
    allow(ports, day=500_000, kept_back=0)
    begin(ports, *thinking("a"), *thinking("b", undoable=True))
    record(ports.deps, TENANT, "run-1", acts.CancelRequested(ports.clock.now(), "Ada Example"))
    run = record(ports.deps, TENANT, "run-1", ev.StepSucceeded(ports.clock.now(), "a", 1, used=Usage(1, 300_000)))
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())
    assert [step.status for step in run.steps] == [StepStatus.SUCCEEDED, StepStatus.CANCELLED]
    assert (account(ports).spent, account(ports).reserved) == (300_000, 0)


def test_what_a_vital_step_gives_back_is_not_for_others(ports: Ports) -> None:
    allow(ports, day=500_000, kept_back=200_000)
    begin(ports, *thinking("a", vital=True), *thinking("b", depends_on=("a",)))
    run = record(ports.deps, TENANT, "run-1", ev.StepSucceeded(ports.clock.now(), "a", 1))
    assert "may need 0.40 US dollars" in run.failure
    assert account(ports) == Account()


def test_calls_outside_of_runs_are_told_of_once_too(ports: Ports) -> None:
    allow(ports, day=1_000_000, month=10_000_000, kept_back=0)
    for _ in range(3):
        model = ScriptedModel([{}], usage=Usage(1, 200_000))
        meter_model(ports.deps, TENANT, model, "ask").complete(ASK)
    assert told(ports) == [f"day.{DAY}.50.1000000"]
    dear = ScriptedModel([{}], usage=Usage(1, 900_000))
    for _ in range(2):
        with pytest.raises(BudgetExceeded, match="the budget of the day has no room"):
            meter_model(ports.deps, TENANT, dear, "ask").complete(ASK)
    assert dear.asked == []
    assert told(ports) == [f"day.{DAY}.100.1000000"]
    assert [item["kind"] for item in paid(ports)] == ["ask"] * 3


def test_a_raised_budget_lets_what_waits_go_on(ports: Ports) -> None:
    allow(ports, day=500_000, kept_back=0)
    begin(ports, *thinking("a", "b"))
    doc = ports.store.get(TENANT, "settings", "tenant")
    assert doc is not None
    ports.store.put(TENANT, Put("settings", "tenant", {"budget": {"day": 900_000, "kept_back": 0}}, doc.version))
    run = record(ports.deps, TENANT, "run-1", acts.BudgetChanged(ports.clock.now()))
    assert [step.status for step in run.steps] == [StepStatus.RUNNING, StepStatus.RUNNING]


def test_a_step_that_no_day_has_room_for_fails_with_the_way_out(ports: Ports) -> None:
    allow(ports, day=300_000, kept_back=0)
    run = begin(ports, *thinking("a"))
    assert run.status == RunStatus.FAILED
    assert "budget reached" in run.failure
    assert "POST /v1/budget" in run.failure
    assert account(ports) == Account()


def test_a_step_fails_where_the_run_ends_before_there_is_money_again(ports: Ports) -> None:
    allow(ports, month=500_000, kept_back=0)
    begin(ports, *thinking("a"), run="run-2")
    record(ports.deps, TENANT, "run-2", ev.StepSucceeded(ports.clock.now(), "a", 1, used=COST))
    run = begin(ports, *thinking("a"), wall_s=86_400.0)
    assert run.status == RunStatus.FAILED
    assert "the budget of the month has no room" in run.failure
    assert "the run ends before that" in run.failure


def test_a_plan_of_before_a_dearer_model_was_chosen_says_the_way_out(ports: Ports) -> None:
    begin(ports, *thinking("a", estimate=Usage()))
    model = ScriptedModel([{}], usage=Usage(7, 150_000))
    run = attempt(ports, model)
    assert model.asked == []
    assert (
        "retry the run from the start where other models were connected or chosen after its plan was made"
        in run.failure
    )


def test_a_call_dearer_than_any_call_may_be_is_not_made(ports: Ports) -> None:
    allow(ports, call=100_000)
    begin(ports, *thinking("a"))
    model = ScriptedModel([{}], usage=Usage(7, 150_000))
    run = attempt(ports, model)
    assert model.asked == []
    assert "the limit of one call is 0.10" in run.failure
    assert "POST /v1/budget" in run.failure


def test_what_is_kept_back_is_for_steps_that_tell_or_take_back_alone(ports: Ports) -> None:
    allow(ports, day=500_000, kept_back=200_000, run=500_000)
    run = begin(ports, *thinking("a"))
    assert "budget reached" in run.failure  # 0.40 of 0.30
    run = begin(ports, *thinking("a", vital=True), run="run-2")
    assert run.status == RunStatus.EXECUTING
    assert account(ports) == Account(0, 400_000, 0)


def test_something_is_kept_back_of_a_run_also_where_nobody_has_set_anything(ports: Ports) -> None:
    run = begin(ports, *thinking("a", estimate=Usage(10, 4_750_001)))
    assert "budget reached" in run.failure  # of 5.00, 0.25 are kept back
    assert begin(ports, *thinking("a", estimate=Usage(10, 4_750_000)), run="run-2").status == RunStatus.EXECUTING


def test_the_runs_own_limit_is_what_the_owner_has_set(ports: Ports) -> None:
    allow(ports, run=300_000)
    run = begin(ports, *thinking("a"))
    assert run.limits.micros == 300_000
    assert run.failure == "budget reached before 'a': spent 0 of 2000000 tokens and 0.00 of 0.30 US dollars"


# --- midnight, alerts, what was before


def test_what_was_set_aside_yesterday_is_booked_on_yesterday(ports: Ports) -> None:
    begin(ports, *thinking("a"))
    ports.clock.move(hours=15, minutes=1)
    record(ports.deps, TENANT, "run-1", ev.StepSucceeded(ports.clock.now(), "a", 1, used=Usage(3, 100_000)))
    assert account(ports) == Account(100_000, 0, 3)
    assert account(ports, "2026-03-03") == Account()


def test_people_are_told_of_half_most_and_all_of_a_day_once_each(ports: Ports) -> None:
    allow(ports, day=1_000_000, month=10_000_000, run=100_000_000, kept_back=0)
    begin(ports, *thinking("a", "b", "c", "d", estimate=Usage(1, 250_000)))
    for name in "abcd":
        used = Usage(1, 250_000)
        record(ports.deps, TENANT, "run-1", ev.StepSucceeded(ports.clock.now(), name, 1, used=used))
    assert told(ports) == [f"day.{DAY}.100.1000000", f"day.{DAY}.50.1000000"]


def test_people_are_told_of_a_runs_limit_too(ports: Ports) -> None:
    allow(ports, kept_back=0)
    begin(ports, *thinking("a", "b"), gate("g"), micros=1_000_000)
    record(ports.deps, TENANT, "run-1", ev.StepSucceeded(ports.clock.now(), "a", 1, used=COST))
    assert told(ports) == []
    record(ports.deps, TENANT, "run-1", ev.StepSucceeded(ports.clock.now(), "b", 1, used=COST))
    asked = ports.deliver_due(lambda command: 200)
    assert [(c.topic, c.ref) for c in asked if c.name == NOTIFY] == [("budget_alert", "run.80")]


def test_a_failed_attempt_that_is_tried_again_sets_money_aside_again(ports: Ports) -> None:
    allow(ports, day=600_000, kept_back=0)
    begin(ports, *thinking("a"))
    failed = ev.StepFailed(ports.clock.now(), "a", 1, "down", ErrorClass.TRANSIENT, used=Usage(1, 300_000))
    run = record(ports.deps, TENANT, "run-1", failed)
    assert (account(ports).spent, account(ports).reserved) == (300_000, 0)
    step = run.step("a")
    assert step is not None
    assert step.wait is not None
    assert step.wait.kind == WaitKind.BUDGET


def test_the_first_ledger_begins_with_what_was_counted_before(ports: Ports) -> None:
    def count(connection: Any, _: object) -> None:
        connection.execute("INSERT INTO usage VALUES (?, ?, 70, 90000)", (TENANT, DAY))

    ports.store.group.submit(count)
    begin(ports, *thinking("a"))
    assert account(ports) == Account(90_000, 400_000, 70)


def test_a_run_of_before_there_were_ledgers_gives_nothing_back_that_it_never_took(ports: Ports) -> None:
    begin(ports, *thinking("a"))
    loaded = ports.store.load_run(TENANT, "run-1")
    assert loaded is not None
    step = replace(loaded.run.steps[0], reserved_on="")
    ledger = ports.store.get(TENANT, LEDGERS, DAY[:7])
    assert ledger is not None
    ports.store.put(TENANT, Put(LEDGERS, DAY[:7], None, ledger.version))
    from shared.app.money.priced import price_event
    from shared.core.run.reducer import reduce

    before = replace(loaded.run, steps=(step,))
    done = ev.StepSucceeded(ports.clock.now(), "a", 1, used=Usage(3, 100_000))
    saved = price_event(ports.deps, before, done, *reduce(before, done))
    kept = next(put for put in saved.puts if put.kind == LEDGERS)
    assert kept.body is not None
    assert from_body(Ledger, kept.body, month=DAY[:7]).get_account(DAY) == Account(100_000, 0, 3)


def test_no_more_is_reserved_for_a_prompt_than_its_model_can_take() -> None:
    @dataclass
    class ByTheByte(ScriptedModel):
        takes: int = 1_000_000

        def window(self, task_class: str) -> int:
            return self.takes

        def estimate(self, request: ModelRequest) -> Usage:
            return Usage(len(request.prompt) + request.max_output_tokens, 0)

    wide, narrow = (
        step_estimate(THINK_OF_CODE, ByTheByte([{}])),
        step_estimate(THINK_OF_CODE, ByTheByte([{}], takes=40_000)),
    )
    assert wide.tokens == CODE_PROMPT_BYTES + CODE_OUTPUT_TOKENS
    assert narrow.tokens == 4 * 30_000 + 10_000  # a quarter of its window for the answer, a letter being a token
    assert step_estimate(THINK, ByTheByte([{}])) == Usage()
