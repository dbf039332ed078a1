"""When the tenant's days are planned: read by everybody, set by its owners."""

from __future__ import annotations

from shared.app.api.exchange import ApiReply, Call
from shared.app.connections.connect_account import change_settings
from shared.app.schedule.planning_time import find_next_planning, planning_problem
from shared.core.schedule.day_tasks import DEFAULT_CAPACITY
from shared.ports.documents import tenant_settings


def planning(call: Call) -> ApiReply:
    """Return when days are planned, in which zone and for how many hours, when next, and what prevents it."""
    settings = tenant_settings(call.deps.store, call.tenant)
    due = find_next_planning(call.deps, call.tenant)
    return ApiReply(
        body={
            "planning_time": settings.planning_time or "",
            "time_zone": settings.time_zone or "UTC",
            "day_hours": float(DEFAULT_CAPACITY if settings.day_hours is None else settings.day_hours),
            "next": due or None,
            "problem": planning_problem(call.deps, call.tenant),
        }
    )


def change_planning(call: Call) -> ApiReply:
    """Set what is given; an empty planning time ends the daily planning."""
    change_settings(call.deps, call.tenant, **call.body)
    return planning(call)
