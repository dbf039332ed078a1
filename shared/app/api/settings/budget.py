"""What a tenant may spend and has spent: read by everybody, set by its owners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared import log
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import Schema, choice, number
from shared.app.api.run.run_views import COST, cost_view, shown
from shared.app.connections.connect_account import change_settings
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.money.tenant_ledger import allowance_in, given_budget
from shared.app.money.usage import BY, Sum, spent_in
from shared.app.workspace.map_events import COUNTED
from shared.core.errors import AgentError, Conflicting
from shared.core.money.spending import Allowance, day_of
from shared.core.run.acts import BudgetChanged
from shared.core.run.run import WaitKind

_MOST = 1_000_000_000_000  # a million US dollars
_COUNT = {"type": "integer"}
_MAYBE = {"type": ["integer", "null"]}
_UNIT = "In millionths of a US dollar."
_NAMES = {
    "call": f"The most that one call of a model may cost. {_UNIT}",
    "run": f"The most that one run may cost. {_UNIT}",
    "day": f"The most that a day, in UTC, may cost. {_UNIT}",
    "month": f"The most that a month, in UTC, may cost. {_UNIT}",
    "kept_back": f"The part of run, day and month that is reserved for notifying people and undoing things. {_UNIT}",
}
LIMITS: Mapping[str, Schema] = {key: {**number(0, _MOST), "description": what} for key, what in _NAMES.items()}
BUDGET = shown({key: {**_COUNT, "description": what} for key, what in _NAMES.items()})
_SUM = {"cost": COST, "calls": _COUNT, "failed": COST}
USAGE = {
    "period": {"type": "string", "description": "The day or month, in UTC."},
    "reserved": {**_COUNT, "description": "Millionths of a US dollar that calls in progress may still cost."},
    "limit": _MAYBE,
    "failed": {**COST, "description": "The part of the cost that went into attempts that failed or were lost."},
    "finished": {**_COUNT, "description": "Runs that succeeded."},
    "per_finished": {**_MAYBE, "description": "Millionths of a US dollar per finished run, all costs included."},
    "by": choice("", *BY),
    "parts": {"type": "array", "items": shown({"name": {"type": "string"}, **_SUM})},
}


def budget(call: Call) -> ApiReply:
    """Return the limits, in millionths of a US dollar."""
    return ApiReply(body=_view(allowance_in(given_budget(call.deps, call.tenant))))


def change_budget(call: Call) -> ApiReply:
    """Set the limits that are given; work that waits for money asks again.

    Raises Conflicting where more would be kept back than another limit is.
    """
    given = {**given_budget(call.deps, call.tenant), **call.body}
    allowed = allowance_in(given)
    for name in ("run", "day", "month"):
        limit = getattr(allowed, name)
        if limit is not None and limit < allowed.kept_back:
            way_out = f"Set kept_back to {limit} or less, or raise {name}."
            raise Conflicting(f"kept_back must be at most {name} ({limit}), got {allowed.kept_back}", way_out=way_out)
    change_settings(call.deps, call.tenant, budget=given)
    _let_go_on(call.deps, call.tenant)
    return ApiReply(body=_view(allowed))


def _let_go_on(deps: Deps, tenant: str) -> None:
    """Let every run ask again that waits for money; one that cannot be saved now asks at its time."""
    after = ""
    while runs := deps.store.list_runs(tenant, limit=100, after=after):
        for run in runs:
            if not run.status.final and any(s.wait and s.wait.kind == WaitKind.BUDGET for s in run.steps):
                try:
                    record(deps, tenant, run.id, BudgetChanged(deps.clock.now()))
                except AgentError as error:
                    log.line("ERROR", "run not resumed", tenant=tenant, run=run.id, **log.about(error))
        after = runs[-1].id


def usage(call: Call) -> ApiReply:
    """Return what a day or a month has cost, and what for; a month takes precedence over a day.

    Beside it, how often the map of the workspace has spared a question to Notion so far.
    """
    deps, by = call.deps, call.query.get("by", "")
    period = call.query.get("month") or call.query.get("day") or day_of(deps.clock.now())
    found = spent_in(deps, call.tenant, period, by)
    allowed = allowance_in(given_budget(deps, call.tenant))
    doc = deps.store.get(call.tenant, *COUNTED)
    parts = sorted(found.parts.items(), key=lambda part: (-part[1].used.micros, part[0]))
    return ApiReply(
        body={
            "period": period,
            "cost": cost_view(found.used),
            "reserved": found.reserved,
            "limit": allowed.month if len(period) == 7 else allowed.day,
            "failed": cost_view(found.recorded.failed),
            "finished": found.ended.get("succeeded", 0),
            "per_finished": found.per_outcome,
            "by": by,
            "parts": [{"name": name, **_sum(part)} for name, part in parts],
            "workspace_map": {name: int(doc.body[name]) if doc else 0 for name in ("hits", "misses")},
        }
    )


def _sum(part: Sum) -> dict[str, Any]:
    return {"cost": cost_view(part.used), "calls": part.calls, "failed": cost_view(part.failed)}


def _view(allowed: Allowance) -> dict[str, Any]:
    return {name: getattr(allowed, name) for name in _NAMES}
