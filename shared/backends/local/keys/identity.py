"""Who may call a function on one machine: whoever holds the key of this installation."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from shared.backends.local.keys.keyfile import derive_key, installation_key
from shared.core.errors import Unauthenticated


class LocalCallers:
    """Makes and checks the token of each audience. It is `CallerCheck`: call it with the header and the audience."""

    def __init__(self, folder: Path) -> None:
        self._key = derive_key(installation_key(folder), "callers")

    def authorization(self, audience: str) -> str:
        """Return the `Authorization` header to call that audience with."""
        return f"Bearer {self._token(audience)}"

    def __call__(self, authorization: str, audience: str) -> None:
        """Raise Unauthenticated unless the header was made for this audience by this installation."""
        scheme, _, token = authorization.partition(" ")
        wanted = self._token(audience).encode()
        # Bytes: comparing text in constant time refuses anything beyond ASCII with a TypeError.
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode("utf-8", "replace"), wanted):
            raise Unauthenticated("the request carries no valid token of this installation")

    def _token(self, audience: str) -> str:
        return hmac.new(self._key, audience.encode(), hashlib.sha256).hexdigest()
