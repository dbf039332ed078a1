"""Which installation works in a workspace is written where its databases are, so that two do not work on one page.

The description of a title column takes a sentence that Notion keeps, that people may read, and that disturbs nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.accounts.accounts import Accounts
from shared.app.engine.deps import Deps
from shared.app.workspace.workspace_create import data_sources_of
from shared.backends.local.keys.keyfile import write_private
from shared.core.errors import ConfigError
from shared.integrations.notion.client.client import Notion

FILE = "installation"  # not in a backup: what is made of one is another installation
_MARK = re.compile(r" ?Worked on by the installation ([0-9a-f]{12}) of Workwright\.")
_LONGEST = 280  # characters of a column's description

Json = Mapping[str, Any]


def installation_of(data: Path) -> str:
    """Return the id of this data folder, made on first use."""
    place = data / FILE
    if not place.exists():
        write_private(place, os.urandom(6).hex() + "\n", replace=False)
    return place.read_text(encoding="ascii").strip()


def works_here(deps: Deps, accounts: Accounts, tenant: str) -> str:
    """Return the installation that the workspace names, "" for none yet; raises what Notion answers."""
    found = _column(deps, accounts, tenant)
    marked = _MARK.search(str(found[2].get("description") or "")) if found else None
    return marked[1] if marked else ""


def claim(deps: Deps, accounts: Accounts, tenant: str, data: Path, *, take_over: bool) -> None:
    """Mark the workspace as ours; raises ConfigError where another installation has, unless it is taken over."""
    ours, theirs = installation_of(data), works_here(deps, accounts, tenant)
    if theirs and theirs != ours and not take_over:
        raise ConfigError(
            f"another installation of Workwright works in this workspace already ({theirs}), and each page would be"
            " worked on twice; stop that one first, then start this one with --take-over"
        )
    found = _column(deps, accounts, tenant)
    if theirs == ours or found is None:
        return
    notion, source, column = found
    description = (
        f"{_MARK.sub('', str(column.get('description') or ''))} Worked on by the installation {ours} of Workwright."
    )
    if len(description.strip()) <= _LONGEST:
        notion.update_data_source(
            source, properties={str(column["id"]): {"title": {}, "description": description.strip()}}
        )


def _column(deps: Deps, accounts: Accounts, tenant: str) -> tuple[Notion, str, Json] | None:
    """Return the title column of the first of the databases; None where there are none."""
    sources = data_sources_of(deps, tenant)
    if not sources:
        return None
    notion, source = accounts.connect_for(tenant)(Notion), next(iter(sources.values()))
    properties: Mapping[str, Json] = notion.data_source(source)["properties"]
    return notion, source, next(prop for prop in properties.values() if prop["type"] == "title")
