"""Load what opens installations of an app of ours, by the path that the `system.py` of the forge names.

What is named there goes into the bundle of whoever imports this module (`terraform/bundle.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from shared.http_client import HttpClient, Trace
from shared.integrations.import_paths import load_named
from shared.integrations.systems import APP_FORGE, SYSTEMS
from shared.ports import Clock, Secret, Secrets


class AppTokens(Protocol):
    """Hands out the tokens of installations, and clients that use them. Every method raises IntegrationError."""

    def connect(
        self,
        grant: tuple[str, int, str],
        base_url: str,
        *,
        seen: Callable[[Secret], None],
        lost: Callable[[], None],
        timeouts: tuple[float, float],
        trace: Trace | None = None,
    ) -> HttpClient:
        """Return a client for tenant, installation and scope; `lost` is told when there is no access any more."""

    def account(self, installation: int) -> str:
        """Return whose installation it is; raises Missing."""

    def uninstall(self, installation: int) -> None:
        """Take our app out of the account; one that is not installed any more is no matter."""

    def rules_account(self, http: HttpClient, account: str) -> bool:
        """Say whether the person of a token is that account, or an owner of that organisation."""


def open_app(secrets: Secrets, clock: Clock, http: Callable[[Secret], HttpClient]) -> AppTokens:
    """Return what hands out tokens of our app at the one forge that has such apps."""
    tokens: AppTokens = load_named(SYSTEMS[APP_FORGE].app)(secrets, clock, http)
    return tokens
