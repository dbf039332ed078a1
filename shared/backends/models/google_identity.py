"""Who asks Vertex AI: the Google identity of this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import google.auth
import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from shared.core.errors import ConfigError, Unavailable

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_WAY_OUT = "run `gcloud auth application-default login`, or run as a service account"


def google_token_source(session: requests.Session | None = None) -> Callable[[], str]:
    """Return a source of access tokens of this machine's Google identity, which asks only when the last one ends.

    Raises ConfigError where there is no identity; the source raises Unavailable where Google gives it no token.
    """
    credentials: Any
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except (GoogleAuthError, OSError, AttributeError) as error:  # the last of a file in which something is left out
        raise ConfigError(f"there is no Google identity ({type(error).__name__}): {_WAY_OUT}") from error
    lock, request = threading.Lock(), Request(session)

    def token() -> str:
        with lock:
            if not credentials.valid:
                try:
                    credentials.refresh(request)
                except GoogleAuthError as error:
                    raise Unavailable("google-auth", f"no access token: {type(error).__name__}") from error
            return str(credentials.token)

    return token
