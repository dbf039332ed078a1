"""What endpoints are sent, described for programs: a shape for each kind of event, and the webhooks of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.api.exchange import JSON
from shared.app.api.json_shapes import COUNT, NUMBER, TIME, Schema, choice, explain, members, ref, text
from shared.app.api.route_groups import WEBHOOKS
from shared.core.notify.endpoint import (
    ASKED,
    BUDGET_ALERT,
    GIVEN,
    REFUSED,
    ROLLED_BACK,
    RUN_ENDED,
    SITE_LIVE,
    STEP_ENDED,
    TAKEN_DOWN,
    TEST,
    VERSION,
)

_RUN: Mapping[str, Schema] = {
    "run": text(),
    "kind": text(what="Why there is the run: page, routine, day, rollback and others."),
    "page": text(what="The id of its page; empty where there is none."),
    "url": text(what="Where the API answers with the run."),
}
_MADE: Mapping[str, Schema] = {"site": text(), "pull_request": text()}
_DECIDED: Mapping[str, Schema] = {
    **_RUN,
    "gate": text(),
    "plan_hash": text(what="The hash of what was decided."),
    "by": text(what="Who decided, as the audit knows them; empty where no more than a name is known."),
    "via": text(what="Where they did, such as api or link."),
}
_BUDGET: Mapping[str, Schema] = {
    "scope": choice("run", "day", "month"),
    "percent": COUNT,
    "limit_usd": NUMBER,
    "run": text(what="Of a run's own money alone."),
    "period": text(what="The day or month, of either alone."),
}


def _message(event: str, data: Mapping[str, Schema], *optional: str) -> dict[str, Any]:
    version = explain(COUNT, f"{VERSION}: fields may come to it, and none goes or means something else.")
    return members(type=choice(event), version=version, timestamp=TIME, data=members(optional=optional, **data))


_ENDED = {**_RUN, "status": choice("succeeded", "failed", "cancelled"), **_MADE}
_STEP = {**_RUN, "step": text(), "step_kind": text(), "status": choice("succeeded", "failed"), "attempt": COUNT}
_SHAPES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    RUN_ENDED: ("RunEndedMessage", _message(RUN_ENDED, _ENDED, *_MADE)),
    STEP_ENDED: ("StepEndedMessage", _message(STEP_ENDED, _STEP)),
    ASKED: ("ApprovalAskedMessage", _message(ASKED, {**_RUN, "gate": text(), "plan_hash": text()})),
    GIVEN: ("ApprovalGivenMessage", _message(GIVEN, _DECIDED)),
    REFUSED: ("ApprovalRefusedMessage", _message(REFUSED, _DECIDED)),
    SITE_LIVE: ("SiteLiveMessage", _message(SITE_LIVE, {**_RUN, **_MADE}, *_MADE)),
    ROLLED_BACK: ("SiteRolledBackMessage", _message(ROLLED_BACK, {**_RUN, **_MADE}, *_MADE)),
    TAKEN_DOWN: ("SiteTakenDownMessage", _message(TAKEN_DOWN, {**_RUN, "site": text()})),
    BUDGET_ALERT: ("BudgetAlertMessage", _message(BUDGET_ALERT, _BUDGET, "run", "period")),
    TEST: ("TestMessage", _message(TEST, {"endpoint": text()})),
}
VIEWS: Mapping[str, Any] = dict(_SHAPES.values())


def describe_webhooks() -> dict[str, Any]:
    """Return the part `webhooks` of an OpenAPI document: what is sent to a team's endpoints, by the kind of event."""
    return {
        event: {
            "post": {
                "operationId": f"told_{event.replace('.', '_')}",
                "summary": f"Tell an endpoint: {event}",
                "description": "Sent to the endpoints that take this kind of event, signed as Standard Webhooks say.",
                "tags": [WEBHOOKS],
                "requestBody": {"required": True, "content": {JSON: {"schema": ref(name)}}},
                "responses": {"2XX": {"description": "It has arrived."}},
                "security": [],
            }
        }
        for event, (name, _) in _SHAPES.items()
    }
