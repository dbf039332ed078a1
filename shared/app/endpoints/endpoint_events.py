"""What endpoints are told: events of runs and of the budget, each written down once and then handed to the queue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from shared.app.endpoints.team_endpoints import Happened, send_message
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.step_context import run_url
from shared.app.engine.tools import Tools
from shared.core.notify.endpoint import (
    ASKED,
    BUDGET_ALERT,
    ENDPOINTS,
    ROLLED_BACK,
    RUN_ENDED,
    SITE_LIVE,
    TAKEN_DOWN,
    Endpoint,
)
from shared.core.run.acts import ApprovalDenied, ApprovalGranted
from shared.core.run.commands import Command
from shared.core.run.run import Run, derive_id
from shared.ports import all_as
from shared.steps._kind import Repeat
from shared.telemetry import trace


def publish_run(deps: Deps, command: Command, run: Run, scope: str) -> None:
    """Hand over what a message about a run means to endpoints; the caller holds the lease of its scope."""
    _publish(deps, run.tenant, scope, f"notify.{command.topic}", tuple(_events_of_run(deps, command, run)))


def publish_budget(deps: Deps, tenant: str, ref: str, scope: str) -> None:
    """Hand over that so much of the budget of a day or month is spent; the caller holds the lease of `scope`."""
    whose, period, percent, limit = ref.split(".")
    data = {"scope": whose, "period": period, "percent": int(percent), "limit_usd": int(limit) / 1e6}
    _publish(deps, tenant, scope, "notify.budget", ((BUDGET_ALERT, data),))


@trace.use_case
def publish_progress(command: Command, deps: Deps, tools: Tools) -> None:
    """Hand over what became of a step or of a question: the event of the run that the command names says the rest.

    All of it follows from that event, so that twice is once.
    """
    loaded = deps.store.load_run(command.tenant, command.run)
    found = deps.store.events(command.tenant, command.run, after=command.wake - 1, limit=1)
    step = loaded.run.step(command.step) if loaded is not None else None
    if loaded is None or step is None or not found:
        return  # of a team that was deleted
    event = found[0][1]
    data: dict[str, Any] = _identify_run(deps, loaded.run)
    if isinstance(event, ApprovalGranted | ApprovalDenied):
        decided_by = event.actor.ref if event.actor is not None else ""
        data |= {"gate": event.gate, "plan_hash": event.plan_hash, "by": decided_by, "via": event.via}
    else:
        data |= {"step": step.id, "step_kind": step.spec.kind, "status": command.ref, "attempt": command.attempt}
    happened = (command.topic, data)
    message = derive_id("msg_", command.tenant, command.run, str(command.wake), command.topic, command.step)
    for endpoint in all_as(Endpoint, deps.store, command.tenant, ENDPOINTS):
        if endpoint.wants(command.topic):
            send_message(deps, command.tenant, endpoint.id, message, happened, event.at)


def _publish(deps: Deps, tenant: str, scope: str, label: str, events: Iterable[Happened]) -> None:
    endpoints = list(all_as(Endpoint, deps.store, tenant, ENDPOINTS)) if events else []
    if not any(endpoint.wants(event) for endpoint in endpoints for event, _ in events):
        return
    effects = Effects(deps, tenant, scope, label)
    when = effects("published", lambda: {"at": deps.clock.now().isoformat()}, repeat=Repeat.SAME_END)
    at = datetime.fromisoformat(str(when["at"]))
    for happened in events:
        message = derive_id("msg_", tenant, scope, happened[0])
        for endpoint in endpoints:
            if endpoint.wants(happened[0]):
                send_message(deps, tenant, endpoint.id, message, happened, at)


def _events_of_run(deps: Deps, command: Command, run: Run) -> Iterator[Happened]:
    """Yield the events of a message; they hold ids and addresses, and nothing of what people wrote."""
    known = _identify_run(deps, run)
    made = {name: run.facts[name] for name in ("site", "pull_request") if run.facts.get(name)}
    match command.topic:
        case "approval_asked":
            yield ASKED, {**known, "gate": command.ref, "plan_hash": run.plan_hash}
        case "budget_alert":
            percent = int(command.ref.partition(".")[2] or 0)
            limit = run.limits.micros / 1e6
            yield BUDGET_ALERT, {"scope": "run", "run": run.id, "percent": percent, "limit_usd": limit}
        case "run_succeeded" | "run_failed" | "run_cancelled":
            yield RUN_ENDED, {**known, "status": run.status.value, **made}
            if command.topic == "run_succeeded" and run.trigger.kind == "rollback":
                yield ROLLED_BACK, {**known, **made}
            elif command.topic == "run_succeeded" and run.facts.get("taken_down"):
                yield TAKEN_DOWN, {**known, "site": run.facts["taken_down"]}
            elif command.topic == "run_succeeded" and run.facts.get("site"):
                yield SITE_LIVE, {**known, **made}


def _identify_run(deps: Deps, run: Run) -> dict[str, Any]:
    return {"run": run.id, "kind": run.trigger.kind, "page": run.trigger.page, "url": run_url(deps, run)}
