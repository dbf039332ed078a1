"""Find a tenant's grant, renew it, give it up, and build a system's client with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from shared.accounts.connecting import Connected, connect_with
from shared.accounts.endpoints import Endpoints
from shared.accounts.grant_http import GrantHttp
from shared.accounts.grants import grant_of
from shared.accounts.providers import PROVIDERS
from shared.core.documents.codec import from_body, to_body
from shared.core.documents.grant import CONNECTED, KIND, REVOKED, Grant
from shared.core.errors import Busy, Rejected, Unauthorized, VersionConflict
from shared.core.rate_window import Rate
from shared.http_client import HttpClient, Trace
from shared.integrations.apps import open_app
from shared.integrations.hosting import OwnHosts
from shared.integrations.mail import Mail
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.confine import confine_writes
from shared.integrations.systems import APP_FORGE
from shared.mind.safety.egress_scan import make_egress_check
from shared.oauth import GrantTokens, refresh
from shared.ports import Clock, Put, Secret, Secrets, Store, change_doc
from shared.ports.documents import tenant_settings
from shared.rate_budget import LONGEST_SLEEP_S, Payer, RateBudget, payer_of

_METERED = frozenset({"notion"})  # systems whose calls are counted before they are sent
_RENEWAL = timedelta(seconds=150)  # longer than the system's answer may take to come
_HELD = 1000  # tenants whose opened tokens are remembered
_LOOKS = 8  # at a grant that another worker renews, in two seconds


Lost = Callable[[str, str, str, str], None]
"""Hears of a grant that is of no more use: tenant, system, "revoked" or "blocked", and since when it held."""


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
        *,
        rate: Rate | None = None,
        sleep: Callable[[float], None] | None = None,  # None: never waits, always says when to come again
        lost: Lost | None = None,
        own_hosts: OwnHosts | None = None,  # of the operator
        mail: Callable[[], Mail] | None = None,  # the operator's sender: people get mail from us
    ) -> None:
        self.own_hosts = own_hosts or OwnHosts()
        self._mail = mail
        self.budget = RateBudget(store, clock, owner(), rate=rate, sleep=sleep)
        self._sleep = sleep
        self._lost = lost
        self._store = store
        self._secrets = secrets
        self._clock = clock
        self._endpoints = endpoints
        self._owner = owner
        self.trace = trace  # what every exchange is told to
        self._held: dict[str, dict[str, Secret]] = {}
        self.app_tokens = open_app(secrets, clock, lambda signed: self.http_with(APP_FORGE, signed))

    def connect_for(self, tenant: str, noted: Callable[[str, str, Any], None] | None = None) -> Connected:
        """Return what hands over clients of this tenant's systems, each built once.

        `noted` hears of each write to Notion before it is sent: method, path, JSON.
        """

        def http(system: str, scope: str) -> HttpClient:
            made = self.http_for(tenant, system, scope)
            if system == "notion":
                reads = partial(self.http_for, tenant, system)
                made.before_write = confine_writes(lambda: self._confined_to(tenant), lambda: Notion(reads()), noted)
            made.leaving = make_egress_check(system, lambda: self.list_held_tokens(tenant))
            return made

        return connect_with(http, self._mail_sender, self.own_hosts, tenant)

    def _confined_to(self, tenant: str) -> str:
        return tenant_settings(self._store, tenant).confined_to or ""

    def http_for(self, tenant: str, system: str, scope: str = "") -> HttpClient:
        """Return an HTTP client with the tenant's token; raises Unauthorized when there is none.

        With `scope` ("owner/name") an app's token reaches that repository alone; other tokens are what they are.
        """
        grant = grant_of(self._store, tenant, system)
        if grant is None or not grant.connected:
            if grant is not None and not grant.told:  # whoever marked it died before people were told
                self._tell_lost(tenant, system, grant)
            raise Unauthorized(system, "the tenant has not connected this system, or access was revoked")
        if system == APP_FORGE and grant.installation:
            return self._app_http(tenant, grant.installation, scope)
        token = self._open_access(tenant, system, grant)
        self._hold(tenant, system, token)
        payer = payer_of(tenant, system, grant) if system in _METERED else None
        return GrantHttp(self, tenant, system, token, payer, self._endpoints.find_address(system, grant.host))

    def _app_http(self, tenant: str, installation: int, scope: str) -> HttpClient:
        return self.app_tokens.connect(
            (tenant, installation, scope),
            self._endpoints.get_address(APP_FORGE),
            seen=lambda token: self._hold(tenant, f"{APP_FORGE} {scope}", token),
            lost=lambda: self._lose_installation(tenant, installation),
            timeouts=self._endpoints.timeouts,
            trace=self.trace,
        )

    def _lose_installation(self, tenant: str, installation: int) -> None:
        grant = grant_of(self._store, tenant, APP_FORGE)
        if grant is not None and grant.installation == installation:
            self._give_up(tenant, APP_FORGE, grant)

    def _hold(self, tenant: str, what: str, token: Secret) -> None:
        if len(self._held) >= _HELD:
            self._held.clear()
        self._held.setdefault(tenant, {})[what] = token

    def list_held_tokens(self, tenant: str) -> list[str]:
        """Return the tenant's tokens that were opened in this process, for nobody but what hides them from models."""
        return [token.reveal() for token in self._held.get(tenant, {}).values()]

    def _mail_sender(self) -> Mail:
        if self._mail is None:  # people may have other channels: this must not keep those from being used
            raise Rejected("mail", "no mail sender is set up")
        return self._mail()

    def keep(
        self,
        tenant: str,
        system: str,
        tokens: GrantTokens,
        public: Mapping[str, Any],
    ) -> None:
        """Store a grant that a person has given just now: the tokens sealed, what may be seen beside them."""
        grant = self._seal_grant(tenant, system, tokens, public)
        self._store.put(tenant, Put(KIND, system, to_body(grant)))
        if system in _METERED:
            self.budget.lift(payer_of(tenant, system, grant))

    def _seal_grant(
        self, tenant: str, system: str, tokens: GrantTokens, public: Mapping[str, Any], since: str = ""
    ) -> Grant:
        """Return a grant as it is kept; `since` is when a person gave it, "" for just now."""
        now = self._clock.now().isoformat()
        access = self._secrets.seal(tenant, f"{system}.access", tokens.access)
        renews = self._secrets.seal(tenant, f"{system}.refresh", tokens.refresh) if tokens.refresh else None
        return Grant(CONNECTED, access, renews, dict(public), now, since or now)

    def systems(self, tenant: str) -> Mapping[str, list[str]]:
        """Return the systems this tenant has `connected`, with the operator's, and those it was ever `granted`."""
        grants = self._store.list_docs(tenant, KIND)
        connected = [doc.id for doc in grants if from_body(Grant, doc.body).connected]
        return {"connected": [*connected, *self.own_hosts.systems], "granted": [doc.id for doc in grants]}

    def renew(self, tenant: str, system: str, used: Secret) -> tuple[Secret, bool]:
        """Return a token newer than `used`, and whether it is fresh from the system; else give the grant up.

        One at a time per grant: with rotating refresh tokens two renewals at once revoke the grant. Who comes second
        uses what the first one got. The new pair is saved before it is used. Raises Unauthorized, or Busy while another
        worker renews for longer than two seconds.

        One gap cannot be closed: when the system's answer with the new pair never reaches the store (the connection
        drops, or we die in between), the old pair is dead and the new one nobody has. The next renewal is then refused,
        and the tenant is asked to connect again. (notion-api: OAuth)
        """
        key, owner = f"renew.{system}", self._owner()
        if not self._store.claim(tenant, key, owner, _RENEWAL):
            return self._wait_for_renewal(tenant, system, used), False
        try:
            grant, current = self._current(tenant, system)
            if current != used:
                return current, False
            tokens = self._refresh_tokens(tenant, system, grant)
            if tokens is None:
                if self._give_up(tenant, system, grant):
                    raise Unauthorized(system, "access was revoked; the tenant has to reconnect")
                return self._current(tenant, system)[1], False
            if self._save_renewed(tenant, system, tokens, grant):
                return tokens.access, True
            return self._current(tenant, system)[1], False
        finally:
            self._store.release(tenant, key, owner)

    def give_up(self, tenant: str, system: str, used: Secret) -> None:
        """Mark the grant as revoked, if its token is still the one that was refused, and tell its people."""
        grant, current = self._current(tenant, system)
        if current == used:
            self._give_up(tenant, system, grant)

    def shut_out(self, tenant: str, system: str, payer: Payer, why: str) -> None:
        """Stop all calls of this grant, which the system has blocked for good, and tell its people."""
        self.budget.block(payer, why)
        grant = grant_of(self._store, tenant, system)
        if grant is not None and self._lost is not None:
            self._lost(tenant, system, "blocked", grant.given)

    def _wait_for_renewal(self, tenant: str, system: str, used: Secret) -> Secret:
        for _ in range(_LOOKS):
            _, current = self._current(tenant, system)
            if current != used:
                return current
            if self._sleep is None:
                break
            self._sleep(LONGEST_SLEEP_S / _LOOKS)
        raise Busy(f"{system}: another worker is renewing this grant")

    def _save_renewed(self, tenant: str, system: str, tokens: GrantTokens, old: Grant) -> bool:
        """Save a new pair in place of the old one; False when a person or another worker has stored a newer one."""
        pair = to_body(replace(self._seal_grant(tenant, system, tokens, old.public, old.given), more=old.more))

        def replace_old(known: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
            # Only marked, it is the same one: who asked after us was refused, because we have the new pair.
            return pair if known is not None and from_body(Grant, known).access == old.access else known

        return change_doc(self._store, (tenant, KIND, system), replace_old) is pair

    def _current(self, tenant: str, system: str) -> tuple[Grant, Secret]:
        grant = grant_of(self._store, tenant, system)
        if grant is None or not grant.connected:
            raise Unauthorized(system, "access was revoked")
        return grant, self._open_access(tenant, system, grant)

    def _open_access(self, tenant: str, system: str, grant: Grant) -> Secret:
        return self._secrets.open(tenant, f"{system}.access", grant.access or {})

    def _give_up(self, tenant: str, system: str, grant: Grant) -> bool:
        """Mark the grant as revoked and tell its people; False when it is not the one that is stored any more."""
        try:
            self._store.put(tenant, Put(KIND, system, to_body(replace(grant, status=REVOKED)), grant.version))
        except VersionConflict:  # a person or another worker has stored a newer one in this very moment
            return False
        marked = grant_of(self._store, tenant, system)
        if marked is not None and marked.status == REVOKED:
            self._tell_lost(tenant, system, marked)
        return True

    def _tell_lost(self, tenant: str, system: str, grant: Grant) -> None:
        """Hand the news over, then note that it was: told twice is once, but never told would be bad."""
        if self._lost is None:
            return
        self._lost(tenant, system, "revoked", grant.given)
        try:
            self._store.put(tenant, Put(KIND, system, to_body(replace(grant, told=True)), grant.version))
        except VersionConflict:
            return

    def _refresh_tokens(self, tenant: str, system: str, grant: Grant) -> GrantTokens | None:
        provider = PROVIDERS.get(system)
        if provider is None or grant.refresh is None or grant.host:
            return None  # on a host of the tenant's own we are no registered application
        token = self._secrets.open(tenant, f"{system}.refresh", grant.refresh)
        known = self._secrets.get(f"{system}-client-id").reveal()
        secret = self._secrets.get(f"{system}-client-secret")
        try:
            return refresh(self.plain_http(system), provider, known, secret, token)
        except Unauthorized:
            return None

    def plain_http(self, system: str) -> HttpClient:
        """Return an HTTP client of that system without a tenant's token, for its token endpoint."""
        return self.http_with(system, None)

    def http_with(self, system: str, token: Secret | None, host: str = "") -> HttpClient:
        """Return an HTTP client with a token that is not kept yet: neither renewed nor within a budget."""
        base = self._endpoints.find_address(system, host)
        return HttpClient(system, base, token, timeouts=self._endpoints.timeouts, trace=self.trace)

    def http_at(self, system: str, address: str) -> HttpClient:
        """Return an HTTP client without a token for an address that a system has named."""
        return HttpClient(system, address, None, timeouts=self._endpoints.timeouts, trace=self.trace)

    @property
    def endpoints(self) -> Endpoints:
        return self._endpoints
