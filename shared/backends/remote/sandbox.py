"""The sandbox that is a service of its own: sends the request to `code-runner` and takes nothing it says on trust."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import requests
from urllib3.exceptions import HTTPError, NewConnectionError

from shared.backends.remote.runner_messages import MAX_BODY, SYSTEM, request_to_bytes, result_from_bytes
from shared.backends.sandbox.intake import check_request
from shared.core.backoff import backoff
from shared.core.code.lock_files import LockProblem
from shared.core.errors import RateLimited, SandboxUnavailable, Unavailable
from shared.core.retries import CODE_RUNNER
from shared.core.text.sentence import end_sentence
from shared.ports.sandbox import SandboxRequest, SandboxResult

_CONNECT_S = 10.0
_GRACE_S = 90.0  # a cold start, preparing, collecting: beyond the request's own wall clock
_INSTALL_S = 320.0
_PATIENCE_S = 120.0  # with a service that is not there
_TURN_S = 20.0  # for a turn, of who has begun; then the command comes again, for nobody is to wait in a thread
_NEXT_TURN = timedelta(seconds=30)
_CHECK_PATIENCE_S = 5.0  # where somebody only asks whether it is there
_AT_ONCE_S = 3.0
WAY_OUT = "Deploy functions/code-runner and set WORKWRIGHT_CODE_RUNNER_URL to its address."


class RemoteSandbox:
    """Runs code of any origin in the service's own sandbox; `authorization` returns the header to call it with.

    A request is sent again only while nothing of it was run: no connection, 429, or 503 with a Retry-After; and where
    the connection breaks at once, as it does with a process at its end. A run changes nothing outside, so that one
    too many costs time and no more.
    """

    name = "remote"

    def __init__(
        self,
        url: str,
        authorization: Callable[[], str],
        *,
        sleep: Callable[[float], None] = time.sleep,
        grace_s: float = _GRACE_S,
    ) -> None:
        self._url = url
        self._authorization = authorization
        self._sleep = sleep
        self._grace_s = grace_s

    def check(self) -> None:
        """Have the service run a command that does nothing: it proves its own sandbox before."""
        try:
            result = self._run(SandboxRequest({}, ("true",), "offline"), _CHECK_PATIENCE_S)
        except (Unavailable, RateLimited) as error:
            raise SandboxUnavailable(f"{self.name}: {end_sentence(str(error))} {WAY_OUT}") from error
        if result.exit_code or result.killed_by:
            raise SandboxUnavailable(f"{self.name}: `true` ended with {result.exit_code}. {WAY_OUT}")

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Run the request there; see `Sandbox.run`."""
        return self._run(request, _PATIENCE_S)

    def _run(self, request: SandboxRequest, max_s: float) -> SandboxResult:
        """Run it; raises Unavailable after so many seconds with nobody there, RateLimited where all are at work."""
        check_request(request)
        body = request_to_bytes(request)
        patience = request.limits.wall_s + self._grace_s + (_INSTALL_S if request.packages else 0.0)
        waited, tries, waits = 0.0, 0, CODE_RUNNER.waits
        while True:
            answer, retry_after = self._ask(body, patience), timedelta()
            tries += 1
            if answer is not None:
                status, raw, again_s = answer
                if status == 200:
                    return result_from_bytes(raw, request, self.name)
                if not (status == 429 or (status == 503 and again_s is not None)):
                    raise _refusal(status, raw)
                retry_after = timedelta(seconds=again_s or 0.0)
            if answer is not None and waited >= min(max_s, _TURN_S):
                raise RateLimited(SYSTEM, f"it had no free place for us within {waited:.0f} s", retry_after=_NEXT_TURN)
            if waited >= max_s:
                raise Unavailable(SYSTEM, f"nothing answered there within {waited:.0f} s")
            if retry_after > backoff(tries, waits):  # from there on it grows
                tries, waits = 1, replace(waits, base=retry_after)
            pause = backoff(tries, waits).total_seconds()
            self._sleep(pause)
            waited += pause

    def _ask(self, body: bytes, patience: float) -> tuple[int, bytes, float | None] | None:
        """Return status, body and Retry-After; None when nobody was there, so that nothing was run."""
        began = time.monotonic()
        headers = {"Authorization": self._authorization(), "Content-Type": "application/json", "Connection": "close"}
        headers["Accept-Encoding"] = "identity"  # what is not unpacked cannot be a bomb
        try:
            with (
                _session() as session,
                session.post(
                    self._url,
                    data=body,
                    headers=headers,
                    timeout=(_CONNECT_S, patience),
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                raw = b""
                while part := answer.raw.read1(256 * 1024, decode_content=False):  # what has come, however little
                    raw += part
                    if len(raw) > MAX_BODY or time.monotonic() - began > patience:
                        raise Unavailable(SYSTEM, "the answer is too large, or takes too long")
                return answer.status_code, raw, _seconds(answer.headers.get("Retry-After"))
        except requests.ConnectionError as error:
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            if isinstance(reason, NewConnectionError) or time.monotonic() - began < _AT_ONCE_S:
                return None
            raise Unavailable(SYSTEM, f"the connection broke: {type(error).__name__}") from error
        except (requests.RequestException, HTTPError) as error:
            raise Unavailable(SYSTEM, f"no answer: {type(error).__name__}") from error


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a .netrc would take the place of our identity
    return session


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _refusal(status: int, raw: bytes) -> Exception:
    """Return what a refusal means."""
    problem = _problem(raw)
    detail = str(problem.get("detail") or "no reason was given")[:600]
    kind = str(problem.get("type") or "").rpartition(":")[2]
    if status == 400 and kind == "lock_problem":
        return LockProblem(detail)
    if status in (400, 413):
        return ValueError(f"{SYSTEM}: {detail}")
    if status == 501:
        return SandboxUnavailable(f"{SYSTEM}: {detail}")
    if status in (401, 403):
        way_out = "Allow our account to call the service, and name it in the service's WORKWRIGHT_RUNNER_CALLERS."
        return SandboxUnavailable(f"{SYSTEM}: it refused our identity ({status}). {way_out}")
    if status == 404 or 300 <= status < 400:
        return SandboxUnavailable(f"{SYSTEM}: not there ({status}). {WAY_OUT}")
    return Unavailable(SYSTEM, f"answered {status}: {detail}")


def _problem(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
