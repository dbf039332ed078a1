"""What GitLab says of itself."""

from __future__ import annotations

from shared.core.system import OAuthProvider, SecretLook, System

GITLAB = System(
    "gitlab",
    title="GitLab",
    address="https://gitlab.com",
    client="shared.integrations.gitlab.client:GitLab",
    webhook="shared.integrations.gitlab.webhook:WEBHOOK",
    trial="shared.integrations.gitlab.trial:try_given",
    oauth=OAuthProvider(
        "gitlab",
        "https://gitlab.com/oauth/authorize",
        "https://gitlab.com/oauth/token",
        scopes=("api",),  # commits, merge requests and webhooks through the API need it; there is nothing narrower
        pkce=True,
        revoke_url="https://gitlab.com/oauth/revoke",
    ),
    by_link=True,
    by_token=True,
    self_managed=True,
    keeps_code=True,
    publishes=True,
    offered="GitLab, by a token",
    learns=("owner", "login"),
    token_looks=("glpat-",),
    secret_looks=(
        SecretLook(
            "gitlab-token",
            "glpat- glptt- gldt- glrt- glcbt- gloas- glsoat- glft- glagent- glimt-",
            r"gl(?:pat|ptt|dt|rt|cbt|oas|soat|ft|agent|imt)-[A-Za-z0-9_-]{20,}+",
        ),
    ),
    acts_on=(".gitlab-ci.yml", ".gitlab/**"),
)
