"""What the doctor finds of Notion: what it refuses, since when it is not reached, and whether this clock is off."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from shared.app.installation.left_alone import WAY_OUT
from shared.app.polling.connection_outages import KIND, Outage
from shared.app.polling.standstill_words import clock_off, explain_unreachable
from shared.backends.local.folder.data_folder import DATABASE
from shared.cli.doctor.refusal_findings import list_left_alone
from shared.core.documents.codec import from_body
from shared.core.documents.sync import CLOCK
from shared.core.tenants.finding import MISSING, OK, Finding


def notion_findings(data: Path, now: datetime) -> Iterator[Finding]:
    """Yield what there is to say, whether Workwright runs or not."""
    if left := list_left_alone(data):
        yield Finding("refusals", MISSING, "Notion refuses " + "; ".join(left), WAY_OUT, needed=False)
    else:
        yield Finding("refusals", OK, "nothing is left alone because Notion refuses it")
    for words in dict.fromkeys(_words(data, now)):
        yield Finding("notion", MISSING, words, needed=False)


def _words(data: Path, now: datetime) -> Iterator[str]:
    if not (data / DATABASE).exists():
        return
    query = "SELECT kind, body FROM docs WHERE kind = ? AND id = 'notion' OR kind = ? AND id = ? ORDER BY tenant"
    with closing(sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True, timeout=10)) as connection:
        kept = [(str(kind), json.loads(body)) for kind, body in connection.execute(query, (KIND, *CLOCK))]
    for kind, body in kept:
        found = (
            explain_unreachable(from_body(Outage, body).find_since(now))
            if kind == KIND
            else clock_off(timedelta(seconds=body["ahead_s"]))
        )
        if found:
            yield found
