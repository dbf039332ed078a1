"""What Notion refuses the tenants of a data folder for good, for whoever looks over an installation."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from shared.app.left_alone import refused_of
from shared.app.workspace_databases import PLANNING, kind_of
from shared.app.workspace_schemas import SCHEMAS


def left_alone_here(data: Path) -> Sequence[str]:
    """Return what is left alone, each in words, for all tenants of a data folder, whether its house runs or not."""
    from shared.backends.local.data_folder import DATABASE

    if not (data / DATABASE).exists():
        return []
    query = "SELECT tenant, body FROM docs WHERE kind = 'settings' AND id = 'tenant' ORDER BY tenant"
    with closing(sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True, timeout=10)) as connection:
        kept = [(str(tenant), json.loads(body)) for tenant, body in connection.execute(query)]
    return [
        f"{_name(settings, what)} of {tenant}, since {str(refusal['since'])[:16]}"
        for tenant, settings in kept
        for what, refusal in refused_of(settings).items()
        if refusal["left"]
    ]


def _name(settings: dict[str, object], what: str) -> str:
    if what == PLANNING:
        return "the plan of the day"
    kind = kind_of(settings, what)
    return f"the table {SCHEMAS[kind].title if kind else what}"
