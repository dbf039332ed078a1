"""Say what you think of a run, and look at what the team prefers: calls to the API of the house that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.remote import RUN
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError


@workwright.command()
@RUN
@click.argument("thumb", type=click.Choice(["up", "down"]))
@click.option("--text", default="", help="What was good, or what should be different; “always …” is kept for good.")
@DATA
@AS_JSON
def feedback(run: str, thumb: str, text: str, data: Path, as_json: bool) -> None:
    """Say what you think of a run: up or down, and why."""
    path = f"/v1/runs/{quote(run, safe='')}/feedback"
    found = ask_house(data, "POST", path, body={"thumb": thumb, "text": text})
    show(found, as_json, lambda kept: [f"Kept as {kept['id']}."])


@workwright.command()
@click.option("--change", default="", metavar="ID", help="Put this preference in other words, given with --text.")
@click.option("--text", default="", help="The words.")
@click.option("--delete", default="", metavar="ID", help="Delete this preference.")
@DATA
@AS_JSON
def preferences(change: str, text: str, delete: str, data: Path, as_json: bool) -> None:
    """Show what the team prefers and where that comes from; change or delete it."""
    if bool(change) != bool(text) or (change and delete):
        raise ConfigError("give --change ID together with --text, or --delete ID, or nothing to list all")
    if change:
        found = ask_house(data, "POST", _path(change), body={"text": text})
        show(found, as_json, lambda preference: _lines({"preferences": [preference]}))
    elif delete:
        show(ask_house(data, "DELETE", _path(delete)), as_json, lambda gone: [f"Deleted {gone['deleted']}."])
    else:
        show(ask_house(data, "GET", "/v1/preferences"), as_json, _lines)


def _path(preference: str) -> str:
    return f"/v1/preferences/{quote(preference, safe='')}"


def _lines(found: dict[str, Any]) -> list[str]:
    listed = found["preferences"]
    if not listed:
        return [
            "None yet. Comment “always …” on a plan, or say it with: "
            + format_command("feedback", "RUN", "down", "--text", "always …")
        ]
    lines = []
    for preference in listed:
        until = f" until {preference['until'][:10]}" if preference["until"] else ""
        lines.append(f"{preference['id']}  {preference['text']}  (by {preference['by']}{until})")
        lines += [
            f"    {s['at'][:10]} {s['by']}, {s['kind']} of {s['run']}: {s['text']}" for s in preference["sources"]
        ]
    return lines
