"""Runs and their events as they are read from the file: one, a list of a tenant's, and those that are due."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from shared.backends.local.state.encoding import check_id, check_tenant, to_micros
from shared.core.run.codec import event_from_data, run_from_data
from shared.core.run.events import Event
from shared.core.run.run import Run
from shared.ports import Loaded, RunFilter

_LOAD = "SELECT body, version FROM runs WHERE tenant = ? AND id = ?"


def load(connection: sqlite3.Connection, tenant: str, run: str) -> Loaded | None:
    found = connection.execute(_LOAD, (tenant, run)).fetchone()
    return Loaded(run_from_data(json.loads(found[0])), str(found[1])) if found else None


def list_newest(connection: sqlite3.Connection, tenant: str, limit: int, after: str, only: RunFilter) -> list[Run]:
    query = "SELECT body FROM runs WHERE tenant = ?"
    values: list[str | int] = [tenant]
    if only.statuses:
        query += f" AND status IN ({', '.join('?' * len(only.statuses))})"
        values += [status.value for status in only.statuses]
    for bound, when in ((" AND opened_at >= ?", only.since), (" AND opened_at < ?", only.before)):
        if when is not None:
            query += bound
            values.append(to_micros(when))
    if after:
        query += " AND (opened_at, id) < (SELECT opened_at, id FROM runs WHERE tenant = ? AND id = ?)"
        values += [tenant, check_id("run", after)]
    rows = connection.execute(f"{query} ORDER BY opened_at DESC, id DESC LIMIT ?", [*values, limit]).fetchall()
    return [run_from_data(json.loads(body)) for (body,) in rows]


def list_events(
    connection: sqlite3.Connection, tenant: str, run: str, after: int, limit: int
) -> list[tuple[int, Event]]:
    rows = connection.execute(
        "SELECT seq, body FROM events WHERE tenant = ? AND run = ? AND seq > ? ORDER BY seq LIMIT ?",
        (check_tenant(tenant), check_id("run", run), after, limit),
    ).fetchall()
    return [(seq, event_from_data(json.loads(body))) for seq, body in rows]


def list_due(connection: sqlite3.Connection, now: datetime, limit: int) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT tenant, id FROM runs WHERE next_check IS NOT NULL AND next_check <= ? ORDER BY next_check LIMIT ?",
        (to_micros(now), limit),
    ).fetchall()
