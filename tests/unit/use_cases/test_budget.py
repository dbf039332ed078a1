"""A tenant's money: set aside before, booked after, and never spent where nobody waits for the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.app.budget import CODE_OUTPUT_TOKENS, CODE_PROMPT_BYTES, BudgetExceeded, step_estimate
from shared.app.engine import open_run, record
from shared.app.execute_step import Tools, execute_step
from shared.app.spend import metered
from shared.app.tenant_ledger import BEGUN, LEDGERS, SPENDING, TOLD
from shared.core import events as ev
from shared.core.commands import ATTEMPT, NOTIFY
from shared.core.errors import ErrorClass, InvalidOutput, OutcomeUnknown
from shared.core.reducer import fold
from shared.core.run import Limits, Run, RunStatus, StepSpec, StepStatus, Usage, WaitKind
from shared.core.spending import Account, ledger_from_data
from shared.ports import ModelCall, ModelRequest, ModelResult, Put
from shared.steps._kind import Done, Input, Repeat, StepContext, StepKind
from tests.support.local_ports import Ports, ScriptedModel, attempt_of, tools_with
from tests.support.runs import TENANT, gate, opened, spec

COST = Usage(10, 400_000)
DAY = "2026-03-02"
ASK = ModelRequest("agent.writer", "quick", "", "Write.", {})


def _think(wanted: Input, ctx: StepContext) -> Done:
    for _ in range(ctx.settings.get("calls", 1)):
        ctx.model().complete(ASK)
    return Done({"done": True})


THINK = StepKind("test.think", "Think.", Input, _think, Repeat.SAME_END)
THINK_OF_CODE = replace(THINK, thinks="code")


def thinking(*names: str, estimate: Usage = COST, **fields: Any) -> tuple[StepSpec, ...]:
    """Return steps that think, one beside the other."""
    needs = fields.pop("depends_on", ())
    return tuple(spec(name, *needs, kind="test.think", estimate=estimate, **fields) for name in names)


def begin(ports: Ports, *specs: StepSpec, run: str = "run-1", **limits: Any) -> Run:
    event = opened(*specs, run=run, limits=Limits(backoff_s=1.0, **limits))
    return open_run(ports.deps, replace(event, at=ports.clock.now()))


def allow(ports: Ports, **budget: Any) -> None:
    ports.store.put(TENANT, Put("settings", "tenant", {"budget": budget}))


def account(ports: Ports, day: str = DAY) -> Account:
    doc = ports.store.get(TENANT, LEDGERS, day[:7])
    return ledger_from_data(day[:7], doc.body).on(day) if doc is not None else Account()


def paid(ports: Ports) -> list[Mapping[str, Any]]:
    return [item for doc in ports.store.list_docs(TENANT, SPENDING) for item in doc.body["items"]]


def tools(model: ScriptedModel, **settings: Any) -> Tools:
    return tools_with(THINK, model=model, settings=settings)


def attempt(ports: Ports, model: Any, step: str = "a", **settings: Any) -> Run:
    execute_step(attempt_of(ports.run(), step), ports.deps, tools(model, **settings))
    return ports.run()


def told(ports: Ports) -> list[str]:
    return sorted(c.ref for c in ports.deliver_due(lambda command: 200) if c.topic in (TOLD, "budget_alert"))


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
    assert ports.store.list_docs(TENANT, LEDGERS) == ports.store.list_docs(TENANT, SPENDING) == []
    assert ports.store.list_docs(TENANT, BEGUN) == []


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
    assert "reserved are 5 and 0.15" in run.failure
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
    run = record(ports.deps, TENANT, "run-1", ev.CancelRequested(ports.clock.now(), "Ada Example", force=True))
    assert (run.status, run.spent) == (RunStatus.CANCELLED, COST)
    assert account(ports) == Account(400_000, 0, 10)


# --- nobody waits for the answer


def test_no_model_is_asked_once_the_run_is_being_cancelled(ports: Ports) -> None:
    begin(ports, *thinking("a"))
    model = ScriptedModel([{}], usage=Usage(7, 100_000))
    command = attempt_of(ports.run(), "a")
    record(ports.deps, TENANT, "run-1", ev.CancelRequested(ports.clock.now(), "Ada Example"))
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
                record(ports.deps, TENANT, "run-1", ev.CancelRequested(now, "Ada Example", force=how == "end"))
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
    assert "need 0.40 US dollars, 0.40 are spent of 0.50; an owner can raise it" in waits.error
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
    record(ports.deps, TENANT, "run-1", ev.CancelRequested(ports.clock.now(), "Ada Example"))
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
        metered(ports.deps, TENANT, model, "ask").complete(ASK)
    assert told(ports) == [f"day.{DAY}.50.1000000"]
    dear = ScriptedModel([{}], usage=Usage(1, 900_000))
    for _ in range(2):
        with pytest.raises(BudgetExceeded, match="the budget of the day has no room"):
            metered(ports.deps, TENANT, dear, "ask").complete(ASK)
    assert dear.asked == []
    assert told(ports) == [f"day.{DAY}.100.1000000"]
    assert [item["kind"] for item in paid(ports)] == ["ask"] * 3


def test_a_raised_budget_lets_what_waits_go_on(ports: Ports) -> None:
    allow(ports, day=500_000, kept_back=0)
    begin(ports, *thinking("a", "b"))
    doc = ports.store.get(TENANT, "settings", "tenant")
    assert doc is not None
    ports.store.put(TENANT, Put("settings", "tenant", {"budget": {"day": 900_000, "kept_back": 0}}, doc.version))
    run = record(ports.deps, TENANT, "run-1", ev.BudgetChanged(ports.clock.now()))
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
    assert "retry the run where other models were connected or chosen after its plan was made" in run.failure


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
    from shared.app.priced import priced
    from shared.core.reducer import reduce

    before = replace(loaded.run, steps=(step,))
    done = ev.StepSucceeded(ports.clock.now(), "a", 1, used=Usage(3, 100_000))
    saved = priced(ports.deps, before, done, *reduce(before, done))
    kept = next(put for put in saved.puts if put.kind == LEDGERS)
    assert kept.body is not None
    assert ledger_from_data(DAY[:7], kept.body).on(DAY) == Account(100_000, 0, 3)


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
