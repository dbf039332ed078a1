"""Secret Manager over gRPC with its own messages: secrets, numbered versions, `latest`, and every refusal."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, NoReturn

import grpc
from google.cloud import secretmanager_v1 as sm
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport
from google.cloud.secretmanager_v1.services.secret_manager_service.transports.rest_base import (
    _BaseSecretManagerServiceRestTransport,
)

from tests.support.servers.cloud.crc32c import crc32c
from tests.support.servers.cloud.grpc_loopback import GrpcServer, Refused, Rpc, invalid

MAX_PAYLOAD = 65_536
_SECRET = re.compile(r"projects/([a-z0-9:.-]+)/secrets/([A-Za-z0-9_-]{1,255})")
_VERSION = re.compile(r"(projects/[a-z0-9:.-]+/secrets/[A-Za-z0-9_-]{1,255})/versions/([1-9][0-9]*|latest)")
_State = sm.SecretVersion.State


@dataclass(slots=True)
class _Kept:
    version: sm.SecretVersion
    data: bytes


@dataclass(slots=True)
class _Secret:
    secret: sm.Secret
    versions: list[_Kept] = field(default_factory=list)


def _missing(name: str) -> NoReturn:
    raise Refused(grpc.StatusCode.NOT_FOUND, f"[{name}] not found or has no versions.")


class SecretManagerServer(GrpcServer):
    """Names it returns carry the project's number, as the vendor's do; requests may use the id or the number."""

    service: ClassVar[str] = "google.cloud.secretmanager.v1.SecretManagerService"
    rest: ClassVar[Any] = _BaseSecretManagerServiceRestTransport
    methods: ClassVar[Mapping[str, Rpc]] = {
        "CreateSecret": Rpc(sm.CreateSecretRequest, sm.Secret),
        "GetSecret": Rpc(sm.GetSecretRequest, sm.Secret),
        "DeleteSecret": Rpc(sm.DeleteSecretRequest, None),
        "AddSecretVersion": Rpc(sm.AddSecretVersionRequest, sm.SecretVersion),
        "AccessSecretVersion": Rpc(sm.AccessSecretVersionRequest, sm.AccessSecretVersionResponse),
        "GetSecretVersion": Rpc(sm.GetSecretVersionRequest, sm.SecretVersion),
        "EnableSecretVersion": Rpc(sm.EnableSecretVersionRequest, sm.SecretVersion),
        "DisableSecretVersion": Rpc(sm.DisableSecretVersionRequest, sm.SecretVersion),
        "DestroySecretVersion": Rpc(sm.DestroySecretVersionRequest, sm.SecretVersion),
        "ListSecretVersions": Rpc(sm.ListSecretVersionsRequest, sm.ListSecretVersionsResponse),
    }

    def __init__(self, project: str = "test-project", number: str = "123456789012") -> None:
        super().__init__()
        self.project, self.number = project, number
        self._secrets: dict[str, _Secret] = {}
        self._lock = threading.RLock()

    def client(self) -> sm.SecretManagerServiceClient:
        """Return a real client of this server."""
        return sm.SecretManagerServiceClient(transport=SecretManagerServiceGrpcTransport(channel=self.channel()))

    def seed(self, secret_id: str, *payloads: bytes) -> str:
        """Put a secret with these versions in place; return its name."""
        parent = f"projects/{self.project}"
        replication = sm.Replication(automatic=sm.Replication.Automatic())
        self.CreateSecret(
            sm.CreateSecretRequest(parent=parent, secret_id=secret_id, secret=sm.Secret(replication=replication))
        )
        name = f"{parent}/secrets/{secret_id}"
        for data in payloads:
            self.AddSecretVersion(sm.AddSecretVersionRequest(parent=name, payload=sm.SecretPayload(data=data)))
        return name

    # --- the methods, under their vendor's names -----------------------------------------------------------------

    def CreateSecret(self, request: sm.CreateSecretRequest) -> sm.Secret:
        """Create an empty secret."""
        name = self._canonical(f"{request.parent}/secrets/{request.secret_id}")
        if "replication" not in request.secret:
            invalid("Secret.replication is required.")
        with self._lock:
            if name in self._secrets:
                raise Refused(grpc.StatusCode.ALREADY_EXISTS, f"Secret [{name}] already exists.")
            secret = sm.Secret(request.secret, name=name, create_time=datetime.now(UTC))
            self._secrets[name] = _Secret(secret)
            return secret

    def GetSecret(self, request: sm.GetSecretRequest) -> sm.Secret:
        """Return a secret's own data, never its payload."""
        with self._lock:
            return self._secret(request.name).secret

    def DeleteSecret(self, request: sm.DeleteSecretRequest) -> None:
        """Delete a secret with its versions."""
        with self._lock:
            self._secret(request.name)
            del self._secrets[self._canonical(request.name)]

    def AddSecretVersion(self, request: sm.AddSecretVersionRequest) -> sm.SecretVersion:
        """Add the next version, which `latest` means at once."""
        data, payload = bytes(request.payload.data), request.payload
        if not data:
            invalid("Secret Payload cannot be empty.")
        if len(data) > MAX_PAYLOAD:
            invalid(f"The secret payload is {len(data)} bytes; at most {MAX_PAYLOAD} are allowed.")
        checked = payload.data_crc32c is not None and "data_crc32c" in payload
        if checked and payload.data_crc32c != crc32c(data):
            invalid("Secret Payload data_crc32c does not match data.")
        with self._lock:
            secret = self._secret(request.parent)
            version = sm.SecretVersion(
                name=f"{secret.secret.name}/versions/{len(secret.versions) + 1}",
                create_time=datetime.now(UTC),
                state=_State.ENABLED,
                client_specified_payload_checksum=checked,
            )
            secret.versions.append(_Kept(version, data))
            return sm.SecretVersion(version)

    def AccessSecretVersion(self, request: sm.AccessSecretVersionRequest) -> sm.AccessSecretVersionResponse:
        """Return the payload of an enabled version."""
        with self._lock:
            kept = self._kept(request.name)
            if kept.version.state != _State.ENABLED:
                self._wrong_state(kept)
            payload = sm.SecretPayload(data=kept.data, data_crc32c=crc32c(kept.data))
            return sm.AccessSecretVersionResponse(name=kept.version.name, payload=payload)

    def GetSecretVersion(self, request: sm.GetSecretVersionRequest) -> sm.SecretVersion:
        """Return a version's own data."""
        with self._lock:
            return sm.SecretVersion(self._kept(request.name).version)

    def EnableSecretVersion(self, request: sm.EnableSecretVersionRequest) -> sm.SecretVersion:
        """Make a disabled version readable again."""
        return self._change(request.name, _State.ENABLED)

    def DisableSecretVersion(self, request: sm.DisableSecretVersionRequest) -> sm.SecretVersion:
        """Make a version unreadable, for the time being."""
        return self._change(request.name, _State.DISABLED)

    def DestroySecretVersion(self, request: sm.DestroySecretVersionRequest) -> sm.SecretVersion:
        """Forget a version's payload for ever."""
        return self._change(request.name, _State.DESTROYED)

    def ListSecretVersions(self, request: sm.ListSecretVersionsRequest) -> sm.ListSecretVersionsResponse:
        """List versions, newest first, by page."""
        wanted = re.fullmatch(r"(?:state\s*[:=]\s*(ENABLED|DISABLED|DESTROYED))?", request.filter.strip())
        if wanted is None:
            invalid(f"Unsupported filter: {request.filter}")
        if request.page_token and not request.page_token.isdigit():
            invalid("Invalid page token.")
        with self._lock:
            versions = [sm.SecretVersion(kept.version) for kept in reversed(self._secret(request.parent).versions)]
        found = [version for version in versions if wanted[1] in (None, version.state.name)]
        start = int(request.page_token or 0)
        end = start + (min(request.page_size, 25_000) or 25_000)
        return sm.ListSecretVersionsResponse(
            versions=found[start:end], next_page_token=str(end) if end < len(found) else "", total_size=len(found)
        )

    # --- inside --------------------------------------------------------------------------------------------------

    def _canonical(self, name: str) -> str:
        match = _SECRET.fullmatch(name)
        if match is None:
            invalid(f"Malformed secret name: {name}")
        project, secret = match.groups()
        if project not in (self.project, self.number):
            raise Refused(grpc.StatusCode.PERMISSION_DENIED, f"Permission denied on resource '{name}'.")
        return f"projects/{self.number}/secrets/{secret}"

    def _secret(self, name: str) -> _Secret:
        canonical = self._canonical(name)
        return self._secrets.get(canonical) or _missing(canonical)

    def _kept(self, name: str) -> _Kept:
        match = _VERSION.fullmatch(name)
        if match is None:
            invalid(f"Malformed version name: {name}")
        versions = self._secret(match[1]).versions
        number = len(versions) if match[2] == "latest" else int(match[2])
        if not 0 < number <= len(versions):
            _missing(name)
        return versions[number - 1]

    def _change(self, name: str, state: Any) -> sm.SecretVersion:
        with self._lock:
            kept = self._kept(name)
            if kept.version.state == _State.DESTROYED:
                self._wrong_state(kept)
            kept.version.state = state
            if state == _State.DESTROYED:
                kept.data = b""
                kept.version.destroy_time = datetime.now(UTC)
            return sm.SecretVersion(kept.version)

    @staticmethod
    def _wrong_state(kept: _Kept) -> NoReturn:
        message = f"Secret Version [{kept.version.name}] is in {kept.version.state.name} state."
        raise Refused(grpc.StatusCode.FAILED_PRECONDITION, message)
