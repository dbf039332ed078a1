"""What the queue has given up on: list it, and let it go on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from shared.backends.local.folder.data_folder import DATABASE
from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright
from shared.cli.run_texts import put_aside_lines


@workwright.command("dead-letters")
@DATA
@AS_JSON
def dead_letters(data: Path, as_json: bool) -> None:
    """List the commands that were put aside after too many tries, with the reason for each and how it can go on."""
    show(ask_house(data, "GET", "/v1/dead-letters"), as_json, _table)


@workwright.command()
@click.argument("letter", metavar="ID")
@DATA
@AS_JSON
def replay(letter: str, data: Path, as_json: bool) -> None:
    """Hand over a command that was put aside again, once its cause is fixed."""
    found = ask_house(data, "POST", f"/v1/dead-letters/{quote(letter, safe='')}/replay")
    show(found, as_json, lambda answer: [f"handed over again: {answer['replayed']}"])


def _table(found: dict[str, Any]) -> list[str]:
    return put_aside_lines(found["dead_letters"]) or ["There are no dead letters."]


def put_aside_here(data: Path) -> list[Mapping[str, Any]]:
    """Return the dead letters of all tenants of a data folder, oldest first, whether its house runs or not."""
    if not (data / DATABASE).exists():
        return []
    query = "SELECT body, reason FROM tasks WHERE dead_at IS NOT NULL ORDER BY dead_at, id"
    connection = sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True, timeout=10)
    try:
        return [{**json.loads(body), "reason": reason} for body, reason in connection.execute(query)]
    finally:
        connection.close()


def describe_dead_letters(letters: Iterable[Mapping[str, Any]]) -> str:
    """Return in one line what was put aside, for whoever looks over an installation."""
    named = [f"{letter['id']} ({letter['reason']})" for letter in letters]
    more = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return f"{len(named)} put aside: " + "; ".join(named[:5]) + more
