"""How a service of Google's says no: by the names of its status codes, whichever client was asked."""

from __future__ import annotations

import sys

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
