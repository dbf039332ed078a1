"""The access token of the account a function runs as: from the platform's metadata server, kept until it ends."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import urllib3

from shared.backends.cloud.api_error import ApiError
from shared.backends.cloud.rest.wire import Token, connections

_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
_HOST = "metadata.google.internal"
# The server hands out the same token until about four minutes before its end; asked earlier, it has no other.
_BEFORE_END_S = 225.0
_AGAIN_S = 5.0  # after a failure while the last token is still good


def account_token() -> Token:
    """Return the token's source: the metadata server on the platform, elsewhere whoever runs this.

    `K_SERVICE` is set by Cloud Run for every function. Elsewhere Google's library finds the operator's credentials.
    """
    host = os.environ.get("GCE_METADATA_HOST", "")
    if host or os.environ.get("K_SERVICE"):
        return KeptToken(lambda: _from_metadata(host or _HOST))
    return KeptToken(_from_credentials())


class KeptToken:
    """One token at a time; of many threads that need a new one, one asks, and what it is told counts for all.

    While a new one cannot be had, the last one is used to its end.
    """

    def __init__(self, fetch: Callable[[], tuple[str, float]], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token, self._renew_at, self._ends, self._failures = "", 0.0, 0.0, 0

    def __call__(self, fresh: bool) -> str:
        """Return a token; raises ApiError when there is none to be had."""
        before, failures = self._token, self._failures
        with self._lock:
            refused = fresh and self._token == before
            if refused or not self._token or self._monotonic() >= self._renew_at:
                if self._failures != failures:  # while we waited; each asking in turn would take minutes
                    raise ApiError("UNAVAILABLE", "no token could be obtained a moment ago")
                self._renew(refused)
            return self._token

    def _renew(self, refused: bool) -> None:
        now = self._monotonic()
        try:
            self._token, lasts = self._fetch()
        except ApiError:
            if refused or now >= self._ends:
                self._failures += 1
                raise
            self._renew_at = self._monotonic() + _AGAIN_S
            return
        self._ends, self._renew_at = now + lasts, now + max(0.0, lasts - _BEFORE_END_S)


def _from_metadata(host: str) -> tuple[str, float]:
    try:
        answer = connections().request(
            "GET",
            f"http://{host}{_PATH}",
            headers={"Metadata-Flavor": "Google"},
            timeout=urllib3.Timeout(connect=2.0, read=5.0),
            redirect=False,
            retries=urllib3.Retry(3, backoff_factor=0.2, status_forcelist=(429, 500, 503), raise_on_status=False),
        )
        grant: Any = json.loads(answer.data)
        return str(grant["access_token"]), float(grant["expires_in"])
    except (urllib3.exceptions.HTTPError, ValueError, LookupError, TypeError) as error:
        raise ApiError("UNAVAILABLE", f"the metadata server gives no token: {type(error).__name__}") from error


def _from_credentials() -> Callable[[], tuple[str, float]]:
    kept: list[Any] = []

    def fetch() -> tuple[str, float]:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        try:
            if not kept:
                kept.append(google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])[0])
            kept[0].refresh(Request())
        except GoogleAuthError as error:
            raise ApiError("UNAUTHENTICATED", f"no Google credentials: {type(error).__name__}") from error
        return str(kept[0].token), 900.0  # asked again well before the hour that such tokens last

    return fetch
