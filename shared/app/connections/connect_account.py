"""A tenant connects an account: start OAuth, finish it, keep the grant, wake what waited."""

from __future__ import annotations

import hashlib
import re
import secrets as random_source
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared import log
from shared.accounts.accounts import Accounts
from shared.accounts.providers import PROVIDERS, place_provider
from shared.app.connections.connect_messenger import keep_installation
from shared.app.connections.connect_notion import AGAIN, ProviderUnavailable
from shared.app.connections.connect_tickets import STATE_KEY, find_tenant
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.engine.switches import refuse_deleted
from shared.app.intake.refused_places import let_all_in
from shared.app.people.arrivals import Arrival, receive_consent
from shared.app.people.login import Proven, login_token
from shared.app.people.sessions import hand_over
from shared.app.tenants.operator_secrets import valid
from shared.core.errors import (
    AgentError,
    BadSignature,
    Conflicting,
    ErrorClass,
    IntegrationError,
    MalformedRequest,
    NotThere,
    VersionConflict,
)
from shared.core.people.invitations import INVITED_AT
from shared.core.people.sessions import choose_target
from shared.core.run import acts
from shared.core.run.run import WaitKind, derive_id
from shared.core.system import OAuthProvider
from shared.integrations.systems import MESSENGERS, name_system
from shared.oauth import GrantTokens, authorize_url, exchange
from shared.oauth_state import State, browser_hash, sign_state, verify_state
from shared.ports import SYSTEM, Put
from shared.telemetry import trace

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BROWSER = re.compile(r"[sk][0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signs in with a consent: a terminal, by its hash, or a browser (`State.session`) and where it goes then."""

    terminal: str = ""
    browser: str = ""
    target: str = ""


NOBODY = SignIn()


@dataclass(frozen=True, slots=True)
class Opened:
    """The ticket of a link that a browser has opened, "" for none, and the cookie that it showed."""

    ticket: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the browser, and the cookie that ties the answer to it."""

    url: str
    cookie: str


@trace.use_case
def start_connection(
    deps: Deps, accounts: Accounts, provider_name: str, redirect_uri: str, tenant: str = "", sign_in: SignIn = NOBODY
) -> Started:
    """Begin an OAuth connection, with which somebody may sign in.

    Raises NotThere for a provider we do not know, and MalformedRequest for what is no hash of a terminal or browser.
    """
    if sign_in.terminal and not _DIGEST.fullmatch(sign_in.terminal):
        raise MalformedRequest(
            "the field 'login' must be a SHA-256 in hex", way_out="Start again with: workwright login"
        )
    if sign_in.browser:
        check_browser(sign_in.browser)
    provider = _provider(provider_name)
    cookie, nonce = random_source.token_urlsafe(32), random_source.token_urlsafe(16)
    state = sign_state(
        deps.secrets.get(STATE_KEY),
        provider=provider.name,
        target=choose_target(sign_in.target) if sign_in.browser else "/connected",
        nonce=nonce,
        cookie=cookie,
        now=deps.clock.now(),
        tenant=tenant,
        user=sign_in.terminal,
        session=sign_in.browser,
    )
    client_id = _find_client(deps, provider.name)
    asked = authorize_url(
        place_provider(provider, accounts.endpoints.get_address(provider.name)),
        client_id,
        redirect_uri,
        state,
        verifier=derive_verifier(cookie),
    )
    return Started(asked, cookie)


def start_asked(
    deps: Deps, accounts: Accounts, provider_name: str, redirect_uri: str, opened: Opened, sign_in: SignIn
) -> Started:
    """Begin what a browser came for: with a ticket first at the page where its owner agrees, then at the provider.

    Raises what `find_tenant` and `start_connection` do.
    """
    if not opened.ticket:
        return start_connection(deps, accounts, provider_name, redirect_uri, "", sign_in)
    if tenant := find_tenant(deps, opened.ticket, provider_name, opened.cookie):
        return start_connection(deps, accounts, provider_name, redirect_uri, tenant)
    fresh = random_source.token_urlsafe(32)
    return Started(f"{deps.public_url}/connect/{opened.ticket}/{browser_hash(fresh)}", fresh)


def check_browser(given: str) -> None:
    """Raise MalformedRequest for what is no hash of a browser that signs in."""
    if not _BROWSER.fullmatch(given):
        raise MalformedRequest("the field 'browser' is not one that we made", way_out="Open the sign-in page again.")


@trace.use_case
def finish_connection(
    deps: Deps,
    accounts: Accounts,
    provider_name: str,
    query: Mapping[str, str],
    cookie: str,
    redirect_uri: str,
    origin: Mapping[str, str],
) -> Mapping[str, Any]:
    """Finish it: the state is ours, fresh, of this browser and unused; then the code becomes a grant.

    `origin` is from where the browser came, for the audit.
    Raises BadSignature, MalformedRequest (the person said no), Conflicting (the answer was used before).
    """
    provider = _provider(provider_name)
    state = _read_answer(deps, provider.name, query, cookie)
    if state.tenant:
        refuse_deleted(deps, state.tenant)  # before there is a token: nobody would revoke it
    use_once(deps, state.nonce)
    tokens = _exchange_code(deps, accounts, provider, query["code"], redirect_uri, derive_verifier(cookie))
    if provider.name == "notion":
        arrival = receive_consent(deps, accounts, tokens, origin)
        tenant, address = arrival.tenant, _address_after(deps, arrival, state)
        if not arrival.connected:
            return {"tenant": tenant, "provider": provider.name, "address": address}
    else:
        tenant, address = state.tenant, f"{state.target}?tenant={state.tenant}"
        if not tenant:
            raise MalformedRequest("connect Notion first", way_out="Open the connection page of your tenant.")
        if provider.name in MESSENGERS:
            keep_installation(deps, accounts, tenant, provider, tokens, origin)
        else:
            accounts.keep(tenant, provider.name, tokens, tokens.public)
    resume_waiting(deps, tenant, provider.name)
    return {"tenant": tenant, "provider": provider.name, "address": address}


def _read_answer(deps: Deps, provider: str, query: Mapping[str, str], cookie: str) -> State:
    """Return the state of a provider's answer that holds a code; the state is checked before anything else is said."""
    if "state" not in query:
        raise MalformedRequest("the answer has no state", way_out=AGAIN)
    state = read_state(deps, provider, query["state"], cookie)
    if "error" in query:
        raise MalformedRequest("access was not granted", way_out="Start the connection again and choose Allow.")
    if not query.get("code"):
        raise MalformedRequest("the answer has no code", way_out=AGAIN)
    return state


def _address_after(deps: Deps, arrival: Arrival, state: State) -> str:
    """Return where the browser goes after Notion: on to signing in, or to what became of the connection."""
    if arrival.asks and not arrival.connected and state.session and state.target.startswith(INVITED_AT):
        return f"{state.target}/{login_token(deps, Proven(arrival.tenant, arrival.person, state.session[1:]))}"
    if arrival.asks and not arrival.connected:
        return f"/asked?tenant={arrival.tenant}"
    if state.user and arrival.person:
        return f"/login/{login_token(deps, Proven(arrival.tenant, arrival.person, state.user))}"
    if state.session and arrival.person:
        proven = Proven(arrival.tenant, arrival.person, state.session[1:])
        return f"/signed-in/{hand_over(deps, proven, state.target, kept=state.session[0] == 'k')}"
    return f"/connected?tenant={arrival.tenant}"


def read_state(deps: Deps, provider: str, given: str, cookie: str) -> State:
    """Return what a person came to do; raises BadSignature for what is not ours, or of another browser or provider."""
    why = ""
    for key in valid(deps, STATE_KEY):
        try:
            return verify_state(key, given, provider=provider, cookie=cookie, now=deps.clock.now())
        except BadSignature as error:
            why = why or str(error)
    raise BadSignature(why, way_out=AGAIN)


def derive_verifier(cookie: str) -> str:
    """Return the secret that proves to the provider who began (PKCE): it lies in the browser that began alone."""
    return hashlib.sha256(b"workwright-pkce:" + cookie.encode()).hexdigest()


def _exchange_code(
    deps: Deps, accounts: Accounts, provider: OAuthProvider, code: str, redirect_uri: str, verifier: str
) -> GrantTokens:
    """Exchange the code; a person waits in a browser, so a refusal is an answer and nothing to come back to."""
    client_id = deps.secrets.get(f"{provider.name}-client-id").reveal()
    secret = deps.secrets.get(f"{provider.name}-client-secret")
    try:
        http = accounts.plain_http(provider.name)
        return exchange(http, provider, client_id, secret, code, redirect_uri, verifier=verifier)
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            way_out = f"Wait a minute. {AGAIN}"
            raise ProviderUnavailable(
                f"{name_system(provider.name)} does not answer at the moment", way_out=way_out
            ) from error
        raise MalformedRequest(
            f"{name_system(provider.name)} did not accept the answer: {error}", way_out=AGAIN
        ) from error


def resume_waiting(deps: Deps, tenant: str, provider: str) -> int:
    """Let every run go on that waits for this provider; return how many there were."""
    if provider == "notion":
        let_all_in(deps, tenant)
    resumed, after = 0, ""
    while runs := deps.store.list_runs(tenant, limit=100, after=after):
        for run in runs:
            waits = {step.wait.what for step in run.steps if step.wait and step.wait.kind == WaitKind.GRANT}
            if provider not in waits or run.status.final:
                continue
            try:  # one by one: a run that cannot be saved must not keep the others waiting
                record(deps, tenant, run.id, acts.GrantRestored(deps.clock.now(), provider))
            except AgentError as error:
                log.line("ERROR", "run not resumed", tenant=tenant, run=run.id, **log.about(error))
                continue
            resumed += 1
        after = runs[-1].id
    return resumed


def use_once(deps: Deps, nonce: str) -> None:
    """Note that an answer was used; raises Conflicting where it was before."""
    try:
        deps.store.put(SYSTEM, Put("oauth_nonces", derive_id("n-", nonce), {"at": deps.clock.now().isoformat()}, ""))
    except VersionConflict:  # made once, never changed
        raise Conflicting("this answer has already been used", way_out=AGAIN) from None


def _find_client(deps: Deps, system: str) -> str:
    try:
        return deps.secrets.get(f"{system}-client-id").reveal()
    except KeyError:
        way_out = f"Whoever runs Workwright stores {system}-client-id and {system}-client-secret."
        raise NotThere(f"no app of {name_system(system)} is set up here", way_out=way_out) from None


def _provider(name: str) -> OAuthProvider:
    provider = PROVIDERS.get(name)
    if provider is None:
        raise NotThere(f"there is no provider {name!r}; use one of {', '.join(sorted(PROVIDERS))}")
    return provider
