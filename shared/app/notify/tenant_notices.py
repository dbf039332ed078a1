"""What a tenant's people are told that belongs to no run: each once, and who cannot be reached now is told later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shared.accounts.grants import grant_of
from shared.app.connections.access_renewal import WayBack, find_way_back, is_by_command
from shared.app.endpoints.endpoint_events import publish_budget
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import page_record
from shared.app.money.tenant_ledger import TOLD, Book, allowance_of
from shared.app.notify.announce import (
    ASKED,
    ENDPOINT_OFF,
    HANDED_OVER,
    INVITED,
    LOST_BLOCKED,
    LOST_REVOKED,
    QUOTA,
    REFUSED,
)
from shared.app.notify.channels import Channels
from shared.app.notify.messages import HIGH, NORMAL, Link, Message
from shared.app.notify.people_notices import read_handing_over, read_invitation, write_asking
from shared.app.notify.recipients import list_recipients, pick_owners
from shared.app.notify.tell_people import come_after_quiet, note_unreached, tell_people
from shared.app.people.membership import members_of
from shared.app.people.told_places import list_told
from shared.app.workspace.workspace_databases import PLANNING, kind_of
from shared.app.workspace.workspace_schemas import SCHEMAS
from shared.core.documents.effect import Claim
from shared.core.documents.routine import KIND as ROUTINES
from shared.core.documents.routine import Routine
from shared.core.models.model_facts import KEYED
from shared.core.money.spending import DAY
from shared.core.notify.endpoint import ENDPOINTS, Endpoint
from shared.core.notify.telling import sort_message
from shared.core.run.commands import Command
from shared.core.run.run import derive_id
from shared.integrations.systems import name_system
from shared.ports import get_as

_WAY_OUT = "An owner can raise it (POST /v1/budget); GET /v1/usage shows what it was spent on."
_MAX_TITLE = 200
_Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """One of these: what it is sent once as, how its message reads at that time, and whether owners alone get it."""

    scope: str
    message: Callable[[], Message]
    to_owners: bool = False
    to: Sequence[Mapping[str, Any]] = ()  # these alone, whom no settings know


def tell_tenant(command: Command, deps: Deps, tools: Tools) -> None:
    """Tell whom it concerns, over every channel but one that is gone. Raises what a later attempt may not meet."""
    settings = tools.settings(command.tenant)
    if (notice := NOTICES[command.topic](command, deps, settings)) is None:
        return
    with lease(deps, command.tenant, notice.scope):
        if command.topic == TOLD:
            publish_budget(deps, command.tenant, command.ref, notice.scope)
        connect = tools.accounts.connect_for(command.tenant)
        label = f"notify.{notice.scope.partition('.')[0]}"
        message, kind = notice.message(), "" if notice.to else sort_message(command.topic, {})
        channels = Channels(deps, connect, notice.scope, message, {"tenant": command.tenant}, label=label, kind=kind)
        if notice.to:
            channels.tell_all(notice.to)
            return
        listed = list_recipients(deps, command.tenant, list_told(deps, command.tenant, settings))
        recipients = pick_owners(listed) if notice.to_owners else listed
        outcome = tell_people(deps, channels, recipients, kind, message)
        if outcome.waits:
            come_after_quiet(deps, command, min(outcome.waits))
        channels.conclude(outcome.parts)
        if not outcome.reached and (outcome.meant or not recipients):
            note_unreached(deps, command.tenant, "", outcome, message.subject, command.topic)


def _describe_lost(command: Command, deps: Deps, settings: _Settings) -> Notice | None:
    """A grant is of no more use. Nothing is said when somebody has connected again in the meantime."""
    system, what = command.ref, command.topic.removeprefix("lost_")
    grant = grant_of(deps.store, command.tenant, system)
    if grant is None or (what == "revoked" and grant.connected):
        return None
    scope = lost_scope(deps, command.tenant, system, what)
    return Notice(scope, lambda: _lost_message(what, system, find_way_back(deps, command.tenant, system)))


def _quota(command: Command, deps: Deps, settings: _Settings) -> Notice:
    """A provider of models takes no more calls: its account has no money or quota left."""
    return Notice(f"quota.{command.ref}", lambda: _quota_message(command.ref.partition(".")[0]))


def _describe_refused(command: Command, deps: Deps, settings: _Settings) -> Notice:
    """Notion refuses something for good: it is left alone until somebody acts on it."""
    what = command.ref.partition(".")[0]
    return Notice(f"refused.{command.ref}", lambda: _refused_message(deps, command.tenant, settings, what), True)


def _budget(command: Command, deps: Deps, settings: _Settings) -> Notice:
    """Half, most or all of the budget of a day or month is spent; `ref` is scope, period, percent and limit."""
    scope, period, percent, limit = command.ref.split(".")

    def message() -> Message:
        return _budget_message(
            scope, period, int(percent), int(limit), _read_spent(deps, command.tenant, scope, period)
        )

    return Notice(f"budget.{command.ref}", message)


def _describe_asking(command: Command, deps: Deps, settings: _Settings) -> Notice | None:
    """Somebody asks to join. Nothing is said when an owner has let them in or refused meanwhile."""
    member = members_of(deps, command.tenant).people.get(command.ref)
    if member is None or not member.asks:
        return None
    return Notice(f"asked.{command.ref}", lambda: write_asking(command.ref, member.name, member.note), True)


def _describe_invitation(command: Command, deps: Deps, settings: _Settings) -> Notice | None:
    """Somebody is invited. Nothing is sent when it was sent anew, used or revoked in the meantime."""
    found = read_invitation(deps, command.tenant, command.ref)
    if found is None:
        return None
    message, whom = found
    return Notice(f"invited.{command.ref}", lambda: message, to=(whom,))


def _describe_handing_over(command: Command, deps: Deps, settings: _Settings) -> Notice | None:
    """Somebody has left for whom runs waited. Nothing is said when all of them were decided meanwhile."""
    message = read_handing_over(deps, command.tenant, command.ref)
    return Notice(f"left.{command.ref}", lambda: message, True) if message is not None else None


def _describe_endpoint_off(command: Command, deps: Deps, settings: _Settings) -> Notice | None:
    """An endpoint was switched off. Nothing is said when it was removed or switched on in the meantime."""
    name = command.ref.partition(".")[0]
    endpoint = get_as(Endpoint, deps.store, (command.tenant, ENDPOINTS, name))
    if endpoint is None or endpoint.off_at is None:
        return None
    return Notice(f"endpoint.{command.ref}", lambda: _endpoint_message(name, endpoint), True)


NOTICES: Mapping[str, Callable[[Command, Deps, _Settings], Notice | None]] = {
    LOST_REVOKED: _describe_lost,
    LOST_BLOCKED: _describe_lost,
    QUOTA: _quota,
    REFUSED: _describe_refused,
    ASKED: _describe_asking,
    INVITED: _describe_invitation,
    HANDED_OVER: _describe_handing_over,
    TOLD: _budget,
    ENDPOINT_OFF: _describe_endpoint_off,
}


def lost_scope(deps: Deps, tenant: str, system: str, what: str = "revoked") -> str:
    """Return what is told once: this loss of this grant, however many runs wait for it."""
    grant = grant_of(deps.store, tenant, system)
    return f"lost.{what}.{system}.{derive_id('', grant.given if grant else '')}"


def scope_of_loss(deps: Deps, tenant: str, system: str, message: str) -> str:
    """Return the scope of the loss that a run's `message` is about: what it was when it was first to be told.

    Looked up anew, it would be another one as soon as somebody connects again, and what was sent would be forgotten.
    """
    Effects(deps, tenant, lost_scope(deps, tenant, system), "notify.reconnect").claim(message)
    claim = get_as(Claim, deps.store, (tenant, "claims", message))
    assert claim is not None  # claims are never taken back
    return claim.by


def known_page(deps: Deps, tenant: str, page: str) -> tuple[bool, str]:
    """Return whether the page is a routine, and the title it had when it could be read."""
    routine = get_as(Routine, deps.store, (tenant, ROUTINES, page))
    if routine is not None:
        return True, routine.title
    run = page_record(deps, tenant, page).run
    loaded = deps.store.load_run(tenant, run) if run else None
    return False, loaded.run.trigger.title if loaded is not None else ""


def _lost_message(what: str, system: str, back: WayBack) -> Message:
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
    if is_by_command(system, back.command):
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


def _quota_message(provider: str) -> Message:
    lines = (
        f"{provider} answers no more calls: the money or the quota of its account is used up.",
        "Where your rules name other models, those are asked instead; other work fails and says so.",
        "Top up that account, or change whom to ask: workwright models (GET and POST /v1/models).",
    )
    return Message(f"The account at {provider} is used up", lines, (), HIGH)


def _refused_message(deps: Deps, tenant: str, settings: Mapping[str, Any], what: str) -> Message:
    if what == PLANNING:
        return _build_planning_notice()
    if kind := kind_of(settings, what):
        return _build_table_notice(SCHEMAS[kind].title)
    return _page_message(*known_page(deps, tenant, what))


def _build_planning_notice() -> Message:
    lines = (
        "Notion does not let us do what the plan of the day needs: read your Tasks, or write a page beside them.",
        "Nothing is planned until that changes, and nothing is lost.",
        "Give the connection access to both (••• › Connections), then set the planning time again: days are planned "
        "from then on.",
    )
    return Message("We may not plan your days", lines, (), HIGH)


def _build_table_notice(title: str) -> Message:
    lines = (
        f"Notion no longer lets us read the table “{title}”: it was deleted, or is not shared with our connection.",
        "We leave it alone from now on, and nothing is lost.",
        "If it is still wanted, restore it or give the connection access to it (••• › Connections), then edit one of "
        "its rows: work goes on from there.",
    )
    return Message(f"We may not read the table “{title}”", lines, (), HIGH)


def _page_message(routine: bool, title: str) -> Message:
    name = f"“{title[:_MAX_TITLE]}”" if title else "a page of yours"
    what = f"the routine {name}" if routine else name
    lines = (
        f"Notion no longer lets us read {what}: our connection may not, and asking again does not change that.",
        "We leave it alone from now on, and nothing is lost.",
        "Give the connection access to the page (••• › Connections), then edit the page: work goes on from there.",
    )
    return Message(f"We may not read {what}", lines, (), HIGH)


def _endpoint_message(name: str, endpoint: Endpoint) -> Message:
    host = urlsplit(endpoint.url).hostname
    lines = (
        f"For days nothing that we sent to your endpoint at {host} has arrived, or its answer was that it is gone.",
        f"We send nothing there any more. What was answered: workwright endpoints deliveries {name}",
        f"When it works again: workwright endpoints on {name}; what was missed can be replayed.",
    )
    return Message(f"We have switched off your endpoint at {host}", lines, (), HIGH)


def _read_spent(deps: Deps, tenant: str, scope: str, period: str) -> int:
    ledger = Book(deps, tenant, allowance_of(deps, tenant)).ledger(period[:7])
    return ledger.get_account(period).spent if scope == DAY else ledger.spent


def _budget_message(scope: str, period: str, percent: int, limit: int, spent: int) -> Message:
    whose = f"the budget of {period}" if scope == DAY else f"the budget of the month {period}"
    sums = f"{spent / 1e6:.2f} of {limit / 1e6:.2f} US dollars have been spent."
    if percent < 100:
        return Message(f"{percent} percent of {whose} has been spent", (sums, _WAY_OUT), (), NORMAL)
    until = "day (UTC)" if scope == DAY else "month (UTC)"
    waits = f"Work that costs more than what is left waits until the {until} is over; nothing of it is lost."
    return Message(f"{whose[:1].upper()}{whose[1:]} is used up", (sums, waits, _WAY_OUT), (), HIGH)
