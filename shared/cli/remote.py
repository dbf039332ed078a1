"""Look at runs and act on them from the terminal: calls to the API of the house that runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.root import AS_JSON, DATA, house_url, typed, workwright
from shared.cli.run_systems import systems_of_run
from shared.cli.work import version_text, versions_table
from shared.core.errors import ConfigError
from shared.core.text.readable import on_one_line

OWNER_KEY = "owner.key"
_CONNECT, _WAIT = 5, 60  # seconds
THINKING = 600  # seconds that an answer may take in which a model speaks
RUN = click.argument("run", metavar="ID")


@workwright.command()
@click.option("--limit", default=20, show_default=True, help="How many to show, newest first.")
@click.option("--status", default="", help="Only runs in this state, like awaiting_approval or failed.")
@DATA
@AS_JSON
def runs(limit: int, status: str, data: Path, as_json: bool) -> None:
    """List the runs, newest first."""
    params = {"limit": str(limit), **({"status": status} if status else {})}
    found = ask_house(data, "GET", "/v1/runs", params=params)
    if not as_json:
        found["put_aside"] = ask_house(data, "GET", "/v1/dead-letters")["dead_letters"]
    show(found, as_json, _runs_table)


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
@DATA
@AS_JSON
def run(run: str, step: str, work: int | None, data: Path, as_json: bool) -> None:
    """Show a run: its steps, results and cost; or what a step has told a model; or the versions of its work."""
    if work:
        show(ask_house(data, "GET", f"/v1/runs/{_part(run)}/work/{work}"), as_json, version_text)
        return
    if work == 0:
        show(ask_house(data, "GET", f"/v1/runs/{_part(run)}/work"), as_json, versions_table)
        return
    if step:
        show(ask_house(data, "GET", f"/v1/runs/{_part(run)}/context/{_part(step)}"), as_json, _context_text)
        return
    found = ask_house(data, "GET", f"/v1/runs/{_part(run)}")
    if not as_json:
        found["put_aside"] = ask_house(data, "GET", "/v1/dead-letters")["dead_letters"]
    show(found, as_json, lambda it: [*_run_text(it), *systems_of_run(it["steps"], data)])


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
            again = typed("approve", run, "--hash", asked["plan_hash"][:12])
            raise ConfigError(f"say what you agree to: {again}")
        click.confirm("Do you approve exactly this?", abort=True, err=True)
    body = {"plan_hash": asked["plan_hash"]} if asked["plan_hash"] else None
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/approve", body=body), as_json, _run_text)


@workwright.command()
@RUN
@click.argument("wish")
@DATA
@AS_JSON
def rework(run: str, wish: str, data: Path, as_json: bool) -> None:
    """Ask for the work that waits for an approval to be done differently."""
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/rework", body={"wish": wish}), as_json, _run_text)


@workwright.command()
@RUN
@click.argument("text")
@DATA
@AS_JSON
def answer(run: str, text: str, data: Path, as_json: bool) -> None:
    """Answer what a run asks in words: as in a comment on its page, like "again" or "build it"."""
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/answer", body={"text": text}), as_json, _run_text)


@workwright.command()
@RUN
@click.option("--reason", default="", help="The reason, which people are told.")
@click.option("--force", is_flag=True, help="Do not undo what was done; list what is left behind.")
@DATA
@AS_JSON
def cancel(run: str, reason: str, force: bool, data: Path, as_json: bool) -> None:
    """Stop a run and undo what can be undone."""
    body = {"reason": reason, "force": force}
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/cancel", body=body), as_json, _run_text)


@workwright.command()
@RUN
@click.option("--from-start", is_flag=True, help="Plan the page anew: everything is done, and paid for, again.")
@DATA
@AS_JSON
def retry(run: str, from_start: bool, data: Path, as_json: bool) -> None:
    """Go on where a failed or cancelled run ended, as a new run: what is done is neither planned nor paid for again."""
    body = {"from_start": from_start}
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/retry", body=body), as_json, _run_text)


@workwright.command()
@RUN
@DATA
@AS_JSON
def rollback(run: str, data: Path, as_json: bool) -> None:
    """Take back what a run put live: the previous version is shown again."""
    show(ask_house(data, "POST", f"/v1/runs/{_part(run)}/rollback"), as_json, _run_text)


@workwright.command()
@click.option("--day", default="", help="Like 2026-11-22, in UTC; by default today.")
@click.option("--month", default="", help="Like 2026-11, instead of a day.")
@click.option("--by", default="", help="Break it down by run, step, kind, agent, model, task, task_class or outcome.")
@DATA
@AS_JSON
def usage(day: str, month: str, by: str, data: Path, as_json: bool) -> None:
    """Show what a day or month has cost, and what it was spent on."""
    params = {name: value for name, value in (("day", day), ("month", month), ("by", by)) if value}
    show(ask_house(data, "GET", "/v1/usage", params=params), as_json, _usage_text)


def ask_house(
    data: Path,
    method: str,
    path: str,
    *,
    params: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    wait: float = _WAIT,
) -> dict[str, Any]:
    """Return the house's answer; raises ConfigError with what to do when there is none, or it says no.

    `wait`: seconds for an answer; where a model is asked, several of its calls are one answer (`THINKING`).
    """
    import requests

    url = house_url(data)
    try:
        key = (data / OWNER_KEY).read_text(encoding="ascii").strip()
    except OSError:
        raise ConfigError(f"no key in {data / OWNER_KEY}; start Workwright with: {typed('up', data=data)}") from None
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between two parts of one machine
        session.headers["Authorization"] = f"Bearer {key}"
        try:
            answer = session.request(method, url + path, params=params, json=body, timeout=(_CONNECT, wait))
            found: dict[str, Any] = answer.json()
        except requests.ReadTimeout:
            raise ConfigError(
                f"Workwright at {url} is still at work on this after {wait:g} s, and goes on with it; look again later"
            ) from None
        except requests.RequestException:
            raise ConfigError(f"nothing answers at {url}; start Workwright with: {typed('up', data=data)}") from None
    if not answer.ok:
        raise ConfigError(f"{found.get('detail', answer.status_code)}\n  {found.get('way_out', '')}".rstrip())
    return found


def show(found: dict[str, Any], as_json: bool, lines: Callable[[dict[str, Any]], list[str]]) -> None:
    """Print an answer: as it is, or in lines without the signs that a terminal obeys."""
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in lines(found):
        click.echo(on_one_line(line))
    sys.stdout.flush()


def _runs_table(found: dict[str, Any]) -> list[str]:
    listed = found["runs"]
    rows = [f"! {text}" for text in (found["paused"], found.get("notion_away")) if text]
    if not listed:
        return [*rows, "No runs yet. Set a page's status to Plan it.", *put_aside_lines(found["put_aside"])]
    for r in listed:
        rows.append(f"{r['id']:<28}  {_state(r):<19}  {r['opened_at'][:19]}  {r['title']}")
        rows += [f"  ! {text}" for text in r["attention"]]
    said = " ".join(text for r in listed for text in r["attention"])
    rows += put_aside_lines(letter for letter in found["put_aside"] if letter["id"] not in said)
    return [*rows, *(["There are more; raise --limit."] if found["next"] else [])]


def _state(run: dict[str, Any]) -> str:
    """Return in a word or three where a run is; of one that waits for people, what it waits for."""
    if run["rolled_back"]:
        return "rolled back"
    return f"waits: {run['waits_for']}" if run["waits_for"] else str(run["status"])


def _run_text(found: dict[str, Any]) -> list[str]:
    cost = found["cost"]
    lines = [found["rolled_back"]] if found["rolled_back"] else []
    lines += [
        f"{found['id']}  {found['status']}  {found['title']}",
        f"opened {found['opened_at'][:19]} by {found['by'] or 'nobody known'}"
        f", cost {cost['micros'] / 1e6:.4f} US dollars, {cost['tokens']} tokens",
    ]
    lines += found["left_out"]
    lines += [f"{word}: {found[name]}" for name, word in _NOTES.items() if found[name]]
    lines += [f"! {text}" for text in dict.fromkeys((found["paused"], *found["attention"])) if text]
    said = " ".join(found["attention"])
    lines += put_aside_lines((each for each in found.get("put_aside", ()) if each["id"] not in said), found["id"])
    lines += _steps(found["steps"])
    lines += [f"{m['model']}: calls {m['calls']}, {_usd(m['cost']['micros'])} US dollars" for m in found["models"]]
    lines += [f"{name}: {value}" for name, value in found["facts"].items() if name not in _TOLD]
    if any(approval["status"] == "waiting" for approval in found["approvals"]):
        lines += [*found["asked"]["lines"], f"It waits for you: {_how_to_approve(found)}"]
    if found["status"] in ("failed", "cancelled") and found["page"] and not found["retried_by"]:
        lines.append(f"To go on where it ended: {typed('retry', found['id'])}")
    if found["asked"]["what"] == "question":
        lines += [*found["asked"]["lines"], f'It waits for an answer: {typed("answer", found["id"])} "…"']
    return lines


def _how_to_approve(found: dict[str, Any]) -> str:
    """Return the command that approves; what leaves or goes live has to be named, a plan need not be."""
    asked = found["asked"]
    named = () if asked["what"] in ("", "plan") else ("--hash", asked["plan_hash"][:12])
    return typed("approve", found["id"], *named)


def put_aside_lines(letters: Iterable[Mapping[str, Any]], run: str = "") -> list[str]:
    """Return a line for each dead letter, of one run or of all, with the command that lets it go on."""
    return [
        f"! put aside: {letter['name']} of {letter['run'] or 'no run'} ({letter['reason']})."
        f" To let it go on: {typed('replay', letter['id'])}"
        for letter in letters
        if not run or letter["run"] == run
    ]


def _steps(steps: list[dict[str, Any]]) -> list[str]:
    """Return a line for each step, those that belong to another one set in below it."""
    depth: dict[str, int] = {}
    lines = []
    replaced = sum(step["status"] == "replaced" for step in steps)
    for step in (each for each in steps if each["status"] != "replaced"):
        depth[step["id"]] = depth.get(step["parent"], -1) + 1
        name = "  " * depth[step["id"]] + (step["title"] or step["kind"])
        said = " ".join((step["outcome"] or step["error"]).split())
        lines.append(f"  {step['status']:<10} {name}{_cost(step)}  {said}".rstrip())
    many = "1 step" if replaced == 1 else f"{replaced} steps"
    return [*lines, *([f"  {many} of an earlier plan left out"] if replaced else [])]


def _cost(step: dict[str, Any]) -> str:
    return f"  ({_usd(step['cost']['micros'])} US dollars)" if step["cost"]["micros"] else ""


def _usage_text(found: dict[str, Any]) -> list[str]:
    limit = f" of {_usd(found['limit'])}" if found["limit"] is not None else ""
    lines = [
        f"{found['period']}  {_usd(found['cost']['micros'])}{limit} US dollars, {found['cost']['tokens']} tokens",
        f"set aside for calls in progress {_usd(found['reserved'])}, in attempts that failed"
        f" {_usd(found['failed']['micros'])}",
    ]
    if found["per_finished"] is not None:
        runs = "1 run" if found["finished"] == 1 else f"{found['finished']} runs"
        lines.append(f"{runs} finished, {_usd(found['per_finished'])} each, all cost included")
    return [*lines, *(f"  {_usd(p['cost']['micros']):>10}  {p['calls']:>5} calls  {p['name']}" for p in found["parts"])]


def _usd(micros: int) -> str:
    return f"{micros / 1e6:.4f}"


def _context_text(found: dict[str, Any]) -> list[str]:
    whose = "by the provider's count" if found["counted"] == "provider" else "by our estimate"
    lines = [
        f"{found['step']}  {found['kind']}  attempt {found['attempt']}",
        f"{found['tokens']} of {found['budget']} tokens {whose}; {found['fixed']} of them are not listed below",
    ]
    lines += [f"refused as too long, with {size} tokens" for size in found["refused"]]
    for part in found["parts"]:
        kind = "instruction" if part["trusted"] else "data"
        line = f"  {part['share']:>6.1%}  {part['tokens']:>7}  {part['name']:<11}  {kind:<11}  {part['source']}"
        lines.append(f"{line}  ({part['note']})" if part["note"] else line)
    lines += [f"attempt {one['attempt']}: {one['tokens']} tokens" for one in found["earlier"]]
    return [*lines, "", *found["text"].splitlines()]


_TOLD = ("edited", "rolled_back", "question")  # facts that are said in words elsewhere
_NOTES = {"failure": "failed", "cancel": "cancelled", "retry_of": "retries", "retried_by": "retried by"}


def _part(run: str) -> str:
    return quote(run, safe="")
