"""Tickets with which a browser connects an account for a team: for who asked alone, and agreed to in that very browser.

A link to a consent page can be sent to somebody else, who would then connect an account of theirs to a team that is not
theirs (RFC 9700, 4.7). So a ticket names who asked. It leads to a page of ours, which takes it from them alone; what
that page gives is bound to the browser that began, and begins the consent there and nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace

from shared.accounts.providers import PROVIDERS
from shared.app.engine.deps import Deps
from shared.app.tenants.operator_secrets import valid
from shared.core.errors import BadSignature, NotThere
from shared.oauth_state import STATE_LIFETIME, browser_hash
from shared.ports import Secret

STATE_KEY = "oauth-state-key"
OPERATOR, PROGRAM = "operator", "program"  # who asked, where it was no person
_AGAIN = "Ask for a new link, and open it in the browser in which you are signed in."


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may connect what for which team; with `browser` it leads on, in the browser of this hash."""

    tenant: str
    provider: str
    until: int
    asker: str  # a person's id, OPERATOR or PROGRAM
    browser: str = ""


def make_ticket(deps: Deps, tenant: str, provider: str, asker: str) -> str:
    """Return a ticket good for ten minutes; raises NotThere for a provider that we do not know."""
    if provider not in PROVIDERS:
        raise NotThere(f"there is no provider {provider!r}; use one of {', '.join(sorted(PROVIDERS))}")
    return _sign(deps, Ticket(tenant, provider, int((deps.clock.now() + STATE_LIFETIME).timestamp()), asker))


def agree_in(deps: Deps, ticket: Ticket, browser: str) -> str:
    """Return the ticket as one that leads on in this browser alone, for as long as it is good."""
    return _sign(deps, replace(ticket, browser=browser))


def read_ticket(deps: Deps, token: str) -> Ticket:
    """Return what a ticket says; raises BadSignature for one that is not ours, or too old."""
    payload, _, mac = token.partition(".")
    given = mac.encode("utf-8", "replace")
    if not any(hmac.compare_digest(_mac(key, payload).encode(), given) for key in valid(deps, STATE_KEY)):
        raise BadSignature("this link is not one of ours", way_out=_AGAIN)
    ticket = Ticket(*json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    if ticket.until <= deps.clock.now().timestamp():
        raise BadSignature("this link is no longer valid", way_out=_AGAIN)
    return ticket


def find_tenant(deps: Deps, token: str, provider: str, cookie: str) -> str:
    """Return for which team this browser connects the provider; "" where nobody has agreed in it yet.

    Raises BadSignature for a ticket that is not ours, too old, of another provider, or agreed to in another browser.
    """
    ticket = read_ticket(deps, token)
    if ticket.provider != provider:
        raise BadSignature("this link is for another system", way_out=_AGAIN)
    if ticket.browser and not hmac.compare_digest(ticket.browser, browser_hash(cookie) if cookie else ""):
        raise BadSignature("this link was opened in another browser", way_out=_AGAIN)
    return ticket.tenant if ticket.browser else ""


def _sign(deps: Deps, ticket: Ticket) -> str:
    fields = [ticket.tenant, ticket.provider, ticket.until, ticket.asker, ticket.browser]
    payload = base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()
    return f"{payload}.{_mac(deps.secrets.get(STATE_KEY), payload)}"


def _mac(key: Secret, payload: str) -> str:
    signed = b"connect-ticket:" + payload.encode("utf-8", "replace")
    return hmac.new(key.reveal().encode(), signed, hashlib.sha256).hexdigest()
