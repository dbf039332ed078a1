"""The command that lists runs: all of them, or those that are meant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shared.cli.follow import watch_runs
from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright
from shared.cli.run_texts import runs_table

_PAGE = 200  # runs in one answer


@workwright.command()
@click.option("--limit", default=20, show_default=True, help="How many to show, newest first.")
@click.option("--status", default="", help="Only runs in this state, like awaiting_approval or failed.")
@click.option("--group", default="", help="Only runs that are waiting (for a person), moving, done or failed.")
@click.option("--mine", is_flag=True, help="Only runs that ask something which you may decide or answer now.")
@click.option("--by", default="", metavar="NAME", help="Only runs that this person asked for.")
@click.option("--project", default="", metavar="PAGE", help="Only runs of this page or database and what is below it.")
@click.option(
    "--kind",
    default="",
    help="Only runs opened by a page, routine, day, retry, rollback, take-away, take-down, redeploy or agent.",
)
@click.option("--from", default="", metavar="DAY", help="Only runs opened on this day, in UTC, or later.")
@click.option("--to", default="", metavar="DAY", help="Only runs opened on this day, in UTC, or earlier.")
@click.option("--text", default="", help="Only runs whose title contains this.")
@click.option("--watch", is_flag=True, help="Show each of them again when it changes, and new ones, until Ctrl-C.")
@DATA
@AS_JSON
def runs(limit: int, watch: bool, mine: bool, data: Path, as_json: bool, **words: str) -> None:
    """List the runs, newest first."""
    wanted = {name: word for name, word in words.items() if word}
    wanted |= {"for": "me"} if mine else {}
    if watch:
        watch_runs(data, {**wanted, "limit": str(min(limit, _PAGE))}, as_json=as_json)
        return
    found = _ask_for_runs(data, limit, wanted)
    if not as_json:
        found["put_aside"] = ask_house(data, "GET", "/v1/dead-letters")["dead_letters"]
        found["narrowed"] = bool(wanted)
    show(found, as_json, runs_table)


def _ask_for_runs(data: Path, limit: int, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Return so many runs, of as many pages as it takes, and where the last page ended."""
    found: dict[str, Any] = {}
    listed: list[Any] = []
    place: dict[str, str] = {}
    while not found or (len(listed) < limit and found["next_cursor"]):
        params = {**wanted, **place, "limit": str(min(limit - len(listed), _PAGE))}
        found = ask_house(data, "GET", "/v1/runs", params=params)
        listed += found["runs"]
        place = {"cursor": str(found["next_cursor"])}
    return {**found, "runs": listed}
