"""What Discord says of its webhooks. Source: discord.com/developers/docs/resources/webhook#execute-webhook."""

from __future__ import annotations

from shared.core.notify.message_words import Template
from shared.integrations.discord.embeds import write_embed

DISCORD = Template(
    "discord",
    title="Discord",
    hosts=("discord.com", "canary.discord.com", "ptb.discord.com", "discordapp.com"),
    path=r"/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]{5,25}/[A-Za-z0-9_-]{20,200}(?:\?thread_id=[0-9]{5,25})?",
    example="https://discord.com/api/webhooks/…",
    writes=write_embed,
)
