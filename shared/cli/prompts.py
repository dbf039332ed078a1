"""The command that measures prompts. What does the work is imported when it is called."""

from __future__ import annotations

import json

import click

from shared.cli.commands import bench
from shared.cli.root import AS_JSON


@bench.command("prompts")
@AS_JSON
def bench_prompts_command(as_json: bool) -> None:
    """How much a model is told, per request and per part, in twelve situations."""
    from shared import log
    from shared.cli.bench_prompts import as_text, bench_prompts

    log.show_from("ERROR")
    found = bench_prompts()
    click.echo(json.dumps(found) if as_json else as_text(found))
