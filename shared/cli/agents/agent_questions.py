"""`workwright agents` and `workwright patterns`: who can be asked, a question within a ceiling, and its answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError

_ASK = click.option("--ask", "given", default="", metavar="JSON", help="Ask it: its input, as JSON.")
_CEILING = click.option("--ceiling", type=click.FloatRange(0, 100), help="With --ask: US dollars that it may cost.")


@workwright.command()
@click.argument("name", default="", metavar="[AGENT]")
@_ASK
@_CEILING
@click.option("--answer", "run", default="", metavar="RUN", help="Show what this run was answered.")
@DATA
@AS_JSON
def agents(name: str, given: str, ceiling: float | None, run: str, data: Path, as_json: bool) -> None:
    """List the agents; with a name show one, or ask it."""
    if run:
        show(ask_house(data, "GET", f"/v1/runs/{quote(run, safe='')}/answer"), as_json, _answer_lines)
        return
    _look_or_ask("agents", name, given, ceiling, data, as_json=as_json)


@workwright.command()
@click.argument("name", default="", metavar="[PATTERN]")
@_ASK
@_CEILING
@DATA
@AS_JSON
def patterns(name: str, given: str, ceiling: float | None, data: Path, as_json: bool) -> None:
    """List the ways in which several agents are asked; with a name show one, or ask in it."""
    _look_or_ask("patterns", name, given, ceiling, data, as_json=as_json)


def _look_or_ask(which: str, name: str, given: str, ceiling: float | None, data: Path, *, as_json: bool) -> None:
    if not name:
        if given:
            raise ConfigError("--ask needs the name of whom to ask")
        show(
            ask_house(data, "GET", f"/v1/{which}", params={"limit": "100"}), as_json, lambda found: _lines(found[which])
        )
        return
    place = f"/v1/{which}/{quote(name, safe='')}"
    if not given:
        show(ask_house(data, "GET", place), as_json, lambda found: json.dumps(found, indent=2).splitlines())
        return
    if ceiling is None:
        raise ConfigError("--ask needs --ceiling: the US dollars that it may cost at most")
    body = {"input": _read_input(given), "ceiling": round(ceiling * 1_000_000)}
    show(ask_house(data, "POST", f"{place}/ask", body=body), as_json, lambda run: _show_way(run, data))


def _read_input(given: str) -> Any:
    try:
        found = json.loads(given)
    except ValueError as error:
        raise ConfigError(f"--ask: this is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ConfigError("--ask: give a JSON object")
    return found


def _lines(found: list[dict[str, Any]]) -> list[str]:
    return [f"{each['id']:<22} {each['purpose'].split('. ')[0]}" for each in found]


def _show_way(run: dict[str, Any], data: Path) -> list[str]:
    answer = format_command("agents", "--answer", run["id"], data=data)
    return [f"{run['id']}  {run['status']}  {run['title']}", f"See the answer: {answer}"]


def _answer_lines(found: dict[str, Any]) -> list[str]:
    head = f"{found['run']}  {found['status']}  {found['cost']['micros'] / 1e6:.4f} USD"
    return [head, *([found["failure"]] if found["failure"] else []), *found["text"].splitlines()]
