"""What an attempt that failed is recorded as."""

from __future__ import annotations

from datetime import timedelta

from shared import log
from shared.app.asking.unreached import patient_wait
from shared.app.engine.deps import Deps
from shared.app.engine.taken_away import class_of
from shared.core.errors import ErrorClass, IntegrationError, SandboxUnavailable
from shared.core.models.model_errors import ModelError
from shared.core.run import events as ev
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Step, Usage
from shared.core.text.cut_text import cut_text

MAX_ERROR = 12_000  # characters of an error that a run keeps; a model may quote a whole page in one


def failure_event(
    deps: Deps, tenant: str, step: Step, error: IntegrationError | ModelError | SandboxUnavailable
) -> ev.StepFailed | ev.StepWaits:
    """Return the outcome of an attempt that met an error we know; a limit, a death before and no network are waits."""
    log.line("WARNING", "attempt failed", kind=step.spec.kind, **log.about(error))
    if (waits := patient_wait(deps, tenant, error)) is not None:
        now, why = deps.clock.now(), str(error)[:MAX_ERROR]
        return ev.StepWaits(now, step.id, step.attempt, step.wake, now + waits, held_back=why, fault=error.fault)
    if isinstance(error, IntegrationError):
        wait: timedelta | None = error.retry_after
        return ev.StepFailed(
            deps.clock.now(),
            step.id,
            step.attempt,
            str(error),
            class_of(deps, tenant, error),
            retry_after_s=wait.total_seconds() if wait else None,
            provider=error.system if error.error_class == ErrorClass.UNAUTHORIZED else "",
            fault=error.fault,
        )
    if isinstance(error, ModelError):
        return failed(deps, step, str(error), error.error_class, str(error)[:500], error.used, error.fault)
    log.event("security.refused", "WARNING", what="sandbox", kind=step.spec.kind)  # code that may run nowhere here
    return failed(deps, step, str(error), ErrorClass.FINAL, fault=error.fault)  # no other plan brings a sandbox


def failed(
    deps: Deps,
    step: Step,
    error: str,
    error_class: ErrorClass,
    signature: str = "",
    used: Usage = NOTHING,
    fault: Fault = Fault.OTHER,
) -> ev.StepFailed:
    said, now = cut_text(error, MAX_ERROR), deps.clock.now()
    return ev.StepFailed(now, step.id, step.attempt, said, error_class, signature=signature, used=used, fault=fault)
