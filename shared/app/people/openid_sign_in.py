"""Sign in with a provider that says who somebody is: off to it, back with a code, and on to the pages."""

from __future__ import annotations

import hashlib
import secrets as random_source
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode

from shared.accounts.accounts import Accounts
from shared.accounts.openid import Provider
from shared.app.connections.connect_account import SignIn, Started, check_browser, derive_verifier, read_state, use_once
from shared.app.connections.connect_notion import ProviderUnavailable
from shared.app.connections.connect_tickets import STATE_KEY
from shared.app.engine.deps import Deps
from shared.app.people.identities import Shown
from shared.app.people.openid_offers import is_offered
from shared.app.people.proofs import hand_over_proof
from shared.core.errors import BadSignature, ErrorClass, IntegrationError, MalformedRequest
from shared.core.people.id_token import check_claims
from shared.core.people.sessions import choose_target
from shared.integrations.systems import SIGN_INS
from shared.oauth_state import encode, sign_state
from shared.ports import Secret

_AGAIN = "Open the sign-in page again."


def start_openid(deps: Deps, accounts: Accounts, name: str, redirect_uri: str, sign_in: SignIn) -> Started:
    """Return where the browser shows who somebody is, and the cookie that ties the answer to it.

    Raises MalformedRequest where no browser of ours begins it, or the operator has set up no such sign-in.
    """
    check_browser(sign_in.browser)
    cookie, nonce = random_source.token_urlsafe(32), random_source.token_urlsafe(16)
    key, target = deps.secrets.get(STATE_KEY), choose_target(sign_in.target)
    state = sign_state(
        key, provider=name, target=target, nonce=nonce, cookie=cookie, now=deps.clock.now(), session=sign_in.browser
    )
    provider, verifier = _find_provider(deps, accounts, name), derive_verifier(cookie)
    asked = {
        "client_id": _find_client(deps, name)[0],
        "response_type": "code",
        "scope": " ".join(provider.scopes),
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": _nonce(cookie),
        "code_challenge": encode(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
        "prompt": "select_account",
    }
    try:
        return Started(f"{provider.find_endpoint('authorization_endpoint')}?{urlencode(asked)}", cookie)
    except IntegrationError as error:
        raise _explain(name, error) from error


def finish_openid(
    deps: Deps, accounts: Accounts, name: str, query: Mapping[str, str], cookie: str, redirect_uri: str
) -> str:
    """Return the page of ours to go to with what was shown, for a minute and in that browser alone.

    Raises BadSignature for an answer that is not to us, of this provider, now and in this browser, MalformedRequest
    where somebody said no, and Conflicting for one that was used.
    """
    if not query.get("state"):
        raise MalformedRequest("the answer has no state", way_out=_AGAIN)
    state = read_state(deps, name, query["state"], cookie)
    provider = _find_provider(deps, accounts, name)
    try:
        _check_issuer(provider, query.get("iss", ""))
        if "error" in query:
            raise MalformedRequest("you were not signed in there", way_out=_AGAIN)
        if not query.get("code"):
            raise MalformedRequest("the answer has no code", way_out=_AGAIN)
        use_once(deps, state.nonce)
        client = _find_client(deps, name)
        given = provider.redeem(query["code"], redirect_uri, derive_verifier(cookie), client)
    except IntegrationError as error:
        raise _explain(name, error) from error
    now = deps.clock.now()
    claims = check_claims(given, issuers=provider.issuers, client=client[0], nonce=_nonce(cookie), now=now)
    shown = Shown(f"{name}:{claims.sub}", claims.name, claims.address)
    digest, kept = state.session[1:], state.session[0] == "k"
    return f"/signed-in/by/{hand_over_proof(deps, shown, digest, state.target, kept=kept)}"


def is_openid(name: str) -> bool:
    """Say whether this is a provider that says who somebody is."""
    return name in SIGN_INS


def _check_issuer(provider: Provider, given: str) -> None:
    if given not in provider.issuers if given else provider.names_itself:
        raise BadSignature("the answer comes from another provider", way_out=_AGAIN)


def _find_client(deps: Deps, name: str) -> tuple[str, Secret]:
    if not is_offered(deps, name):
        raise MalformedRequest(
            f"signing in with {SIGN_INS[name].title} is not set up here", way_out="Sign in another way."
        )
    return deps.secrets.get(f"{name}-sign-in-id").reveal(), deps.secrets.get(f"{name}-sign-in-secret")


def _find_provider(deps: Deps, accounts: Accounts, name: str) -> Provider:
    system = SIGN_INS[name]
    assert system.signs_in is not None  # it is in the list for that
    address = accounts.endpoints.get_address(system.name)
    return Provider(system.signs_in, address, system.address, partial(accounts.http_at, system.name), deps.clock)


def _nonce(cookie: str) -> str:
    """Return what the token must repeat: it follows from the cookie, and does not give it away."""
    return hashlib.sha256(b"workwright-nonce:" + cookie.encode()).hexdigest()


def _explain(name: str, error: IntegrationError) -> ProviderUnavailable | MalformedRequest:
    title = SIGN_INS[name].title
    if error.error_class == ErrorClass.TRANSIENT:
        return ProviderUnavailable(f"{title} does not answer at the moment", way_out=f"Wait a minute. {_AGAIN}")
    return MalformedRequest(f"{title} did not accept the answer: {error}", way_out=_AGAIN)
