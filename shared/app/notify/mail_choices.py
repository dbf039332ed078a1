"""Links in mails by which somebody confirms an address, or ends mails of one kind: signed, and good for that alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.app.approval.approvals import LINK_KEY, genuine
from shared.app.engine.deps import Deps
from shared.core.errors import BadSignature, Conflicting
from shared.core.notify.telling import KINDS, TELLINGS, Telling
from shared.ports import change_as, get_as

GOOD_FOR = timedelta(days=1)  # a link that confirms an address
CONFIRM, UNSUBSCRIBE = "confirm-mail", "unsubscribe"  # what a link is for, and where it leads
_ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058
_WAY_OUT = "Look at what you are told: workwright notifications"


@dataclass(frozen=True, slots=True)
class Linked:
    """Whom a link is about: their choices in a team, and a kind of messages, or the mark of an address."""

    tenant: str
    telling: str
    what: str
    expires_at: datetime | None = None


def confirm_url(deps: Deps, tenant: str, telling: str, mark: str, asked_at: datetime) -> str:
    """Return the page on which an address is confirmed; opening it changes nothing. Raises KeyError without a key."""
    return _url(deps, CONFIRM, tenant, telling, mark, (asked_at + GOOD_FOR).isoformat())


def unsubscribe_url(deps: Deps, tenant: str, telling: str, kind: str) -> str:
    """Return where mails of a kind end for somebody; "" for what is no such kind, or where links are not set up."""
    if kind not in KINDS:
        return ""
    try:
        return _url(deps, UNSUBSCRIBE, tenant, telling, kind)
    except KeyError:
        return ""


def list_headers(url: str) -> Mapping[str, str]:
    """Return the header fields by which mail programs offer to unsubscribe; by one press only over TLS (RFC 8058)."""
    if not url:
        return {}
    one_click = {"List-Unsubscribe-Post": _ONE_CLICK} if url.startswith("https://") else {}
    return {"List-Unsubscribe": f"<{url}>", **one_click}


def read_link(deps: Deps, what: str, token: str) -> Linked:
    """Return whom a link is about; raises BadSignature for what we did not sign for this, Conflicting when too old."""
    payload, _, signature = token.partition(".")
    try:
        ours = genuine(deps, _write_signing_input(what, payload), signature)
    except KeyError:
        ours = False  # links are not set up here
    if not ours:
        raise BadSignature("this link is not one of ours", way_out=_WAY_OUT)
    try:
        tenant, telling, about, *until = map(
            str, json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        )
        linked = Linked(tenant, telling, about, datetime.fromisoformat(until[0]) if until else None)
    except (ValueError, TypeError) as error:
        raise BadSignature("this link cannot be read", way_out=_WAY_OUT) from error
    if linked.expires_at is not None and deps.clock.now() >= linked.expires_at:
        raise Conflicting("this link has expired", way_out="Give the address again, and a new link comes by mail.")
    return linked


def read_asked_address(deps: Deps, linked: Linked) -> str:
    """Return the address that a link confirms; raises Conflicting for a link that was used, or is not the last one."""
    known = get_as(Telling, deps.store, (linked.tenant, TELLINGS, linked.telling)) or Telling()
    _refuse_used(known, linked)
    return known.asked_email


def confirm_address(deps: Deps, linked: Linked) -> str:
    """Let an address count from now on; return it. Raises Conflicting as `read_asked_address` does."""

    def confirm(known: Telling | None) -> Telling:
        before = known or Telling()
        _refuse_used(before, linked)
        return replace(before, email=before.asked_email, asked_email="", asked_mark="", asked_at=None)

    after = change_as(Telling, deps.store, (linked.tenant, TELLINGS, linked.telling), confirm, deps.stand_back)
    assert after is not None  # `confirm` returns one
    return after.email


def unsubscribe(deps: Deps, linked: Linked) -> None:
    """Send somebody no more mails of a kind; again is once, and nothing else changes."""
    if linked.what not in KINDS:
        raise BadSignature("this link cannot be read", way_out=_WAY_OUT)

    def end(known: Telling | None) -> Telling:
        before = known or Telling()
        return before if linked.what in before.no_mail else replace(before, no_mail=(*before.no_mail, linked.what))

    change_as(Telling, deps.store, (linked.tenant, TELLINGS, linked.telling), end, deps.stand_back)


def _refuse_used(known: Telling, linked: Linked) -> None:
    if not known.asked_mark or not hmac.compare_digest(known.asked_mark, linked.what):
        raise Conflicting(
            "this link was used before, or a newer one was sent", way_out="Take the link of the newest mail."
        )


def _url(deps: Deps, what: str, *fields: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()
    key = deps.secrets.get(LINK_KEY).reveal().encode()
    signature = hmac.new(key, _write_signing_input(what, payload), hashlib.sha256).hexdigest()
    return f"{deps.public_url}/{what}/{payload}.{signature}"


def _write_signing_input(what: str, payload: str) -> bytes:
    return f"{what}.{payload}".encode("utf-8", "replace")
