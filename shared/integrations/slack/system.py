"""What Slack says of itself."""

from __future__ import annotations

from shared.core.system import TOKEN, Ask, ClickWay, OAuthProvider, SecretLook, System

SLACK = System(
    "slack",
    title="Slack",
    address="https://slack.com/api",
    client="shared.integrations.slack.client:Slack",
    trial="shared.integrations.slack.trial:try_given",
    oauth=OAuthProvider(
        "slack",
        "https://slack.com/oauth/v2/authorize",
        "https://slack.com/api/oauth.v2.access",
        scopes=(
            "chat:write",
            "chat:write.public",
            "channels:history",
            "groups:history",
            "im:history",
            "im:write",
            "commands",
        ),
        auth="basic",
        scope_separator=",",
    ),
    by_link=True,
    sends_messages=True,
    usual_seconds=(1, 5),
    token_looks=("xoxb-", "xoxp-", "xapp-"),
    secrets={
        "slack-client-id": "api.slack.com › your app › Basic information › Client ID",
        "slack-client-secret": "api.slack.com › your app › Basic information › Client secret",
        "slack-signing-secret": "api.slack.com › your app › Basic information › Signing secret",
        "slack-app-token": "api.slack.com › your app › Basic information › App-level tokens"
        " (docs/guides/connect-slack.md)",
    },
    offered="My workspace, by a bot token",
    asks=(
        Ask("token", "The app's bot token", secret=TOKEN),
        Ask("channel", "The channel to write to: its id"),
    ),
    learns=("workspace",),
    clicks=(
        ClickWay(
            "socket",
            "Yes, by an app-level token: this machine has no public address",
            Ask("app_token", "The app-level token", secret="slack-app-token"),
            trial="shared.integrations.slack.trial:try_clicks",
        ),
        ClickWay(
            "web",
            "Yes, by the app's signing secret: Slack reaches this machine at a public address",
            Ask("signing_secret", "The app's signing secret, under Basic information", secret="slack-signing-secret"),
            at_address=True,
        ),
    ),
    secret_looks=(
        SecretLook("slack-token", "xox", r"xox[abeoprscd](?:\.xox[bp])?+-[A-Za-z0-9-]{10,}+"),
        SecretLook("slack-token", "xapp-", r"xapp-[0-9]-[A-Za-z0-9-]{20,}+"),
        SecretLook(
            "slack-webhook",
            "hooks.slack.com",
            r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}+",
        ),
    ),
)
