"""Half, most or all of a tenant's budget of the day or month is spent: tell its people, once each."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.money.tenant_ledger import Book, allowance_of
from shared.app.notify.channels import Channels
from shared.app.notify.messages import HIGH, NORMAL, Message
from shared.core.money.spending import DAY
from shared.core.run.commands import Command

_WAY_OUT = "An owner can raise it (POST /v1/budget); GET /v1/usage shows what it was spent on."


def tell_budget(command: Command, deps: Deps, tools: Tools) -> None:
    """Tell everybody who is told anything; one who cannot be reached now is told later.

    `ref` is scope, period, percent and limit. Raises what a later attempt may not meet.
    """
    scope, period, percent, limit = command.ref.split(".")
    with lease(deps, command.tenant, f"budget.{command.ref}"):
        connect = tools.accounts.connect_for(command.tenant)
        message = _message(scope, period, int(percent), int(limit), _spent(deps, command.tenant, scope, period))
        channels = Channels(
            deps, connect, f"budget.{command.ref}", message, {"tenant": command.tenant}, label="notify.budget"
        )
        channels.tell_all(tools.settings(command.tenant).get("people", ()))


def _spent(deps: Deps, tenant: str, scope: str, period: str) -> int:
    ledger = Book(deps, tenant, allowance_of(deps, tenant)).ledger(period[:7])
    return ledger.on(period).spent if scope == DAY else ledger.spent


def _message(scope: str, period: str, percent: int, limit: int, spent: int) -> Message:
    whose = f"the budget of {period}" if scope == DAY else f"the budget of the month {period}"
    sums = f"{spent / 1e6:.2f} of {limit / 1e6:.2f} US dollars have been spent."
    if percent < 100:
        return Message(f"{percent} percent of {whose} has been spent", (sums, _WAY_OUT), (), NORMAL)
    until = "day (UTC)" if scope == DAY else "month (UTC)"
    waits = f"Work that costs more than what is left waits until the {until} is over; nothing of it is lost."
    return Message(f"{whose[:1].upper()}{whose[1:]} is used up", (sums, waits, _WAY_OUT), (), HIGH)
