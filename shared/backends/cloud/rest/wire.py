"""One service over HTTPS: kept connections, the token of this function's account, and refusals by their names."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import urllib3

from shared.backends.cloud.api_error import ApiError, status_name
from shared.core.backoff import backoff
from shared.core.retries import CLOUD_READ

CONNECT_S = 5.0
_CONNECTIONS = 100  # kept per service: one per thread of an instance at most

Token = Callable[[bool], str]
"""Return an access token; True asks for a fresh one, because the last one was refused."""


def no_token(fresh: bool) -> str:
    """Return what Google's emulators take for their owner."""
    return "owner"


@cache
def connections() -> urllib3.PoolManager:
    """Return the connections of this process, made in the process that uses them."""
    import certifi

    # No retry here: what may be repeated is for who asks to say. A redirect would carry our token elsewhere.
    return urllib3.PoolManager(maxsize=_CONNECTIONS, retries=False, ca_certs=certifi.where())


class Rest:
    """`base` is the address up to and including the version: `https://firestore.googleapis.com/v1`."""

    def __init__(self, base: str, token: Token, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._base = base.rstrip("/")
        self._token = token
        self._pause = pause

    def read(self, method: str, path: str, body: Any = None, *, timeout: float) -> Any:
        """Ask for something that changes nothing, again where the answer was lost; raises ApiError."""
        for attempt in range(1, CLOUD_READ.tries + 1):
            try:
                return self.call(method, path, body, timeout=timeout)
            except ApiError as error:
                if not error.unclear or attempt == CLOUD_READ.tries:
                    raise
                self._pause(backoff(attempt, CLOUD_READ.waits).total_seconds())
        raise AssertionError("unreachable")

    def call(self, method: str, path: str, body: Any = None, *, timeout: float) -> Any:
        """Send one request and return the JSON of its answer; raises ApiError."""
        answer = self._send(method, path, body, timeout, fresh=False)
        if answer.status == 401:  # refused before it was looked at: the token was taken back
            answer = self._send(method, path, body, timeout, fresh=True)
        if answer.status >= 300:
            raise _refusal(answer.status, answer.data)
        try:
            return json.loads(answer.data)
        except (ValueError, RecursionError):
            # Not a word of it: it may be the half of a secret or of a page.
            raise ApiError("UNKNOWN", f"an answer of {len(answer.data)} bytes that is not JSON") from None

    def _send(self, method: str, path: str, body: Any, timeout: float, *, fresh: bool) -> urllib3.BaseHTTPResponse:
        data = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Authorization": f"Bearer {self._token(fresh)}", "Content-Type": "application/json"}
        limits = urllib3.Timeout(connect=CONNECT_S, read=timeout)
        try:
            return connections().request(
                method, f"{self._base}/{path}", body=data, headers=headers, timeout=limits, redirect=False
            )
        except urllib3.exceptions.ReadTimeoutError as error:
            raise ApiError("DEADLINE_EXCEEDED", f"no answer within {timeout:g} s") from error
        except urllib3.exceptions.HTTPError as error:
            raise ApiError("UNAVAILABLE", f"{type(error).__name__}: {error}") from error


@contextmanager
def known_shape() -> Iterator[None]:
    """Turn what reading an answer raises into ApiError: a KeyError or ValueError would mean something else outside."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ApiError("UNKNOWN", f"an answer of an unknown shape: {type(error).__name__}") from None


def _refusal(status: int, body: bytes) -> ApiError:
    """Return the error of an answer; Firestore wraps the one of a streamed call in a list."""
    try:
        data = json.loads(body)
        error = (data[0] if isinstance(data, list) else data)["error"]
        return ApiError(str(error.get("status") or status_name(status)), str(error.get("message", "")))
    except (ValueError, LookupError, TypeError, AttributeError):
        return ApiError(status_name(status), f"HTTP {status}")
