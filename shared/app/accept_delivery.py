"""Take in a Notion webhook: verify it, find out whom it concerns, put the rest on the queue, answer at once."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.app.deps import Deps
from shared.core.commands import CONSIDER, Command
from shared.core.errors import BadSignature, Forbidden, MalformedRequest, TooLarge
from shared.core.run import derived_id
from shared.integrations.notion.webhook import Delivery, parse_delivery, verification_token_of, verify_signature
from shared.ports import SYSTEM, Put, Secret

MAX_BYTES = 1_000_000
OLDEST = timedelta(hours=26)  # the last of Notion's 8 attempts comes after about a day
TOKEN = "notion-webhook-token"
_PAGE_EVENTS = ("page.", "comment.")
_DECIDES = "page.properties_updated"  # a status decides only for those who set it, not for who comments on it later


def arm_handshake(deps: Deps, minutes: float = 30) -> None:
    """Let the next handshake within the time set the verification token; called by the operator alone."""
    until = deps.clock.now() + timedelta(minutes=minutes)
    deps.store.put(SYSTEM, Put("webhook", "notion", {"armed_until": until.isoformat()}))


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
    verify_signature(raw, signature, _token(deps))
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


def _token(deps: Deps) -> Secret:
    try:
        return deps.secrets.get(TOKEN)
    except KeyError:
        raise BadSignature("no webhook is set up") from None


def _handshake(deps: Deps, token: Secret) -> Mapping[str, Any]:
    """Keep the token if the operator is waiting for it. Never overwrites one unless armed again."""
    doc = deps.store.get(SYSTEM, "webhook", "notion")
    armed = doc.body.get("armed_until") if doc else None
    if doc is None or not armed or deps.clock.now() > datetime.fromisoformat(armed):
        raise Forbidden("nobody is setting up a webhook now", way_out="Arm the handshake first, then press resend.")
    deps.secrets.set(TOKEN, token)
    deps.store.put(SYSTEM, Put("webhook", "notion", {"verified": deps.clock.now().isoformat()}, doc.version))
    return {"handshake": "accepted"}


def _enqueue(deps: Deps, delivery: Delivery) -> Mapping[str, Any]:
    """Put one command per tenant on the queue; the delivery's id names it, so a repeat is harmless."""
    page = _page_of(delivery)
    if page is None:
        return {"ignored": delivery.type}
    commands = []
    for tenant, bot in _tenants_of(deps, delivery):
        author = _author(delivery, bot)
        if author is None:
            continue
        command_id = derived_id("see-", delivery.id, tenant)
        topic = author if delivery.type == _DECIDES else f"seen-{author}"
        commands.append(Command(command_id, CONSIDER, "plan", tenant, topic=topic, ref=page))
    if commands:
        deps.crash_point("relay.before/delivery")
        deps.queue.enqueue(commands)
        deps.crash_point("relay.after/delivery")
    return {"accepted": len(commands)}


def _page_of(delivery: Delivery) -> str | None:
    if not delivery.type.startswith(_PAGE_EVENTS) or delivery.type == "page.deleted":
        return None
    return delivery.entity_id if delivery.entity_type == "page" else delivery.page_id or None


def _tenants_of(deps: Deps, delivery: Delivery) -> list[tuple[str, str]]:
    """Return (tenant, bot) of everybody the delivery concerns, by our own records alone."""
    found = {}
    for bot in delivery.bots:
        doc = deps.store.get(SYSTEM, "bots", bot)
        if doc is not None and doc.body["workspace"] == delivery.workspace_id:
            found[str(doc.body["tenant"])] = bot
    if not found and not delivery.bots:
        doc = deps.store.get(SYSTEM, "workspaces", delivery.workspace_id)
        found = dict(doc.body["tenants"]) if doc is not None else {}
    return sorted(found.items())


def _author(delivery: Delivery, bot: str) -> str | None:
    """Return who did it, a person before a foreign bot; None when it was only ourselves.

    One event may hold what several did, and does not say who did what: "mixed-" keeps a bot from deciding as a person.
    """
    others = [(kind, name) for name, kind in delivery.authors if not hmac.compare_digest(name, bot)]
    if not others and delivery.authors:
        return None
    people = [f"{kind}:{name}" for kind, name in others if kind == "person"]
    foreign = [f"{kind}:{name}" for kind, name in others]
    mixed = "mixed-" if people and len(people) < len(foreign) else ""
    return mixed + (people or foreign or ["unknown:"])[0]
