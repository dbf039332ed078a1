"""`workwright audit`: the record of who decided what."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shared.app.api.settings.audit import check_view
from shared.app.tenants.audit_record import check_audit
from shared.cli.house_calls import THINKING, ask_house, show
from shared.cli.operations.operate import operator
from shared.cli.root import AS_JSON, DATA, workwright
from shared.core.errors import ConfigError
from shared.ports import SYSTEM


@workwright.group()
def audit() -> None:
    """Check the record of who decided what, and who changed what."""


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


def _check_here(tenant: str, data: Path) -> Mapping[str, Any]:
    with operator(data) as (deps, _):
        if tenant not in (SYSTEM, *deps.store.tenants()):
            raise ConfigError(f"there is no team {tenant!r}")
        return check_view(check_audit(deps.store, tenant))


def _text(found: dict[str, Any]) -> list[str]:
    sound = f"{found['entries']} entries are as they were written"
    lines = [f"{sound}; the last one has the hash {found['hash']}" if found["entries"] else sound]
    if found["older"]:
        lines.append(f"{found['older']} older ones are from before there was a chain: nothing is known of those")
    if not found["whole"]:
        where = f" ({found['id']})" if found["id"] else ""
        lines.append(f"BROKEN: entry {found['broken']}{where}: {found['why']}")
    return lines
