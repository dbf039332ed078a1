"""What an attempt that failed is recorded as."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

from shared import log
from shared.app.engine.deps import Deps
from shared.app.polling.connection_outages import patient_wait
from shared.core.errors import ErrorClass, IntegrationError, Missing, NotAllowed, SandboxUnavailable
from shared.core.models.model_errors import ModelError
from shared.core.run import events as ev
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Step, Usage
from shared.core.text.cut_text import cut_text
from shared.integrations.notion.ids import ids_in

MAX_ERROR = 12_000  # characters of an error that a run keeps; a model may quote a whole page in one
_KINDS = ("pages", "map", "claims")  # pages with runs, what the workspace was seen to hold, what steps have made


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
        return fail_step(deps, step, str(error), error.error_class, str(error)[:500], error.used, error.fault)
    log.event("security.refused", "WARNING", what="sandbox", kind=step.spec.kind)  # code that may run nowhere here
    return fail_step(deps, step, str(error), ErrorClass.FINAL, fault=error.fault)  # no other plan brings a sandbox


def fail_step(
    deps: Deps,
    step: Step,
    error: str,
    error_class: ErrorClass,
    signature: str = "",
    used: Usage = NOTHING,
    fault: Fault = Fault.OTHER,
) -> ev.StepFailed:
    message, now = cut_text(error, MAX_ERROR), deps.clock.now()
    return ev.StepFailed(now, step.id, step.attempt, message, error_class, signature=signature, used=used, fault=fault)


def class_of(deps: Deps, tenant: str, error: IntegrationError) -> ErrorClass:
    """Return how the run treats the error: what Notion let us at before, or forbids, ends it as planned.

    A retry then goes on with the same plan. An id that we have never seen may be a mistake of the plan's, and another
    plan may mend it: Notion answers the same for both.
    """
    if error.system != "notion" or not isinstance(error, Missing | NotAllowed):
        return error.error_class
    places = product(_KINDS, set(ids_in(str(error))))
    known = isinstance(error, NotAllowed) or any(deps.store.get(tenant, *place) for place in places)
    return ErrorClass.FINAL if known else error.error_class
