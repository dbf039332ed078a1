"""What came back from a call, and what a refusal, a silence and a wait mean: statuses become our errors here alone."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from shared.core.errors import (
    IntegrationError,
    Missing,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.telemetry.exchanges import Trace as Trace
from shared.telemetry.exchanges import file_trace as file_trace
from shared.telemetry.exchanges import scrub

if TYPE_CHECKING:  # loaded by the first call: most functions answer without calling anybody
    pass
MAX_MESSAGE = 300
_LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `json` is None when the body is empty or not JSON; header names ignore case."""

    status: int
    headers: Mapping[str, str]
    json: Any
    text: str

    @property
    def ok(self) -> bool:
        """Say whether the status is a success."""
        return 200 <= self.status < 300


Judge = Callable[[Answer], "Answer | IntegrationError | None"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The call as the errors and the trace name it."""

    system: str
    method: str
    path: str
    url: str
    write: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and everything it wraps; the HTTP libraries nest them in three different ways."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
        waiting.extend(each for each in inner if isinstance(each, BaseException))


def was_not_sent(error: BaseException) -> bool:
    import requests

    never_sent = (NewConnectionError, NameResolutionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
    return isinstance(error, requests.exceptions.ConnectTimeout) or any(
        isinstance(cause, never_sent) for cause in _causes(error)
    )


def unclear(asked: Asked, what: str, wait: timedelta | None = None) -> IntegrationError:
    """A write whose fate nobody told us has to be looked up; a read may simply be asked again."""
    kind = OutcomeUnknown if asked.write else Unavailable
    return kind(asked.system, f"{asked}: {what}", retry_after=wait)


def refusal(asked: Asked, answer: Answer, secrets: list[str]) -> IntegrationError:
    """Turn a status into our error. No other code looks at a status."""
    status, wait = answer.status, retry_after(answer)
    what = f"{asked}: {status} {vendor_message(answer, secrets)}".rstrip()
    if status == 401:
        return Unauthorized(asked.system, what)
    if status == 429 or (status == 403 and _says_limited(answer)):
        return RateLimited(asked.system, what, retry_after=wait)
    if status in (404, 410):
        return Missing(asked.system, what)
    if status == 529:  # refused at the door, on every method
        return Unavailable(asked.system, what, retry_after=wait)
    if status >= 500 or status == 408:
        return unclear(asked, what.removeprefix(f"{asked}: "), wait)
    return Rejected(asked.system, what)


def _says_limited(answer: Answer) -> bool:
    return "Retry-After" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0"


def retry_after(answer: Answer) -> timedelta | None:
    """Return how long the system asks us to wait: seconds, an HTTP date, or a rate window's end."""
    value = answer.headers.get("Retry-After", "").strip()
    reset = answer.headers.get("x-ratelimit-reset", "").strip()
    wait: float | None = None
    if value.replace(".", "", 1).isdecimal():
        wait = float(value)
    elif value:
        wait = _seconds_until(_http_date(value), answer)
    elif reset.isdecimal() and (answer.status == 429 or _says_limited(answer)):
        wait = _seconds_until(float(reset), answer)
    if wait is None:
        return None
    return timedelta(seconds=min(max(wait, 0.0), _LONGEST_WAIT.total_seconds()))


def _http_date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _seconds_until(epoch: float | None, answer: Answer) -> float | None:
    """Measure on the sender's own clock where it tells it, so that skew does not matter."""
    if epoch is None:
        return None
    now = _http_date(answer.headers.get("Date", ""))
    return epoch - (time.time() if now is None else now)


def vendor_message(answer: Answer, secrets: Iterable[str] = ()) -> str:
    """Return the vendor's code and message in at most 300 characters, without secrets."""
    body = answer.json
    if not isinstance(body, dict):
        ray = answer.headers.get("cf-ray", "")
        return "without a readable body" + (f" (ray {ray[:40]})" if ray else "")
    inner = body.get("error")
    source = inner if isinstance(inner, dict) else body
    words = [source.get("code"), inner, source.get("message"), source.get("error_description")]
    errors = source.get("errors")
    listed = errors[:3] if isinstance(errors, list) else []
    words += [each.get("message") or each.get("code") if isinstance(each, dict) else each for each in listed]
    message = " ".join(" ".join(word.split()) for word in words if isinstance(word, str))
    return scrub(message, secrets)[:MAX_MESSAGE]
