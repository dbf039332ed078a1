"""Attempt one step of a run, or undo it, and record what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from shared import log
from shared.accounts.grants import grant_of
from shared.app.approval.autonomy import find_withdrawal, note_released
from shared.app.engine.attempt import Attempt
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record, record_loaded, relay
from shared.app.engine.failed_attempts import MAX_ERROR, fail_step, failure_event
from shared.app.engine.leases import lease
from shared.app.engine.step_context import context_of
from shared.app.engine.tools import Tools
from shared.app.money.budget import CallLost, Meter, NotWanted
from shared.app.money.spend import meter_model
from shared.app.pauses.watch import HeldUp, Rehearsed, Watch, held_up, pause_rehearsal
from shared.app.polling.connection_outages import patient_wait
from shared.core.errors import DocumentTooLarge, ErrorClass, IntegrationError, SandboxUnavailable
from shared.core.models.model_errors import ModelError
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import UNDO, Command
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Run, Step, StepStatus, WaitKind
from shared.ports import Loaded, Put
from shared.ports.model import Model
from shared.steps._kind import Again, Done, FanOut, StepFailure, StepKind
from shared.telemetry import spans, trace

Do = Callable[[Attempt], ev.Event]


@trace.use_case
def execute_step(command: Command, deps: Deps, tools: Tools) -> None:
    """Do what the command asks if it is still wanted; a command may come again and then changes nothing.

    The order is the guarantee: effect, commit, relay. A crash before the commit repeats the attempt, whose effects
    are journaled one by one; a crash after it repeats only the relay. Raises Busy while another worker is at it.
    """
    carry_out(command, deps, tools, _undo if command.name == UNDO else _attempt)


def carry_out(command: Command, deps: Deps, tools: Tools, do: Do) -> None:
    """Attempt the step under its lease, if it is still wanted then, and record the outcome; else only relay.

    The run is read under the lease: a duplicate that waited for it must see what the attempt before it has done.
    What the attempt thinks with has to come from the meter: it knows what may be spent, and what was.
    """
    with lease(deps, command.tenant, f"{command.run}.{command.step}"):
        loaded = deps.store.load_run(command.tenant, command.run)
        step = find_wanted_step(loaded.run, command) if loaded is not None else None
        if loaded is not None and step is not None:
            began = deps.clock.now()
            watch = Watch(deps, loaded.run)
            meter = Meter(deps, loaded.run, step, lambda: _may_ask_model(deps, command, watch))
            event = _measure_attempt(Attempt(command, deps, tools, loaded.run, step, meter), do)
            if event is not None:
                outcome = meter.add_costs(event)
                puts = (*meter.puts(), *note_released(loaded.run, step, event))
                record_outcome(deps, loaded, step, outcome, began, handled=command.id, puts=puts)
                return
            deps.store.put(command.tenant, *meter.puts())
    relay(deps, command.tenant, command.run)


def _measure_attempt(attempt: Attempt, do: Do) -> ev.Event | None:
    """Return what came of the attempt, made within a span of its own."""
    step = attempt.step
    kind: dict[str, spans.Value | None] = {"workwright.step.kind": step.spec.kind, "workwright.step": step.id}
    with trace.span(
        f"{attempt.command.name} {step.spec.kind}", {**kind, "workwright.step.attempt": step.attempt}
    ) as span:
        event = _outcome(attempt, do)
        span.note({"workwright.step.outcome": type(event).__name__ if event is not None else "superseded"})
        if isinstance(event, ev.StepFailed | ev.UndoFailed):
            span.error = event.error_class.value
        return event


def _outcome(attempt: Attempt, do: Do) -> ev.Event | None:
    """Return what came of the attempt; None where it gave way to another one, whose outcome alone counts."""
    command, deps, run, step = attempt.command, attempt.deps, attempt.run, attempt.step
    try:
        return do(attempt) if run.pause is None else held_up(deps, command, step)
    except HeldUp:
        return held_up(deps, command, step)
    except Rehearsed:
        return pause_rehearsal(deps, command, run, step)
    except CallLost:
        return ev.StepLost(deps.clock.now(), step.id, step.attempt, step.wake)
    except NotWanted as error:
        if _is_taken_for_lost(deps, command):
            return None
        return fail_step(deps, step, str(error), ErrorClass.PERMANENT)


def _is_taken_for_lost(deps: Deps, command: Command) -> bool:
    loaded = deps.store.load_run(command.tenant, command.run)
    return loaded is None or find_wanted_step(loaded.run, command) is None


def _may_ask_model(deps: Deps, command: Command, watch: Watch) -> bool:
    """Say whether a model may still be asked for this attempt: not once its run has ended or is about to.

    Raises HeldUp once the work is paused.
    """
    watch()
    loaded = deps.store.load_run(command.tenant, command.run)
    if loaded is None or find_wanted_step(loaded.run, command) is None:
        return False
    return not loaded.run.cancel and not loaded.run.failure


def record_outcome(
    deps: Deps,
    loaded: Loaded,
    step: Step,
    event: ev.Event,
    began: datetime,
    *,
    handled: str,
    puts: tuple[Put, ...] = (),
) -> None:
    """Record what came of an attempt; one that is too large to be kept is a failure, for another would be as well."""
    kind = step.spec.kind
    try:
        record_loaded(deps, loaded, event, label=kind, handled=handled, puts=puts)
    except DocumentTooLarge as error:
        why, used = f"the outcome is too large to be kept: {error}", getattr(event, "used", NOTHING)
        refused = fail_step(deps, step, why, ErrorClass.PERMANENT, used=used)
        refused = replace(refused, calls=getattr(event, "calls", ()))
        record_loaded(deps, loaded, refused, label=kind, handled=handled, puts=puts)
    if isinstance(event, ev.StepFailed) and event.error_class == ErrorClass.UNAUTHORIZED:
        _see_grant(deps, loaded.run, event.provider, began)


def _see_grant(deps: Deps, run: Run, provider: str, began: datetime) -> None:
    """Go on at once if the tenant reconnected during the attempt: whoever woke waiting runs saw none waiting yet."""
    grant = grant_of(deps.store, run.tenant, provider) if provider else None
    if grant is None or not grant.connected or not grant.since:
        return
    if datetime.fromisoformat(grant.since) > began:
        record(deps, run.tenant, run.id, acts.GrantRestored(deps.clock.now(), provider))


def find_wanted_step(run: Run, command: Command) -> Step | None:
    """Return the step if exactly this attempt, at exactly this wake, is still wanted."""
    step = run.step(command.step)
    if step is None or step.attempt != command.attempt or step.wake != command.wake:
        return None
    if command.name == UNDO:
        return step if step.status == StepStatus.UNDOING else None
    timed = step.status == StepStatus.WAITING and step.wait is not None and step.wait.kind == WaitKind.TIME
    return step if step.status == StepStatus.RUNNING or timed else None


def _attempt(attempt: Attempt) -> ev.Event:
    deps, run, step, tools = attempt.deps, attempt.run, attempt.step, attempt.tools
    kind = _kind_of(step, tools)
    if kind is None:
        why = f"this version knows no step kind {step.spec.kind!r}"
        return fail_step(deps, step, why, ErrorClass.PERMANENT, fault=Fault.UNKNOWN_KIND)
    if (withdrawn := find_withdrawal(deps, run, step, tools.settings)) is not None:
        return withdrawn
    try:
        wanted = kind.input.model_validate(dict(step.spec.input))
        outcome = kind.run(wanted, context_of(deps, run, step, tools, attempt.model))
    except StepFailure as failure:
        log.line("WARNING", "attempt failed", kind=step.spec.kind, **log.about(failure))
        return ev.StepFailed(
            deps.clock.now(), step.id, step.attempt, str(failure), ErrorClass.INVALID,
            signature=failure.signature, used=failure.used, fault=failure.fault,
        )  # fmt: skip
    except ValidationError as error:
        return fail_step(deps, step, f"input: {error.errors()[0]['msg']}", ErrorClass.PERMANENT)
    except (IntegrationError, ModelError, SandboxUnavailable) as error:
        return failure_event(deps, run.tenant, step, error)
    match outcome:
        case Done(output, used, facts):
            return ev.StepSucceeded(
                deps.clock.now(), step.id, step.attempt, normalise_output(output), used, normalise_output(facts)
            )
        case Again(delay, used, facts, held_back):
            now, why = deps.clock.now(), held_back[:MAX_ERROR]
            return ev.StepWaits(now, step.id, step.attempt, step.wake, now + delay, used, why, normalise_output(facts))
        case FanOut(children, output, used):
            return ev.StepFannedOut(
                deps.clock.now(), step.id, step.attempt, step.wake, children, normalise_output(output), used
            )


def _kind_of(step: Step, tools: Tools) -> StepKind | None:
    """Return the kind of a step, where need be one that only plans of the version before have."""
    if step.spec.kind in tools.kinds:
        return tools.kinds[step.spec.kind]
    from shared.steps._retired_kinds import FORMER

    return FORMER.get(step.spec.kind)


def normalise_output(output: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a step's output as it reads after it was stored, so that nobody works with more than will be there."""
    stored: Mapping[str, Any] = json.loads(json.dumps(output)) if output else {}
    return stored


def _build_undo_model(attempt: Attempt) -> Model:
    """Return what an undo may think with: the run's money may be spent, so it is the tenant's, kept back for this."""
    tenant, what = attempt.run.tenant, f"undo {attempt.step.spec.kind}"
    return meter_model(attempt.deps, tenant, attempt.tools.model(tenant), what, vital=True)


def _undo(attempt: Attempt) -> ev.Event:
    deps, run, step, tools = attempt.deps, attempt.run, attempt.step, attempt.tools
    kind = _kind_of(step, tools)
    if kind is None or kind.undo is None:
        return ev.UndoFailed(deps.clock.now(), step.id, step.attempt, f"{step.spec.kind} cannot be undone")
    try:
        context = context_of(deps, run, step, tools, lambda: _build_undo_model(attempt))
        kind.undo(kind.input.model_validate(dict(step.spec.input)), context)
    except IntegrationError as error:
        patience = patient_wait(deps, run.tenant, error)
        after, slow = patience or error.retry_after, patience is not None
        wait = after.total_seconds() if after else None
        return ev.UndoFailed(deps.clock.now(), step.id, step.attempt, str(error), error.error_class, wait, slow)
    except ValidationError as error:
        return ev.UndoFailed(deps.clock.now(), step.id, step.attempt, f"input: {error.errors()[0]['msg']}")
    except (StepFailure, ModelError, SandboxUnavailable) as error:
        return ev.UndoFailed(deps.clock.now(), step.id, step.attempt, str(error)[:MAX_ERROR])
    return ev.StepUndone(deps.clock.now(), step.id, step.attempt)
