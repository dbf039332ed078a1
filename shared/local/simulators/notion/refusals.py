"""Errors as Notion words them: raised anywhere while a call is answered, turned into one JSON envelope at the edge."""

import json
from typing import Any

Json = dict[str, Any]
FAULT_CODES = {
    400: "validation_error",
    401: "unauthorized",
    403: "restricted_resource",
    404: "object_not_found",
    409: "conflict_error",
    429: "rate_limited",
    500: "internal_server_error",
    503: "service_unavailable",
    504: "gateway_timeout",
    529: "service_overload",
}


class ApiError(Exception):
    """A call refused; `code` is Notion's, `additional` becomes `additional_data`."""

    def __init__(self, status: int, code: str, message: str, additional: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.additional = additional

    def body(self, request_id: str) -> Json:
        """Return the error envelope."""
        body: Json = {"object": "error", "status": self.status, "code": self.code, "message": self.message}
        if self.additional:
            body["additional_data"] = self.additional
        return {**body, "request_id": request_id}


def quote_value(value: Any) -> str:
    """Write a value the way the validator quotes it; `...` stands for a missing one."""
    if value is ...:
        return "`undefined`"
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text if len(text) <= 80 else text[:77] + '...'}`"


def invalid(path: str, expected: str, value: Any = None, given: bool = True) -> ApiError:
    """Refuse one field: `expected` is the part after "should be"."""
    instead = f", instead was {quote_value(value)}" if given else ""
    where = path.split(".")[0].split("[")[0]
    return ApiError(400, "validation_error", f"{where} failed validation: {path} should be {expected}{instead}.")


def validation_error(message: str) -> ApiError:
    """Refuse a call whose shape is right and whose meaning is not."""
    return ApiError(400, "validation_error", message)


def missing(kind: str, object_id: str) -> ApiError:
    """Say not found; an object that is not shared looks exactly the same."""
    return ApiError(
        404,
        "object_not_found",
        f"Could not find {kind} with ID: {object_id}. Make sure the relevant pages and databases are shared with your "
        "integration.",
    )
