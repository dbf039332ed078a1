"""The access token of whoever runs this outside the platform: from the credentials that Google's library finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import google.auth
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from shared.backends.cloud.api_error import ApiError


def read_credentials() -> Callable[[], tuple[str, float]]:
    """Return what fetches a token and how many seconds it is used; that raises ApiError where there is none."""
    kept: list[Any] = []

    def fetch() -> tuple[str, float]:
        try:
            if not kept:
                kept.append(google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])[0])
            kept[0].refresh(Request())
        except GoogleAuthError as error:
            raise ApiError("UNAUTHENTICATED", f"no Google credentials: {type(error).__name__}") from error
        return str(kept[0].token), 900.0  # asked again well before the hour that such tokens last

    return fetch
