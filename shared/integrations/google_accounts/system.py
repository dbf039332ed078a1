"""What Google's sign-in says of itself. Source: developers.google.com/identity/openid-connect/openid-connect."""

from __future__ import annotations

from shared.core.system import Ask, OpenId, System

_WHERE = "console.cloud.google.com › Google Auth Platform › Clients › your web client (docs/guides/sign-in-google.md)"

GOOGLE_ACCOUNTS = System(
    "google_accounts",
    title="Google",
    address="https://accounts.google.com",
    trial="shared.integrations.google_accounts.trial:try_given",
    asks=(
        Ask("client", "The client's id", secret="google-sign-in-id"),
        Ask("client_secret", "The client's secret", secret="google-sign-in-secret"),
    ),
    signs_in=OpenId("google", issuers=("https://accounts.google.com", "accounts.google.com")),
    secrets={"google-sign-in-id": _WHERE, "google-sign-in-secret": _WHERE},
)
