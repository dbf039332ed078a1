"""Cloud KMS over gRPC with its own messages: symmetric keys with versions, and AES-GCM that really checks the AAD."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import grpc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.cloud import kms_v1 as kms
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcTransport
from google.cloud.kms_v1.services.key_management_service.transports.rest_base import (
    _BaseKeyManagementServiceRestTransport,
)

from tests.support.servers.cloud.crc32c import crc32c
from tests.support.servers.cloud.grpc_loopback import GrpcServer, Refused, Rpc, invalid

MAX_INPUT = 65_536
_OVERHEAD = 1 + 4 + 12 + 16  # format, version, nonce, tag
_KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}")
_VERSION = re.compile(rf"({_KEY.pattern})/cryptoKeyVersions/([1-9][0-9]*)")
_Purpose = kms.CryptoKey.CryptoKeyPurpose
_State = kms.CryptoKeyVersion.CryptoKeyVersionState
_Algorithm = kms.CryptoKeyVersion.CryptoKeyVersionAlgorithm


@dataclass(slots=True)
class _Version:
    info: kms.CryptoKeyVersion
    secret: bytes


@dataclass(slots=True)
class _Key:
    name: str
    primary: int = 1
    versions: list[_Version] = field(default_factory=list)


class KmsServer(GrpcServer):
    """Ciphertext is opaque to clients and names the key version inside, as the vendor's does."""

    service: ClassVar[str] = "google.cloud.kms.v1.KeyManagementService"
    rest: ClassVar[Any] = _BaseKeyManagementServiceRestTransport
    methods: ClassVar[Mapping[str, Rpc]] = {
        "CreateCryptoKey": Rpc(kms.CreateCryptoKeyRequest, kms.CryptoKey),
        "GetCryptoKey": Rpc(kms.GetCryptoKeyRequest, kms.CryptoKey),
        "CreateCryptoKeyVersion": Rpc(kms.CreateCryptoKeyVersionRequest, kms.CryptoKeyVersion),
        "UpdateCryptoKeyPrimaryVersion": Rpc(kms.UpdateCryptoKeyPrimaryVersionRequest, kms.CryptoKey),
        "UpdateCryptoKeyVersion": Rpc(kms.UpdateCryptoKeyVersionRequest, kms.CryptoKeyVersion),
        "DestroyCryptoKeyVersion": Rpc(kms.DestroyCryptoKeyVersionRequest, kms.CryptoKeyVersion),
        "Encrypt": Rpc(kms.EncryptRequest, kms.EncryptResponse),
        "Decrypt": Rpc(kms.DecryptRequest, kms.DecryptResponse),
    }

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[str, _Key] = {}
        self._lock = threading.RLock()

    def client(self) -> kms.KeyManagementServiceClient:
        """Return a real client of this server."""
        return kms.KeyManagementServiceClient(transport=KeyManagementServiceGrpcTransport(channel=self.channel()))

    def create_key(self, name: str = "projects/test-project/locations/global/keyRings/ring/cryptoKeys/key") -> str:
        """Put a symmetric key in place; return its name."""
        parent, _, key_id = name.rpartition("/cryptoKeys/")
        key = kms.CryptoKey(purpose=_Purpose.ENCRYPT_DECRYPT)
        self.CreateCryptoKey(kms.CreateCryptoKeyRequest(parent=parent, crypto_key_id=key_id, crypto_key=key))
        return name

    def rotate(self, name: str) -> str:
        """Add a version and make it the primary one, as a scheduled rotation does; return its name."""
        version = self.CreateCryptoKeyVersion(kms.CreateCryptoKeyVersionRequest(parent=name))
        number = version.name.rpartition("/")[2]
        self.UpdateCryptoKeyPrimaryVersion(
            kms.UpdateCryptoKeyPrimaryVersionRequest(name=name, crypto_key_version_id=number)
        )
        return str(version.name)

    # --- the methods, under their vendor's names -----------------------------------------------------------------

    def CreateCryptoKey(self, request: kms.CreateCryptoKeyRequest) -> kms.CryptoKey:
        """Create a key with its first version."""
        name = f"{request.parent}/cryptoKeys/{request.crypto_key_id}"
        if not _KEY.fullmatch(name):
            invalid(f"Malformed key name: {name}")
        if request.crypto_key.purpose != _Purpose.ENCRYPT_DECRYPT:
            raise Refused(grpc.StatusCode.UNIMPLEMENTED, "Only ENCRYPT_DECRYPT keys exist here.")
        with self._lock:
            if name in self._keys:
                raise Refused(grpc.StatusCode.ALREADY_EXISTS, f"CryptoKey {name} already exists.")
            key = self._keys[name] = _Key(name)
            self._add(key)
            return self._described(key)

    def GetCryptoKey(self, request: kms.GetCryptoKeyRequest) -> kms.CryptoKey:
        """Return a key and its primary version."""
        with self._lock:
            return self._described(self._key(request.name))

    def CreateCryptoKeyVersion(self, request: kms.CreateCryptoKeyVersionRequest) -> kms.CryptoKeyVersion:
        """Add a version, which is not yet the primary one."""
        with self._lock:
            return self._add(self._key(request.parent)).info

    def UpdateCryptoKeyPrimaryVersion(self, request: kms.UpdateCryptoKeyPrimaryVersionRequest) -> kms.CryptoKey:
        """Choose the version that encrypts from now on."""
        with self._lock:
            key = self._key(request.name)
            version = self._version(key, int(request.crypto_key_version_id or 0))
            self._must_be_enabled(version)
            key.primary = int(request.crypto_key_version_id)
            return self._described(key)

    def UpdateCryptoKeyVersion(self, request: kms.UpdateCryptoKeyVersionRequest) -> kms.CryptoKeyVersion:
        """Enable or disable a version."""
        if list(request.update_mask.paths) != ["state"]:
            invalid("update_mask must be exactly 'state'.")
        state = request.crypto_key_version.state
        if state not in (_State.ENABLED, _State.DISABLED):
            invalid("state can only be set to ENABLED or DISABLED.")
        return self._change(request.crypto_key_version.name, state)

    def DestroyCryptoKeyVersion(self, request: kms.DestroyCryptoKeyVersionRequest) -> kms.CryptoKeyVersion:
        """Schedule a version for destruction; it cannot be used from now on."""
        return self._change(request.name, _State.DESTROY_SCHEDULED)

    def Encrypt(self, request: kms.EncryptRequest) -> kms.EncryptResponse:
        """Encrypt with the primary version, or with the one that is named."""
        plaintext, aad = bytes(request.plaintext), bytes(request.additional_authenticated_data)
        self._check(plaintext, "plaintext", MAX_INPUT)
        self._check(aad, "additional_authenticated_data", MAX_INPUT)
        plain_checked = self._verified(request, "plaintext", plaintext)
        aad_checked = self._verified(request, "additional_authenticated_data", aad)
        with self._lock:
            match = _VERSION.fullmatch(request.name)
            key = self._key(match[1] if match else request.name)
            number = int(match[2]) if match else key.primary
            version = self._version(key, number)
        self._must_be_enabled(version)
        nonce = os.urandom(12)
        sealed = AESGCM(version.secret).encrypt(nonce, plaintext, aad)
        ciphertext = b"\x0a" + number.to_bytes(4, "big") + nonce + sealed
        return kms.EncryptResponse(
            name=version.info.name,
            ciphertext=ciphertext,
            ciphertext_crc32c=crc32c(ciphertext),
            verified_plaintext_crc32c=plain_checked,
            verified_additional_authenticated_data_crc32c=aad_checked,
            protection_level=kms.ProtectionLevel.SOFTWARE,
        )

    def Decrypt(self, request: kms.DecryptRequest) -> kms.DecryptResponse:
        """Decrypt with whichever version of the key encrypted it."""
        ciphertext, aad = bytes(request.ciphertext), bytes(request.additional_authenticated_data)
        self._check(ciphertext, "ciphertext", MAX_INPUT + _OVERHEAD)
        self._check(aad, "additional_authenticated_data", MAX_INPUT)
        self._verified(request, "ciphertext", ciphertext)
        self._verified(request, "additional_authenticated_data", aad)
        with self._lock:
            key = self._key(request.name)
            number = int.from_bytes(ciphertext[1:5], "big")
            if len(ciphertext) < _OVERHEAD or ciphertext[0] != 0x0A or not 0 < number <= len(key.versions):
                invalid("Decryption failed: the ciphertext is invalid.")
            version, primary = key.versions[number - 1], key.primary
        self._must_be_enabled(version)
        try:
            plaintext = AESGCM(version.secret).decrypt(ciphertext[5:17], ciphertext[17:], aad)
        except InvalidTag:
            invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.")
        return kms.DecryptResponse(
            plaintext=plaintext,
            plaintext_crc32c=crc32c(plaintext),
            used_primary=number == primary,
            protection_level=kms.ProtectionLevel.SOFTWARE,
        )

    # --- inside --------------------------------------------------------------------------------------------------

    def _key(self, name: str) -> _Key:
        if not _KEY.fullmatch(name):
            invalid(f"Malformed key name: {name}")
        if name not in self._keys:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"CryptoKey {name} not found.")
        return self._keys[name]

    @staticmethod
    def _version(key: _Key, number: int) -> _Version:
        if not 0 < number <= len(key.versions):
            raise Refused(grpc.StatusCode.NOT_FOUND, f"CryptoKeyVersion {number} of {key.name} not found.")
        return key.versions[number - 1]

    @staticmethod
    def _must_be_enabled(version: _Version) -> None:
        if version.info.state != _State.ENABLED:
            message = f"{version.info.name} is not enabled, current state is: {version.info.state.name}."
            raise Refused(grpc.StatusCode.FAILED_PRECONDITION, message)

    def _change(self, name: str, state: Any) -> kms.CryptoKeyVersion:
        match = _VERSION.fullmatch(name)
        if match is None:
            invalid(f"Malformed version name: {name}")
        with self._lock:
            version = self._version(self._key(match[1]), int(match[2]))
            if version.info.state == _State.DESTROY_SCHEDULED:
                self._must_be_enabled(version)
            version.info.state = state
            return version.info

    @staticmethod
    def _add(key: _Key) -> _Version:
        info = kms.CryptoKeyVersion(
            name=f"{key.name}/cryptoKeyVersions/{len(key.versions) + 1}",
            state=_State.ENABLED,
            protection_level=kms.ProtectionLevel.SOFTWARE,
            algorithm=_Algorithm.GOOGLE_SYMMETRIC_ENCRYPTION,
            create_time=datetime.now(UTC),
        )
        key.versions.append(_Version(info, AESGCM.generate_key(256)))
        return key.versions[-1]

    @staticmethod
    def _described(key: _Key) -> kms.CryptoKey:
        primary = key.versions[key.primary - 1].info
        return kms.CryptoKey(name=key.name, primary=primary, purpose=_Purpose.ENCRYPT_DECRYPT)

    @staticmethod
    def _check(data: bytes, name: str, limit: int) -> None:
        if len(data) > limit:
            invalid(f"The {name} is {len(data)} bytes; at most {limit} are allowed.")

    @staticmethod
    def _verified(request: Any, name: str, data: bytes) -> bool:
        """Say whether the caller sent a checksum; refuse one that does not match."""
        if f"{name}_crc32c" not in request:
            return False
        if getattr(request, f"{name}_crc32c") != crc32c(data):
            invalid(f"The checksum in {name}_crc32c did not match the data in {name}.")
        return True
