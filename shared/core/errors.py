"""Every error we raise on purpose.

AgentError
├── ConfigError              the deployment is wrong; fail at start-up, name everything at once
├── RequestError             the caller is wrong                        .status  .code
│   ├── MalformedRequest     400
│   ├── Unauthenticated      401
│   ├── BadSignature         401
│   ├── Forbidden            403
│   ├── NotThere             404  unknown, or another tenant's
│   ├── Conflicting          409  the thing has moved on (approval used, plan changed)
│   ├── TooLarge             413
│   └── TooMany              429  .retry_after; only `api` and `code-runner` answer it, never a queue function
├── IntegrationError         the outside world said no                  .system  .error_class
│   ├── RateLimited          not now, and certainly nothing happened  .retry_after  .scope
│   │   └── BudgetSpent      our own budget said so, before anything was sent
│   ├── Unavailable          worth another attempt; the request was not carried out
│   │   ├── Unreachable      no connection: nothing was sent, and it may be our own network
│   │   └── Overloaded       no room at the moment: another provider may have some
│   ├── OutcomeUnknown       timeout, 5xx, dropped connection on a write: look before writing again
│   │   └── NotSettled       what an attempt that died has sent may still arrive  .retry_after
│   ├── Unauthorized         the tenant must reconnect
│   ├── NotApproved          what a person agreed to is not this, or too long ago: nothing was sent
│   ├── Rejected             the request itself is wrong
│   │   ├── NotAllowed       the grant or the workspace's plan does not cover it  .way_out
│   │   ├── QuotaExhausted   the account's money or quota of the day is used up: never retry
│   │   └── Blocked          the system has shut us out for good: never ask again
│   └── Missing              the thing is not there, or not shared with us
├── ModelError               the model's answer cannot be used: core/models/model_errors.py
├── StoreError
│   ├── VersionConflict      somebody else saved first: read again
│   ├── DocumentTooLarge     refused before the write
│   └── StoreCorrupt         the file is damaged or newer than this code; never overwritten
├── SandboxUnavailable       cannot be set up safely here; carries the way out
├── NoBrowser                there is none here, or it cannot look; work goes on without, and says so
└── Busy                     somebody else works on this right now: 409, the queue tries again
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Usage
from shared.core.text.sentence import end_sentence


class ErrorClass(StrEnum):
    """How the reducer treats a failed attempt."""

    TRANSIENT = "transient"  # try again, with backoff
    PERMANENT = "permanent"  # another attempt changes nothing
    INVALID = "invalid"  # the model's own mistake: back to the model, a bounded number of times
    UNAUTHORIZED = "unauthorized"  # wait until the tenant has reconnected
    STALE = "stale"  # what a person agreed to is not what is about to happen: they are asked again
    FINAL = "final"  # no other plan would change anything either: the budget, or the installation, is in the way
    NEEDS_HUMAN = "needs_human"  # an effect whose outcome nobody can look up


class AgentError(Exception):
    """Everything we raise on purpose; `fault` says what sort of failure it makes of an attempt, and so what to do."""

    fault = Fault.OTHER


class ConfigError(AgentError):
    """The deployment or the command line is wrong; the message names every problem and the way out."""


class RequestError(AgentError):
    """The caller is wrong. `status` is the HTTP answer, `code` a stable word for programs."""

    status = 400
    code = "malformed_request"

    def __init__(self, message: str, *, way_out: str = "") -> None:
        super().__init__(message)
        self.way_out = way_out

    @property
    def not_lost(self) -> str:
        """What the caller need not worry about; refused requests change nothing."""
        return describe_not_lost(self.status)


def describe_not_lost(status: int) -> str:
    """Return what is not lost by an answer with this status."""
    if status >= 500:
        return "Nothing that was kept is lost."
    return "What is there stays as it is." if status == 409 else "Nothing was changed."


class MalformedRequest(RequestError):
    """The request cannot be understood."""


class Unauthenticated(RequestError):
    """No valid identity."""

    status = 401
    code = "unauthenticated"


class BadSignature(Unauthenticated):
    """A webhook or link whose signature does not hold."""

    code = "bad_signature"


class Forbidden(RequestError):
    """Known, but not allowed."""

    status = 403
    code = "forbidden"


class NotThere(RequestError):
    """Unknown, or another tenant's: the same answer for both."""

    status = 404
    code = "not_found"


class Conflicting(RequestError):
    """The thing has moved on since the caller looked."""

    status = 409
    code = "conflict"


class TooLarge(RequestError):
    """More bytes than we take."""

    status = 413
    code = "too_large"


class TooMany(RequestError):
    """Over the tenant's rate."""

    status = 429
    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message, way_out=f"Wait {retry_after.total_seconds():.0f} s and try again.")
        self.retry_after = retry_after


class IntegrationError(AgentError):
    """The outside world said no. The message says what we asked and what came back, never a token or a body."""

    error_class = ErrorClass.PERMANENT
    used: Usage = NOTHING  # what a model's provider charges all the same, or may: then the upper bound
    answered: str = ""  # method and status, which may be logged where the message may not
    made: tuple[Any, ...] = ()  # of a model: the ModelCall of every try that led here

    def __init__(
        self, system: str, message: str, *, retry_after: timedelta | None = None, fault: Fault = Fault.OTHER
    ) -> None:
        super().__init__(f"{system}: {message}")
        self.system = system
        self.retry_after = retry_after
        self.fault = fault


class RateLimited(IntegrationError):
    """Too many calls, so this one was refused unread; `retry_after` says when to come again.

    `scope` says whose calls were too many: "bot" (one grant's), "workspace" (all grants' of the workspace together), or
    "endpoint" (those of this grant to this endpoint).
    """

    error_class = ErrorClass.TRANSIENT

    def __init__(self, system: str, message: str, *, retry_after: timedelta | None = None, scope: str = "bot") -> None:
        super().__init__(system, message, retry_after=retry_after)
        self.scope = scope


class BudgetSpent(RateLimited):
    """Our own budget of calls says "not now", so nothing was sent; `retry_after` is always told."""

    def __init__(self, system: str, message: str, *, retry_after: timedelta, scope: str = "bot") -> None:
        super().__init__(system, message, retry_after=retry_after, scope=scope)


class Unavailable(IntegrationError):
    """Down or unreachable, and the request was certainly not carried out."""

    error_class = ErrorClass.TRANSIENT


class Unreachable(Unavailable):
    """No connection could be made, so nothing was sent; it may be our own network that is away."""


class Overloaded(Unavailable):
    """Up, but with no room for us at the moment: another provider may have some."""


class OutcomeUnknown(IntegrationError):
    """The write may have happened; the next attempt must look first."""

    error_class = ErrorClass.TRANSIENT


class NotSettled(OutcomeUnknown):
    """A write of an earlier attempt may still arrive until `retry_after` has passed; nothing was sent now."""


class Unauthorized(IntegrationError):
    """The grant is revoked or expired beyond renewal."""

    error_class = ErrorClass.UNAUTHORIZED


class NotApproved(IntegrationError):
    """What a person agreed to is not what is about to happen, or it was too long ago; nothing was sent."""

    error_class = ErrorClass.STALE


class Rejected(IntegrationError):
    """The request itself is wrong."""


class NotAllowed(Rejected):
    """The grant does not cover this, or the workspace's plan does not; `way_out` is what a person can do about it."""

    def __init__(self, system: str, message: str, *, way_out: str, fault: Fault = Fault.OTHER) -> None:
        super().__init__(system, f"{end_sentence(message)} {way_out}", fault=fault)
        self.way_out = way_out


class QuotaExhausted(Rejected):
    """The account's money or its quota of the day is used up: asking again changes nothing, another provider may."""

    error_class = ErrorClass.FINAL


class Blocked(Rejected):
    """The system has shut us out until a person has talked to it; asking again makes it worse."""

    error_class = ErrorClass.FINAL


class Missing(IntegrationError):
    """Not there, or not shared with us; the outside world does not tell which."""


class NeedsHuman(IntegrationError):
    """An effect that may have happened, cannot be looked up and must not be repeated."""

    error_class = ErrorClass.NEEDS_HUMAN


class StoreError(AgentError):
    """The store cannot do what was asked."""


class VersionConflict(StoreError):
    """Somebody else saved first; read again."""


class DocumentTooLarge(StoreError):
    """The document is near the store's limit and was refused before the write."""


class StoreCorrupt(StoreError):
    """The stored data is damaged or newer than this code; nothing was overwritten."""


class SandboxUnavailable(AgentError):
    """No safe sandbox can be set up on this machine; the message carries the way out."""

    fault = Fault.NO_SANDBOX


class NoBrowser(AgentError):
    """There is no browser here, or it cannot look; the message says why."""


class Busy(AgentError):
    """Somebody else works on this right now; answered 409, and the queue delivers again."""


T = TypeVar("T")


def run_guarded(work: Callable[[], T], answer: Callable[[Exception], T]) -> T:
    """Return what the work returns, or what is answered to its error: for the edge of a request, a task or a thread."""
    try:
        return work()
    except Exception as error:  # whose sort nobody can know: the next one has no part in it
        return answer(error)
