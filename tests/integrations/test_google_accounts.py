"""Which ID tokens say who somebody is: signed by the provider with RS256, for us, now, in this browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.accounts.openid import read_keys, read_token
from shared.core.errors import BadSignature, Conflicting
from shared.core.people.id_token import check_claims

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
GOOD: Mapping[str, Any] = {
    "iss": "https://id.example", "aud": "us", "azp": "us", "nonce": "n-1", "sub": "117", "iat": MOMENT,
    "exp": MOMENT + 3600, "email": "ada@example.test", "email_verified": True, "name": "Ada",
}  # fmt: skip


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(content: Mapping[str, Any]) -> str:
    return encode(json.dumps(content).encode())


def keys(**changed: Any) -> Mapping[str, tuple[int, int]]:
    numbers = key(1).public_key().public_numbers()
    shown = {"n": encode(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
    return read_keys({"keys": [{"kty": "RSA", "kid": "k-1", "use": "sig", "alg": "RS256", **shown, **changed}]})


def token(head: Mapping[str, Any] | None = None, by: int = 1, claims: Mapping[str, Any] = GOOD) -> str:
    header = {"alg": "RS256", "kid": "k-1"} | dict(head or {})
    signed = ".".join(encode(json.dumps(each).encode()) for each in (header, claims))
    return f"{signed}.{encode(key(by).sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


def check(**changed: Any) -> str:
    claims = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    return check_claims(claims, issuers=("https://id.example",), client="us", nonce="n-1", now=NOW).sub


def test_a_token_of_the_provider_is_read() -> None:
    assert read_token(token(), keys().get) == GOOD


def with_none() -> str:
    return f"{part({'alg': 'none', 'kid': 'k-1'})}.{part(GOOD)}."


def with_public_key_as_secret() -> str:
    """HS256 with what everybody knows as its secret: the classic confusion (CVE-2015-9235)."""
    public = key(1).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': 'k-1'})}.{part(GOOD)}"
    return f"{signed}.{encode(hmac.new(public, signed.encode(), hashlib.sha256).digest())}"


def altered() -> str:
    head, _, signature = token().split(".")
    return f"{head}.{encode(json.dumps({**GOOD, 'sub': '1'}).encode())}.{signature}"


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(with_none(), id="no algorithm"),
        pytest.param(with_public_key_as_secret(), id="HS256 with the public key"),
        pytest.param(altered(), id="altered"),
        pytest.param(token(by=2), id="another's key"),
        pytest.param(token({"kid": "k-2"}), id="an unknown key"),
        pytest.param(token({"alg": "RS512"}), id="another algorithm"),
        pytest.param(token({"alg": "rs256"}), id="another way of writing"),
        pytest.param(token({"crit": ["b64"], "b64": False}), id="an extension"),
        pytest.param(token({"jwk": {"kty": "RSA"}}, by=2), id="a key of its own"),
        pytest.param(token().rpartition(".")[0] + ".", id="no signature"),
        pytest.param("", id="empty"),
        pytest.param("a.b.c", id="no JSON"),
        pytest.param("....", id="dots"),
        pytest.param(token() + "\n", id="a line end"),
        pytest.param(token(claims={**GOOD, "name": "x" * 20_000}), id="large"),
    ],
)
def test_what_the_provider_has_not_signed_is_refused(forged: str) -> None:
    with pytest.raises(BadSignature):
        read_token(forged, keys().get)


@pytest.mark.parametrize("changed", [{"use": "enc"}, {"alg": "HS256"}, {"kty": "oct"}, {"n": "AQAB"}, {"kid": ""}])
def test_a_key_that_is_not_for_this_signs_nothing(changed: dict[str, str]) -> None:
    assert keys(**changed) == {}


@pytest.mark.parametrize("changed", [{}, {"azp": None}, {"aud": ["us"]}, {"exp": MOMENT - 59}, {"iat": MOMENT + 59}])
def test_a_token_for_us_says_who_it_is(changed: dict[str, Any]) -> None:
    assert check(**changed) == "117"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"iss": "https://id.example/"}, {"iss": ["https://id.example"]},
        {"aud": "others"}, {"aud": ["us", "others"]}, {"aud": None}, {"aud": "us "}, {"azp": "others"},
        {"nonce": "n-2"}, {"nonce": None}, {"nonce": ""}, {"nonce": 1},
        {"exp": MOMENT - 60}, {"exp": None}, {"exp": "9999999999"}, {"exp": True}, {"exp": float("nan")},
        {"iat": MOMENT + 61}, {"iat": MOMENT - 3600}, {"iat": None}, {"iat": float("nan")}, {"nbf": MOMENT + 61},
        {"sub": None}, {"sub": ""}, {"sub": 117}, {"sub": "a:b"}, {"sub": "a b"}, {"sub": "x" * 256},
    ],
)  # fmt: skip
def test_any_other_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        check(**changed)


@pytest.mark.parametrize("given", [None, False, "true", 1])
def test_an_address_that_is_not_confirmed_is_refused(given: Any) -> None:
    with pytest.raises(Conflicting, match="not confirmed"):
        check(email_verified=given)
