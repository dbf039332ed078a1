"""Tokens of a GitHub App: our own signature is traded for a token that reaches one repository for an hour.

A token is asked for one repository and for exactly what we do there. It is kept in this process until five minutes
before it ends, by tenant, installation and repository: never across tenants. (integrations, section 5)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.core.errors import Missing, NotAllowed, Rejected, Unauthorized
from shared.http_answers import Answer, vendor_message
from shared.http_client import HttpClient, Trace, segment
from shared.integrations.github.wire import Wire
from shared.ports import Clock, Secret, Secrets

SYSTEM = "github"
KEY, ID = "github-app-key", "github-app-id"  # the operator's secrets
WORK = {
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "read",
    "statuses": "read",
    "metadata": "read",
}  # no `workflows`: what runs in CI is not ours to change
LOGS = {"actions": "read"}  # what a red job has written; asked for beside WORK where the app was given it
LOOK = {"metadata": "read"}
_EARLY = timedelta(minutes=5)
_KEPT = 1000

_Kept = tuple[str, int, str]


class AppTokens:
    """Hands out installation tokens, each asked for once an hour."""

    def __init__(self, secrets: Secrets, clock: Clock, http: Callable[[Secret], HttpClient]) -> None:
        self._secrets = secrets
        self._clock = clock
        self._http = http
        self._kept: dict[_Kept, tuple[Secret, datetime]] = {}
        self._without_logs: set[int] = set()  # installations that were not given LOGS, as far as this process knows
        self._lock = threading.Lock()

    def token(self, tenant: str, installation: int, scope: str) -> Secret:
        """Return a token for the repository `scope` ("owner/name"), or with "" one that only sees what is there.

        Raises Unauthorized when the installation is gone or suspended, NotAllowed when it does not include the
        repository, Rejected when the operator has set up no app.
        """
        key = (tenant, installation, scope.lower())
        with self._lock:
            token, ends = self._kept.get(key, (Secret(""), datetime.min.replace(tzinfo=UTC)))
        if ends - self._clock.now() > _EARLY:
            return token
        token, ends = self._request_token(installation, scope)
        with self._lock:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = (token, ends)
        return token

    def drop(self, tenant: str, installation: int, scope: str, used: Secret) -> None:
        """Forget a token that was refused."""
        key = (tenant, installation, scope.lower())
        with self._lock:
            if self._kept.get(key, (None, None))[0] == used:
                del self._kept[key]

    def rules_account(self, http: HttpClient, account: str) -> bool:
        """Say whether the person of a token is that account, or an owner of that organisation."""
        wire = Wire(http)
        if str(wire.call("GET", "/user").json["login"]).lower() == account.lower():
            return True
        answer = wire.call("GET", f"/user/memberships/orgs/{segment(account)}", accept=(403, 404))
        return answer.ok and (answer.json["state"], answer.json["role"]) == ("active", "admin")

    def connect(self, grant: tuple[str, int, str], base_url: str, **options: Any) -> HttpClient:
        """Return an HTTP client for a grant's tenant, installation and scope; see AppHttp for the options."""
        return AppHttp(self, grant, base_url, **options)

    def account(self, installation: int) -> str:
        """Return whose installation it is; raises Missing."""
        answer = self._wire().call("GET", f"/app/installations/{installation}")
        return str(answer.json["account"]["login"])

    def uninstall(self, installation: int) -> None:
        """Take our app out of the account; one that is not installed any more is no matter."""
        with suppress(Missing):
            self._wire().call("DELETE", f"/app/installations/{installation}")

    def _request_token(self, installation: int, scope: str) -> tuple[Secret, datetime]:
        name = scope.rpartition("/")[2]
        if not name:
            return self._post_for_token(installation, scope, {"permissions": LOOK})
        asked = {"repositories": [name], "permissions": WORK}
        if installation in self._without_logs:
            return self._post_for_token(installation, scope, asked)
        try:
            return self._post_for_token(installation, scope, {**asked, "permissions": WORK | LOGS})
        except NotAllowed:  # of that right, or for another reason, which the second answer tells
            found = self._post_for_token(installation, scope, asked)
        self._without_logs.add(installation)
        return found

    def _post_for_token(self, installation: int, scope: str, asked: Mapping[str, Any]) -> tuple[Secret, datetime]:
        path = f"/app/installations/{installation}/access_tokens"
        try:
            answer = self._wire().call("POST", path, json=asked, accept=(403, 422))
        except Missing:
            raise Unauthorized(SYSTEM, "the app is no longer installed there") from None
        except Unauthorized as error:  # the operator's key, not the tenant's grant
            words = f"GitHub refuses the app itself; check the secrets {ID} and {KEY}, and the clock: {error}"
            raise Rejected(SYSTEM, words) from None
        if answer.status == 403:
            raise Unauthorized(SYSTEM, f"the installation cannot be used: {vendor_message(answer)}")
        if not answer.ok:
            raise NotAllowed(
                SYSTEM,
                f"no token for {scope or 'this installation'}: {vendor_message(answer)}",
                way_out="Add the repository to the app's installation on GitHub, with the rights that it asks for.",
            )
        return Secret(str(answer.json["token"])), datetime.fromisoformat(answer.json["expires_at"]).astimezone(UTC)

    def _wire(self) -> Wire:
        try:
            app_id, key = self._secrets.get(ID).reveal(), self._secrets.get(KEY)
        except KeyError:
            raise Rejected(SYSTEM, f"no GitHub App is set up: store the secrets {ID} and {KEY}") from None
        from shared.integrations.github.app_claim import claim  # with cryptography, for those with an app of their own

        return Wire(self._http(claim(app_id, key, self._clock.now())))


class AppHttp(HttpClient):
    """Calls with an installation's token for one scope; one that is refused is asked for anew, once."""

    def __init__(
        self,
        tokens: AppTokens,
        grant: tuple[str, int, str],
        base_url: str,
        *,
        seen: Callable[[Secret], None],
        lost: Callable[[], None],
        timeouts: tuple[float, float],
        trace: Trace | None = None,
    ) -> None:
        """Take the grant as tenant, installation and scope; `lost` is told when there is no access any more."""
        super().__init__(SYSTEM, base_url, None, timeouts=timeouts, trace=trace)
        self._tokens = tokens
        self._grant = grant
        self._seen = seen
        self._lost = lost

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Like HttpClient.call."""
        again = False
        while True:
            try:
                used = self._tokens.token(*self._grant)
            except Unauthorized:
                self._lost()
                raise
            self._token = used
            self._seen(used)
            try:
                return super().call(method, path, **options)
            except Unauthorized:
                self._tokens.drop(*self._grant, used)
                if again:
                    self._lost()
                    raise
                again = True
