"""HTTP with a tenant's grant: within its budget, a refused token renewed, a short pause waited for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from shared.accounts.endpoints import Endpoints
from shared.core.errors import Blocked, RateLimited, Unauthorized
from shared.http_answers import Answer
from shared.http_client import HttpClient, Trace
from shared.ports import Secret
from shared.rate_budget import LONGEST_SLEEP_S, Payer, RateBudget, endpoint_of


class Keeper(Protocol):
    """Keeps the grants: what a call with one of them comes back to when the token or the budget is at its end."""

    budget: RateBudget
    trace: Trace | None

    @property
    def endpoints(self) -> Endpoints:
        """Return where the external systems are."""

    def renew(self, tenant: str, system: str, used: Secret) -> tuple[Secret, bool]:
        """Return a token newer than `used`, and whether it is fresh from the system."""

    def give_up(self, tenant: str, system: str, used: Secret) -> None:
        """Mark the grant as revoked."""

    def shut_out(self, tenant: str, system: str, payer: Payer, why: str) -> None:
        """Stop all calls of a grant that the system has blocked."""


class GrantHttp(HttpClient):
    """Calls with the tenant's token, within its budget; a refused token is renewed, and a short pause is waited for."""

    def __init__(
        self, accounts: Keeper, tenant: str, system: str, token: Secret, payer: Payer | None, base: str
    ) -> None:
        super().__init__(system, base, token, timeouts=accounts.endpoints.timeouts, trace=accounts.trace)
        self._accounts = accounts
        self._tenant = tenant
        self._payer = payer

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Like HttpClient.call. A refused token is replaced by another worker's newer one, else renewed once."""
        fresh = False
        while True:
            used = self._token
            try:
                return self._call_within_budget(method, path, options)
            except Unauthorized:
                if used is None or options.get("auth", "bearer") != "bearer":
                    raise
                if fresh:  # brand-new and refused: there is no access any more
                    self._accounts.give_up(self._tenant, self.system, used)
                    raise
                self._token, fresh = self._accounts.renew(self._tenant, self.system, used)

    def _call_within_budget(self, method: str, path: str, options: Mapping[str, Any]) -> Answer:
        """Call when the budget allows it; a call that was refused unread is sent once more after a short pause."""
        if self._payer is None:
            return super().call(method, path, **options)
        budget, endpoint = self._accounts.budget, endpoint_of(method, path)
        for last in (False, True):
            budget.spend(self._payer, endpoint)
            try:
                return super().call(method, path, **options)
            except Blocked as error:
                self._accounts.shut_out(self._tenant, self.system, self._payer, str(error))
                raise
            except RateLimited as error:
                wait = budget.record_refusal(self._payer, endpoint, error)
                error.retry_after = timedelta(seconds=wait)
                if last or wait > LONGEST_SLEEP_S:
                    raise
        raise AssertionError("the last call returns or raises")
