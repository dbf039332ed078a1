"""An issuer of identity tokens with throw-away keys, its certificates endpoint, and the forgeries it must not pass."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.support.servers.http_loopback import Handler, HttpServer

ISSUER = "https://accounts.google.com"
CERTS_PATH = "/oauth2/v1/certs"
Claims = dict[str, Any]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _json(data: Any) -> str:
    return _b64(json.dumps(data, separators=(",", ":")).encode())


class SigningKey:
    """One RSA key with its self-signed certificate."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid = secrets.token_hex(20)

    @cached_property
    def certificate(self) -> str:
        """The certificate, PEM."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.test.invalid")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=14))
            .sign(self.private, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    @cached_property
    def public_pem(self) -> bytes:
        """The public key, PEM."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def rs256(self, signed: bytes) -> bytes:
        """Sign."""
        return self.private.sign(signed, padding.PKCS1v15(), hashes.SHA256())


class OidcIssuer:
    """Mints tokens as Google does for a service account, and serves the certificates to check them with."""

    def __init__(self) -> None:
        self.keys = [SigningKey()]
        self.fetches = 0  # downloads of the certificates
        issuer = self

        class Certificates(Handler):
            def do_GET(self) -> None:
                if self.path != CERTS_PATH:
                    self.reply(404, b"{}", {"Content-Type": "application/json"})
                    return
                issuer.fetches += 1
                body = json.dumps({key.kid: key.certificate for key in issuer.keys}).encode()
                headers = {"Content-Type": "application/json; charset=UTF-8", "Cache-Control": "public, max-age=21000"}
                self.reply(200, body, headers)

        self._http = HttpServer(Certificates)
        self.certs_url = self._http.url + CERTS_PATH

    def start(self) -> OidcIssuer:
        """Begin to serve the certificates."""
        self._http.start()
        return self

    def stop(self) -> None:
        """Serve them no longer."""
        self._http.stop()

    def __enter__(self) -> OidcIssuer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def key(self) -> SigningKey:
        """The key that signs now."""
        return self.keys[0]

    def rotate(self, *, keep: int = 1) -> None:
        """Sign with a new key; the `keep` newest old ones stay published."""
        self.keys = [SigningKey(), *self.keys[:keep]]

    def claims(self, audience: str, email: str) -> Claims:
        """Return what an honest token says."""
        now = int(time.time())
        subject = str(int(hashlib.sha256(email.encode()).hexdigest()[:17], 16))
        return {
            "aud": audience,
            "azp": subject,
            "email": email,
            "email_verified": True,
            "exp": now + 3600,
            "iat": now,
            "iss": ISSUER,
            "sub": subject,
        }

    def mint(
        self,
        audience: str,
        email: str,
        claims: Mapping[str, Any] | None = None,
        *,
        drop: tuple[str, ...] = (),
        header: Mapping[str, Any] | None = None,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> str:
        """Return a token; overrides of claims, header and signature make the forged ones."""
        payload = {name: value for name, value in self.claims(audience, email).items() if name not in drop}
        top = {"alg": "RS256", "kid": self.key.kid, "typ": "JWT"} | dict(header or {})
        top = {name: value for name, value in top.items() if value is not None}
        signed = f"{_json(top)}.{_json(payload | dict(claims or {}))}"
        return f"{signed}.{_b64((sign or self.key.rs256)(signed.encode()))}"

    def forgeries(self, audience: str, email: str) -> dict[str, str]:
        """Return tokens by the name of what is wrong with them; a service must refuse every one."""
        return self._wrong_claims(audience, email) | self._wrong_signatures(audience, email)

    def _wrong_claims(self, audience: str, email: str) -> dict[str, str]:
        now = int(time.time())
        changed: dict[str, Claims] = {
            "other audience": {"aud": "https://other.example/"},
            "audience with something appended": {"aud": audience + ".example"},
            "audience as a list": {"aud": [audience, "https://other.example/"]},
            "audience as a list of one": {"aud": [audience]},
            "empty audience": {"aud": ""},
            "other issuer": {"iss": "https://issuer.example"},
            "look-alike issuer": {"iss": ISSUER + ".example"},
            "other e-mail": {"email": "other@project.iam.gserviceaccount.com"},
            "e-mail with something appended": {"email": email + ".example"},
            "e-mail as a list": {"email": [email]},
            "e-mail not verified": {"email_verified": False},
            "e-mail verified as a string": {"email_verified": "true"},
            "e-mail verified as a number": {"email_verified": 1},
            "expired": {"iat": now - 7200, "exp": now - 3600},
            "not yet valid": {"iat": now + 3600, "exp": now + 7200},
            "valid for ten years": {"exp": now + 10 * 365 * 86400},
            "expiry as text": {"exp": "never"},
        }
        tokens = {name: self.mint(audience, email, claims) for name, claims in changed.items()}
        for claim in ("aud", "iss", "email", "email_verified", "exp", "iat"):
            tokens[f"without {claim}"] = self.mint(audience, email, drop=(claim,))
        return tokens

    def _wrong_signatures(self, audience: str, email: str) -> dict[str, str]:
        foreign = SigningKey()
        honest = self.mint(audience, email)
        head, _, signature = honest.split(".")
        other = self.mint(audience, "other@project.iam.gserviceaccount.com").split(".")

        def hmac_with(secret: bytes) -> Callable[[bytes], bytes]:
            return lambda signed: hmac.new(secret, signed, hashlib.sha256).digest()

        numbers = foreign.private.public_key().public_numbers()
        jwk = {"kty": "RSA", "e": "AQAB", "n": _b64(numbers.n.to_bytes(256, "big"))}
        hs256 = {"alg": "HS256"}
        return {
            "alg none": self.mint(audience, email, header={"alg": "none"}, sign=lambda _: b""),
            "alg NONE, signature kept": self.mint(audience, email, header={"alg": "NONE"}),
            "HMAC with the public key": self.mint(audience, email, header=hs256, sign=hmac_with(self.key.public_pem)),
            "HMAC with the certificate": self.mint(
                audience, email, header=hs256, sign=hmac_with(self.key.certificate.encode())
            ),
            "foreign key, same kid": self.mint(audience, email, sign=foreign.rs256),
            "foreign key, its own kid": self.mint(audience, email, header={"kid": foreign.kid}, sign=foreign.rs256),
            "foreign key, no kid": self.mint(audience, email, header={"kid": None}, sign=foreign.rs256),
            "foreign key inside the header": self.mint(audience, email, header={"jwk": jwk}, sign=foreign.rs256),
            "payload swapped": f"{head}.{self._other_payload(audience)}.{signature}",
            "signature of another token": f"{'.'.join(honest.split('.')[:2])}.{other[2]}",
            "signature cut": honest[:-8],
            "signature left out": f"{'.'.join(honest.split('.')[:2])}.",
            "signature removed at the edge": f"{'.'.join(honest.split('.')[:2])}.SIGNATURE_REMOVED_BY_GOOGLE",
            "two parts": ".".join(honest.split(".")[:2]),
            "four parts": honest + ".e30",
            "not a token": "not-a-token",
            "empty": "",
        }

    def _other_payload(self, audience: str) -> str:
        return _json(self.claims(audience, "other@project.iam.gserviceaccount.com"))
