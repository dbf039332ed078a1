"""PROVIDERS, one line each; find a tenant's grant, renew it, and build the client with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar, cast

from shared.core.errors import Busy, Rejected, Unauthorized
from shared.http_client import Answer, HttpClient, Trace
from shared.integrations.github import GitHub
from shared.integrations.notion.client import Notion
from shared.integrations.ses import Ses
from shared.integrations.ses import connect as connect_ses
from shared.integrations.slack import Slack
from shared.integrations.vercel import Vercel
from shared.oauth import NOTION, GrantTokens, OAuthProvider, refresh
from shared.ports import Clock, Put, Secret, Secrets, Store

PROVIDERS: dict[str, OAuthProvider] = {NOTION.name: NOTION}

C = TypeVar("C")
_CLIENTS: dict[type[Any], str] = {Notion: "notion", GitHub: "github", Vercel: "vercel", Slack: "slack"}
_RENEWAL = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the external systems are: the vendors' addresses, or simulators'."""

    notion: str = "https://api.notion.com"
    github: str = "https://api.github.com"
    vercel: str = "https://api.vercel.com"
    slack: str = "https://slack.com/api"
    ses: str = ""  # empty: Amazon's own, by region
    ses_region: str = "eu-central-1"
    ses_sender: str = "Workwright <agent@workwright.invalid>"
    timeouts: tuple[float, float] = (5.0, 65.0)
    extra: Mapping[str, str] = field(default_factory=dict)


class Accounts:
    """Tenants' grants. Tokens leave this module only inside clients."""

    def __init__(
        self,
        store: Store,
        secrets: Secrets,
        clock: Clock,
        endpoints: Endpoints,
        owner: Callable[[], str],
        trace: Trace | None = None,
    ) -> None:
        self._store = store
        self._secrets = secrets
        self._clock = clock
        self._endpoints = endpoints
        self._owner = owner
        self._trace = trace
        self._ses: Ses | None = None
        self._ses_lock = threading.Lock()

    def connect_for(self, tenant: str, noted: Callable[[str, str, Any], None] | None = None) -> Callable[[type[C]], C]:
        """Return what hands over clients of this tenant's systems, each built once.

        `noted` hears of each write to Notion before it is sent: method, path, JSON.
        """
        built: dict[type[Any], Any] = {}

        def http(system: str) -> HttpClient:
            made = self.http_for(tenant, system)
            made.before_write = noted if system == "notion" else None
            return made

        def connect(client: type[C]) -> C:
            if client not in built:
                built[client] = self.mail() if client is Ses else client(http(_CLIENTS[client]))  # type: ignore[call-arg]
            return cast(C, built[client])

        return connect

    def http_for(self, tenant: str, system: str) -> HttpClient:
        """Return an HTTP client with the tenant's token; raises Unauthorized when there is none."""
        doc = self._store.get(tenant, "grants", system)
        if doc is None or doc.body.get("status") != "connected":
            raise Unauthorized(system, "the tenant has not connected this system, or access was revoked")
        token = self._secrets.open(tenant, f"{system}.access", doc.body["access"])
        return _RenewingHttp(self, tenant, system, token, str(getattr(self._endpoints, system)))

    def mail(self) -> Ses:
        """Return the operator's mail sender: people get mail from us, not from their own account."""
        with self._ses_lock:
            if self._ses is None:
                try:
                    key, word = self._secrets.get("ses-access-key-id"), self._secrets.get("ses-secret-access-key")
                except KeyError:  # people may have other channels: this must not keep those from being used
                    raise Rejected("ses", "no mail sender is set up") from None
                client = connect_ses(
                    endpoint_url=self._endpoints.ses or None,
                    region=self._endpoints.ses_region,
                    access_key=key,
                    secret_key=word,
                )
                self._ses = Ses(client, self._endpoints.ses_sender)
            return self._ses

    def keep(self, tenant: str, system: str, tokens: GrantTokens, public: Mapping[str, Any], since: str = "") -> None:
        """Store a grant: the tokens sealed, what may be seen beside them; `since` is when a person gave it."""
        body: dict[str, Any] = {
            "status": "connected",
            "access": self._secrets.seal(tenant, f"{system}.access", tokens.access),
            "public": dict(public),
            "at": self._clock.now().isoformat(),
            "since": since or self._clock.now().isoformat(),
        }
        if tokens.refresh:
            body["refresh"] = self._secrets.seal(tenant, f"{system}.refresh", tokens.refresh)
        self._store.put(tenant, Put("grants", system, body))

    def connected(self, tenant: str) -> list[str]:
        """Return the systems this tenant has connected."""
        return [doc.id for doc in self._store.list_docs(tenant, "grants") if doc.body.get("status") == "connected"]

    def renew(self, tenant: str, system: str, used: Secret) -> Secret:
        """Return a token newer than `used`: another worker's, or a fresh one; else mark the grant as revoked.

        One at a time per grant: with rotating refresh tokens two renewals at once revoke the grant. The new pair is
        saved before it is used. Raises Unauthorized, or Busy while another worker renews.
        """
        key, owner = f"renew.{system}", self._owner()
        if not self._store.claim(tenant, key, owner, _RENEWAL):
            raise Busy(f"{system}: another worker renews this grant")
        try:
            doc = self._store.get(tenant, "grants", system)
            if doc is None or doc.body.get("status") != "connected":
                raise Unauthorized(system, "access was revoked")
            current = self._secrets.open(tenant, f"{system}.access", doc.body["access"])
            if current != used:
                return current
            tokens = self._refreshed(tenant, system, doc.body)
            if tokens is None:
                self._store.put(tenant, Put("grants", system, {**doc.body, "status": "revoked"}, doc.version))
                raise Unauthorized(system, "access was revoked; the tenant has to reconnect")
            since = doc.body.get("since") or doc.body["at"]
            self.keep(tenant, system, tokens, doc.body.get("public", {}), since)
            return tokens.access
        finally:
            self._store.release(tenant, key, owner)

    def _refreshed(self, tenant: str, system: str, grant: Mapping[str, Any]) -> GrantTokens | None:
        provider = PROVIDERS.get(system)
        if provider is None or "refresh" not in grant:
            return None
        token = self._secrets.open(tenant, f"{system}.refresh", grant["refresh"])
        http = self.plain_http(system)
        try:
            return refresh(
                http,
                provider,
                self._secrets.get(f"{system}-client-id").reveal(),
                self._secrets.get(f"{system}-client-secret"),
                token,
            )
        except Unauthorized:
            return None

    def plain_http(self, system: str) -> HttpClient:
        """Return an HTTP client of that system without a tenant's token, for its token endpoint."""
        base = str(getattr(self._endpoints, system))
        return HttpClient(system, base, None, timeouts=self._endpoints.timeouts, trace=self._trace)

    @property
    def endpoints(self) -> Endpoints:
        """Return where the external systems are."""
        return self._endpoints

    @property
    def trace(self) -> Trace | None:
        """Return what every exchange is told to."""
        return self._trace


class _RenewingHttp(HttpClient):
    """Calls with the tenant's token; after a 401 once more with a newer one, if there is one."""

    def __init__(self, accounts: Accounts, tenant: str, system: str, token: Secret, base_url: str) -> None:
        super().__init__(system, base_url, token, timeouts=accounts.endpoints.timeouts, trace=accounts.trace)
        self._accounts = accounts
        self._tenant = tenant

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Like HttpClient.call; a refused token is renewed once."""
        used = self._token
        try:
            return super().call(method, path, **options)
        except Unauthorized:
            if used is None:
                raise
            self._token = self._accounts.renew(self._tenant, self.system, used)
        return super().call(method, path, **options)
