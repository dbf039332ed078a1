"""What Google's services refuse with, as our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.backends.cloud.api_error import UNCLEAR, api_errors, code_of
from shared.core.errors import IntegrationError, Missing, OutcomeUnknown, Rejected, StoreError, Unavailable


@contextmanager
def asking_the_store(what: str) -> Iterator[None]:
    """Turn what Firestore's client raises into StoreError."""
    try:
        yield
    except api_errors() as error:
        raise StoreError(f"Firestore could not {what}: {short(error)}") from error


@contextmanager
def asking(system: str, what: str) -> Iterator[None]:
    """Turn what another client raises into IntegrationError."""
    try:
        yield
    except api_errors() as error:
        raise to_our_error(system, what, error) from error


def to_our_error(system: str, what: str, error: Exception) -> IntegrationError:
    """Return our error for one of Google's."""
    message, code = f"{what}: {short(error)}", code_of(error)
    if code == "NOT_FOUND":
        return Missing(system, message)
    if code in ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED"):
        return Unavailable(system, message)
    return OutcomeUnknown(system, message) if code in UNCLEAR else Rejected(system, message)


def short(error: Exception) -> str:
    """Return the code of an error and the beginning of its text, to where Google quotes what it was sent."""
    message, quote, _ = str(error).partition('"')
    return f"{code_of(error)}: {message[:200]}{quote and '…'}"
