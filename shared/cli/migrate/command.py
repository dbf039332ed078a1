"""`workwright migrate-to-cloud`: what a data folder holds goes on in a deployment, and this machine rests."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path

import click

from shared.cli.operations.attach import ENDPOINT, PROJECT, REGION
from shared.cli.root import AS_JSON, DATA, workwright
from shared.settings import process_environment


@workwright.command("migrate-to-cloud")
@PROJECT
@REGION
@click.option("--name", default="workwright", show_default=True, help="What its names begin with (Terraform's `name`).")
@click.option("--tenant", default="", help="Only this team; without it, all of the folder's.")
@click.option("--dry-run", is_flag=True, help="Say what would be moved, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--back", is_flag=True, help="Take back a move that did not come to its end, so that this machine works.")
@ENDPOINT
@DATA
@AS_JSON
def migrate_to_cloud(
    project: str,
    region: str,
    name: str,
    tenant: str,
    dry_run: bool,
    yes: bool,
    back: bool,
    endpoint: str,
    data: Path,
    as_json: bool,
) -> None:
    """Move what this folder holds to a deployment in Google Cloud, where work goes on; stop Workwright here first.

    It says first what goes along and what does not, and asks. Cut off anywhere, it is finished by running it again.
    Nothing that is there is overwritten. For the operator, who may write to the database, add secrets and use the key.
    """
    from shared.cli.migrate.look import look_at
    from shared.cli.migrate.move_ends import open_here, open_there
    from shared.cli.migrate.moving import carry_out, plan_move, take_back
    from shared.cli.migrate.words import as_data, list_todos, plan_words

    with open_here(data) as here:
        cloud = open_there(project, region, name, process_environment(), endpoint)
        if back:
            again = f"{data} works here again; start it: workwright up --data {data}"
            return _say({"taken_back": take_back(here, cloud)}, [again], as_json)
        look_at(cloud)
        plan = plan_move(here, cloud, tenant)
        shown = as_data(plan, cloud)
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
