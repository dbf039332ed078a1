"""What the doctor finds of Notion: what it refuses, since when it is not reached, and whether this clock is off."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from shared.app.asking.unreached import KIND, known_since
from shared.app.asking.words import clock_off, not_reached
from shared.app.asking.wrong_clock import PLACE
from shared.cli.doctor.finding import MISSING, OK, Finding
from shared.cli.doctor.left_alone import WAY_OUT, left_alone_here


def notion_findings(data: Path, now: datetime) -> Iterator[Finding]:
    """Yield what there is to say, whether Workwright runs or not."""
    if left := left_alone_here(data):
        yield Finding("refusals", MISSING, "Notion refuses " + "; ".join(left), WAY_OUT, needed=False)
    else:
        yield Finding("refusals", OK, "nothing is left alone because Notion refuses it")
    for words in dict.fromkeys(_words(data, now)):
        yield Finding("notion", MISSING, words, needed=False)


def _words(data: Path, now: datetime) -> Iterator[str]:
    from shared.backends.local.folder.data_folder import DATABASE

    if not (data / DATABASE).exists():
        return
    query = "SELECT kind, body FROM docs WHERE kind = ? AND id = 'notion' OR kind = ? AND id = ? ORDER BY tenant"
    with closing(sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True, timeout=10)) as connection:
        kept = [(str(kind), json.loads(body)) for kind, body in connection.execute(query, (KIND, *PLACE))]
    for kind, body in kept:
        found = not_reached(known_since(body, now)) if kind == KIND else clock_off(timedelta(seconds=body["ahead_s"]))
        if found:
            yield found
