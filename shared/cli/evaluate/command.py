"""`workwright eval`: evaluate a model on a set of pages, or compare two results."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from shared.cli.root import AS_JSON, DATA, workwright
from shared.core.models.model_facts import OFFLINE

_RESULT = click.Path(path_type=Path, dir_okay=False)


@workwright.command("eval")
@click.option("--set", "pages", default="builtin", show_default=True, help="A folder with a set, or builtin.")
@click.option("--model", help="A provider, or provider/model, as in WORKWRIGHT_MODEL; or offline.")
@click.option("--limit-usd", type=click.FloatRange(0, 1_000_000), help="What all of it may cost at most; never passed.")
@click.option("--only", multiple=True, help="One page by its name; several times for several.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="The folder for results and artefacts.")
@click.option("--resume", is_flag=True, help="Go on with what is missing in that folder.")
@click.option(
    "--browser", default="auto", show_default=True, help="What looks at sites: auto, off, or a program's path."
)
@click.option("--compare", nargs=2, type=_RESULT, help="Two results.json: what got better or worse.")
@DATA
@AS_JSON
def evaluate_command(
    pages: str, model: str | None, limit_usd: float | None, only: tuple[str, ...], keep: Path | None, resume: bool,
    browser: str, compare: tuple[Path, Path] | None, data: Path, as_json: bool,
) -> None:  # fmt: skip
    """Say how good a model is: pages of people, each done in an installation of its own, and judged by what came of it.

    The model's key is the operator's secret of the data folder, or is read from the terminal or standard input.
    Exit code 0 means that every page was evaluated, whatever came of it; 1 that some are missing.
    """
    if compare:
        from shared.cli.evaluate.compare import compare as compare_results
        from shared.cli.evaluate.shown import compared

        found = compare_results(*compare)
        click.echo(json.dumps(found, ensure_ascii=False) if as_json else compared(found))
        return
    if not model:
        raise click.UsageError("name a model with --model, or two results with --compare")
    from shared.cli.evaluate.evaluation import Wanted, evaluate
    from shared.cli.evaluate.shown import as_text
    from shared.local.story.story_end import BROKEN_OFF

    secret, key = _key(model, data)
    micros = None if limit_usd is None else int(Decimal(str(limit_usd)) * 1_000_000)
    folder = keep or data / "evaluations" / f"{Path(pages).stem}-{model.replace('/', '-')}"
    wanted = Wanted(pages, model, folder, only, micros, resume, browser, secret, key)
    try:
        found = evaluate(wanted, _show)
    except KeyboardInterrupt:
        click.echo(f"\nInterrupted. What is done is kept in {folder}; go on with --resume.", err=True)
        sys.exit(BROKEN_OFF)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else as_text(found))
    click.echo(f"Kept in {folder}", err=True)
    sys.exit(0 if found["complete"] else 1)


def _show(page: str, result: dict[str, Any] | None) -> None:
    """Tell on standard error what is done, because a page may take minutes."""
    from shared.cli.evaluate.shown import line_of

    click.echo(line_of(result) if result is not None else f"… {page}", err=True)


def _key(model: str, data: Path) -> tuple[str, str]:
    """Return the name of the model's secret and the secret itself; both are empty where none is needed."""
    provider = model.partition("/")[0]
    if provider in (OFFLINE, "vertex"):
        return "", ""
    name = f"{provider}-api-key"
    if (data / "secrets.json").exists():
        from shared.backends.local.keys.local_secrets import LocalSecrets

        try:
            return name, LocalSecrets(data).get(name).reveal()
        except KeyError:
            pass
    if provider == "compatible":  # a server of one's own mostly wants none
        return name, ""
    if sys.stdin.isatty():
        return name, str(click.prompt(f"Key for {provider}", hide_input=True)).strip()
    if key := sys.stdin.readline().strip():
        return name, key
    raise click.UsageError(f"there is no key for {provider}: {data} holds none, and standard input is empty")
