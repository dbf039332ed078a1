"""Commands that no sweep would miss: what cannot be done now is handed over once more, for a later time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import wraps

from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.polling.connection_outages import patient_wait
from shared.core.errors import Busy, ErrorClass, IntegrationError, Unreachable
from shared.core.retries import COMMAND
from shared.core.run.commands import Command
from shared.core.run.retry import delay_as_told, delay_before
from shared.core.run.run import derive_id

MAX_TIMES = COMMAND.tries  # days, with the longest waits of ten minutes; after that the queue puts the command aside

UseCase = Callable[[Command, Deps, Tools], None]


def patient(use_case: UseCase) -> UseCase:
    """Let an outage or another worker's lease last longer than the queue's few deliveries.

    A step's attempt has the run behind it, which looks when nothing comes back. Nothing stands behind a page that has
    to show the end of a run, a message, or a change in Notion: the command itself is all there is.
    """

    @wraps(use_case)
    def handle(command: Command, deps: Deps, tools: Tools) -> None:
        try:
            use_case(command, deps, tools)
        except Busy:
            if command.attempt >= MAX_TIMES:
                raise
            come_again(command, deps)
        except IntegrationError as error:
            if error.error_class != ErrorClass.TRANSIENT or command.attempt >= MAX_TIMES:
                raise
            patience = patient_wait(deps, command.tenant, error)
            counts = patience is None or not isinstance(error, Unreachable)
            come_again(command, deps, patience or error.retry_after, as_told=patience is not None, counts=counts)

    return handle


def come_again(
    command: Command, deps: Deps, retry_after: timedelta | None = None, *, as_told: bool = False, counts: bool = True
) -> None:
    """Hand it over under a name that follows from its own, so that a repeated delivery hands over the same one.

    `as_told`: come when a rate limit allows it, or when what was sent before can no longer arrive, however often that
    has been; else later each time. What does not count may come again for ever.
    """
    times = command.attempt + (1 if counts else 0)
    min_wait_s = retry_after.total_seconds() if retry_after else None
    if as_told and min_wait_s is not None:
        delay = delay_as_told(f"{command.id}/{times}", min_wait_s)
    else:
        delay = delay_before(command.id, times, deps.limits, min_wait_s)
    until = deps.clock.now() + timedelta(seconds=delay)
    name = derive_id("again-", command.id, str(times))
    deps.queue.enqueue([replace(command, id=name, attempt=times, not_before=until)])
