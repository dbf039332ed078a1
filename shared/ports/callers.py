"""Who may call a queue function."""

from __future__ import annotations

from typing import Protocol


class CallerCheck(Protocol):
    """Says whether a request comes from our own queue; raises Unauthenticated or Forbidden."""

    def __call__(self, authorization: str, audience: str) -> None:
        """Check the `Authorization` header for this audience."""
