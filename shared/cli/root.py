"""The command group and what its commands share; each module of commands adds its own to it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from shared.core.errors import ConfigError

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path(".workwright"),
    envvar="WORKWRIGHT_DATA",
    show_default=True,
    help="The folder everything is kept in.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def workwright() -> None:
    """Turns what a team writes in Notion into finished work."""


def house_url(data: Path) -> str:
    """Return where the running house of this data folder answers; raises ConfigError when none runs."""
    try:
        return str(json.loads((data / "house.json").read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError):
        raise ConfigError(f"no house has run in {data}; start one with `workwright up --data {data}`") from None
