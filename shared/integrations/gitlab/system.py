"""What GitLab says of itself."""

from __future__ import annotations

from shared.core.system import OAuthProvider, System

GITLAB = System(
    "gitlab",
    title="GitLab",
    address="https://gitlab.com",
    client="shared.integrations.gitlab.client:GitLab",
    webhook="shared.integrations.gitlab.webhook:WEBHOOK",
    oauth=OAuthProvider(
        "gitlab",
        "https://gitlab.com/oauth/authorize",
        "https://gitlab.com/oauth/token",
        scopes=("api",),  # commits, merge requests and webhooks through the API need it; there is nothing narrower
        pkce=True,
        introspect_url="https://gitlab.com/oauth/introspect",
        revoke_url="https://gitlab.com/oauth/revoke",
    ),
    by_link=True,
    by_token=True,
    self_managed=True,
    keeps_code=True,
    publishes=True,
    token_looks=("glpat-",),
)
