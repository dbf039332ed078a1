"""The identity with which a private function calls another in the cloud: a token Google signs for its address."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from shared.core.errors import Unavailable


def identity_header(audience: str) -> Callable[[], str]:
    """Return a source of `Authorization` headers for that audience, which asks only when the last token ends.

    The token is the service account's own, from the metadata server or from application default credentials.
    """
    lock = threading.Lock()
    kept: list[Any] = []

    def header() -> str:
        fetch: Any = id_token.fetch_id_token_credentials
        with lock:
            try:
                if not kept:
                    kept.append(fetch(audience, Request()))
                if not kept[0].valid:
                    kept[0].refresh(Request())
            except GoogleAuthError as error:
                raise Unavailable("google-auth", f"no identity token: {type(error).__name__}") from error
            return f"Bearer {kept[0].token}"

    return header
