"""`workwright connect`: connect Notion, then create our databases there or adopt those a team has."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright
from shared.cli.setup.answer_source import pick
from shared.core.errors import ConfigError
from shared.core.text.readable import join_lines

Json = Mapping[str, Any]
_ADDRESS = "/v1/databases"
_LOOK_EVERY_S = 0.5


@workwright.command()
@click.argument("system", default="notion")
@click.option("--page", default="", help="The Notion page to create databases on: its id or its link.")
@click.option("--adopt", multiple=True, metavar="KIND=DATABASE", help="A database to use, such as tasks=<id or link>.")
@click.option("--answer", multiple=True, metavar="KEY=VALUE", help="An answer to a question from before.")
@click.option(
    "--wait", type=click.IntRange(0, 86_400), default=600, show_default=True, help="Seconds to wait, each time."
)
@DATA
@AS_JSON
def connect(
    system: str, page: str, adopt: Sequence[str], answer: Sequence[str], wait: int, data: Path, as_json: bool
) -> None:
    """Connect Notion, then create the databases there, or adopt those you have; or another SYSTEM, such as slack.

    Asks for what it needs; with --json, or without a terminal, it never asks: it prints what is missing and ends with
    exit code 1.
    """
    if system != "notion":
        show(ask_house(data, "POST", "/v1/connections", body={"system": system}), as_json, _show_link)
        return
    wish = {"page": page, "adopt": _pairs("--adopt", adopt), "answers": _pairs("--answer", answer)}
    asks = not as_json and sys.stdin.isatty()
    found = _wait_connected(data, time.monotonic() + wait, quiet=as_json)
    if found["connected"]:
        found = _set_up(data, wish, wait, asks=asks)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for line in _lines(found):
            click.echo(join_lines(line))
    sys.exit(0 if found["connected"] and found["state"] == "done" else 1)


def _show_link(found: Json) -> list[str]:
    return [
        "Open this link within ten minutes, and agree to everything that is asked for:",
        f"  {found['connect_url']}",
    ]


def _wait_connected(data: Path, until: float, *, quiet: bool) -> Json:
    """Show the link and wait until Notion is connected, or until the time is up."""
    found = ask_house(data, "GET", _ADDRESS)
    if not found["connected"] and found.get("connect_command"):
        click.echo(f"Notion was connected by a token; give a new one with: {found['connect_command']}", err=quiet)
        return found
    if not found["connected"]:
        click.echo(f"Open this link, choose your workspace and allow access:\n  {found['connect_url']}", err=quiet)
    while not found["connected"] and time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S)
        found = ask_house(data, "GET", _ADDRESS)
    return found


def _set_up(data: Path, wish: Json, wait: int, *, asks: bool) -> Json:
    """Carry the wish out, asking back for as long as somebody is there to answer, who may take their time."""
    while True:
        found = _wait_settled(data, ask_house(data, "POST", _ADDRESS, body=wish), time.monotonic() + wait)
        if not asks or found["state"] in ("done", "failed", "working"):
            return found
        wish = choose_place(found) if found["state"] == "choosing" else answers_of(found)


def _wait_settled(data: Path, found: Json, until: float) -> Json:
    while found["state"] == "working" and time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S / 5)
        found = ask_house(data, "GET", _ADDRESS)
    return found


def choose_place(found: Json) -> dict[str, Any]:
    """Ask where the databases go, or which ones there are to adopt."""
    pages = [(page["id"], f"Create them on the page “{page['title']}”") for page in found["pages"]]
    adopt = [
        (f"{candidate['like']}={candidate['id']}", f"Use “{candidate['title']}” as {candidate['like']}")
        for candidate in found["found"]
        if candidate["like"]
    ]
    if not pages and not adopt:
        raise ConfigError("no page is shared with Workwright; share one in Notion under ••• → Connections")
    chosen = pick("Where do the databases go?", [*pages, *adopt])
    kind, is_adoption, database = chosen.partition("=")
    return {"adopt": {kind: database}} if is_adoption else {"page": chosen}


def answers_of(found: Json) -> dict[str, Any]:
    """Ask each of the questions back."""
    given = {}
    for question in found["questions"]:
        choices = [(choice["value"], choice["label"]) for choice in question["choices"]]
        given[question["key"]] = pick(question["text"], choices)
    return {"answers": given}


def _lines(found: Json) -> list[str]:
    if not found["connected"]:
        return ["Notion is not connected yet. Run this again when it is."]
    lines = [f"{database['kind']}: {database['database']}" for database in found["databases"]]
    lines += [f"  missing column: {name}" for database in found["databases"] for name in database["missing"]]
    for question in found["questions"]:
        lines.append(question["text"])
        lines += [
            f"  --answer '{question['key']}={choice['value']}'  {choice['label']}" for choice in question["choices"]
        ]
    lines += [f"  --page {page['id']}  {page['title']}" for page in found["pages"]]
    lines += [
        f"  --adopt {database['like'] or 'KIND'}={database['id']}  {database['title']}" for database in found["found"]
    ]
    if found["problem"]:
        lines.append(found["problem"])
    return [*lines, f"State: {found['state']}."]


def _pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if wrong := [each for each, (key, sign, value) in zip(given, pairs, strict=True) if not (key and sign and value)]:
        raise ConfigError(f"{option} {wrong[0]!r} has no “=” between a name and a value")
    return {key: value for key, _, value in pairs}
