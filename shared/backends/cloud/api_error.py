"""How a service of Google's says no, by the names of its status codes, whichever client was asked; as our errors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from shared.core.errors import IntegrationError, Missing, OutcomeUnknown, Rejected, StoreError, Unavailable

# https://cloud.google.com/apis/design/errors: the status that an HTTP answer without a readable one stands for.
_BY_HTTP = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
# The answer may have been lost on the way, or the request never arrived.
UNCLEAR = frozenset(
    {"UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN", "CANCELLED", "ABORTED", "RESOURCE_EXHAUSTED"}
)
_VENDORS = "google.api_core.exceptions"


class ApiError(Exception):
    """A service refused, or nobody knows whether it did. `code` is the name of a status code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def unclear(self) -> bool:
        """Say whether the request may have been carried out nevertheless."""
        return self.code in UNCLEAR


def status_name(http: int) -> str:
    """Return the name of the status code that an HTTP status stands for."""
    return _BY_HTTP.get(http, "UNKNOWN")


def api_errors() -> tuple[type[Exception], ...]:
    """Return what to catch: ours, and those of Google's libraries where one of them is loaded at all."""
    vendors = sys.modules.get(_VENDORS)
    return (ApiError, vendors.GoogleAPIError) if vendors is not None else (ApiError,)


def code_of(error: Exception) -> str:
    """Return the name of the status code; UNKNOWN for an error of Google's that carries none."""
    if isinstance(error, ApiError):
        return error.code
    status = getattr(error, "grpc_status_code", None)
    if status is not None:
        return str(status.name)
    http = getattr(error, "code", None)
    return status_name(int(http)) if isinstance(http, int) else "UNKNOWN"


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
