"""What a tenant may spend and has spent: read by everybody, set by its owners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, Schema, array, choice, explain, members, number, text
from shared.app.api.run.run_views import COST, cost_view
from shared.app.engine.deps import Deps
from shared.app.money.tenant_ledger import allowance_in, read_budget
from shared.app.money.usage import BY, Sum, sum_spent
from shared.app.tenants.settings_changes import change_sections
from shared.core.documents.places import COUNTED, LookUps
from shared.core.money.spending import Allowance, day_of
from shared.core.people.actor import Actor
from shared.core.tenants.sections import Bodies, change_section, check_budgets, read_section
from shared.ports import get_as

_MAX = 1_000_000_000_000  # a million US dollars
_MAYBE = {"type": ["integer", "null"]}
_UNIT = "In millionths of a US dollar."
_NAMES = {
    "call": f"The most that one call of a model may cost. {_UNIT}",
    "run": f"The most that one run may cost. {_UNIT}",
    "project": f"The most that all work on one page of Notion may cost in a month, in UTC. {_UNIT}",
    "person": f"The most that what one person or program asks for may cost in a month, in UTC. {_UNIT}",
    "day": f"The most that a day, in UTC, may cost. {_UNIT}",
    "month": f"The most that a month, in UTC, may cost. {_UNIT}",
    "kept_back": f"The part of each of them but call that is reserved for notifying people and undoing things. {_UNIT}",
}
LIMITS: Mapping[str, Schema] = {key: explain(number(0, _MAX), what) for key, what in _NAMES.items()}
_UNLIMITED = ("project", "person")  # unless somebody sets them
BUDGET = members(**{key: explain(_MAYBE if key in _UNLIMITED else COUNT, what) for key, what in _NAMES.items()})
_SUM = {"cost": COST, "calls": COUNT, "failed": COST}
USAGE = {
    "period": text(what="The day or month, in UTC."),
    "reserved": explain(COUNT, "Millionths of a US dollar that calls in progress may still cost."),
    "limit": _MAYBE,
    "failed": explain(COST, "The part of the cost that went into attempts that failed or were lost."),
    "finished": explain(COUNT, "Runs that succeeded."),
    "per_finished": explain(_MAYBE, "Millionths of a US dollar per finished run, all costs included."),
    "by": choice("", *BY),
    "parts": array(members(name=text(), **_SUM)),
}


def budget(call: Call) -> ApiReply:
    """Return the limits, in millionths of a US dollar."""
    return ApiReply(body=_view(allowance_in(read_budget(call.deps, call.tenant))))


def change_budget(call: Call) -> ApiReply:
    """Set the limits that are given; work that waits for money asks again.

    Raises Conflicting where more would be kept back than another limit is.
    """
    return ApiReply(body=_view(set_budget(call.deps, call.tenant, call.body, call.who.actor)))


def set_budget(deps: Deps, tenant: str, changes: Mapping[str, int], by: Actor) -> Allowance:
    """Set the limits that are given, in millionths of a US dollar; raises Conflicting as `change_budget` does."""

    def set_limits(bodies: Bodies) -> Bodies:
        changed = change_section(bodies, "budgets", changes)
        check_budgets(read_section(changed, "budgets"))
        return changed

    allowed: Allowance = read_section(change_sections(deps, tenant, by, set_limits), "budgets")
    return allowed


def usage(call: Call) -> ApiReply:
    """Return what a day or a month has cost, and what for; a month takes precedence over a day.

    Beside it, how often the map of the workspace has spared a question to Notion so far.
    """
    deps, by = call.deps, call.query.get("by", "")
    period = call.query.get("month") or call.query.get("day") or day_of(deps.clock.now())
    found = sum_spent(deps, call.tenant, period, by)
    allowed = allowance_in(read_budget(deps, call.tenant))
    looked_up = get_as(LookUps, deps.store, (call.tenant, *COUNTED)) or LookUps()
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
            "workspace_map": {"hits": looked_up.hits, "misses": looked_up.misses},
        }
    )


def _sum(part: Sum) -> dict[str, Any]:
    return {"cost": cost_view(part.used), "calls": part.calls, "failed": cost_view(part.failed)}


def _view(allowed: Allowance) -> dict[str, Any]:
    return {name: getattr(allowed, name) for name in _NAMES}
