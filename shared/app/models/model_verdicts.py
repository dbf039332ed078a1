"""What a failed call of a model means for the next one: ask another, ask it once more elsewhere, or stop here.

The table is that of the fact page (integrations: 2.5, errors and limits, one taxonomy).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from shared.core.errors import (
    Blocked,
    ErrorClass,
    IntegrationError,
    Missing,
    NotAllowed,
    OutcomeUnknown,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.core.models.model_errors import ContextTooLong, InvalidOutput, ModelError, Refused
from shared.core.run.faults import Fault

SHORT_WAIT = timedelta(seconds=10)  # a pause that the queue waits out; for a longer one another model is asked

Failure = IntegrationError | ModelError


class NoModel(NotAllowed):
    """Nobody may be asked: a team's rules leave no model, or the installation lacks a key. Trying again is no use."""

    error_class = ErrorClass.FINAL

    def __init__(self, message: str, *, way_out: str, fault: Fault = Fault.NO_MODEL) -> None:
        super().__init__("models", message, way_out=way_out, fault=fault)


class Next(StrEnum):
    """What comes after a failed call."""

    STOP = "stop"  # bad input, a bad answer, a key that does not fit: no other model is asked
    ANOTHER = "another"  # outage, overload, quota, an unknown model
    ONCE = "once"  # refused: one other model may be asked, and then a person
    LARGER = "larger"  # too long: only a model that takes more


# Order counts: the first class that fits. Words are those of the taxonomy; times say for how long it is remembered.
_TABLE: tuple[tuple[type[Failure], str, Next, timedelta], ...] = (
    (QuotaExhausted, "quota_exhausted", Next.ANOTHER, timedelta(hours=1)),
    (Blocked, "blocked", Next.STOP, timedelta(0)),
    (NotAllowed, "not_allowed", Next.STOP, timedelta(0)),
    (Rejected, "bad_request", Next.STOP, timedelta(0)),
    (RateLimited, "rate_limited", Next.ANOTHER, timedelta(seconds=20)),
    (Overloaded, "overloaded", Next.ANOTHER, timedelta(seconds=30)),
    (Unavailable, "unavailable", Next.ANOTHER, timedelta(seconds=30)),
    (OutcomeUnknown, "server_or_timeout", Next.ANOTHER, timedelta(seconds=30)),
    (Unauthorized, "auth", Next.STOP, timedelta(0)),
    (Missing, "unknown_model", Next.ANOTHER, timedelta(hours=1)),
    (Refused, "refused", Next.ONCE, timedelta(0)),
    (ContextTooLong, "context_too_long", Next.LARGER, timedelta(0)),
    (InvalidOutput, "invalid_output", Next.STOP, timedelta(0)),
)
RATE_LIMITED = "rate_limited"
LASTING = frozenset({RATE_LIMITED, "quota_exhausted", "unknown_model"})  # what another look soon does not change


def outcome_of(error: Failure) -> str:
    """Return the taxonomy's word for an error."""
    return _row(error)[0]


def choose_next(error: Failure) -> Next:
    """Return what comes next. A short pause is waited out by whoever asked: no reason to leave the first choice."""
    if isinstance(error, RateLimited) and error.retry_after is not None and error.retry_after <= SHORT_WAIT:
        return Next.STOP
    return _row(error)[1]


def avoid_for(error: Failure) -> timedelta:
    """Return for how long the model is not asked first; what the vendor says counts more than our table."""
    if choose_next(error) != Next.ANOTHER:
        return timedelta(0)
    retry_after = error.retry_after if isinstance(error, IntegrationError) else None
    return retry_after or _row(error)[2]


def worst(errors: list[Failure]) -> Failure:
    """Return the error that tells the caller most about what to do, of those that were met in this order.

    A stop is the last. A refusal needs a person, a prompt that is too long a shorter one. Then what passes by itself,
    with the shortest wait that was named; last what stays as it is.
    """
    last = errors[-1]
    if choose_next(last) == Next.STOP:
        return last
    for kind in (Refused, ContextTooLong, OutcomeUnknown, Unavailable, RateLimited):
        found = [each for each in errors if isinstance(each, kind)]
        if found:
            return _soonest(found, errors)
    return last


def _soonest(found: Sequence[Failure], errors: Sequence[Failure]) -> Failure:
    waits = [each.retry_after for each in errors if isinstance(each, IntegrationError) and each.retry_after]
    first = found[0]
    if isinstance(first, Unavailable | RateLimited) and waits:
        first.retry_after = min(waits)
    return first


def _row(error: Failure) -> tuple[str, Next, timedelta]:
    for kind, word, following, span in _TABLE:
        if isinstance(error, kind):
            return word, following, span
    return "failed", Next.STOP, timedelta(0)
