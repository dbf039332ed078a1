"""What Microsoft says of webhooks into Teams: workflows take them, connectors do no more.

Sources: learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using and
learn.microsoft.com/connectors/teams ("When a Teams webhook request is received"). Workflows are called at Azure Logic
Apps' addresses, newer ones at the Power Platform's.
"""

from __future__ import annotations

from shared.core.notify.message_words import Template
from shared.integrations.microsoft_teams.cards import write_card

MICROSOFT_TEAMS = Template(
    "teams",
    title="Microsoft Teams",
    hosts=(".logic.azure.com", ".environment.api.powerplatform.com"),
    path=r"/(?:powerautomate/automations/direct/)?workflows/[A-Za-z0-9]{8,64}/triggers/manual/paths/invoke/?\?.{1,1500}",
    example="https://….logic.azure.com/workflows/…, which the workflow “Post to a channel when a webhook request is"
    " received” shows",
    writes=write_card,
)
