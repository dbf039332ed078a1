"""A provider of models takes no more calls: its account has no money or quota left. Tell people, once a day."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.notify.channels import Channels
from shared.app.notify.messages import HIGH, Message
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import derived_id

QUOTA = "quota_used_up"  # a topic that belongs to a tenant and to no run; `ref` is provider.day


def announce_quota(deps: Deps, tenant: str, provider: str) -> None:
    """Have people told that this provider takes no more calls. Twice on a day is once."""
    day = deps.clock.now().date().isoformat()
    name = derived_id("quota-", tenant, provider, day)
    deps.queue.enqueue([Command(name, NOTIFY, "notify", tenant, topic=QUOTA, ref=f"{provider}.{day}")])


def tell_quota(command: Command, deps: Deps, tools: Tools) -> None:
    """Tell everybody who is told anything; one who cannot be reached now is told later.

    Raises what a later attempt may not meet.
    """
    scope = f"quota.{command.ref}"
    with lease(deps, command.tenant, scope):
        connect = tools.accounts.connect_for(command.tenant)
        message = _message(command.ref.partition(".")[0])
        channels = Channels(deps, connect, scope, message, {"tenant": command.tenant}, label="notify.quota")
        channels.tell_all(tools.settings(command.tenant).get("people", ()))


def _message(provider: str) -> Message:
    lines = (
        f"{provider} answers no more calls: the money or the quota of its account is used up.",
        "Where your rules name other models, those are asked instead; other work fails and says so.",
        "Top up that account, or change whom to ask: workwright models (GET and POST /v1/models).",
    )
    return Message(f"The account at {provider} is used up", lines, (), HIGH)
