"""A tenant's records, from the data folder into the deployment's store. Done again, what is there stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from shared.app.connections.forge_hooks import hook_id
from shared.app.tenants.audit_record import read_audit
from shared.backends.cloud.migration.records import ArrivingRecords
from shared.backends.cloud.queue import DEAD_LETTERS, letter_doc
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.migration.records import counted_days, waiting_commands
from shared.cli.migrate.move_ends import Here, There
from shared.cli.migrate.resealing import seal_anew
from shared.cli.migrate.survey import list_left_grants
from shared.cli.migrate.tenant_records import (
    LAST,
    docs_of,
    moving_docs,
    operators_docs,
    runs_of,
    shared_docs,
    texts_of,
)
from shared.core.documents.hook import KIND as HOOKS
from shared.core.documents.hook import Hook
from shared.core.run.commands import QUICK
from shared.ports import SYSTEM, change_doc, read_as

_TEXTS_AT_ONCE = 8
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def copy_tenant(here: Here, cloud: There, tenant: str, migration: str, since: datetime) -> None:
    """Copy everything but the settings, which say that it is on its way, and the operator's documents."""
    records = ArrivingRecords(cloud.clients.firestore, tenant, migration)
    with ThreadPoolExecutor(_TEXTS_AT_ONCE) as pool:  # one after the other, thousands would take many minutes
        list(pool.map(lambda ref: _copy_text(here, cloud, tenant, ref), texts_of(here.store, tenant)))
    _copy_runs(here, records, tenant)
    _copy_docs(here, cloud, records, tenant)
    _copy_audit(here, records, tenant, since)
    _copy_commands(here, records, tenant, since)


def _copy_text(here: Here, cloud: There, tenant: str, ref: str) -> None:
    cloud.deps.store.put_text(tenant, here.store.get_text(tenant, ref))


def _copy_runs(here: Here, records: ArrivingRecords, tenant: str) -> None:
    for run in runs_of(here.store, tenant):
        number = 0
        while events := here.store.events(tenant, run.id, after=number):
            for number, event in events:
                records.event(run.id, number, event)
        records.run(run)
    records.flush()


def _copy_docs(here: Here, cloud: There, records: ArrivingRecords, tenant: str) -> None:
    left = list_left_grants(here)
    for kind, doc in moving_docs(here.store, tenant):
        if kind == LAST:
            records.flush()
        if kind == "grants" and doc.id in left:
            continue
        records.document(kind, doc.id, seal_anew(kind, doc, tenant, here.secrets, cloud.deps.secrets))
    for doc in docs_of(here.store, tenant, HOOKS):
        hook = read_as(Hook, doc)
        if hook.removed:  # a person's word that holds under any address
            records.document(HOOKS, hook_id(cloud.deps, tenant, hook.system, hook.repository), doc.body)
    records.flush()


def _copy_audit(here: Here, records: ArrivingRecords, tenant: str, since: datetime) -> None:
    latest, number = _FIRST, 0
    for entry in read_audit(here.store, tenant):
        latest, number = max(latest, _time_of(entry.body)), number + 1
        records.audit(latest, number, entry)
    records.flush()
    moved = {"at": since.isoformat(), "run": "", "what": "Moved", "by": "workwright migrate-to-cloud"}
    records.end_audit(here.store.audit_head(tenant), moved)
    records.flush()
    for day, counted in counted_days(here.store, tenant):
        records.usage(day, counted)
    records.flush()


def _copy_commands(here: Here, records: ArrivingRecords, tenant: str, since: datetime) -> None:
    """Put what waits into the outbox, and what was put aside where the cloud's queue keeps it.

    `sweep` hands the outbox over under the commands' own names, at the time each was ordered for. So nobody needs a
    right to hand over tasks, and a death in here loses none and doubles none.
    """
    for letter in LocalQueue(here.store, here.clock).dead_letters(tenant):
        records.document(DEAD_LETTERS, *letter_doc(letter))
    for number, command in enumerate(waiting_commands(here.store, tenant)):
        if command.topic != QUICK:  # looks that the clock of this machine orders every few seconds
            records.command(command, since, number)
    records.flush()


def copy_operators(here: Here, cloud: There, tenant: str, migration: str) -> None:
    """Bring what the operator's documents say of the tenant: whose bot and installation it is, and its alarms."""
    records = ArrivingRecords(cloud.clients.firestore, SYSTEM, migration)
    for kind, doc in operators_docs(here.store, tenant):
        records.document(kind, doc.id, doc.body)
    records.flush()
    for kind, doc in shared_docs(here.store, tenant):
        ours = doc.body["tenants"]

        def add(known: Mapping[str, Any] | None, ours: Any = ours) -> Mapping[str, Any] | None:
            tenants = known["tenants"] if known is not None else type(ours)()
            if tenant in tenants:
                return known
            more = {**tenants, tenant: ours[tenant]} if isinstance(ours, dict) else [*tenants, tenant]
            return {"tenants": more}

        change_doc(cloud.deps.store, (SYSTEM, kind, doc.id), add, cloud.deps.stand_back)


def _time_of(entry: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(entry.get("at")))
    except ValueError:
        return _FIRST
