"""The one way to call out: timeouts, token, status to our errors. It never retries, never sleeps, never logs."""

from __future__ import annotations

import base64
import json as json_text
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

from urllib3.exceptions import HTTPError

from shared.core.errors import (
    IntegrationError,
    Rejected,
    Unreachable,
)
from shared.http_answers import Answer, Asked, Judge, refusal, unclear, was_not_sent
from shared.ports import Secret
from shared.telemetry import trace
from shared.telemetry.exchanges import Trace as Trace
from shared.telemetry.exchanges import describe_exchange, send
from shared.telemetry.exchanges import file_trace as file_trace

if TYPE_CHECKING:  # loaded by the first call: most functions answer without calling anybody
    import requests

USER_AGENT = "workwright/0.1"
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
"""A system's word on a refused call: an answer to take as success, an error to raise, or None for the usual mapping."""


@cache
def process_session() -> requests.Session:
    """Return the session all clients of this process share: connections stay open, tokens and cookies do not."""
    from shared.plain_session import PlainSession

    return PlainSession()


class HttpClient:
    """Calls one system with one token."""

    def __init__(
        self,
        system: str,
        base_url: str,
        token: Secret | None,
        *,
        headers: Mapping[str, str] | None = None,
        session: requests.Session | None = None,
        timeouts: tuple[float, float] = (5.0, 65.0),
        trace: Trace | None = None,
    ) -> None:
        self.system = system
        self._base = base_url.rstrip("/")
        self._host = urlsplit(self._base).hostname or ""
        self._token = token
        self._headers = dict(headers or {})
        self._session = session or process_session()
        self._timeouts = timeouts
        self._trace = trace
        self.told_date = ""  # by the system's own clock, with its last answer
        self.before_write: Callable[[str, str, Any], None] | None = None  # hears method, path, JSON of each write
        self.leaving: Callable[[str, str, Any], Any] | None = None  # method, path, JSON or bytes → what is sent of it

    @property
    def base_url(self) -> str:
        """Return the address that all paths are added to."""
        return self._base

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
        json: Any = None,
        data: bytes | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Literal["bearer", "none"] | tuple[str, Secret] = "bearer",
        read: bool | None = None,
        text: bool = False,
        judge: Judge | None = None,
        check: Callable[[Answer], None] | None = None,
    ) -> Answer:
        """Ask once and return a successful answer, or raise one of our errors.

        `read`: a POST only asks, so that repeating it is safe. `text` accepts a success that is not JSON. `auth`
        may be a (user, password) pair. `judge` decides about refused calls first, `check` raises at a false success.
        """
        _check_path(path)
        write = method not in _READS if read is None else not read
        asked = Asked(self.system, method, path, self._base + path, write)
        sent = {"User-Agent": USER_AGENT, "Accept": "application/json"} | self._headers | dict(headers or {})
        secrets = self._authorize(sent, auth)
        if write and self.leaving is not None:
            json = self.leaving(method, path, json) if json is not None else None
            data = self.leaving(method, path, data) if data is not None else None
        if write and self.before_write is not None:
            self.before_write(method, path, json)
        answer = self._exchange_and_trace(asked, sent, secrets, params=params, json=json, data=data)
        if answer.ok:
            return _accept(asked, answer, check, text=text)
        verdict = judge(answer) if judge else None
        if isinstance(verdict, Answer):
            return verdict
        error = verdict or refusal(asked, answer, secrets)
        error.answered = f"{method} {answer.status}"
        raise error

    def _exchange_and_trace(self, asked: Asked, sent: dict[str, str], secrets: list[str], **body: Any) -> Answer:
        """Exchange, and tell the trace of it, whether it came to an answer or not."""
        started = time.monotonic()
        answer: Answer | None = None
        try:
            answer = self._exchange_in_span(asked, sent, **body)
            self.told_date = answer.headers.get("Date", "")
            return answer
        finally:
            if self._trace is not None:
                status = answer.status if answer else None
                taken = round((time.monotonic() - started) * 1000)
                content = body["data"] if body["data"] is not None else body["json"]
                exchange = describe_exchange(
                    asked.system, asked.method, asked.url, body["params"], sent, content, status, taken, secrets
                )
                self._trace(exchange)

    def _authorize(self, sent: dict[str, str], auth: Literal["bearer", "none"] | tuple[str, Secret]) -> list[str]:
        """Add the authorization header; return the texts that must never be shown."""
        if isinstance(auth, tuple):
            pair = base64.b64encode(f"{auth[0]}:{auth[1].reveal()}".encode()).decode()
            sent["Authorization"] = f"Basic {pair}"
            return [pair, auth[1].reveal()]
        if auth == "none" or self._token is None:
            return []
        sent["Authorization"] = f"Bearer {self._token.reveal()}"
        return [self._token.reveal()]

    def _exchange_in_span(self, asked: Asked, sent: dict[str, str], **body: Any) -> Answer:
        """Exchange within a span, which says the method, the host and the status: no path, no query, no body."""
        attributes = {
            "http.request.method": asked.method,
            "server.address": self._host,
            "workwright.system": asked.system,
        }
        with trace.span(f"{asked.method} {asked.system}", attributes, kind="client") as span:
            try:
                answer = self._exchange(asked, sent, **body)
            except IntegrationError as error:
                error.answered = f"{asked.method} no answer"
                raise
            span.note({"http.response.status_code": answer.status})
            span.error = "" if answer.status < 400 else str(answer.status)
            return answer

    def _exchange(self, asked: Asked, sent: dict[str, str], *, params: Any, json: Any, data: Any) -> Answer:
        import requests

        try:
            if json is not None:
                data = json_bytes(json)
                sent.setdefault("Content-Type", "application/json")
            with send(
                self._session, asked.method, asked.url, sent, params=params, data=data, timeout=self._timeouts
            ) as response:
                return _read(response, 2 * self._timeouts[1])
        except (requests.exceptions.InvalidJSONError, ValueError):
            # a bad address, header or body; the message may quote the token, so it must not be chained
            raise Rejected(asked.system, f"{asked}: the call cannot be expressed in HTTP") from None
        except (requests.RequestException, HTTPError, OSError) as error:
            if was_not_sent(error):
                raise Unreachable(asked.system, f"{asked}: no connection ({type(error).__name__})") from error
            raise unclear(asked, f"no complete answer ({type(error).__name__})") from error


def json_bytes(value: Any) -> bytes:
    """Return JSON as we send it: UTF-8 without blanks, a third of what escapes would take for most scripts.

    Raises ValueError for what JSON cannot say: half a surrogate pair, an infinite number.
    """
    return json_text.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def segment(value: str) -> str:
    """Return one id as a path segment; refuse what would lead to another path."""
    if not value or "/" in value or "\\" in value or value == "." or not value.isprintable():
        raise Rejected("request", f"{value[:80]!r} cannot be part of a path")
    _check_path("/" + value.replace("?", "").replace("#", ""))
    return quote(value, safe="")


def _accept(asked: Asked, answer: Answer, check: Callable[[Answer], None] | None, *, text: bool) -> Answer:
    """Return a success; raise where it is none: it is not JSON, or it says itself that it refuses."""
    if answer.json is None and answer.text.strip() and not text:
        raise unclear(asked, f"answered {answer.status} with a body that is not JSON")
    if check is not None:
        check(answer)
    return answer


def _check_path(path: str) -> None:
    lowered = path.lower()
    if not path.startswith("/") or ".." in path or "%2e" in lowered or any(c in path for c in "?#\\"):
        raise Rejected("request", f"{path[:80]!r} is not a path that we call")


def _read(response: requests.Response, within_s: float) -> Answer:
    from requests.structures import CaseInsensitiveDict

    body, text = None, b"".join(body_parts(response, within_s)).decode("utf-8", errors="replace")
    with suppress(ValueError, RecursionError):
        body = json_text.loads(text) if text.strip() else None
    return Answer(response.status_code, CaseInsensitiveDict(response.headers), body, text)


def body_parts(response: requests.Response, within_s: float) -> Iterator[bytes]:
    """Yield a streamed body as it comes, in so many seconds: who drips bytes holds nobody. HTTPError, TimeoutError."""
    began, size = time.monotonic(), 0
    while part := response.raw.read1(1 << 16, decode_content=True):  # what is there, where `read` waits for all
        yield part
        size += len(part)
        if size > MAX_ANSWER_BYTES or time.monotonic() - began > within_s:
            raise TimeoutError("the answer is too large or too slow")
