"""What endpoints are told: events of runs and of the budget, each written down once and then handed to the queue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from shared.app.endpoints.team_endpoints import Happened, send_message
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.step_context import run_url
from shared.core.notify.endpoint import (
    ASKED,
    BUDGET_ALERT,
    ENDPOINTS,
    ROLLED_BACK,
    RUN_ENDED,
    SITE_LIVE,
    Endpoint,
)
from shared.core.run.commands import Command
from shared.core.run.run import Run, derive_id
from shared.ports import all_as
from shared.steps._kind import Repeat


def publish_run(deps: Deps, command: Command, run: Run, scope: str) -> None:
    """Hand over what a message about a run means to endpoints; the caller holds the lease of its scope."""
    _publish(deps, run.tenant, scope, f"notify.{command.topic}", tuple(_events_of_run(deps, command, run)))


def publish_budget(deps: Deps, tenant: str, ref: str, scope: str) -> None:
    """Hand over that so much of the budget of a day or month is spent; the caller holds the lease of `scope`."""
    whose, period, percent, limit = ref.split(".")
    data = {"scope": whose, "period": period, "percent": int(percent), "limit_usd": int(limit) / 1e6}
    _publish(deps, tenant, scope, "notify.budget", ((BUDGET_ALERT, data),))


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
    known = {"run": run.id, "kind": run.trigger.kind, "page": run.trigger.page, "url": run_url(deps, run)}
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
            elif command.topic == "run_succeeded" and run.facts.get("site"):
                yield SITE_LIVE, {**known, **made}
