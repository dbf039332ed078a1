"""The evaluation's money: what each page's house may spend, and what houses have spent, by their own ledgers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.app.connections.connect_account import change_settings
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.money.tenant_ledger import LEDGERS
from shared.core.money.spending import Allowance, ledger_from_data
from shared.core.run.acts import BudgetChanged

_USUAL = Allowance()


def allow(deps: Deps, tenant: str, micros: int | None) -> bool:
    """Let the tenant spend so much in all, and what waits for money ask again; None leaves the usual limits.

    Returns whether a run has less than runs usually have. What earlier months have cost is taken off, so that the turn
    of a month gives nothing back; each call is counted against it before it is made.
    """
    if micros is None:
        return False
    month = datetime.now(UTC).date().isoformat()[:7]
    docs = {doc.id: doc.body for doc in deps.store.list_docs(tenant, LEDGERS)}
    earlier = sum(read_spent_and_held(name, body) for name, body in docs.items() if name != month)
    left = max(0, micros - earlier)
    usual = _USUAL.run or left
    given = replace(
        _USUAL, call=min(_USUAL.call or left, left), run=min(usual, left), day=left, month=left, kept_back=0
    )
    change_settings(deps, tenant, budget=asdict(given))
    for run in deps.store.list_runs(tenant):
        if not run.status.final:
            record(deps, tenant, run.id, BudgetChanged(deps.clock.now()))
    return left < usual


def read_spent_and_held(month: str, body: Mapping[str, Any]) -> int:
    """Return what a month has cost, with what is still set aside: nobody can say yet that it was not charged."""
    ledger = ledger_from_data(month, body)
    return ledger.spent + ledger.reserved


def read_spent(deps: Deps, tenant: str) -> int:
    """Return what a tenant has spent, in millionths of a US dollar."""
    return sum(read_spent_and_held(doc.id, doc.body) for doc in deps.store.list_docs(tenant, LEDGERS))


def read_spent_offline(data: Path) -> int:
    """Return what the tenants of a house have spent that nobody runs now; 0 where there is none."""
    place = data / "workwright.db"
    if not place.exists():
        return 0
    with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as connection:
        try:
            found = connection.execute("SELECT id, body FROM docs WHERE kind = ?", (LEDGERS,)).fetchall()
        except sqlite3.OperationalError:  # it died before it had any tables
            return 0
    return sum(read_spent_and_held(name, json.loads(body)) for name, body in found)
