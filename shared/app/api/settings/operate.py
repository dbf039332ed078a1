"""What keeps the house in order: health and dead letters."""

from __future__ import annotations

from shared.app.api.exchange import ApiReply, Call
from shared.app.notify.tell_standing import note_going_on
from shared.core.errors import NotThere, StoreError
from shared.core.run.run import RULES, SCHEMA
from shared.ports import SYSTEM
from shared.ports.documents import tenant_settings

API = "1"


def health(call: Call) -> ApiReply:
    """Return whether the store answers, and which versions are running."""
    paused = False
    try:
        settings = tenant_settings(call.deps.store, SYSTEM)
    except StoreError:
        store = "unreachable"
    else:
        store, paused = "ok", bool(settings.paused)
    versions = {"api": API, "schema": SCHEMA, "rules": RULES}
    body = {"status": "ok" if store == "ok" else "down", "store": store, "paused": paused, "versions": versions}
    return ApiReply(200 if store == "ok" else 503, body)


def dead_letters(call: Call) -> ApiReply:
    """Return what the queue has given up on."""
    letters = [
        {
            "id": letter.command.id,
            "name": letter.command.name,
            "function": letter.command.function,
            "run": letter.command.run,
            "step": letter.command.step,
            "reason": letter.reason,
            "at": letter.at.isoformat(),
            "deliveries": letter.deliveries,
        }
        for letter in call.deps.queue.dead_letters(call.tenant)
    ]
    return ApiReply(body={"dead_letters": letters})


def replay(call: Call) -> ApiReply:
    """Deliver a dead letter again."""
    letter = call.parts["letter"]
    listed = call.deps.queue.dead_letters(call.tenant)
    try:
        call.deps.queue.replay(call.tenant, letter)
    except KeyError:
        way_out = "GET /v1/dead-letters lists what can be replayed."
        raise NotThere(f"there is no dead letter {letter!r}", way_out=way_out) from None
    for each in listed:
        if each.command.id == letter:
            note_going_on(call.deps, call.tenant, each.command)
    return ApiReply(body={"replayed": letter})
