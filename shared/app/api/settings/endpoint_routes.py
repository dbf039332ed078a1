"""Endpoints, which are told of events: all of it is for a team's owners, because an address alone may be a secret."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
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
    listing,
    lists,
    members,
    number,
    ref,
    shape,
    text,
)
from shared.app.endpoints import replay_range
from shared.app.endpoints import team_endpoints as endpoints
from shared.app.endpoints.replay_range import Range
from shared.core.errors import Conflicting
from shared.core.notify.endpoint import DELIVERED, EVENTS, FAILED, MAX_REPLAYED, WAITING, Delivery, Endpoint, Replay
from shared.core.notify.public_targets import LOOPBACK, MAX_URL, PUBLIC
from shared.integrations.templates import TEMPLATES

_KINDS = lists(
    choice(*EVENTS), len(EVENTS), what="Of what it is told; of every kind there is now, where none is named."
)
NEW = shape(
    url=text(
        f"^(?:{PUBLIC}|{LOOPBACK})$",
        max_length=MAX_URL,
        what="Such as https://example.com/hooks; http:// for this machine alone, where its operator lets that be.",
    ),
    events=_KINDS,
    template=explain(choice(*TEMPLATES), "A service in whose own shape it is told; signed and standard without it."),
    required=("url",),
)
EVENTS_CHOSEN = shape(events=_KINDS)
_MOMENT = text(
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})$",
    what="A time with its zone, such as 2026-11-24T12:00:00Z.",
)
_DELIVERY = text("^[0-9]{10}\\.msg_[0-9a-f]{24}$")
RANGE = shape(
    **{"from": _MOMENT, "to": explain(_MOMENT, "A time with its zone; now where it is left out.")},
    events=lists(choice(*EVENTS), len(EVENTS), what="Of which kinds; of all where none is named."),
    after=explain(_DELIVERY, "`next` of the answer before, to go on behind it."),
    required=("from",),
)
PAGE: Mapping[str, Mapping[str, Any]] = {
    "after": _DELIVERY,
    "limit": number(1, 100, 50),
}
_REPLAY = members(
    id=text(),
    **{"from": TIME, "to": TIME},
    events=explain(TEXTS, "Of which kinds; of all where this is empty."),
    count=explain(COUNT, f"How many deliveries of the range are sent again, {MAX_REPLAYED} at most, the latest first."),
    sent=explain(COUNT, "How many of them were handed over by now."),
    done=FLAG,
    next=text(what="Where there may be more in the range, the `after` of the next replay; else empty."),
)
_ANSWER = members(
    at=TIME,
    status=explain(COUNT, "The status of the answer; 0 where there was none."),
    why=text(what="Why there was none, or why it does not count; empty for neither."),
    took_ms=COUNT,
)
VIEWS = {
    "Endpoint": members(
        id=text(),
        url=text(what="Of a service's the host alone: its address is a secret."),
        template=text(what="The service in whose shape it is told; empty for the standard one."),
        events=explain(TEXTS, "Of what it is told."),
        at=TIME,
        failing_since=explain(MAYBE_TIME, "Since when nothing has arrived there; null while messages do."),
        off_at=explain(MAYBE_TIME, "When it was switched off, because for days nothing had arrived."),
        replay=array(ref("Replay"), "The last range that was sent again; empty where none was."),
        rotating_until=explain(MAYBE_TIME, "Until when the secret before this one signs as well."),
        secret=text(what="What messages are signed with; told once, and empty from then on."),
    ),
    "Endpoints": listing("endpoints", "Endpoint", paged=False),
    "Replay": _REPLAY,
    "EndpointRemoved": members(removed=text()),
    "Delivery": members(
        id=text(),
        message=text(what="The header webhook-id, the same at every try."),
        event=text(),
        at=TIME,
        state=choice(WAITING, DELIVERED, FAILED),
        tried=COUNT,
        next_at=MAYBE_TIME,
        answers=array(_ANSWER, "What was answered at the last tries, oldest first; never the body."),
    ),
    "Deliveries": listing("deliveries", "Delivery"),
    "DeliveryOrdered": members(delivery=text(), ordered=FLAG),
}


def list_endpoints(call: Call) -> ApiReply:
    """Return the endpoints of the team, without their secrets."""
    found = endpoints.list_endpoints(call.deps, call.tenant)
    return ApiReply(body={"endpoints": [_view(call, each) for each in found]})


def add_endpoint(call: Call) -> ApiReply:
    """Add an endpoint; its secret is in this answer and in no other."""
    url, events, template = str(call.body["url"]), call.body.get("events", ()), str(call.body.get("template", ""))
    added = endpoints.add_endpoint(call.deps, call.tenant, url, events, call.acting, template)
    return ApiReply(201, _view(call, *added))


def choose_endpoint_events(call: Call) -> ApiReply:
    """Choose of what an endpoint is told from now on."""
    endpoint, events = call.parts["endpoint"], call.body.get("events", ())
    return ApiReply(body=_view(call, endpoints.choose_events(call.deps, call.tenant, endpoint, events, call.acting)))


def remove_endpoint(call: Call) -> ApiReply:
    """Remove an endpoint with its deliveries: nothing more is sent there."""
    endpoints.remove_endpoint(call.deps, call.tenant, call.parts["endpoint"], call.acting)
    return ApiReply(body={"removed": call.parts["endpoint"]})


def replace_endpoint_secret(call: Call) -> ApiReply:
    """Give an endpoint a new secret, which is in this answer alone; the one before signs as well for a day."""
    found = endpoints.replace_secret(call.deps, call.tenant, call.parts["endpoint"], call.acting)
    return ApiReply(body=_view(call, *found))


def switch_endpoint_on(call: Call) -> ApiReply:
    """Switch an endpoint on again; what it missed can be replayed."""
    found = endpoints.switch_on(call.deps, call.tenant, call.parts["endpoint"], call.acting)
    return ApiReply(body=_view(call, found))


def send_test(call: Call) -> ApiReply:
    """Send an endpoint a message that tells nothing; its deliveries say what was answered."""
    name = endpoints.send_test(call.deps, call.tenant, call.parts["endpoint"])
    return ApiReply(202, {"delivery": name.partition(".")[2], "ordered": True})


def list_deliveries(call: Call) -> ApiReply:
    """Return what was sent to an endpoint, the latest first, and what it answered; for 30 days."""
    limit = call.query["limit"]
    endpoint, after = call.parts["endpoint"], call.query.get("after", "")
    found = [_describe(each) for each in endpoints.list_deliveries(call.deps, call.tenant, endpoint, after, limit)]
    return ApiReply(body={"deliveries": found, "next": found[-1]["id"] if len(found) == limit else None})


def replay_delivery(call: Call) -> ApiReply:
    """Send a delivery again, under the same id."""
    delivery = call.parts["delivery"]
    endpoints.replay_delivery(call.deps, call.tenant, call.parts["endpoint"], delivery)
    return ApiReply(202, {"delivery": delivery, "ordered": True})


def order_replay(call: Call) -> ApiReply:
    """Send deliveries of a range again, each under the id it had: 1,000 at most, five in a second."""
    body = call.body
    since = _read_moment("from", body["from"])
    until = _read_moment("to", body["to"]) if "to" in body else call.deps.clock.now()
    wanted = Range(since, until, tuple(dict.fromkeys(body.get("events", ()))), body.get("after", ""))
    key = call.request.header("idempotency-key")
    name = f"{call.who.key}:{key}" if key else ""
    ordered = replay_range.order_replay(call.deps, call.tenant, call.parts["endpoint"], wanted, name)
    return ApiReply(202, _describe_replay(ordered))


def _read_moment(field: str, value: str) -> datetime:
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Conflicting(
            f"field {field!r}: there is no such time", way_out="Give one such as 2026-11-24T12:00:00Z."
        ) from None


def _describe_replay(replay: Replay) -> dict[str, Any]:
    return {
        "id": replay.id,
        "from": replay.since.isoformat(),
        "to": replay.until.isoformat(),
        "events": list(replay.events),
        "count": replay.count,
        "sent": replay.sent,
        "done": replay.done,
        "next": replay.last if replay.has_more else "",
    }


def _view(call: Call, endpoint: Endpoint, secret: str = "") -> dict[str, Any]:
    until = endpoint.before_until
    rotating = until is not None and call.deps.clock.now() < until
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "template": endpoint.template,
        "events": list(endpoint.chosen),
        "at": endpoint.at.isoformat(),
        "failing_since": endpoint.failing_since.isoformat() if endpoint.failing_since else None,
        "off_at": endpoint.off_at.isoformat() if endpoint.off_at else None,
        "replay": [_describe_replay(endpoint.replay)] if endpoint.replay is not None else [],
        "rotating_until": until.isoformat() if until is not None and rotating else None,
        "secret": secret,
    }


def _describe(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id.partition(".")[2],
        "message": delivery.message,
        "event": delivery.event,
        "at": delivery.at.isoformat(),
        "state": delivery.state,
        "tried": delivery.tried,
        "next_at": delivery.next_at.isoformat() if delivery.next_at else None,
        "answers": [dict(each) for each in delivery.answers],
    }
