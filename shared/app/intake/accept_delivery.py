"""Take in a Notion webhook: verify it, find out whom it concerns, put the rest on the queue, answer at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.intake.debounce import gather
from shared.app.knowledge.knowledge_marks import keeps_knowledge, order_forgetting
from shared.app.workspace.map_events import has_map, moves_in_map
from shared.core.documents.bots import BOTS, HANDSHAKE, WORKSPACES, Bot, Handshake, Workspace
from shared.core.documents.look import Happening
from shared.core.errors import BadSignature, Forbidden, MalformedRequest, TooLarge
from shared.core.pages.author import PERSON, UNKNOWN, Author
from shared.core.run.commands import CONSIDER, RECONCILE, Command
from shared.core.run.run import derive_id
from shared.integrations.notion.webhook import Delivery, parse_delivery, verification_token_of, verify_signature
from shared.integrations.notion.webhook_events import PageEvent
from shared.ports import SYSTEM, Secret, change_as, get_as
from shared.telemetry import trace

MAX_BYTES = 1_000_000
OLDEST = timedelta(hours=26)  # the last of Notion's 8 attempts comes after about a day
TOKEN = "notion-webhook-token"
TOKEN_BEFORE = "notion-webhook-token-before"
SCHEMA_CHANGED = "data_source.schema_updated"
_PLACED = ("created", "deleted", "undeleted", "moved")
OF_TABLES = frozenset([SCHEMA_CHANGED, *(f"{kind}.{what}" for kind in ("database", "data_source") for what in _PLACED)])
MAPPED_ONLY = frozenset({"page.deleted"}) | OF_TABLES  # news for the map of the workspace, and for nobody else
_TRASHED = frozenset(f"{kind}.deleted" for kind in ("page", "database", "data_source"))
_PAGE_EVENTS = ("page.", "comment.")
_WEBHOOK = (SYSTEM, *HANDSHAKE)
_DECIDES = "page.properties_updated"  # a status decides only for those who set it, not for who comments on it later


def arm_handshake(deps: Deps, minutes: float = 30) -> None:
    """Let the next handshake within the time set the verification token; called by the operator alone."""
    until = deps.clock.now() + timedelta(minutes=minutes)

    def arm(known: Handshake | None) -> Handshake:
        return replace(known or Handshake(), armed_until=until)

    change_as(Handshake, deps.store, _WEBHOOK, arm, deps.stand_back)


def handshake_state(deps: Deps) -> Mapping[str, Any]:
    """Return whether a token is there, and as ISO 8601 times, "" for none: when it came, until when a handshake may
    set another one, and until when the token before it is still good.
    """
    known, now = get_as(Handshake, deps.store, _WEBHOOK) or Handshake(), deps.clock.now()
    open_until = {"armed_until": known.armed_until, "before_until": known.before_until}
    still = {name: at.isoformat() if at is not None and at >= now else "" for name, at in open_until.items()}
    try:
        token_kept = bool(deps.secrets.get(TOKEN))
    except KeyError:
        token_kept = False
    return {"token": token_kept, "verified": known.verified.isoformat() if known.verified else "", **still}


@trace.use_case
def accept_delivery(raw: bytes, signature: str, deps: Deps) -> Mapping[str, Any]:
    """Return what became of one delivery. A repeated one changes nothing: its commands have the same ids.

    Raises TooLarge, BadSignature, Forbidden (a handshake nobody armed) and MalformedRequest.
    """
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"the body is larger than {MAX_BYTES} bytes")
    if not signature:
        token = verification_token_of(raw)
        if token is not None:
            return _handshake(deps, Secret(token))
    _verify(deps, raw, signature)
    delivery = parse_delivery(raw)
    if abs(deps.clock.now() - _sent_at(delivery)) > OLDEST:
        raise BadSignature("the delivery is older than its last attempt could be")
    return _enqueue(deps, delivery)


def _sent_at(delivery: Delivery) -> datetime:
    try:
        sent = datetime.fromisoformat(delivery.at)
    except ValueError as error:
        raise MalformedRequest("field 'timestamp' must be an ISO 8601 time") from error
    if sent.tzinfo is None:
        raise MalformedRequest("field 'timestamp' must name its time zone")
    return sent


def _verify(deps: Deps, raw: bytes, signature: str) -> None:
    """Check the signature: of the token, or for a day after a rotation also of the one before it.

    Another instance may have taken in a new token a moment ago, so what does not fit is checked again as it is now.
    """
    try:
        verify_signature(raw, signature, _token(deps))
    except BadSignature:
        tokens, known = [_token(deps, refresh=True)], get_as(Handshake, deps.store, _WEBHOOK)
        if known is not None and known.before_until is not None and deps.clock.now() <= known.before_until:
            tokens.append(deps.secrets.get(TOKEN_BEFORE, refresh=True))
        verify_signature(raw, signature, *tokens)


def _token(deps: Deps, *, refresh: bool = False) -> Secret:
    try:
        return deps.secrets.get(TOKEN, refresh=refresh)
    except KeyError:
        raise BadSignature("no webhook is set up") from None


def _handshake(deps: Deps, token: Secret) -> Mapping[str, Any]:
    """Keep the token if the operator is waiting for it. Never overwrites one unless armed again.

    The one before stays good for as long as Notion may still repeat what it signed with it.
    """
    stored, now = get_as(Handshake, deps.store, _WEBHOOK), deps.clock.now()
    if stored is None or stored.armed_until is None or now > stored.armed_until:
        raise Forbidden(
            "nobody is setting up a webhook at the moment", way_out="Run `workwright webhook arm`, then press resend."
        )
    try:
        before = deps.secrets.get(TOKEN)
    except KeyError:
        before = token
    if before != token:
        deps.secrets.set(TOKEN_BEFORE, before)

        def keep_before(known: Handshake | None) -> Handshake:
            return replace(known or Handshake(), before_until=now + OLDEST)

        # Before the token: no gap between them.
        change_as(Handshake, deps.store, _WEBHOOK, keep_before, deps.stand_back)
    deps.secrets.set(TOKEN, token)

    def verify(known: Handshake | None) -> Handshake:
        return Handshake(before_until=known.before_until if known is not None else None, verified=now)

    change_as(Handshake, deps.store, _WEBHOOK, verify, deps.stand_back)
    return {"handshake": "accepted"}


def _enqueue(deps: Deps, delivery: Delivery) -> Mapping[str, Any]:
    """Put one command per tenant on the queue; what is delivered again orders what was ordered before."""
    order = _order_for(delivery)
    if order is None:
        return {"ignored": delivery.type}
    commands: list[Command] = []
    accepted = 0
    for tenant, bot in _tenants_of(deps, delivery):
        ordered = order(deps, delivery, tenant, _ours(deps, delivery, tenant, bot))
        accepted += ordered is not None
        commands += ordered or ()
    if commands:
        deps.crash_point("relay.before/delivery")
        deps.queue.enqueue(commands)
        deps.crash_point("relay.after/delivery")
    return {"accepted": accepted} if accepted or delivery.type not in MAPPED_ONLY else {"ignored": delivery.type}


Order = Callable[[Deps, Delivery, str, frozenset[str]], "list[Command] | None"]
"""Return what to do for one tenant, whose own bots among the authors are these; None when it is no news to it."""


def _order_for(delivery: Delivery) -> Order | None:
    if _page_of(delivery):
        return _accept_page
    return _accept_table if delivery.type in OF_TABLES else None


def _accept_page(deps: Deps, delivery: Delivery, tenant: str, ours: frozenset[str]) -> list[Command] | None:
    author, page = _author(delivery, ours), _page_of(delivery)
    properties = delivery.event.properties if isinstance(delivery.event, PageEvent) else ()
    quiet = author is None or delivery.type in MAPPED_ONLY
    if quiet and not (moves_in_map(delivery.type, properties) and has_map(deps, tenant)):
        return None
    sets = delivery.type == _DECIDES
    who, in_table = None if quiet else author, bool(delivery.data_source_id)
    happening = Happening(delivery.id, delivery.at, who, delivery.type, sets, properties, bool(ours), in_table)
    look = gather(deps, tenant, page, happening)
    return [*_forget_at_once(deps, delivery, tenant), *([look] if look else [])]


def _forget_at_once(deps: Deps, delivery: Delivery, tenant: str) -> list[Command]:
    """Return what takes something out of the index that went to the trash, and all below it."""
    gone = delivery.type in _TRASHED and keeps_knowledge(deps, tenant)
    return [order_forgetting(tenant, delivery.entity_id, delivery.id)] if gone else []


def _accept_table(deps: Deps, delivery: Delivery, tenant: str, ours: frozenset[str]) -> list[Command] | None:
    """A table came, went or changed: keep the map of the workspace, and have a changed schema looked at."""
    commands = _forget_at_once(deps, delivery, tenant)
    if has_map(deps, tenant):
        name, what = derive_id("map-", delivery.id, tenant), f"map {delivery.family}"
        commands.append(Command(name, RECONCILE, "sync", tenant, topic=what, ref=delivery.entity_id))
    if delivery.type == SCHEMA_CHANGED and _author(delivery, ours) is not None:
        name = derive_id("schema-", delivery.id, tenant)
        commands.append(Command(name, CONSIDER, "plan", tenant, topic="schema", ref=delivery.entity_id))
    return commands or None


def _page_of(delivery: Delivery) -> str:
    if not delivery.type.startswith(_PAGE_EVENTS):
        return ""
    return delivery.entity_id if delivery.entity_type == "page" else delivery.page_id


def _tenants_of(deps: Deps, delivery: Delivery) -> list[tuple[str, str]]:
    """Return (tenant, bot) of everybody the delivery concerns, by our own records alone."""
    found: dict[str, str] = {}
    for bot in delivery.bots:
        known = get_as(Bot, deps.store, (SYSTEM, BOTS, bot))
        # Not for a bot that a newer one has replaced.
        if known and known.workspace == delivery.workspace_id and (known.tenant not in found or known.retired is None):
            found[known.tenant] = bot
    if not found and not delivery.bots:
        workspace = get_as(Workspace, deps.store, (SYSTEM, WORKSPACES, delivery.workspace_id))
        found = dict(workspace.tenants) if workspace is not None else {}
    return sorted(found.items())


def _ours(deps: Deps, delivery: Delivery, tenant: str, bot: str) -> frozenset[str]:
    """Return the authors that are the tenant's own bots: the present one, and those it has taken the place of."""
    found = {name for name, _ in delivery.authors if name == bot}
    for name, kind in delivery.authors:
        bot_of = get_as(Bot, deps.store, (SYSTEM, BOTS, name)) if kind == "bot" and name not in found else None
        if bot_of is not None and bot_of.tenant == tenant:
            found.add(name)
    return frozenset(found)


def _author(delivery: Delivery, ours: frozenset[str]) -> Author | None:
    """Return who did it, a person before a foreign bot; None when it was only ourselves.

    One event may hold what several did, and not who did what: so that no bot decides as a person, none is certain.
    """
    foreign = [Author(kind, name) for name, kind in delivery.authors if name not in ours]
    if not foreign and delivery.authors:
        return None
    people = [each for each in foreign if each.kind == PERSON]
    several = bool(people) and len(people) < len(foreign)
    return replace((people or foreign or [Author(UNKNOWN)])[0], certain=not several)
