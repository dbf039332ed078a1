"""A tenant's own switch, all that is kept of it to take along, and its end."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, FLAG, MAYBE_TIME, TEXTS, choice, explain, members, shape, text
from shared.app.engine.switches import pause_view, set_pause
from shared.app.installation.home import home_of
from shared.core.errors import Forbidden
from shared.ports import SYSTEM

LINES = "application/x-ndjson"
PAUSE = shape(
    paused={"type": "boolean", "default": True},
    reason=text(max_length=300, default=""),
    everybody={"type": "boolean", "default": False, "description": "On one machine: pause all of its teams."},
)
DELETE = shape(
    confirm=text(max_length=128, what="The id of your tenant, so that nobody deletes it by accident."),
    force={"type": "boolean", "default": False},
    required=("confirm",),
)
VIEWS: dict[str, Any] = {
    "Pause": members(
        paused=FLAG,
        reason=text(what="Why work is paused."),
        by=text(what="Who paused it."),
        since=text(what="When it was paused; empty where that is not known."),
        go_on=text(what="What to do so that work goes on."),
        everybody=explain(FLAG, "The whole installation is paused."),
        held=explain(COUNT, "How many of the first hundred commands wait for work to be resumed."),
    ),
    "Tenant": members(
        tenant=text(),
        state=choice("active", "deleting"),
        phase=text(what="How far the deletion has got."),
        asked_at=MAYBE_TIME,
        left=explain(TEXTS, "What your team has to remove in other systems itself."),
    ),
    "Export": text(what="One JSON object per line; the last one is of the kind `end`."),
}


def show_pause(call: Call) -> ApiReply:
    """Return whether work is paused."""
    return ApiReply(body=pause_view(call.deps, call.tenant))


def change_pause(call: Call) -> ApiReply:
    """Pause the tenant's work, or let it go on."""
    whose = call.tenant
    if call.body["everybody"]:
        if call.who.role != "owner" or home_of(call.deps) != call.tenant:
            raise Forbidden(
                "only the operator can pause everybody's work", way_out="The operator does it with: workwright pause."
            )
        whose = SYSTEM
    paused = call.body["reason"] or True if call.body["paused"] else False
    set_pause(call.deps, whose, paused, call.acting)
    return ApiReply(body=pause_view(call.deps, call.tenant))


def show_tenant(call: Call) -> ApiReply:
    """Return whether the tenant is being deleted."""
    from shared.app.tenants.tenant_delete import deletion_view

    return ApiReply(body=deletion_view(call.deps, call.tenant))


def delete_tenant(call: Call) -> ApiReply:
    """Begin to delete the tenant."""
    from shared.app.tenants.tenant_delete import request_deletion

    given = call.body
    begun = request_deletion(call.deps, call.tenant, given["confirm"], call.acting, force=given["force"])
    return ApiReply(202, begun)


def export_tenant(call: Call) -> ApiReply:
    """Return everything that is stored, one JSON object per line."""
    from shared.app.tenants.tenant_export import export

    lines = export(call.deps, call.tools().knowledge(call.tenant), call.tenant, call.acting)
    name = f'attachment; filename="{call.tenant}.jsonl"'
    return ApiReply(stream=lines, headers={"Content-Type": LINES, "Content-Disposition": name})
