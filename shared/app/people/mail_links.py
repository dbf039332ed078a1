"""A link by mail is asked for, sent, and spent: once, in time, and only in the browser that asked.

Known and unknown addresses take the same way: nobody is looked for before the link is spent.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as random_source
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from shared.app.approval.approvals import LINK_KEY
from shared.app.engine.deps import Deps
from shared.app.people.sessions import hash_browser
from shared.app.tenants.operator_secrets import valid
from shared.core.documents.codec import to_body
from shared.core.errors import BadSignature, Conflicting, VersionConflict
from shared.core.people.mail_links import (
    LINK_ASKS,
    LINK_LIFETIME,
    MAIL_LINKS,
    PER_ADDRESS,
    PER_NETWORK,
    WINDOW,
    LinkAsks,
    MailLink,
    count_ask,
    name_network,
)
from shared.core.run.commands import SIGN_IN, Command
from shared.core.run.run import derive_id
from shared.ports import SYSTEM, Put, Secret, all_as, change_as, get_as

_AGAIN = "Ask for a new link on the sign-in page."


def ask_for_link(deps: Deps, link: MailLink, network: str) -> None:
    """Have a link sent to an address; raises TooMany where it, or the network, has asked too often in this hour."""
    now = deps.clock.now()
    _drop_old(deps, now)
    _count(deps, f"network {name_network(network)}", PER_NETWORK, now)
    _count(deps, f"address {link.address}", PER_ADDRESS, now)
    name = random_source.token_hex(32)
    deps.store.put(SYSTEM, Put(MAIL_LINKS, name, to_body(link), expected=""))
    deps.queue.enqueue([Command(derive_id("link-", name), SIGN_IN, "notify", SYSTEM, ref=name)])


def link_token(key: Secret, name: str) -> str:
    """Return what the link carries: which it is, and what only who has the key can make of that."""
    mac = hmac.new(key.reveal().encode(), b"sign-in-link:" + name.encode("utf-8", "replace"), hashlib.sha256)
    return f"{name}.{mac.hexdigest()}"


def find_link(deps: Deps, token: str) -> MailLink:
    """Return what a link is for; raises BadSignature for what is not ours, Conflicting for what is used or late."""
    name = token.partition(".")[0]
    given = token.encode("utf-8", "replace")
    if not any(hmac.compare_digest(link_token(key, name).encode(), given) for key in valid(deps, LINK_KEY)):
        raise BadSignature("this link is not one of ours", way_out=_AGAIN)
    link = get_as(MailLink, deps.store, (SYSTEM, MAIL_LINKS, name))
    if link is None or link.is_late(deps.clock.now()):
        minutes = int(LINK_LIFETIME.total_seconds() // 60)
        raise Conflicting(f"this link was used, or is older than {minutes} minutes", way_out=_AGAIN)
    return link


def is_asker(link: MailLink, cookie: str) -> bool:
    """Say whether this is the browser that asked."""
    return bool(cookie) and hmac.compare_digest(hash_browser(cookie), link.browser)


def spend_link(deps: Deps, token: str, cookie: str) -> MailLink:
    """Use a link up, and return what it is for; raises what `find_link` does, and BadSignature in another browser."""
    link = find_link(deps, token)
    if not is_asker(link, cookie):
        raise BadSignature("this link was asked for in another browser", way_out="Open it in the one where you asked.")
    try:
        deps.store.put(SYSTEM, Put(MAIL_LINKS, link.id, None, expected=link.version))
    except VersionConflict:
        raise Conflicting("this link has just been used", way_out=_AGAIN) from None
    return link


def _count(deps: Deps, whose: str, limit: int, now: datetime) -> None:
    place = (SYSTEM, LINK_ASKS, derive_id("asks-", whose))
    change_as(LinkAsks, deps.store, place, lambda asks: count_ask(asks or LinkAsks(), now, limit), deps.stand_back)


def _drop_old(deps: Deps, now: datetime) -> None:
    """Forget links that ended and asks of hours ago; there are few, so the first page of them is enough."""
    for put in _list_old(deps, now):
        with suppress(VersionConflict):  # changed at this moment
            deps.store.put(SYSTEM, put)


def _list_old(deps: Deps, now: datetime) -> Iterator[Put]:
    for link in all_as(MailLink, deps.store, SYSTEM, MAIL_LINKS):
        if link.is_late(now):
            yield Put(MAIL_LINKS, link.id, None, expected=link.version)
    for asks in all_as(LinkAsks, deps.store, SYSTEM, LINK_ASKS):
        if all(now - each >= WINDOW for each in asks.times):
            yield Put(LINK_ASKS, asks.id, None, expected=asks.version)
