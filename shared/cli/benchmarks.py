"""The measurements: each a command of `bench`, a few lines around what measures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from shared import log
from shared.cli.root import AS_JSON, workwright


@workwright.group()
def bench() -> None:
    """Measure, beside something to compare with in the same run."""


@bench.command("steps")
@click.option("--transport", type=click.Choice(["inline", "http"]), default="inline", show_default=True)
@click.option("--runs", type=click.IntRange(1, 100_000), default=200, show_default=True)
@click.option("--steps", type=click.IntRange(1, 150), default=5, show_default=True)
@click.option("--concurrency", type=click.IntRange(1, 256), default=1, show_default=True)
@AS_JSON
def bench_steps_command(transport: str, runs: int, steps: int, concurrency: int, as_json: bool) -> None:
    """Durable steps per second: every step is on disk before the next of its run begins."""
    from shared.bench.steps import bench_steps

    found = bench_steps(transport, runs, steps, concurrency)
    if as_json:
        click.echo(json.dumps(found))
        return
    for name in ("engine", "floor"):
        click.echo(f"{name:7}" + "  ".join(f"{key} {value}" for key, value in found[name].items()))
    click.echo(f"ratio  {found['ratio']} of the floor; peak memory {found['peak_memory_mb']} MB")


@bench.command("notion")
@click.option("--blocks", type=click.IntRange(1, 5_000), default=1000, show_default=True)
@click.option("--pages", type=click.IntRange(8, 2_000), default=200, show_default=True)
@click.option("--rows", type=click.IntRange(1, 10_000), default=1000, show_default=True)
@click.option("--window", type=click.FloatRange(0.1, 60), default=3.0, show_default=True, help="Notion's minute, in s.")
@click.option("--faults", type=click.FloatRange(0, 0.2), default=0.01, show_default=True, help="Share of requests.")
@click.option("--seed", type=int, default=7, show_default=True, help="Of the faults.")
@AS_JSON
def bench_notion_command(
    blocks: int, pages: int, rows: int, window: float, faults: float, seed: int, as_json: bool
) -> None:
    """Common work in Notion, beside the obvious loop through `notion-client`."""
    from shared.bench.notion.notion_work import Sizes, as_text, bench_notion
    from shared.bench.notion.notion_world import Conditions

    found = bench_notion(Sizes(blocks, pages, rows), Conditions(window, faults, seed))
    click.echo(json.dumps(found) if as_json else as_text(found))


@bench.command("ship")
@click.option("--kind", "kinds", multiple=True, help="One kind of work; several times for several. Without: all.")
@AS_JSON
def bench_ship_command(kinds: tuple[str, ...], as_json: bool) -> None:
    """Requests, seconds, tokens and dollars from an approved plan to production that is checked."""
    from shared.bench.ship.ship_cost import KINDS, as_text, bench_ship

    if unknown := sorted(set(kinds) - set(KINDS)):
        raise click.UsageError(f"--kind {unknown[0]} is unknown; use {', '.join(KINDS)}")
    log.show_from("ERROR")
    found = bench_ship(kinds or KINDS)
    click.echo(json.dumps(found) if as_json else as_text(found))


@bench.command("cold")
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help=("How many times each function is started."),
)
@click.option("--function", "functions", multiple=True, help="One function; several times for several. Without: all.")
@AS_JSON
def bench_cold_command(rounds: int, functions: tuple[str, ...], as_json: bool) -> None:
    """CPU, time and memory of each function from its start to its first answer, beside the bare hello."""
    from shared.bench.cold.cold_starts import as_text, bench_cold

    found = bench_cold(rounds, functions)
    click.echo(json.dumps(found) if as_json else as_text(found))


@bench.command("ops")
@AS_JSON
def bench_ops_command(as_json: bool) -> None:
    """What the demo's run uses of all that is billed or limited, and its dollars, beside a run before."""
    from shared.bench.ops.ops import as_text, bench_ops, find_growth

    log.show_from("ERROR")
    found = bench_ops()
    click.echo(json.dumps(found) if as_json else as_text(found))
    if more := find_growth(found, found["before"]["now"]["run"]):
        raise click.ClickException("a run uses more than it did: " + "; ".join(more))


@bench.command("webhook")
@click.option("--requests", type=click.IntRange(10, 100_000), default=600, show_default=True, help="Per measurement.")
@click.option("--clients", type=click.IntRange(1, 256), multiple=True, help="At once; repeat it.  [default: 1 to 64]")
@AS_JSON
def bench_webhook_command(requests: int, clients: tuple[int, ...], as_json: bool) -> None:
    """Signed deliveries per second through notion-webhook under gunicorn, beside the bare hello."""
    from shared.bench.cold.webhook_rate import CLIENTS, as_text, bench_webhook

    found = bench_webhook(requests, clients or CLIENTS)
    click.echo(json.dumps(found) if as_json else as_text(found))
    sys.exit(1 if found["errors"] else 0)


@bench.command("scale")
@click.option("--seed", type=int, default=1, show_default=True, help="The seed of tenants, arrivals and durations.")
@click.option("--tenants", type=click.IntRange(10, 100_000), default=10_000, show_default=True)
@AS_JSON
def bench_scale_command(seed: int, tenants: int, as_json: bool) -> None:
    """A busy morning of many tenants in the queues as they are deployed, in virtual time, and a flood by one."""
    from shared.bench.ops.scale import Load, as_text, bench_scale

    found = bench_scale(seed, Load(tenants=tenants))
    click.echo(json.dumps(found) if as_json else as_text(found))


@bench.command("load")
@click.option("--runs", type=click.IntRange(1, 1000), default=50, show_default=True, help="Pages.")
@click.option("--planned", is_flag=True, help="Only until every plan is shown; nothing is approved.")
@click.option("--within", type=click.FloatRange(10, 7200), default=600, show_default=True, help="Seconds.")
@click.option("--idle", type=click.FloatRange(0, 600), default=75, show_default=True, help="Seconds before it begins.")
@AS_JSON
def bench_load_command(runs: int, planned: bool, within: float, idle: float, as_json: bool) -> None:
    """Many pages set to Plan it at once on an installation of its own: times, results, processes, memory."""
    from shared.bench.load.bench import as_text, bench_load

    found = bench_load(runs, planned=planned, within_s=within, idle_s=idle)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else as_text(found))
    sys.exit(0 if found["ok"] else 1)


@bench.command("chaos")
@click.option("--runs", type=click.IntRange(1, 200), default=12, show_default=True, help="Pages that are worked on.")
@click.option(
    "--kills", type=click.IntRange(0, 1_000), default=25, show_default=True, help="How many times Workwright is killed."
)
@click.option(
    "--faults", type=click.IntRange(0, 1_000), help="Bad answers of the simulated systems.  [default: one for each run]"
)
@click.option("--seed", type=int, default=1, show_default=True, help="The seed of the kills and bad answers.")
@click.option("--browser", is_flag=True, help="Look at sites with this machine's browser, which takes longer.")
@click.option("--keep", type=click.Path(path_type=Path), help="An empty folder to keep everything in afterwards.")
@AS_JSON
def bench_chaos_command(
    runs: int, kills: int, faults: int | None, seed: int, browser: bool, keep: Path | None, as_json: bool
) -> None:
    """Kill Workwright again and again while it works; judge by the journals of the simulated systems outside it."""
    from shared.bench.chaos.story import Plan, as_text, bench_chaos

    plan = Plan(runs, kills, seed, runs if faults is None else faults, browser=browser)
    found = bench_chaos(plan, keep)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else as_text(found))
    sys.exit(0 if found["ok"] else 1)


_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@bench.command("retrieval")
@click.option("--docs", type=_FILE, required=True, help='JSONL: {"id", "title", "text"}.')
@click.option("--queries", type=_FILE, required=True, help='JSONL: {"id", "text"}.')
@click.option("--qrels", type=_FILE, required=True, help='JSONL: {"query_id", "doc_id", "relevance"}.')
@click.option("--vectors", type=click.Path(path_type=Path), help="Folder of the vector model; made by `make vectors`.")
@AS_JSON
def bench_retrieval_command(docs: Path, queries: Path, qrels: Path, vectors: Path | None, as_json: bool) -> None:
    """Quality and time of search on a judged collection, beside plain BM25."""
    from shared.bench.retrieval import as_text, bench_retrieval, read_collection

    found = bench_retrieval(read_collection(docs, queries, qrels), vectors)
    click.echo(json.dumps(found) if as_json else as_text(found))
