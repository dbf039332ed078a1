"""`workwright confine`: keep what is written to Notion within one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright

_ADDRESS = "/v1/confinement"


@workwright.command()
@click.argument("page", default="", metavar="[PAGE]")
@click.option("--lift", is_flag=True, help="Let writes go anywhere that is shared with Workwright.")
@DATA
@AS_JSON
def confine(page: str, lift: bool, data: Path, as_json: bool) -> None:
    """Write to Notion only within PAGE, its link or id, and what is in it; without PAGE say how it stands."""
    if page and lift:
        raise click.UsageError("give a page, or --lift")
    asks = page or lift
    found = ask_house(data, "POST", _ADDRESS, body={"page": page}) if asks else ask_house(data, "GET", _ADDRESS)
    show(found, as_json, _format_confinement)


def _format_confinement(found: dict[str, Any]) -> list[str]:
    if not found["confined_to"]:
        return ["Writes to Notion may go anywhere that is shared with Workwright."]
    lift = format_command("confine", "--lift")
    return [f"Writes to Notion are confined to the page {found['confined_to']} and what is in it. To lift that: {lift}"]
