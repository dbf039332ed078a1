"""Whether a message has lately reached nobody, in any team of a data folder."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from shared.backends.local.folder.data_folder import DATABASE
from shared.cli.root import format_command
from shared.core.notify.telling import TEAM_TELLING, describe_unreached
from shared.core.tenants.finding import MISSING, OK, Finding

_LATELY = timedelta(days=1)


def find_unreached(data: Path, now: datetime) -> Iterator[Finding]:
    """Yield what has reached nobody within a day, whether Workwright runs or not."""
    last = [
        (tenant, found) for tenant, found in _list_last(data) if now - datetime.fromisoformat(found["at"]) < _LATELY
    ]
    if not last:
        yield Finding("messages", OK, "every message of the last day has reached somebody")
    for tenant, found in last:
        says = describe_unreached(found, tenant)
        way_out = f"Try their channels: {format_command('notifications', 'test', data=data)}"
        yield Finding("messages", MISSING, says, way_out, needed=False)


def _list_last(data: Path) -> list[tuple[str, dict[str, str]]]:
    if not (data / DATABASE).exists():
        return []
    query = "SELECT tenant, body FROM docs WHERE kind = ? AND id = ? ORDER BY tenant"
    with closing(sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True, timeout=10)) as connection:
        kept = [(str(tenant), json.loads(body)) for tenant, body in connection.execute(query, TEAM_TELLING)]
    return [(tenant, body["unreached"]) for tenant, body in kept if body.get("unreached")]
