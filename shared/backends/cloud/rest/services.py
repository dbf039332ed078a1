"""Cloud Tasks, Secret Manager and KMS by REST, in the words of their own clients as far as the adapters use them.

Facts: the HTTP rules and messages of google.cloud.tasks.v2, google.cloud.secretmanager.v1 and google.cloud.kms.v1.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.backends.cloud.rest.values import format_moment
from shared.backends.cloud.rest.wire import Rest, known_shape

_DEFAULT_S = 10.0


class RestTasks:
    """Cloud Tasks. `rest` is at `https://cloudtasks.googleapis.com/v2`."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def create_task(self, request: Mapping[str, Any], *, retry: None = None, timeout: float = _DEFAULT_S) -> None:
        """Hand over one task, sent once; raises ApiError, `ALREADY_EXISTS` for a name that was taken before."""
        task, sent = request["task"], dict(request["task"]["http_request"])
        token = sent["oidc_token"]
        wanted: dict[str, Any] = {
            "name": task["name"],
            "dispatchDeadline": _seconds(task["dispatch_deadline"]),
            "httpRequest": {
                "url": sent["url"],
                "httpMethod": sent["http_method"],
                "headers": sent["headers"],
                "body": base64.b64encode(sent["body"]).decode(),
                "oidcToken": {"serviceAccountEmail": token["service_account_email"], "audience": token["audience"]},
            },
        }
        if "schedule_time" in task:
            wanted["scheduleTime"] = format_moment(task["schedule_time"])
        self._rest.call("POST", f"{request['parent']}/tasks", {"task": wanted}, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Payload:
    """What a secret's version holds."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """A version with its payload."""

    payload: Payload


class RestSecretManager:
    """Secret Manager. `rest` is at `https://secretmanager.googleapis.com/v1`."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def access_secret_version(self, name: str, *, timeout: float = _DEFAULT_S) -> SecretVersion:
        """Return a version's payload; raises ApiError."""
        found = self._rest.read("GET", f"{name}:access", timeout=timeout)
        with known_shape():
            return SecretVersion(Payload(base64.b64decode(found["payload"].get("data", ""))))

    def add_secret_version(self, request: Mapping[str, Any], *, timeout: float = _DEFAULT_S) -> None:
        """Add the next version; raises ApiError."""
        data = base64.b64encode(request["payload"]["data"]).decode()
        self._rest.call("POST", f"{request['parent']}:addVersion", {"payload": {"data": data}}, timeout=timeout)

    def create_secret(self, request: Mapping[str, Any], *, timeout: float = _DEFAULT_S) -> None:
        """Create a secret without a version; raises ApiError."""
        path = f"{request['parent']}/secrets?secretId={request['secret_id']}"
        self._rest.call("POST", path, request["secret"], timeout=timeout)


@dataclass(frozen=True, slots=True)
class Encrypted:
    """What KMS made of a plaintext, and with which version of the key."""

    ciphertext: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Decrypted:
    """What KMS made of a ciphertext."""

    plaintext: bytes


class RestKms:
    """KMS. `rest` is at `https://cloudkms.googleapis.com/v1`. Nothing here changes anything, so all may be repeated."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def encrypt(self, request: Mapping[str, Any], *, timeout: float = _DEFAULT_S) -> Encrypted:
        """Encrypt with the key's primary version; raises ApiError."""
        found = self._call_kms(request, "encrypt", "plaintext", timeout)
        with known_shape():
            return Encrypted(base64.b64decode(found["ciphertext"]), str(found["name"]))

    def decrypt(self, request: Mapping[str, Any], *, timeout: float = _DEFAULT_S) -> Decrypted:
        """Decrypt with whichever version encrypted it; raises ApiError."""
        found = self._call_kms(request, "decrypt", "ciphertext", timeout)
        with known_shape():
            return Decrypted(base64.b64decode(found["plaintext"]))

    def _call_kms(self, request: Mapping[str, Any], verb: str, field: str, timeout: float) -> Mapping[str, Any]:
        body = {
            field: base64.b64encode(request[field]).decode(),
            "additionalAuthenticatedData": base64.b64encode(request["additional_authenticated_data"]).decode(),
        }
        found: Mapping[str, Any] = self._rest.read("POST", f"{request['name']}:{verb}", body, timeout=timeout)
        return found


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g}s"
