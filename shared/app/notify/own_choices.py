"""What somebody chooses to be told, checked field by field; and what follows: a link to a new address, a test."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.notify.recipients import Recipient, change_telling, describe_channels
from shared.core.errors import Conflicting
from shared.core.notify.telling import CONFIRM_MAIL, TEST_MESSAGE, Telling
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import derive_id

# What is a space differs from one dialect of patterns to the next, so that the rest of what none shows is named too.
_UNSEEN = r"\s\x00-\x1f\x7f-\x9f\ufeff"
ADDRESS = rf"""[^{_UNSEEN}@<>()\[\],;:\\"]{{1,64}}@[^{_UNSEEN}@<>()\[\],;:\\"]{{1,190}}"""
_BETWEEN = timedelta(minutes=1)  # two links to addresses of one person


def change_choices(deps: Deps, tenant: str, recipient: Recipient, asked: Mapping[str, Any]) -> Telling:
    """Save what somebody chooses; a new address counts once they have opened the link that goes there.

    Raises Conflicting, naming the field, for what does not go together.
    """
    mark, now = random_source.token_hex(16), deps.clock.now()

    def change(known: Telling) -> Telling:
        after = _apply(known, asked)
        email = str(asked.get("email", known.email))
        if email in ("", known.email):
            return replace(after, email=email, asked_email="", asked_mark="", asked_at=None)
        if known.asked_at is not None and now - known.asked_at < _BETWEEN:
            raise Conflicting(
                "field 'email': a link was sent a moment ago", way_out="Look into that mailbox, or wait for a minute."
            )
        return replace(after, asked_email=email, asked_mark=mark, asked_at=now)

    after = change_telling(deps, tenant, recipient, change)
    if after.asked_mark == mark:
        name = derive_id("confirm-", tenant, recipient.id, mark)
        deps.queue.enqueue([Command(name, NOTIFY, "notify", tenant, topic=CONFIRM_MAIL, ref=recipient.id)])
    return after


def order_test(deps: Deps, tenant: str, recipient: Recipient, channel: str) -> str:
    """Have a test message sent to somebody over a channel of theirs; return the id of the test. Raises Conflicting."""
    if channel not in describe_channels(recipient):
        known = ", ".join(describe_channels(recipient)) or "none"
        raise Conflicting(f"field 'channel': they are not told by {channel}", way_out=f"Their channels are: {known}.")
    name = derive_id("test-", tenant, recipient.id, channel, random_source.token_hex(16))
    ref = f"{recipient.id} {channel}"
    deps.queue.enqueue([Command(name, NOTIFY, "notify", tenant, topic=TEST_MESSAGE, ref=ref)])
    return name


def _apply(known: Telling, asked: Mapping[str, Any]) -> Telling:
    if asked.get("usual"):
        known = Telling(
            email=known.email, asked_email=known.asked_email, asked_mark=known.asked_mark, asked_at=known.asked_at,
            tests=known.tests,
        )  # fmt: skip
    lists: dict[str, Any] = {name: tuple(dict.fromkeys(asked[name])) for name in _LISTS if name in asked}
    rest = {"priority": asked["priority"]} if "priority" in asked else {}
    return replace(known, **lists, **rest, quiet=_choose_quiet(known, asked), digest=_choose_digest(known, asked))


_LISTS = ("off", "no_mail", "channels", "urgent")


def _choose_quiet(known: Telling, asked: Mapping[str, Any]) -> Mapping[str, str] | None:
    before = known.quiet or {}
    begin, end = (str(asked.get(f"quiet_{name}", before.get(name, ""))) for name in ("from", "to"))
    if bool(begin) != bool(end):
        lacking = "quiet_to" if begin else "quiet_from"
        raise Conflicting(f"field {lacking!r}: quiet hours need a begin and an end", way_out="Give both, or none.")
    if begin:
        return {"from": begin, "to": end, "zone": _zone(known, asked)}
    return {} if "quiet_from" in asked else known.quiet  # none at all, whatever the settings of the team list for them


def _choose_digest(known: Telling, asked: Mapping[str, Any]) -> Mapping[str, str] | None:
    at = str(asked.get("digest_at", (known.digest or {}).get("at", "")))
    return {"at": at, "zone": _zone(known, asked)} if at else None


def _zone(known: Telling, asked: Mapping[str, Any]) -> str:
    before = (known.quiet or {}).get("zone") or (known.digest or {}).get("zone") or "UTC"
    return str(asked.get("zone", before))
