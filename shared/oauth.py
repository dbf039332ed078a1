"""OAuth for every system a tenant connects: authorise, exchange, renew, and a signed state."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import urlencode, urlsplit

from shared.core.errors import IntegrationError, Rejected, Unauthorized
from shared.core.system import OAuthProvider
from shared.oauth_state import encode
from shared.ports import Secret

_SECRET_FIELDS = frozenset({"access_token", "refresh_token", "id_token", "client_secret"})
_DEAD_GRANT = frozenset({"invalid_grant", "bad_verification_code", "bad_refresh_token", "invalid_refresh_token"})


@dataclass(frozen=True, slots=True)
class GrantTokens:
    """What a token endpoint handed over. `public` is the rest of its answer, without tokens."""

    access: Secret
    refresh: Secret | None
    public: Mapping[str, Any]


class Reply(Protocol):
    """What came back."""

    @property
    def status(self) -> int:
        """Return the HTTP status."""

    @property
    def json(self) -> Any:
        """Return the parsed body."""


class Http(Protocol):
    """The part of our HTTP client that is used here; its base URL is the token endpoint's host."""

    @property
    def base_url(self) -> str:
        """Return the address that all paths are added to."""

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Literal["bearer", "none"] | tuple[str, Secret] = "bearer",
        judge: Any = None,
    ) -> Reply:
        """Ask once."""


def authorize_url(provider: OAuthProvider, client_id: str, redirect_uri: str, state: str, *, verifier: str = "") -> str:
    """Return where the browser goes to ask the person. `verifier` is the PKCE secret that stays with us."""
    asked = {"client_id": client_id, "response_type": "code", "redirect_uri": redirect_uri, "state": state}
    if provider.scopes:
        asked["scope"] = provider.scope_separator.join(provider.scopes)
    if provider.pkce and verifier:
        digest = hashlib.sha256(verifier.encode()).digest()
        asked |= {"code_challenge": encode(digest), "code_challenge_method": "S256"}
    return f"{provider.authorize_url}?{urlencode(asked | dict(provider.authorize_params))}"


def exchange(
    http: Http,
    provider: OAuthProvider,
    client_id: str,
    client_secret: Secret,
    code: str,
    redirect_uri: str,
    *,
    verifier: str = "",
) -> GrantTokens:
    """Trade the code for tokens. A code works once: a repeat raises Unauthorized, and the person has to agree again."""
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if provider.pkce and verifier:
        asked["code_verifier"] = verifier
    return _ask(http, provider, client_id, client_secret, asked)


def refresh(http: Http, provider: OAuthProvider, client_id: str, client_secret: Secret, token: Secret) -> GrantTokens:
    """Trade the refresh token for a new pair, and treat the old pair as dead.

    Not safe to run twice at once or to repeat after an unclear answer: hold a lease on the grant, store both new tokens
    before using them, and read the store again before believing Unauthorized.
    """
    asked = {"grant_type": "refresh_token", "refresh_token": token.reveal()}
    return _ask(http, provider, client_id, client_secret, asked)


def revoke(http: Http, provider: OAuthProvider, client_id: str, client_secret: Secret, token: Secret) -> None:
    """End the grant this token belongs to, for a tenant that is deleted. A token that is dead already is no error."""
    try:
        _post(http, provider, provider.revoke_url, client_id, client_secret, {"token": token.reveal()})
    except Unauthorized:  # invalid_grant: nothing is left to revoke
        return


def _ask(
    http: Http, provider: OAuthProvider, client_id: str, client_secret: Secret, asked: dict[str, str]
) -> GrantTokens:
    return _tokens(provider.name, _post(http, provider, provider.token_url, client_id, client_secret, asked))


def _post(
    http: Http, provider: OAuthProvider, url: str, client_id: str, client_secret: Secret, asked: dict[str, str]
) -> Any:
    """Ask one of the provider's endpoints as the client; return the body of a success, raise its refusal."""
    if not url:
        raise Rejected(provider.name, "the system does not have this endpoint")
    auth: Literal["none"] | tuple[str, Secret] = "none"
    if provider.auth == "basic":
        auth = (client_id, client_secret)
    else:
        asked |= {"client_id": client_id, "client_secret": client_secret.reveal()}
    path = _find_path(http, url)
    body = {"json": asked} if provider.encoding == "json" else {"data": asked}

    def judge(answer: Reply) -> IntegrationError | None:
        return refusal(provider.name, answer.json) if answer.status < 500 and answer.status != 429 else None

    answer = http.call("POST", path, headers=provider.headers, auth=auth, judge=judge, **body)
    refused = refusal(provider.name, answer.json)  # GitHub and Slack refuse with status 200
    if refused is not None:
        raise refused
    return answer.json


def _find_path(http: Http, url: str) -> str:
    """Return the endpoint's path below the address that the client adds it to, which may have a path itself."""
    path, base = urlsplit(url).path, urlsplit(http.base_url).path.rstrip("/")
    return path.removeprefix(base) if path.startswith(f"{base}/") else path


def refusal(system: str, body: Any) -> IntegrationError | None:
    """Return the error in a token endpoint's answer, in RFC 6749's shape or in the vendor's own, or None."""
    if not isinstance(body, Mapping):
        return None
    code = body.get("code") if body.get("object") == "error" else body.get("error")
    if not code and body.get("ok") is False:
        code = "refused"
    if not isinstance(code, str) or not code:
        return None
    description = body.get("error_description") or body.get("message") or ""
    kind = Unauthorized if code in _DEAD_GRANT else Rejected
    return kind(system, f"{code} {description}".strip()[:300])


def _tokens(system: str, body: Any) -> GrantTokens:
    fields = body if isinstance(body, Mapping) else {}
    access, renew = fields.get("access_token"), fields.get("refresh_token")
    if not isinstance(access, str) or not access:
        raise Rejected(system, "the answer holds no access token")
    return GrantTokens(
        access=Secret(access),
        refresh=Secret(renew) if isinstance(renew, str) and renew else None,
        public=_public(fields),
    )


def _public(value: Any) -> Any:
    """Drop tokens at any depth; Slack nests the user's inside."""
    if isinstance(value, Mapping):
        return {name: _public(each) for name, each in value.items() if name not in _SECRET_FIELDS}
    return [_public(each) for each in value] if isinstance(value, list) else value
