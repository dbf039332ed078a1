"""A provider that says who somebody is: where it is asked, with which keys it signs, and what a code is worth there.

Sources: OpenID Connect Discovery 1.0; RFC 7517 and 7518 (keys, RS256); RFC 7636 (PKCE); RFC 9207 (the issuer).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from shared.core.errors import BadSignature, IntegrationError, Rejected
from shared.core.system import OpenId
from shared.http_client import HttpClient
from shared.oauth import Reply, refusal
from shared.ports import Clock, Secret

DISCOVERY = "/.well-known/openid-configuration"
KEPT = timedelta(hours=1)  # of what a provider says of itself
KEYS_EVERY = timedelta(minutes=1)  # a token with a key that nobody knows has them read anew at most this often
_ALGORITHM = "RS256"
_MAX_TOKEN = 16_000


@dataclass(slots=True)
class _Kept:
    """What one process knows of a provider, and since when."""

    description: Mapping[str, Any] = field(default_factory=dict)
    described_at: datetime | None = None
    keys: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # id → modulus and exponent
    keys_at: datetime | None = None


_KEPT: dict[str, _Kept] = {}  # by address; two threads at once ask twice, and both are right


class Provider:
    """One provider at the address that this installation uses."""

    def __init__(
        self, openid: OpenId, address: str, real: str, http: Callable[[str], HttpClient], clock: Clock
    ) -> None:
        self.name = openid.name
        self.scopes = openid.scopes
        self.issuers = openid.issuers if address == real else (address,)
        self._address, self._http, self._clock = address, http, clock
        self._kept = _KEPT.setdefault(address, _Kept())

    def find_endpoint(self, name: str) -> str:
        """Return an address that the provider names; raises Rejected where it cannot be one of its own."""
        address = str(self._read_discovery().get(name, ""))
        parts = urlsplit(address)
        ours = urlsplit(self._address)  # where the operator has named one without TLS, on this machine, say
        if parts.scheme != "https" and (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc):
            raise Rejected(self.name, f"its {name} has no TLS")
        return address

    @property
    def names_itself(self) -> bool:
        """Say whether every answer carries the issuer (RFC 9207), so that one without is none of its."""
        return self._read_discovery().get("authorization_response_iss_parameter_supported") is True

    def redeem(self, code: str, redirect_uri: str, verifier: str, client: tuple[str, Secret]) -> Mapping[str, Any]:
        """Return the claims that a code is worth, their signature checked; raises Rejected, and BadSignature."""
        address = self.find_endpoint("token_endpoint")
        asked = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier,
            "client_id": client[0], "client_secret": client[1].reveal(),
        }  # fmt: skip

        def judge(answer: Reply) -> IntegrationError | None:
            return refusal(self.name, answer.json) if answer.status < 500 and answer.status != 429 else None

        body = self._ask("POST", address, data=asked, judge=judge)
        token = body.get("id_token") if isinstance(body, Mapping) else None
        if not isinstance(token, str):
            raise Rejected(self.name, "the answer holds no ID token")
        return read_token(token, self._find_key)

    def _find_key(self, name: str) -> tuple[int, int] | None:
        kept, now = self._kept, self._clock.now()
        old = kept.keys_at is None or now - kept.keys_at >= KEPT
        unknown = name not in kept.keys and (kept.keys_at is None or now - kept.keys_at >= KEYS_EVERY)
        if old or unknown:
            kept.keys, kept.keys_at = read_keys(self._ask("GET", self.find_endpoint("jwks_uri"))), now
        return kept.keys.get(name)

    def _read_discovery(self) -> Mapping[str, Any]:
        kept, now = self._kept, self._clock.now()
        if kept.described_at is None or now - kept.described_at >= KEPT:
            description = self._ask("GET", self._address + DISCOVERY)
            if not isinstance(description, Mapping) or description.get("issuer") not in self.issuers:
                raise Rejected(self.name, "what it says of itself is of another provider")
            kept.description, kept.described_at = description, now
        return kept.description

    def _ask(self, method: str, address: str, **more: Any) -> Any:
        parts = urlsplit(address)
        return self._http(f"{parts.scheme}://{parts.netloc}").call(method, parts.path, auth="none", **more).json


def read_keys(body: Any) -> Mapping[str, tuple[int, int]]:
    """Return the keys of a set that sign with RS256, by their ids; others are left out."""
    keys: dict[str, tuple[int, int]] = {}
    for each in body.get("keys", ()) if isinstance(body, Mapping) else ():
        fits = (
            each.get("kty") == "RSA" and each.get("use", "sig") == "sig" and each.get("alg", _ALGORITHM) == _ALGORITHM
        )
        if fits and each.get("kid"):
            n, e = (int.from_bytes(_decode(str(each.get(name, ""))), "big") for name in ("n", "e"))
            if n.bit_length() >= 2048 and e >= 3:
                keys[str(each["kid"])] = n, e
    return keys


def read_token(token: str, find_key: Callable[[str], tuple[int, int] | None]) -> Mapping[str, Any]:
    """Return the claims of a token that is signed with RS256 by a known key; raises BadSignature for any other."""
    head, _, rest = token.partition(".")
    payload, _, signature = rest.partition(".")
    header = _load(head)
    if len(token) > _MAX_TOKEN or header.get("alg") != _ALGORITHM or "crit" in header:
        raise _make_signature_error()
    key = find_key(str(header.get("kid", "")))
    if key is None or not _is_signed(key, f"{head}.{payload}".encode(), _decode(signature)):
        raise _make_signature_error()
    return _load(payload)


def _is_signed(key: tuple[int, int], signed: bytes, signature: bytes) -> bool:
    try:
        RSAPublicNumbers(key[1], key[0]).public_key().verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _load(part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(_decode(part))
    except ValueError:
        raise _make_signature_error() from None
    if not isinstance(found, Mapping):
        raise _make_signature_error()
    return found


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _make_signature_error() from None


def _make_signature_error() -> BadSignature:
    return BadSignature("the answer of the provider is not signed by it", way_out="Sign in once more.")
