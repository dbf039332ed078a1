"""`workwright audit`: the record of who decided what."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shared.app.api.settings.audit import check_view
from shared.app.tenants.audit_export import write_csv, write_json
from shared.app.tenants.audit_record import check_audit
from shared.cli.house_calls import THINKING, ask_house, show
from shared.cli.operations.operate import operator
from shared.cli.root import AS_JSON, DATA, workwright
from shared.core.errors import ConfigError
from shared.ports import SYSTEM


@workwright.group()
def audit() -> None:
    """Check the record of who decided what, and who changed what, and take it along."""


@audit.command()
@click.option(
    "--tenant",
    default="",
    metavar="ID",
    help=f"Read the store itself, as an operator: this team's record, or with {SYSTEM} the installation's.",
)
@DATA
@AS_JSON
def verify(tenant: str, data: Path, as_json: bool) -> None:
    """Say whether an entry was removed, changed, inserted or swapped, and name the first one that is broken.

    With --tenant on one machine while Workwright is stopped, in the cloud with the environment of the functions.

    \b
    Exit codes:
      0  every entry is as it was written
      1  one is not
    """
    found = dict(_check_here(tenant, data) if tenant else ask_house(data, "GET", "/v1/audit/verify", wait=THINKING))
    show(found, as_json, _text)
    sys.exit(0 if found["whole"] else 1)


@audit.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--actor", default="", metavar="NAME", help="Only what this one did, as `by` says.")
@click.option("--action", default="", metavar="WORD", help="Only this, as `what` says, like ApprovalGranted.")
@click.option("--from", "first", default="", metavar="DAY", help="Only from this day on, like 2026-11-24, in UTC.")
@click.option("--to", "last", default="", metavar="DAY", help="Only up to this day, in UTC.")
@DATA
@AS_JSON
def export(
    file: Path, kind: str, actor: str, action: str, first: str, last: str, data: Path, as_json: bool
) -> None:  # fmt: skip
    """Write the record to FILE, which is not overwritten; that it was is an entry of the record.

    In CSV a cell that a spreadsheet could take for a formula begins with an apostrophe.
    """
    given = {"actor": actor, "action": action, "from": first, "to": last}
    chosen = {name: value for name, value in given.items() if value}
    if file.exists():
        raise ConfigError(f"{file}: is there already, and nothing is overwritten")
    found = ask_house(data, "GET", "/v1/audit/export", params=chosen, wait=THINKING)
    entries = iter(found["entries"])
    lines = write_csv(entries) if kind == "csv" else write_json(found["tenant"], entries)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.writelines(lines)
    count = len(found["entries"])
    click.echo(json.dumps({"file": str(file), "entries": count}) if as_json else f"{count} entries in {file}")


def _check_here(tenant: str, data: Path) -> Mapping[str, Any]:
    with operator(data) as (deps, _):
        if tenant not in (SYSTEM, *deps.store.tenants()):
            raise ConfigError(f"there is no team {tenant!r}")
        return check_view(check_audit(deps.store, tenant))


def _text(found: dict[str, Any]) -> list[str]:
    sound = f"{found['entries']} entries are as they were written"
    lines = [f"{sound}; the last one has the hash {found['hash']}" if found["entries"] else sound]
    if found["removed"]:
        until = found["removed_until"]
        lines.append(
            f"the chain is kept from number {found['removed'] + 1} on: older ones, until {until}, were removed"
        )
    if found["older"]:
        lines.append(f"{found['older']} older ones are from before there was a chain: nothing is known of those")
    if not found["whole"]:
        where = f" ({found['id']})" if found["id"] else ""
        lines.append(f"BROKEN: entry {found['broken']}{where}: {found['why']}")
    return lines
