"""sync: find what deliveries missed, keep the map of every workspace and what is known of it, delete a tenant.

Called by  the scheduler, every few minutes, and then the queue for each tenant, in private. Anybody may repeat it.
           On one machine its clock calls `/often` too, for tenants without a webhook.
Next       itself, for each tenant and for long work; `plan`, for every page that changed.
"""

import functions_framework
from flask import Request

from shared.app.engine.switches import hold_back
from shared.app.intake.reconcile import order_passes, reconcile
from shared.app.polling.polling_clock import order_looks
from shared.app.tenants.tenant_delete import erase_tenant
from shared.core.run.commands import ERASE
from shared.entry import Reply, bury_exhausted, command_from, endpoint
from shared.wiring.accounts import wire_accounts
from shared.wiring.room import notion_room
from shared.wiring.tools import wire_tools
from shared.wiring.worker import wire_worker

wired, tools = wire_worker(), wire_tools()


@functions_framework.http
@endpoint
def sync(request: Request) -> Reply:
    """Answer the clock how many passes or looks were ordered, and the queue 204 as soon as its part is done."""
    if not request.get_data(cache=True) and "/t/" not in request.path:  # the clock names no tenant and no task
        wired.check(request.headers.get("Authorization", ""), wired.audience("sync"))
        often = request.path.endswith("/often")
        return Reply(200, order_looks(wired.deps, notion_room) if often else order_passes(wired.deps))
    command = command_from(request, "sync", wired.check, wired.audience("sync"))
    if not bury_exhausted(request, command, wired.deps.queue) and not hold_back(command, wired.deps):
        if command.name == ERASE:
            erase_tenant(command, wired.deps, tools, wire_accounts())
        else:
            reconcile(command, wired.deps, tools)
    return Reply(204)
