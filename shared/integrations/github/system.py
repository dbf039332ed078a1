"""What GitHub says of itself."""

from __future__ import annotations

from shared.core.system import OAuthProvider, SecretLook, System

GITHUB = System(
    "github",
    title="GitHub",
    address="https://api.github.com",
    client="shared.integrations.github.client:GitHub",
    webhook="shared.integrations.github.webhook:WEBHOOK",
    trial="shared.integrations.github.trial:try_given",
    oauth=OAuthProvider(
        "github",
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        scopes=("repo",),
        pkce=True,
    ),
    by_token=True,
    app="shared.integrations.github.app:AppTokens",
    shows_owner="read:org",
    keeps_code=True,
    publishes=True,
    offered="GitHub, by a token",
    learns=("owner", "login"),
    token_looks=("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    secret_looks=(
        SecretLook("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9_]{30,}+"),
        SecretLook("github-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{40,}+"),
    ),
    acts_on=(".github/**",),
    not_in_new=(".github",),
)
