"""What GitHub says of itself."""

from __future__ import annotations

from shared.core.system import OAuthProvider, System

GITHUB = System(
    "github",
    title="GitHub",
    address="https://api.github.com",
    client="shared.integrations.github.client:GitHub",
    webhook="shared.integrations.github.webhook:WEBHOOK",
    oauth=OAuthProvider(
        "github",
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        scopes=("repo",),
        pkce=True,
    ),
    by_token=True,
    keeps_code=True,
    publishes=True,
    token_looks=("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
)
