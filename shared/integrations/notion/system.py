"""What Notion says of itself."""

from __future__ import annotations

from shared.core.system import OAuthProvider, SecretLook, System

NOTION = System(
    "notion",
    title="Notion",
    address="https://api.notion.com",
    client="shared.integrations.notion.client.client:Notion",
    oauth=OAuthProvider(
        "notion",
        "https://api.notion.com/v1/oauth/authorize",
        "https://api.notion.com/v1/oauth/token",
        auth="basic",
        encoding="json",
        authorize_params={"owner": "user"},
        headers={"Notion-Version": "2026-03-11"},
        revoke_url="https://api.notion.com/v1/oauth/revoke",
    ),
    by_link=True,
    token_looks=("ntn_", "nrt_"),
    secrets={
        "notion-client-id": "Notion › Integrations › your public integration › OAuth client ID",
        "notion-client-secret": "Notion › Integrations › your public integration › OAuth client secret",
        "notion-webhook-token": "run `workwright webhook arm`, then create the webhook subscription in Notion",
    },
    secret_looks=(
        SecretLook("notion-token", "ntn_", r"ntn_[A-Za-z0-9]{30,}+"),
        SecretLook("notion-token", "secret_", r"secret_[A-Za-z0-9]{40,}+"),
    ),
)
