"""What Notion refuses the tenants of an installation for good, in words, for whoever looks it over."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from shared.app.intake.refused_places import read_refusals
from shared.app.workspace.workspace_databases import PLANNING, kind_of
from shared.app.workspace.workspace_schemas import SCHEMAS
from shared.backends.local.folder.data_folder import DATABASE

WAY_OUT = "Give the connection access in Notion, then edit the page or a row, set the planning time, or connect again."


def list_left_alone(data: Path) -> Sequence[str]:
    """Return what is left alone, each in words, for all tenants of a data folder, whether its house runs or not."""

    if not (data / DATABASE).exists():
        return []
    query = "SELECT tenant, body FROM docs WHERE kind = 'settings' AND id = 'tenant' ORDER BY tenant"
    with closing(sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True, timeout=10)) as connection:
        kept = [(str(tenant), json.loads(body)) for tenant, body in connection.execute(query)]
    return [words for tenant, settings in kept for words in find_left_alone(tenant, settings)]


def find_left_alone(tenant: str, settings: Mapping[str, Any], *, titles: bool = True) -> Iterator[str]:
    """Yield what is left alone of one tenant; without `titles`, nothing that its people have written."""
    for what, refusal in read_refusals(settings).items():
        if refusal["left"]:
            yield f"{_name(settings, what, refusal, titles)} of {tenant}, since {str(refusal['since'])[:16]}"


def _name(settings: Mapping[str, Any], what: str, refusal: Mapping[str, Any], titles: bool) -> str:
    if what == PLANNING:
        return "the plan of the day"
    if "of" in refusal:
        title = str(refusal.get("title") or "") if titles else ""
        return f"the {refusal['of']} “{title}” ({what})" if title else f"the {refusal['of']} {what}"
    kind = kind_of(settings, what)
    return f"the table {SCHEMAS[kind].title if kind else what}"
