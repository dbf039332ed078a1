"""What people are told, how and when: read and chosen by each for themselves, by admins for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import (
    COUNT,
    FLAG,
    MAYBE_TIME,
    TEXTS,
    TIME,
    array,
    choice,
    explain,
    lists,
    members,
    number,
    shape,
    text,
)
from shared.app.notify.own_choices import ADDRESS, change_choices, order_test
from shared.app.notify.recipients import Recipient, describe_channels, find_recipient, list_everybody, team_telling
from shared.app.schedule.time_zones import zone_names
from shared.app.tenants.settings_changes import change_sections
from shared.core.errors import Conflicting, Forbidden
from shared.core.notify.telling import HIGH, KINDS, NORMAL
from shared.core.tenants.sections import change_section
from shared.integrations.systems import CHANNELS
from shared.ports.documents import tenant_settings

ME = "me"
_MAY_CHANGE = ("owner", "admin")
_CLOCK = "^(([01][0-9]|2[0-3]):[0-5][0-9])?$"
CHOICES = shape(
    off=lists(choice(*KINDS), len(KINDS), what="Kinds of messages they are not told of."),
    no_mail=lists(choice(*KINDS), len(KINDS), what="Kinds of which they get no mail."),
    channels=lists(choice(*CHANNELS), len(CHANNELS), what="Over what they are told, beside Notion."),
    priority=choice(NORMAL, HIGH),
    quiet_from=text(_CLOCK, what="When quiet hours begin, such as 22:00; empty with quiet_to for none."),
    quiet_to=text(_CLOCK, what="When quiet hours end, such as 07:00."),
    urgent=lists(choice(*KINDS), len(KINDS), what="Kinds that pass quiet hours and digests; none for an empty list."),
    digest_at=text(_CLOCK, what="When what is not urgent is told at once, once a day; empty for no digest."),
    zone=choice(*zone_names()),
    email=text(f"^({ADDRESS})?$", max_length=254, what="An address of their own; it counts once it is confirmed."),
    usual={**FLAG, "description": "Forget what was chosen, but for the address."},
)
TEST = shape(channel=choice(*CHANNELS), required=("channel",))
TEAM = shape(escalate_hours=number(0, 720), required=("escalate_hours",))
_SENT = members(channel=text(), at=TIME, outcome=text(what="What became of it, in words."), test=text())
_PERSON = members(
    id=text(),
    member=text(what="Their id among the members of the team; empty for somebody who has not signed in."),
    name=text(),
    role=text(),
    channels=explain(TEXTS, "Over what they are reached beside Notion; empty for nothing."),
    email=text(),
    email_waits=text(what="An address that is not confirmed yet; empty for none."),
    off=TEXTS,
    no_mail=TEXTS,
    priority=choice(NORMAL, HIGH),
    quiet_from=text(),
    quiet_to=text(),
    urgent=explain(
        {"type": ["array", "null"], "items": {"type": "string"}},
        "Kinds that pass quiet hours; null for whatever has high priority.",
    ),
    digest_at=text(),
    zone=text(),
    tests=array(_SENT, "The last test message of each channel."),
)
VIEWS = {
    "Notified": _PERSON,
    "Notifications": members(people=array(_PERSON)),
    "TestOrdered": members(test=text(), channel=text()),
    "TeamNotifications": members(
        escalate_hours=explain(COUNT, "After how long without a decision the next ones are told; 0 for never."),
        unreached_at=explain(MAYBE_TIME, "When a message last reached nobody; null for never."),
        unreached=text(what="What it was about, and why; empty for none."),
    ),
}


def list_notified(call: Call) -> ApiReply:
    """Return what the caller has chosen; to owners and admins, what everybody has."""
    found = list_everybody(call.deps, call.tenant, _people(call))
    if call.who.role not in _MAY_CHANGE:
        found = [each for each in found if each.member and each.member == call.who.person]
    return ApiReply(body={"people": [_view(each) for each in found]})


def choose_notifications(call: Call) -> ApiReply:
    """Choose what somebody is told, how and when; what is left out stays as it is."""
    recipient = _find(call)
    change_choices(call.deps, call.tenant, recipient, call.body)
    return ApiReply(body=_view(_find(call)))


def order_channel_test(call: Call) -> ApiReply:
    """Send somebody a test message; what became of it is then in the list."""
    recipient, channel = _find(call), call.body["channel"]
    name = order_test(call.deps, call.tenant, recipient, channel)
    return ApiReply(202, {"test": name, "channel": channel})


def show_team_notifications(call: Call) -> ApiReply:
    """Return what holds for the whole team, and the last message that reached nobody."""
    found = team_telling(call.deps, call.tenant)
    last: Mapping[str, str] = found.unreached or {}
    body = {"escalate_hours": found.escalate_hours, "unreached_at": last.get("at")}
    return ApiReply(body={**body, "unreached": f"{last['about']}: {last['why']}" if last else ""})


def change_team_notifications(call: Call) -> ApiReply:
    """Set after how many hours without a decision admins, and then owners, are told; 0 for never."""
    hours = {"escalate_hours": call.body["escalate_hours"] or None}
    change_sections(call.deps, call.tenant, call.who.actor, lambda known: change_section(known, "channels", hours))
    return show_team_notifications(call)


def _people(call: Call) -> tuple[Mapping[str, Any], ...]:
    return tenant_settings(call.deps.store, call.tenant).people


def _find(call: Call) -> Recipient:
    """Return whom a call is about; raises Forbidden for somebody else, but to owners and admins."""
    name = call.parts["recipient"]
    if name == ME and not call.who.person:
        raise Conflicting(
            "this key belongs to no person, so there is nobody to tell",
            way_out="Sign in with: workwright login. Or name somebody of GET /v1/notifications.",
        )
    recipient = find_recipient(call.deps, call.tenant, _people(call), call.who.person if name == ME else name)
    own = bool(call.who.person) and recipient.member == call.who.person
    if not own and call.who.role not in _MAY_CHANGE:
        raise Forbidden("you may choose for yourself alone", way_out="Ask an owner or admin of your team.")
    return recipient


def _view(recipient: Recipient) -> dict[str, Any]:
    telling, person = recipient.telling, recipient.resolve("")
    quiet = telling.quiet if telling.quiet is not None else recipient.listed.get("quiet")
    hours = quiet if isinstance(quiet, Mapping) else {}
    digest: Mapping[str, str] = telling.digest or {}
    return {
        "id": recipient.id,
        "member": recipient.member,
        "name": str(person.get("name") or ""),
        "role": recipient.role,
        "channels": describe_channels(recipient),
        "email": str(person.get("email") or ""),
        "email_waits": telling.asked_email,
        "off": list(telling.off),
        "no_mail": list(telling.no_mail),
        "priority": telling.priority,
        "quiet_from": str(hours.get("from") or ""),
        "quiet_to": str(hours.get("to") or ""),
        "urgent": None if telling.urgent is None else list(telling.urgent),
        "digest_at": digest.get("at", ""),
        "zone": str(hours.get("zone") or digest.get("zone") or "UTC"),
        "tests": [{"channel": channel, **each} for channel, each in (telling.tests or {}).items()],
    }
