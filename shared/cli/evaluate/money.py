"""The evaluation's money: what each page's house may spend, and what houses have spent, by their own ledgers."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.money.tenant_ledger import LEDGERS
from shared.app.tenants.settings_changes import change_settings
from shared.core.documents.codec import from_body
from shared.core.money.spending import Allowance, Ledger
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
    earlier = sum(_add_held(each) for each in _list_ledgers(deps, tenant) if each.month != month)
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


def _add_held(ledger: Ledger) -> int:
    """Return what a month has cost, with what is still set aside: nobody can say yet that it was not charged."""
    return ledger.spent + ledger.reserved


def _list_ledgers(deps: Deps, tenant: str) -> list[Ledger]:
    return [from_body(Ledger, doc.body, month=doc.id) for doc in deps.store.list_docs(tenant, LEDGERS)]


def read_spent(deps: Deps, tenant: str) -> int:
    """Return what a tenant has spent, in millionths of a US dollar."""
    return sum(_add_held(each) for each in _list_ledgers(deps, tenant))


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
    return sum(_add_held(from_body(Ledger, json.loads(body), month=name)) for name, body in found)
