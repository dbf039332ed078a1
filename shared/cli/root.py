"""The command group and what its commands share; each module of commands adds its own to it."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import click

from shared.core.errors import ConfigError

_USUAL = Path(".workwright")
_MEANT = Path(os.environ.get("WORKWRIGHT_DATA") or _USUAL)  # as it was typed: a house sets it for its own parts
DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=_USUAL,
    envvar="WORKWRIGHT_DATA",
    show_default=True,
    help="The folder that everything is kept in.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def workwright() -> None:
    """Turns what a team writes in Notion into finished work."""


def typed(*words: str, data: Path | None = None) -> str:
    """Return a command as it has to be typed here: with the folder, where that is not the one that is meant anyway.

    The folder is `data`, else that of the command that is being run.
    """
    context = click.get_current_context(silent=True)
    folder = data or (context.params.get("data") if context is not None else None)
    where = () if folder is None or folder.resolve() == _MEANT.resolve() else ("--data", str(folder))
    return shlex.join(("workwright", *words, *where))


def house_url(data: Path) -> str:
    """Return where the running house of this data folder answers; raises ConfigError when none runs."""
    try:
        return str(json.loads((data / "house.json").read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError):
        raise ConfigError(f"Workwright has not run in {data}; start it with `{typed('up', data=data)}`") from None
