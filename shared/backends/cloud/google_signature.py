"""The keys of Google's certificates, and what they have signed. Behind the platform's own check it is never loaded."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def read_public_key(pem: str) -> rsa.RSAPublicKey | None:
    """Return the key of a certificate, None for one of another kind than RSA; raises ValueError."""
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    return key if isinstance(key, rsa.RSAPublicKey) else None


def is_signed_by(key: rsa.RSAPublicKey, signature: bytes, text: bytes) -> bool:
    """Say whether the signature, RS256, is that key's of that text."""
    try:
        key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
