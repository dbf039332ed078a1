"""What Google's libraries raise, as our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions as google

from shared.core.errors import IntegrationError, Missing, OutcomeUnknown, Rejected, StoreError, Unavailable

# The answer may have been lost on the way, or the request never arrived.
UNCLEAR = (
    google.ServiceUnavailable,
    google.DeadlineExceeded,
    google.GatewayTimeout,
    google.InternalServerError,
    google.Unknown,
    google.Cancelled,
    google.Aborted,
    google.ResourceExhausted,
    google.TooManyRequests,
)


@contextmanager
def asking_the_store(what: str) -> Iterator[None]:
    """Turn what Firestore's client raises into StoreError."""
    try:
        yield
    except google.GoogleAPIError as error:
        raise StoreError(f"Firestore could not {what}: {short(error)}") from error


@contextmanager
def asking(system: str, what: str) -> Iterator[None]:
    """Turn what another Google client raises into IntegrationError."""
    try:
        yield
    except google.GoogleAPIError as error:
        raise as_ours(system, what, error) from error


def as_ours(system: str, what: str, error: google.GoogleAPIError) -> IntegrationError:
    """Return our error for one of Google's."""
    message = f"{what}: {short(error)}"
    if isinstance(error, google.NotFound):
        return Missing(system, message)
    if isinstance(error, google.ServiceUnavailable | google.TooManyRequests | google.Aborted):
        return Unavailable(system, message)
    if isinstance(error, UNCLEAR) or not isinstance(error, google.GoogleAPICallError):
        return OutcomeUnknown(system, message)
    return Rejected(system, message)


def short(error: Exception) -> str:
    """Return the kind of an error and the beginning of its text."""
    return f"{type(error).__name__}: {str(error)[:200]}"
