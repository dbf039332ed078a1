"""The addresses that Slack calls, and those by which a person says which account there is theirs."""

from __future__ import annotations

from shared.app.api.json_shapes import shape
from shared.app.api.route import Route
from shared.app.api.slack import slack_clicks, slack_commands, slack_events, slack_links

SLACK_ROUTES: tuple[Route, ...] = (
    Route(
        "POST", "/v1/slack/interactions", "slack signature", slack_clicks.take_click, "Take a click", "SlackAnswer",
        errors=(400, 401, 404, 413),
    ),
    Route(
        "POST", "/v1/slack/commands", "slack signature", slack_commands.take_command, "Take a command", "SlackAnswer",
        errors=(400, 401, 404, 413),
    ),
    Route(
        "POST", "/v1/slack/events", "slack signature", slack_events.take_event, "Take an event", "SlackAnswer",
        errors=(400, 401, 404, 413),
    ),
    Route("GET", "/v1/slack/link", "sessions.own", slack_links.show_link, "Get your accounts in Slack", "SlackLink"),
    Route(
        "POST", "/v1/slack/link", "accounts.link", slack_links.begin_link, "Get a code to link your account in Slack",
        "SlackCode", body=shape(), errors=(409,),
    ),
    Route(
        "DELETE", "/v1/slack/link", "sessions.own", slack_links.end_link, "Unlink your accounts in Slack", "SlackLink",
    ),
)  # fmt: skip
