"""`workwright work`: what a team does about the versions of a run's work, beside looking at them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright
from shared.cli.run_texts import run_text


@workwright.group()
def work() -> None:
    """The versions of a run's work; `workwright run ID --work` shows them."""


@work.command("restore")
@click.argument("run", metavar="ID")
@click.argument("version", type=click.IntRange(1, 9999), metavar="N")
@DATA
@AS_JSON
def restore_version(run: str, version: int, data: Path, as_json: bool) -> None:
    """Make version N the newest one again: it is tested again, and people are asked about it again."""
    path = f"/v1/runs/{quote(run, safe='')}/work/{version}/restore"
    show(ask_house(data, "POST", path), as_json, run_text)
