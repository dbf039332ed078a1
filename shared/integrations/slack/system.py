"""What Slack says of itself."""

from __future__ import annotations

from shared.core.system import OAuthProvider, System

SLACK = System(
    "slack",
    title="Slack",
    address="https://slack.com/api",
    client="shared.integrations.slack.client:Slack",
    oauth=OAuthProvider(
        "slack",
        "https://slack.com/oauth/v2/authorize",
        "https://slack.com/api/oauth.v2.access",
        scopes=("chat:write", "chat:write.public", "channels:history"),
        auth="basic",
        scope_separator=",",
    ),
    sends_messages=True,
    usual_seconds=(1, 5),
    token_looks=("xoxb-", "xoxp-", "xapp-"),
    secrets={
        "slack-signing-secret": "api.slack.com › your app › Basic information › Signing secret",
        "slack-app-token": "api.slack.com › your app › Basic information › App-level tokens"
        " (docs/guides/connect-slack.md)",
    },
)
