"""The signed words by which an operator's GitHub App says who it is."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared.core.errors import Rejected
from shared.ports import Secret

_AHEAD, _LASTS = timedelta(seconds=60), timedelta(minutes=9)  # GitHub takes ten minutes at most, by its own clock


def claim(app_id: str, key: Secret, now: datetime) -> Secret:
    """Return the signed words by which an app says who it is: a JSON web token, RS256, good for nine minutes."""
    try:
        private = load_pem_private_key(key.reveal().encode(), password=None)
    except (ValueError, TypeError):
        raise Rejected("github", "the secret github-app-key is not a private key in PEM format") from None
    if not isinstance(private, RSAPrivateKey):
        raise Rejected("github", "the secret github-app-key is not an RSA key")
    claims = {"iat": int((now - _AHEAD).timestamp()), "exp": int((now + _LASTS).timestamp()), "iss": app_id}
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    signed = ".".join(_encode_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    proof = private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return Secret(f"{signed}.{_encode_base64url(proof)}")


def _encode_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
