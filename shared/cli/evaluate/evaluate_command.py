"""`workwright eval`: evaluate a model on a set of pages, or compare two results."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from shared.cli.evaluate.compare import compare as compare_results
from shared.cli.root import AS_JSON, DATA, workwright
from shared.core.models.model_facts import OFFLINE

Json = Mapping[str, Any]


def render_text(found: Json) -> str:
    """Return an evaluation's result."""
    return "\n".join(_lines(found))


def line_of(page: Json) -> str:
    mark = "✓" if page["ok"] else "✗"
    cost = f"{int(page['micros']) / 1e6:8.4f} $" if page["micros"] else "    free"
    more = f"  {page['repairs']} repairs" if page["repairs"] else ""
    held = f"{page['held']}/{page['looked']}"
    took = f"{cost:>10} {page['seconds']:7.1f} s{more}"
    return f"{mark} {page['page']:22} {page['kind']:8} {page['end']:10} {held:>6} {took}"


def _lines(found: Json) -> Iterator[str]:
    yield f"{found['set']} {found['version']} ({found['digest']}), model {found['model']}, prompts {found['prompts']}"
    yield ""
    for page in found["pages"]:
        yield line_of(page)
        for check in page["checks"]:
            if check["ok"] is False:
                yield f"    {check['name']}: {check['detail'][:160]}"
            elif check["ok"] is None:
                yield f"    not looked at: {check['name']} ({check['detail'][:120]})"
    yield ""
    yield (
        f"{'':10}{'pages':>7}{'right':>7}{'rate':>8}  {'95 percent':16}"
        f"{'dollars':>10}{'tokens':>11}{'minutes':>9}{'repairs':>9}"
    )
    for name, each in {**found["kinds"], "all": found["all"]}.items():
        rate = "–" if each["rate"] is None else f"{each['rate']:.0%}"
        interval = f"{each['low']:.0%} to {each['high']:.0%}"
        yield (
            f"{name:10}{each['pages']:7}{each['ok']:7}{rate:>8}  {interval:16}{each['usd']:10.4f}{each['tokens']:11}"
            f"{each['minutes']:9.1f}{each['repairs']:9}"
        )
    if found["missing"]:
        yield ""
        yield f"Not complete: {', '.join(found['missing'])} not evaluated; go on with --resume."
        if found["stopped_why"]:
            yield f"It ended before {found['stopped_before']}: {found['stopped_why']}."


def format_comparison(found: Json) -> str:
    lines = (
        []
        if found["same_set"]
        else ["The two results are of different sets or versions of one; read them with care.", ""]
    )
    for name in ("before", "after"):
        head, all_of_it = found[name], found["figures"][name]
        rate = "–" if all_of_it["rate"] is None else f"{all_of_it['rate']:.0%}"
        interval = f"{all_of_it['low']:.0%} to {all_of_it['high']:.0%}"
        lines.append(
            f"{name:7} {head['model']}, prompts {head['prompts']}: {all_of_it['ok']} of {all_of_it['pages']} right,"
            f" {rate} ({interval}), {all_of_it['usd']:.4f} $, {all_of_it['tokens']} tokens"
        )
    lines.append("")
    for page in found["pages"]:
        if page["change"] != "same" or page["checks_better"] or page["checks_worse"]:
            lines.append(f"{page['change']:7} {page['page']} ({' → '.join(page['ends'])})")
            lines += [f"        + {name}" for name in page["checks_better"]]
            lines += [f"        − {name}" for name in page["checks_worse"]]
    lines.append(
        f"{found['better']} better, {found['worse']} worse, {found['same']} the same; sign test p = {found['p']:.3f}"
    )
    return "\n".join(lines)


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
        found = compare_results(*compare)
        click.echo(json.dumps(found, ensure_ascii=False) if as_json else format_comparison(found))
        return
    if not model:
        raise click.UsageError("name a model with --model, or two results with --compare")
    from shared.cli.evaluate.evaluation import Wanted, evaluate
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
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else render_text(found))
    click.echo(f"Kept in {folder}", err=True)
    sys.exit(0 if found["complete"] else 1)


def _show(page: str, result: dict[str, Any] | None) -> None:
    """Tell on standard error what is done, because a page may take minutes."""

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
