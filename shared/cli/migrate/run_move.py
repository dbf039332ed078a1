"""A move, from the look at both ends to the word that it is done. It is loaded when the command begins."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path

import click

from shared.cli.migrate.look import look_at
from shared.cli.migrate.move_ends import open_here, open_there
from shared.cli.migrate.moving import carry_out, plan_move, take_back
from shared.cli.migrate.words import list_todos, plan_to_data, plan_words
from shared.settings import process_environment


def run_move(place: tuple[str, str, str, str], tenant: str, flags: tuple[bool, bool, bool, bool], data: Path) -> None:
    """Move it, or say what would be moved.

    `place` is the project, its region, what its names begin with, and --endpoint; `flags` are --dry-run, --yes,
    --back and --json.
    """
    (project, region, name, endpoint), (dry_run, yes, back, as_json) = place, flags
    with open_here(data) as here:
        cloud = open_there(project, region, name, process_environment(), endpoint)
        if back:
            again = f"{data} works here again; start it: workwright up --data {data}"
            return _say({"taken_back": take_back(here, cloud)}, [again], as_json)
        look_at(cloud)
        plan = plan_move(here, cloud, tenant)
        shown = plan_to_data(plan, cloud)
        if not plan.teams:
            return _say({**shown, "moved": dict(plan.mark.tenants)}, ["All of it was moved already."], as_json)
        if not as_json or not (yes or dry_run):
            click.echo("\n".join(plan_words(plan, cloud, here.choices)), err=as_json)
        if dry_run:
            return _say({**shown, "moved": {}}, [], as_json)
        if not yes:
            click.confirm("Move it?", abort=True, err=True)
        mark = carry_out(plan, here, cloud, lambda line: click.echo(line, err=True), time.sleep)
        return _say(shown | {"moved": dict(mark.tenants)}, list_todos(cloud, [t.tenant for t in plan.teams]), as_json)


def _say(found: object, words: Iterable[str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found))
    elif text := "\n".join(words):
        click.echo(text)
