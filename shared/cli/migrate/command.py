"""`workwright migrate-to-cloud`: what a data folder holds goes on in a deployment, and this machine rests."""

from __future__ import annotations

from pathlib import Path

import click

from shared.cli.operations.attach import ENDPOINT, PROJECT, REGION
from shared.cli.root import AS_JSON, DATA, workwright


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
    from shared.cli.migrate.run_move import run_move

    run_move((project, region, name, endpoint), tenant, (dry_run, yes, back, as_json), data)
