"""What a team lacks, as the API says it to whoever's key is in the folder."""

from __future__ import annotations

from pathlib import Path

from shared.backends.local.keys.keyfile import KEY_FILE
from shared.cli.house_calls import OWNER_KEY, ask_house
from shared.cli.root import format_command, house_url
from shared.core.errors import ConfigError
from shared.core.tenants.finding import Finding


def is_signed_in(data: Path) -> bool:
    """Say whether `workwright login` made this folder: it has a person's key, and is no installation."""
    return (data / OWNER_KEY).exists() and not (data / KEY_FILE).exists()


def ask_about_team(data: Path, url: str = "") -> list[Finding]:
    """Return what the API finds; raises ConfigError where a key would go to another address than it is for."""
    known = house_url(data) if (data / OWNER_KEY).exists() else ""
    if url and url.rstrip("/") != known:
        sign_in = format_command("login", "--url", url.rstrip("/"), data=data)
        where = f"is signed in to {known}" if known else "is signed in nowhere"
        raise ConfigError(f"{data} {where}, and its key goes nowhere else; sign in with: {sign_in}")
    return [Finding(**each) for each in ask_house(data, "GET", "/v1/doctor")["checks"]]
