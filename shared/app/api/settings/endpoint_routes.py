"""Endpoints, which are told of events: all of it is for a team's owners, because an address alone may be a secret."""

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
    listing,
    lists,
    members,
    number,
    shape,
    text,
)
from shared.app.endpoints import team_endpoints as endpoints
from shared.core.notify.endpoint import DELIVERED, EVENTS, FAILED, WAITING, Delivery, Endpoint
from shared.core.notify.public_targets import LOOPBACK, MAX_URL, PUBLIC

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
    required=("url",),
)
EVENTS_CHOSEN = shape(events=_KINDS)
PAGE: Mapping[str, Mapping[str, Any]] = {
    "after": text("^[0-9]{10}\\.msg_[0-9a-f]{24}$"),
    "limit": number(1, 100, 50),
}
_ANSWER = members(
    at=TIME,
    status=explain(COUNT, "The status of the answer; 0 where there was none."),
    why=text(what="Why there was none, or why it does not count; empty for neither."),
    took_ms=COUNT,
)
VIEWS = {
    "Endpoint": members(
        id=text(),
        url=text(),
        events=explain(TEXTS, "Of what it is told."),
        at=TIME,
        failing_since=explain(MAYBE_TIME, "Since when nothing has arrived there; null while messages do."),
        off_at=explain(MAYBE_TIME, "When it was switched off, because for days nothing had arrived."),
        rotating_until=explain(MAYBE_TIME, "Until when the secret before this one signs as well."),
        secret=text(what="What messages are signed with; told once, and empty from then on."),
    ),
    "Endpoints": listing("endpoints", "Endpoint", paged=False),
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
    url, events = str(call.body["url"]), call.body.get("events", ())
    return ApiReply(201, _view(call, *endpoints.add_endpoint(call.deps, call.tenant, url, events, call.who.name)))


def choose_endpoint_events(call: Call) -> ApiReply:
    """Choose of what an endpoint is told from now on."""
    endpoint, events = call.parts["endpoint"], call.body.get("events", ())
    return ApiReply(body=_view(call, endpoints.choose_events(call.deps, call.tenant, endpoint, events, call.who.name)))


def remove_endpoint(call: Call) -> ApiReply:
    """Remove an endpoint with its deliveries: nothing more is sent there."""
    endpoints.remove_endpoint(call.deps, call.tenant, call.parts["endpoint"], call.who.name)
    return ApiReply(body={"removed": call.parts["endpoint"]})


def replace_endpoint_secret(call: Call) -> ApiReply:
    """Give an endpoint a new secret, which is in this answer alone; the one before signs as well for a day."""
    found = endpoints.replace_secret(call.deps, call.tenant, call.parts["endpoint"], call.who.name)
    return ApiReply(body=_view(call, *found))


def switch_endpoint_on(call: Call) -> ApiReply:
    """Switch an endpoint on again; what it missed can be replayed."""
    found = endpoints.switch_on(call.deps, call.tenant, call.parts["endpoint"], call.who.name)
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


def _view(call: Call, endpoint: Endpoint, secret: str = "") -> dict[str, Any]:
    until = endpoint.before_until
    rotating = until is not None and call.deps.clock.now() < until
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.chosen),
        "at": endpoint.at.isoformat(),
        "failing_since": endpoint.failing_since.isoformat() if endpoint.failing_since else None,
        "off_at": endpoint.off_at.isoformat() if endpoint.off_at else None,
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
