"""What Notion refuses the tenants of a data folder for good, in words, whether its house runs or not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from shared.app.installation.left_alone import find_left_alone
from shared.backends.local.folder.data_folder import DATABASE


def list_left_alone(data: Path) -> Sequence[str]:
    """Return what is left alone, each in words, for all tenants of the folder."""
    if not (data / DATABASE).exists():
        return []
    query = "SELECT tenant, body FROM docs WHERE kind = 'settings' AND id = 'tenant' ORDER BY tenant"
    with closing(sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True, timeout=10)) as connection:
        kept = [(str(tenant), json.loads(body)) for tenant, body in connection.execute(query)]
    return [words for tenant, settings in kept for words in find_left_alone(settings, of=tenant)]
