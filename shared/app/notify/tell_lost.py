"""A tenant's grant is of no more use: tell its people, once, over every channel but the one that is gone."""

from __future__ import annotations

from shared.accounts.grants import grant_of
from shared.app.connections.ways_back import BY_COMMAND, WayBack, find_way_back
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.notify.channels import Channels
from shared.app.notify.messages import HIGH, Link, Message
from shared.core.models.model_facts import KEYED
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import derived_id
from shared.integrations.systems import name_system

LOST = ("lost_revoked", "lost_blocked")  # topics that belong to a tenant and to no run; `ref` is the system


def announce_lost(deps: Deps, tenant: str, system: str, what: str, since: str) -> None:
    """Have people told: `what` is "revoked" or "blocked"; `since` is when the grant was given. Twice is once."""
    name = derived_id("lost-", tenant, system, what, since)
    deps.queue.enqueue([Command(name, NOTIFY, "notify", tenant, topic=f"lost_{what}", ref=system)])


def tell_lost(command: Command, deps: Deps, tools: Tools) -> None:
    """Tell everybody who is told anything; one who cannot be reached now is told later.

    Says nothing when somebody has connected again in the meantime. Raises what a later attempt may not meet.
    """
    system, what = command.ref, command.topic.removeprefix("lost_")
    grant = grant_of(deps.store, command.tenant, system)
    if grant is None or (what == "revoked" and grant.connected):
        return
    scope = lost_scope(deps, command.tenant, system, what)
    with lease(deps, command.tenant, scope):
        connect = tools.accounts.connect_for(command.tenant)
        message = _message(what, system, find_way_back(deps, command.tenant, system))
        channels = Channels(deps, connect, scope, message, {"tenant": command.tenant}, label="notify.lost")
        channels.tell_all(tools.settings(command.tenant).get("people", ()))


def lost_scope(deps: Deps, tenant: str, system: str, what: str = "revoked") -> str:
    """Return what is told once: this loss of this grant, however many runs wait for it."""
    grant = grant_of(deps.store, tenant, system)
    return f"lost.{what}.{system}.{derived_id('', grant.given if grant else '')}"


def scope_of_loss(deps: Deps, tenant: str, system: str, told: str) -> str:
    """Return the scope of the loss that a run's message `told` is about: what it was when it was first to be told.

    Looked up anew, it would be another one as soon as somebody connects again, and what was sent would be forgotten.
    """
    Effects(deps, tenant, lost_scope(deps, tenant, system), "notify.reconnect").claim(told)
    doc = deps.store.get(tenant, "claims", told)
    assert doc is not None  # claims are never taken back
    return str(doc.body["by"])


def _message(what: str, system: str, back: WayBack) -> Message:
    name = name_system(system)
    links = (Link("Reconnect", back.url),) if back.url else ()
    if what == "blocked":
        lines = (
            f"{name} refuses all our calls for your workspace until further notice, so nothing is sent any more.",
            f"Please ask {name}'s support why. When they have lifted it, reconnect: work goes on from there.",
        )
        return Message(f"{name} has blocked us: please look and reconnect", lines, links, HIGH)
    goes_on = f"`{back.command}`, and what waits goes on by itself."
    if system in KEYED:
        lines = (
            f"{name} does not accept the key your team has given us: it was revoked, or it has expired.",
            f"Nothing is lost. Give a new one with {goes_on}",
        )
        return Message(f"Please give a new key for {name}", lines, (), HIGH)
    if system in BY_COMMAND:
        lines = (
            f"We no longer have access to {name}: somebody removed it, or it has expired.",
            f"Nothing is lost. Connect it with {goes_on}",
        )
        return Message(f"Please connect {name} again", lines, (), HIGH)
    if back.command:
        lines = (
            f"{name} does not accept the token that it was connected by: it was replaced or revoked, or has expired.",
            f"Nothing is lost. Give a new one with {goes_on}",
        )
        return Message(f"Please give a new token for {name}", lines, (), HIGH)
    lines = (
        f"We no longer have access to {name}: somebody removed the connection, or it has expired.",
        "Nothing is lost. Reconnect as the same person in the same workspace, and what waits goes on by itself.",
    )
    return Message(f"Please reconnect {name}", lines, links, HIGH)
