"""`workwright bench asking`."""

from __future__ import annotations

import json
import sys

import click

from shared import log
from shared.cli.benchmarks import bench
from shared.cli.root import AS_JSON


@bench.command("asking")
@click.option("--edits", type=click.IntRange(5, 500), default=20, show_default=True, help="In each state.")
@click.option("--seed", default=7, show_default=True, help="Of the random times.")
@AS_JSON
def bench_asking_command(edits: int, seed: int, as_json: bool) -> None:
    """How soon a status set in Notion is seen without a webhook, and how many requests that takes."""
    from shared.bench.asking_edits import as_text, bench_asking

    log.show_from("ERROR")
    found = bench_asking(edits, seed)
    click.echo(json.dumps(found) if as_json else as_text(found))
    sys.exit(0 if all(found["kept"].values()) else 1)
