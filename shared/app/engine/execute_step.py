"""Attempt one step of a run, or undo it, and record what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from shared import log
from shared.app.asking.unreached import patient_wait
from shared.app.code.snapshots import keep_snapshot
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.engine import record, record_loaded, relay
from shared.app.knowledge.nothing_known import no_embedder, no_knowledge, no_secrets
from shared.app.models.contexts import keep_context
from shared.app.money.budget import CallLost, Meter, NotWanted
from shared.app.money.spend import metered
from shared.app.pauses.watch import HeldUp, Rehearsed, Watch, WatchedSandbox, held_up, rehearsed
from shared.app.workspace.write_journal import Noted, noting
from shared.core.errors import (
    Busy,
    ConfigError,
    DocumentTooLarge,
    ErrorClass,
    IntegrationError,
    ModelError,
    SandboxUnavailable,
)
from shared.core.run import events as ev
from shared.core.run.commands import UNDO, Command
from shared.core.run.run import NOTHING, Run, Step, StepStatus, Usage, WaitKind
from shared.core.text.cut_text import cut_text
from shared.mind.redaction import discreet_embedder, discreet_model
from shared.ports import Browser, Embedder, Knowledge, Loaded, Model, Put, Sandbox, Secret, no_browser
from shared.steps._kind import Again, Connect, Done, FanOut, StepContext, StepFailure, StepKind
from shared.telemetry import trace

if TYPE_CHECKING:
    from shared.app.code.package_facts import PackageFacts
    from shared.mind.context import Part

MAX_ERROR = 12_000  # characters of an error that a run keeps; a model may quote a whole page in one


class Accounts(Protocol):
    """Finds a tenant's grants and builds clients with them; see `shared/accounts/accounts.py`."""

    def connect_for(self, tenant: str, noted: Noted | None = None) -> Connect:
        """Return what hands over clients of this tenant's systems; `noted` hears of writes to Notion beforehand."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What attempts may use beside the ports; the wiring decides what is behind it."""

    kinds: Mapping[str, StepKind]
    accounts: Accounts
    model: Callable[[str], Model]  # tenant → model
    sandbox: Callable[[], Sandbox]
    check_site: Callable[..., tuple[int, str]]  # url[, headers] → status, body
    settings: Callable[[str], Mapping[str, Any]]  # tenant → its settings
    knowledge: Callable[[str], Knowledge] = no_knowledge  # tenant → what its workspace says
    embedder: Callable[[str], Embedder | None] = no_embedder  # tenant → what searches by meaning, where there is one
    known_secrets: Callable[[str], Iterable[str]] = no_secrets  # tenant → values that nobody may be told
    packages: PackageFacts = lambda keys: {}  # what registries say of packages
    site_environment: Callable[[str], Mapping[str, Secret]] = lambda tenant: {}  # tenant → variables of its sites
    browser: Callable[[], Browser] = no_browser

    def __post_init__(self) -> None:
        """Wrap what thinks, so that no request leaves with a secret in it, whoever makes it."""
        model, embedder, known = self.model, self.embedder, self.known_secrets
        object.__setattr__(self, "model", lambda tenant: discreet_model(model(tenant), lambda: known(tenant)))
        object.__setattr__(self, "embedder", lambda tenant: discreet_embedder(embedder(tenant), lambda: known(tenant)))


@trace.use_case
def execute_step(command: Command, deps: Deps, tools: Tools) -> None:
    """Do what the command asks if it is still wanted; a command may come again and then changes nothing.

    The order is the guarantee: effect, commit, relay. A crash before the commit repeats the attempt, whose effects
    are journaled one by one; a crash after it repeats only the relay. Raises Busy while another worker is at it.
    """
    do = _undo if command.name == UNDO else _attempt
    carry_out(command, deps, lambda run, step, meter: do(deps, run, step, tools, meter))


def carry_out(command: Command, deps: Deps, attempt: Callable[[Run, Step, Meter], ev.Event]) -> None:
    """Attempt the step under its lease, if it is still wanted then, and record the outcome; else only relay.

    The run is read under the lease: a duplicate that waited for it must see what the attempt before it has done.
    What the attempt thinks with has to come from the meter: it knows what may be spent, and what was.
    """
    with lease(deps, command.tenant, f"{command.run}.{command.step}"):
        loaded = deps.store.load_run(command.tenant, command.run)
        step = wanted_step(loaded.run, command) if loaded is not None else None
        if loaded is not None and step is not None:
            began = deps.clock.now()
            watch = Watch(deps, loaded.run)
            meter = Meter(deps, loaded.run, step, lambda: _still_wanted(deps, command, watch))
            event = _measured(command, deps, loaded.run, step, meter, attempt)
            if event is not None:
                told, puts = meter.told(event), meter.puts()
                record_outcome(deps, loaded, step, told, began, handled=command.id, puts=puts)
                return
            deps.store.put(command.tenant, *meter.puts())
    relay(deps, command.tenant, command.run)


def _measured(
    command: Command, deps: Deps, run: Run, step: Step, meter: Meter, attempt: Callable[[Run, Step, Meter], ev.Event]
) -> ev.Event | None:
    """Return what came of the attempt, made within a span of its own."""
    kind: dict[str, trace.Value | None] = {"workwright.step.kind": step.spec.kind, "workwright.step": step.id}
    with trace.span(f"{command.name} {step.spec.kind}", {**kind, "workwright.step.attempt": step.attempt}) as span:
        event = _outcome(command, deps, run, step, meter, attempt)
        span.note({"workwright.step.outcome": type(event).__name__ if event is not None else "superseded"})
        if isinstance(event, ev.StepFailed | ev.UndoFailed):
            span.error = event.error_class.value
        return event


def _outcome(
    command: Command, deps: Deps, run: Run, step: Step, meter: Meter, attempt: Callable[[Run, Step, Meter], ev.Event]
) -> ev.Event | None:
    """Return what came of the attempt; None where it gave way to another one, whose outcome alone counts."""
    try:
        return attempt(run, step, meter) if run.pause is None else held_up(deps, command, step)
    except HeldUp:
        return held_up(deps, command, step)
    except Rehearsed:
        return rehearsed(deps, command, run, step)
    except CallLost:
        return ev.StepLost(deps.clock.now(), step.id, step.attempt, step.wake)
    except NotWanted as error:
        if _taken_for_lost(deps, command):
            return None
        return _failed(deps, step, str(error), ErrorClass.PERMANENT)


def _taken_for_lost(deps: Deps, command: Command) -> bool:
    loaded = deps.store.load_run(command.tenant, command.run)
    return loaded is None or wanted_step(loaded.run, command) is None


def _still_wanted(deps: Deps, command: Command, watch: Watch) -> bool:
    """Say whether a model may still be asked for this attempt: not once its run has ended or is about to.

    Raises HeldUp once the work is paused.
    """
    watch()
    loaded = deps.store.load_run(command.tenant, command.run)
    if loaded is None or wanted_step(loaded.run, command) is None:
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
        failed = _failed(deps, step, why, ErrorClass.PERMANENT, used=used)
        failed = replace(failed, calls=getattr(event, "calls", ()))
        record_loaded(deps, loaded, failed, label=kind, handled=handled, puts=puts)
    if isinstance(event, ev.StepFailed) and event.error_class == ErrorClass.UNAUTHORIZED:
        _see_grant(deps, loaded.run, event.provider, began)


def _see_grant(deps: Deps, run: Run, provider: str, began: datetime) -> None:
    """Go on at once if the tenant reconnected during the attempt: whoever woke waiting runs saw none waiting yet."""
    grant = deps.store.get(run.tenant, "grants", provider) if provider else None
    if grant is None or grant.body.get("status") != "connected" or not grant.body.get("since"):
        return
    if datetime.fromisoformat(grant.body["since"]) > began:
        record(deps, run.tenant, run.id, ev.GrantRestored(deps.clock.now(), provider))


def wanted_step(run: Run, command: Command) -> Step | None:
    """Return the step if exactly this attempt, at exactly this wake, is still wanted."""
    step = run.step(command.step)
    if step is None or step.attempt != command.attempt or step.wake != command.wake:
        return None
    if command.name == UNDO:
        return step if step.status == StepStatus.UNDOING else None
    timed = step.status == StepStatus.WAITING and step.wait is not None and step.wait.kind == WaitKind.TIME
    return step if step.status == StepStatus.RUNNING or timed else None


@contextmanager
def lease(deps: Deps, tenant: str, key: str) -> Iterator[None]:
    """Hold the only right to work on something; raises Busy when somebody else does."""
    owner = deps.owner()
    if not deps.store.claim(tenant, key, owner, deps.lease):
        raise Busy(f"{key}: another worker is at it")
    try:
        yield
    finally:
        deps.store.release(tenant, key, owner)


def no_model() -> Model:
    """Raise: nothing that costs may be asked where no meter runs."""
    raise ConfigError("this step was given no model to ask")


def context_of(deps: Deps, run: Run, step: Step, tools: Tools, think: Callable[[], Model] = no_model) -> StepContext:
    """Return what this step may use."""
    system = step.spec.kind.partition(".")[0]
    decided = run.opened_at if step.home else None  # whoever has it retried has looked what became of it
    watch = Watch(deps, run)
    effects = Effects(
        deps, run.tenant, f"{step.home or run.id}.{step.id}", step.spec.kind, system, decided, watch.before_write
    )
    return StepContext(
        run=run,
        step=step,
        connect=tools.accounts.connect_for(run.tenant, noting(deps, run)),
        effect=effects,
        keep_text=lambda text: keep_text(deps, run, text, step.spec.kind),
        get_text=lambda ref: deps.store.get_text(run.tenant, ref),
        model=think,
        sandbox=lambda: WatchedSandbox(tools.sandbox(), watch),
        now=deps.clock.now,
        settings=tools.settings(run.tenant),
        run_url=run_url(deps, run),
        check_site=tools.check_site,
        kinds=tools.kinds,
        keep_context=lambda context: keep_context(deps, run, step, context, tools.known_secrets(run.tenant)),
        keep_snapshot=lambda number, about: keep_snapshot(deps, run, step, number, about),
        packages=tools.packages,
        knowledge=lambda query: _known(deps, run, tools, query),
        site_environment=lambda: tools.site_environment(run.tenant),
        browser=tools.browser,
        listen=lambda system, repository: _listen(deps, run, tools, system, repository),
    )


def _listen(deps: Deps, run: Run, tools: Tools, system: str, repository: str) -> str:
    """See that a forge tells us its news; loaded by the one step that asks."""
    from shared.app.connections.forge_hooks import listen

    return listen(deps, tools.accounts.connect_for(run.tenant), run.tenant, system, repository)


def _known(deps: Deps, run: Run, tools: Tools, query: str) -> list[Part]:
    """Return what the workspace says; what searches is loaded by those steps alone that ask."""
    from shared.app.knowledge.knowledge_search import knowledge_parts

    return knowledge_parts(deps, tools, run.tenant, query)


def keep_text(deps: Deps, run: Run, text: str, label: str) -> str:
    """Keep a text beside the run; return its address."""
    ref = deps.store.put_text(run.tenant, text)
    deps.crash_point(f"text.after/{label}")
    return ref


def run_url(deps: Deps, run: Run) -> str:
    """Return where people can look at the run."""
    return f"{deps.public_url}/v1/runs/{run.id}"


def _attempt(deps: Deps, run: Run, step: Step, tools: Tools, meter: Meter) -> ev.Event:
    kind = _kind_of(step, tools)
    if kind is None:
        return _failed(deps, step, f"this version knows no step kind {step.spec.kind!r}", ErrorClass.PERMANENT)
    try:
        wanted = kind.input.model_validate(dict(step.spec.input))
        outcome = kind.run(wanted, context_of(deps, run, step, tools, lambda: meter.model(tools.model(run.tenant))))
    except StepFailure as failure:
        log.line("WARNING", "attempt failed", kind=step.spec.kind, **log.about(failure))
        return ev.StepFailed(
            deps.clock.now(), step.id, step.attempt, str(failure), ErrorClass.INVALID,
            signature=failure.signature, used=failure.used,
        )  # fmt: skip
    except ValidationError as error:
        return _failed(deps, step, f"input: {error.errors()[0]['msg']}", ErrorClass.PERMANENT)
    except (IntegrationError, ModelError, SandboxUnavailable) as error:
        return failure_event(deps, run.tenant, step, error)
    match outcome:
        case Done(output, used, facts):
            return ev.StepSucceeded(deps.clock.now(), step.id, step.attempt, as_stored(output), used, as_stored(facts))
        case Again(delay, used, facts, held_back):
            now, why = deps.clock.now(), held_back[:MAX_ERROR]
            return ev.StepWaits(now, step.id, step.attempt, step.wake, now + delay, used, why, as_stored(facts))
        case FanOut(children, output, used):
            return ev.StepFannedOut(
                deps.clock.now(), step.id, step.attempt, step.wake, children, as_stored(output), used
            )


def _kind_of(step: Step, tools: Tools) -> StepKind | None:
    """Return the kind of a step, where need be one that only plans of the version before have."""
    if step.spec.kind in tools.kinds:
        return tools.kinds[step.spec.kind]
    from shared.steps._former import FORMER

    return FORMER.get(step.spec.kind)


def as_stored(output: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a step's output as it reads after it was stored, so that nobody works with more than will be there."""
    stored: Mapping[str, Any] = json.loads(json.dumps(output)) if output else {}
    return stored


def failure_event(
    deps: Deps, tenant: str, step: Step, error: IntegrationError | ModelError | SandboxUnavailable
) -> ev.StepFailed | ev.StepWaits:
    """Return the outcome of an attempt that met an error we know; a limit, a death before and no network are waits."""
    log.line("WARNING", "attempt failed", kind=step.spec.kind, **log.about(error))
    if (waits := patient_wait(deps, tenant, error)) is not None:
        now, why = deps.clock.now(), str(error)[:MAX_ERROR]
        return ev.StepWaits(now, step.id, step.attempt, step.wake, now + waits, held_back=why)
    if isinstance(error, IntegrationError):
        wait: timedelta | None = error.retry_after
        return ev.StepFailed(
            deps.clock.now(),
            step.id,
            step.attempt,
            str(error),
            error.error_class,
            retry_after_s=wait.total_seconds() if wait else None,
            provider=error.system if error.error_class == ErrorClass.UNAUTHORIZED else "",
        )
    if isinstance(error, ModelError):
        return _failed(deps, step, str(error), error.error_class, str(error)[:500], error.used)
    log.event("security.refused", "WARNING", what="sandbox", kind=step.spec.kind)  # code that may run nowhere here
    return _failed(deps, step, str(error), ErrorClass.FINAL)  # no other plan brings a sandbox


def _failed(
    deps: Deps, step: Step, error: str, error_class: ErrorClass, signature: str = "", used: Usage = NOTHING
) -> ev.StepFailed:
    said = cut_text(error, MAX_ERROR)
    return ev.StepFailed(deps.clock.now(), step.id, step.attempt, said, error_class, signature=signature, used=used)


def _for_undo(deps: Deps, run: Run, step: Step, tools: Tools) -> Model:
    """Return what an undo may think with: the run's money may be spent, so it is the tenant's, kept back for this."""
    return metered(deps, run.tenant, tools.model(run.tenant), f"undo {step.spec.kind}", vital=True)


def _undo(deps: Deps, run: Run, step: Step, tools: Tools, meter: Meter) -> ev.Event:
    kind = _kind_of(step, tools)
    if kind is None or kind.undo is None:
        return ev.UndoFailed(deps.clock.now(), step.id, step.attempt, f"{step.spec.kind} cannot be undone")
    try:
        context = context_of(deps, run, step, tools, lambda: _for_undo(deps, run, step, tools))
        kind.undo(kind.input.model_validate(dict(step.spec.input)), context)
    except IntegrationError as error:
        told = patient_wait(deps, run.tenant, error)
        after, slow = told or error.retry_after, told is not None
        wait = after.total_seconds() if after else None
        return ev.UndoFailed(deps.clock.now(), step.id, step.attempt, str(error), error.error_class, wait, slow)
    except ValidationError as error:
        return ev.UndoFailed(deps.clock.now(), step.id, step.attempt, f"input: {error.errors()[0]['msg']}")
    except (StepFailure, ModelError, SandboxUnavailable) as error:
        return ev.UndoFailed(deps.clock.now(), step.id, step.attempt, str(error)[:MAX_ERROR])
    return ev.StepUndone(deps.clock.now(), step.id, step.attempt)
