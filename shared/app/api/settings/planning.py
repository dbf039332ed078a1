"""When the tenant's days are planned: read by everybody, set by its owners."""

from __future__ import annotations

from collections.abc import Mapping

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import Schema, choice, number, text
from shared.app.schedule.planning_time import find_next_planning, planning_problem
from shared.app.schedule.time_zones import zone_names
from shared.app.tenants.settings_changes import change_settings
from shared.core.schedule.day_tasks import DEFAULT_CAPACITY
from shared.ports.documents import tenant_settings

DAILY: Mapping[str, Schema] = {
    "planning_time": text("^([01][0-9]|2[0-3]):[0-5][0-9]$|^$", what="Such as 07:30; empty for no daily planning."),
    "time_zone": choice(*zone_names()),
    "day_hours": number(1, 24),
}


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
    change_settings(call.deps, call.tenant, call.who.actor, **call.body)
    return planning(call)
