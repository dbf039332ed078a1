"""Try to deliver a message to an endpoint: signed, at least once, later and later for three days."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

from shared import log
from shared.app.endpoints.team_endpoints import list_secrets, open_address, order_try
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.notify.announce import announce_endpoint_off
from shared.core.backoff import backoff, fraction
from shared.core.notify.endpoint import (
    DELIVERED,
    DELIVERIES,
    ENDPOINTS,
    FAILED,
    KEPT,
    LASTING,
    WAITING,
    Delivery,
    Endpoint,
    add_answer,
    name_delivery,
)
from shared.core.notify.message_words import describe_message
from shared.core.notify.webhook_signature import webhook_headers
from shared.core.retries import ENDPOINT
from shared.core.run.commands import Command
from shared.http_client import json_bytes
from shared.integrations.templates import TEMPLATES
from shared.ports import Put, change_as, get_as, read_as
from shared.public_call import Answered, PublicCaller

GONE = 410  # by this answer receivers say that they want nothing more
_MAX_FORGOTTEN = 20  # at once
_OFF = Answered(0, "not sent: the endpoint is switched off")


def deliver(command: Command, deps: Deps, tools: Tools) -> None:
    """Send it once, write down what was answered, and order the next try.

    Who dies on the way sends again, under the same id: receivers tell by it what they have had.
    """
    place = (command.tenant, DELIVERIES, command.ref)
    delivery = get_as(Delivery, deps.store, place)
    if delivery is None:
        return  # its endpoint was removed
    if delivery.tried == command.wake and not delivery.ended:
        endpoint = get_as(Endpoint, deps.store, (command.tenant, ENDPOINTS, delivery.endpoint))
        if endpoint is None:
            return
        delivery = _try(deps, place, delivery, endpoint)
    if delivery is not None:
        _follow(deps, command.tenant, replace(delivery, id=command.ref))


def _try(deps: Deps, place: tuple[str, str, str], delivery: Delivery, endpoint: Endpoint) -> Delivery | None:
    """Send it, and return the delivery as it is then; None where somebody else was faster, or it is gone."""
    now = deps.clock.now()
    deps.crash_point("deliver.before/sent")
    answered = _OFF if endpoint.off_at else _send(deps, place[0], delivery, endpoint, now)
    deps.crash_point("deliver.after/sent")
    answer = {"at": now.isoformat(), "status": answered.status, "why": answered.why, "took_ms": answered.took_ms}

    def keep(stored: Delivery | None) -> Delivery | None:
        if stored is None or stored.ended or stored.tried != delivery.tried:
            return stored
        after = replace(stored, tried=stored.tried + 1, answers=add_answer(stored.answers, answer))
        if answered.ok:
            return replace(after, state=DELIVERED, next_at=None)
        wait = _find_wait(after, answered)
        if endpoint.off_at or answered.status == GONE or wait is None:
            return replace(after, state=FAILED, next_at=None)
        return replace(after, next_at=now + wait)

    after = change_as(Delivery, deps.store, place, keep, deps.stand_back)
    deps.crash_point("deliver.after/kept")
    log.line("INFO", "an endpoint was tried", tenant=place[0], status=answered.status, tries=delivery.tried + 1)
    return after


def _send(deps: Deps, tenant: str, delivery: Delivery, endpoint: Endpoint, now: datetime) -> Answered:
    caller = PublicCaller(loopback=deps.loopback_endpoints)
    if service := TEMPLATES.get(endpoint.template):
        shown = json_bytes(service.writes(describe_message(json.loads(delivery.content))))
        return caller.post(open_address(deps, tenant, endpoint), shown, {})
    body = delivery.content.encode()
    headers = webhook_headers(list_secrets(deps, tenant, endpoint), delivery.message, now, body)
    return caller.post(endpoint.url, body, headers)


def _find_wait(delivery: Delivery, answered: Answered) -> timedelta | None:
    """Return how long to wait before the next try: at least as long as was asked for; None after the last one."""
    failures = delivery.tried - delivery.began
    if failures >= ENDPOINT.tries:
        return None
    usual = backoff(failures, ENDPOINT.waits, fraction(f"{delivery.message}/{delivery.endpoint}/{delivery.tried}"))
    return max(usual, min(timedelta(seconds=answered.retry_after_s), ENDPOINT.waits.cap))


def _follow(deps: Deps, tenant: str, delivery: Delivery) -> None:
    """Do what follows from the last answer; whoever died before this is done does it again."""
    if delivery.answers:
        _note_health(deps, tenant, delivery)
    if delivery.state == WAITING:
        deps.queue.enqueue([order_try(tenant, delivery.id, delivery.tried, delivery.next_at)])
        deps.crash_point("deliver.after/ordered")
    else:
        _forget_old(deps, tenant, delivery.endpoint)


def _note_health(deps: Deps, tenant: str, delivery: Delivery) -> None:
    """Have the endpoint know since when nothing arrives; switch it off when that lasts, and have its owners told."""
    last = delivery.answers[-1]
    at, ok = datetime.fromisoformat(str(last["at"])), delivery.state == DELIVERED

    def change(endpoint: Endpoint | None) -> Endpoint | None:
        if endpoint is None or endpoint.off_at:
            return endpoint
        since = endpoint.failing_since
        if ok:
            return replace(endpoint, failing_since=None) if since is not None and at >= since else endpoint
        if since is None:
            endpoint, since = replace(endpoint, failing_since=at), at
        lasts = last["status"] == GONE or at - since >= LASTING
        return replace(endpoint, off_at=at) if lasts else endpoint

    after = change_as(Endpoint, deps.store, (tenant, ENDPOINTS, delivery.endpoint), change, deps.stand_back)
    deps.crash_point("deliver.after/health")
    if after is not None and after.off_at is not None:
        announce_endpoint_off(deps, tenant, delivery.endpoint, after.off_at.isoformat())


def _forget_old(deps: Deps, tenant: str, endpoint: str) -> None:
    """Forget what has ended long ago: it stands behind everything younger."""
    after = name_delivery(endpoint, "", deps.clock.now() - KEPT)
    docs = deps.store.list_docs(tenant, DELIVERIES, after=after, limit=_MAX_FORGOTTEN)
    own = [doc for doc in docs if doc.id.startswith(f"{endpoint}.")]
    old = [doc.id for doc in own if read_as(Delivery, doc).ended]
    if old:
        deps.store.put(tenant, *(Put(DELIVERIES, each, None) for each in old))
