"""The command that measures prompts. What does the work is imported when it is called."""

from __future__ import annotations

import json

import click

from shared import log
from shared.cli.benchmarks import bench
from shared.cli.root import AS_JSON


@bench.command("prompts")
@click.option("--calls", is_flag=True, help="Count the calls of the six runs alone.")
@AS_JSON
def bench_prompts_command(calls: bool, as_json: bool) -> None:
    """How much a model is told in twelve situations, and how often six runs ask one.

    The runs are those of the first study; a reader without fault answers, so every call is one that is needed.
    """
    from shared.bench.prompts.prompt_sizes import as_text, bench_prompts, only_calls

    log.show_from("ERROR")
    found = only_calls() if calls else bench_prompts()
    click.echo(json.dumps(found) if as_json else as_text(found))
