"""The services that a team's endpoint may be, beside one of its own: each is told in its own shape."""

from __future__ import annotations

from collections.abc import Mapping

from shared.core.notify.message_words import Template
from shared.integrations.discord.system import DISCORD
from shared.integrations.microsoft_teams.system import MICROSOFT_TEAMS

TEMPLATES: Mapping[str, Template] = {each.name: each for each in (DISCORD, MICROSOFT_TEAMS)}


def find_template(host: str) -> Template | None:
    """Return whose webhooks are at a host, None for nobody's that we know."""
    return next((each for each in TEMPLATES.values() if each.fits(host)), None)
