"""Look at a run and act on it from the terminal: calls to the API of the house that runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.follow import follow_run
from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.cli.run_systems import systems_of_run
from shared.cli.run_texts import context_text, run_text, usage_text
from shared.core.errors import ConfigError


def versions_table(found: dict[str, Any]) -> list[str]:
    """Return a line for each version, oldest first."""
    if not found["versions"]:
        return ["This run has written nothing that was tested."]
    return [_line(each) for each in found["versions"]]


def version_text(found: dict[str, Any]) -> list[str]:
    """Return one version in full: what came of its tests, its files, its diff."""
    lines = [_line(found), f"tree {found['tree']}"]
    if not found["kept"]:
        lines.append("Its files are no longer kept.")
    report = found["report"] or {}
    for name, excerpt in report.get("failures", ()):
        lines += ["", f"FAILED {name}", *(f"  {line}" for line in str(excerpt).splitlines())]
    own = report.get("own") or {}
    for what in ("changed", "removed"):
        if own.get(what):
            lines.append(f"tests of yours that it {what}: {', '.join(own[what])}")
    lines += [f"note: {note}" for note in report.get("notes", ())]
    lines += ["", *found["diff"].splitlines()]
    return [*lines, "… the diff goes on"] if found["cut"] else lines


def _line(version: dict[str, Any]) -> str:
    came = "green" if version["green"] else "red"
    cost = f"{version['cost']['micros'] / 1e6:.4f} USD"
    line = f"{version['n']:>3}  {came:<5}  {version['tests']:>4} tests  {version['seconds']:>6.1f} s  {cost}"
    if version["restores"]:
        line += f"  is version {version['restores']} again"
    why = str(version["reason"]).splitlines()
    return f"{line}  {why[0][:100]}" if why else line


RUN = click.argument("run", metavar="ID")


@workwright.command()
@RUN
@click.option("--context", "step", default="", metavar="STEP", help="What this step has told a model, part by part.")
@click.option(
    "--work",
    type=click.IntRange(0, 9999),
    is_flag=False,
    flag_value=0,
    default=None,
    metavar="[N]",
    help="The versions of its work; with N one of them: its diff and its test report.",
)
@click.option("--since", type=click.IntRange(0, 9999), default=None, help="With --work N: compare with this version.")
@click.option("--file", "path", default="", metavar="PATH", help="With --work N: print this file as it is in it.")
@click.option(
    "--follow", is_flag=True, help="Show each change until the run ends: with 0 when it has succeeded, else with 1."
)
@DATA
@AS_JSON
def run(
    run: str, step: str, work: int | None, since: int | None, path: str, follow: bool, data: Path, as_json: bool
) -> None:
    """Show a run: its steps, results and cost; or what a step has told a model; or the versions of its work."""
    if follow:
        if step or work is not None:
            raise ConfigError("--follow shows the run itself; leave out --context and --work")
        follow_run(data, f"/v1/runs/{_part(run)}", as_json=as_json)
        return
    if work:
        _show_version(f"/v1/runs/{_part(run)}/work/{work}", since, path, data, as_json=as_json)
        return
    if path or since is not None:
        raise ConfigError("--file and --since are about one version; name it with --work N")
    if work == 0:
        show(ask_house(data, "GET", f"/v1/runs/{_part(run)}/work"), as_json, versions_table)
        return
    if step:
        show(ask_house(data, "GET", f"/v1/runs/{_part(run)}/context/{_part(step)}"), as_json, context_text)
        return
    found = ask_house(data, "GET", f"/v1/runs/{_part(run)}")
    found |= ask_house(data, "GET", f"/v1/runs/{_part(run)}/attempts")
    if not as_json:
        found["put_aside"] = ask_house(data, "GET", "/v1/dead-letters")["dead_letters"]
    show(found, as_json, lambda shown: [*run_text(shown), *systems_of_run(shown["steps"], data)])


def _show_version(place: str, since: int | None, path: str, data: Path, *, as_json: bool) -> None:
    if path:
        found = ask_house(data, "GET", f"{place}/file", params={"path": path})
        show(
            found, as_json, lambda file: [file["text"].removesuffix("\n") or f"{file['bytes']} bytes that are no text"]
        )
        return
    params = {} if since is None else {"since": str(since)}
    show(ask_house(data, "GET", place, params=params), as_json, version_text)


@workwright.command()
@RUN
@click.option(
    "--hash", "named", default="", metavar="HASH", help=("What you agree to: the first characters of its hash.")
)
@DATA
@AS_JSON
def approve(run: str, named: str, data: Path, as_json: bool) -> None:
    """Approve what a run asks: its plan, what leaves, or that it goes live."""
    asked = ask_house(data, "GET", f"/v1/runs/{_part(run)}")["asked"]
    if named and not asked["plan_hash"].startswith(named):
        raise ConfigError(f"the run does not ask about {named}; it asks about {asked['plan_hash'][:12] or 'nothing'}")
    if asked["what"] not in ("", "plan") and not named:
        click.echo("\n".join(asked["lines"]), err=True)
        if not sys.stdin.isatty():
            again = format_command("approve", run, "--hash", asked["plan_hash"][:12])
            raise ConfigError(f"say what you agree to: {again}")
        click.confirm("Do you approve exactly this?", abort=True, err=True)
    body = {"plan_hash": asked["plan_hash"]} if asked["plan_hash"] else None
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/approve", body=body), as_json, run_text)


@workwright.command()
@RUN
@click.argument("wish")
@DATA
@AS_JSON
def rework(run: str, wish: str, data: Path, as_json: bool) -> None:
    """Ask for the work that waits for an approval to be done differently."""
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/rework", body={"wish": wish}), as_json, run_text)


@workwright.command()
@RUN
@click.argument("text")
@DATA
@AS_JSON
def answer(run: str, text: str, data: Path, as_json: bool) -> None:
    """Answer what a run asks in words: as in a comment on its page, like "again" or "build it"."""
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/answer", body={"text": text}), as_json, run_text)


@workwright.command()
@RUN
@click.option("--reason", default="", help="The reason, which people are told.")
@click.option("--force", is_flag=True, help="Do not undo what was done; list what is left behind.")
@DATA
@AS_JSON
def cancel(run: str, reason: str, force: bool, data: Path, as_json: bool) -> None:
    """Stop a run and undo what can be undone."""
    body = {"reason": reason, "force": force}
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/cancel", body=body), as_json, run_text)


@workwright.command()
@RUN
@click.option("--from-start", is_flag=True, help="Plan the page anew: everything is done, and paid for, again.")
@DATA
@AS_JSON
def retry(run: str, from_start: bool, data: Path, as_json: bool) -> None:
    """Go on where a failed or cancelled run ended, as a new run: what is done is neither planned nor paid for again."""
    body = {"from_start": from_start}
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/retry", body=body), as_json, run_text)


@workwright.command()
@RUN
@DATA
@AS_JSON
def rollback(run: str, data: Path, as_json: bool) -> None:
    """Take back what a run put live: the previous version is shown again."""
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/rollback"), as_json, run_text)


@workwright.command()
@click.option("--day", default="", help="Like 2026-11-22, in UTC; by default today.")
@click.option("--month", default="", help="Like 2026-11, instead of a day.")
@click.option("--by", default="", help="Break it down by run, step, kind, agent, model, task, task_class or outcome.")
@DATA
@AS_JSON
def usage(day: str, month: str, by: str, data: Path, as_json: bool) -> None:
    """Show what a day or month has cost, and what it was spent on."""
    params = {name: value for name, value in (("day", day), ("month", month), ("by", by)) if value}
    show(ask_house(data, "GET", "/v1/usage", params=params), as_json, usage_text)


def _part(run: str) -> str:
    return quote(run, safe="")
