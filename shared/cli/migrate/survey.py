"""What a move would take along and what not: looked at, opened once, and written nowhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.folder.data_folder import RESTORED
from shared.backends.local.migration.records import waiting_commands
from shared.cli.migrate.move_ends import Here
from shared.cli.migrate.resealing import check_sealed
from shared.cli.migrate.tenant_records import LAST, docs_of, moving_docs, runs_of, settings_of, texts_of
from shared.core.documents.api_key import ApiKey
from shared.core.documents.effect import EFFECTS, Effect
from shared.core.documents.grant import Grant
from shared.core.documents.hook import KIND as HOOKS
from shared.core.documents.hook import Hook
from shared.core.errors import ConfigError
from shared.core.run.run import Run
from shared.core.tenants.erasure import ERASURES, TOMBSTONES
from shared.integrations.systems import name_system
from shared.local.configuration.choices import REAL, SIMULATED
from shared.ports import SYSTEM, read_as


@dataclass(frozen=True, slots=True)
class Team:
    """What one tenant has."""

    tenant: str
    name: str
    runs: Mapping[str, int]  # by status
    moving: int  # runs that have not ended
    connections: tuple[str, ...]
    left: tuple[str, ...]  # connections that exist on this machine alone
    databases: tuple[str, ...]
    keys: int
    documents: int
    sealed: int
    texts: int
    waiting: int  # commands
    put_aside: int
    unclear: int  # writes that were begun, and nobody knows whether they arrived
    hooks: tuple[str, ...]
    site: str  # where its sites go
    paused: bool


def teams_of(here: Here, wanted: str) -> list[str]:
    """Return the tenants that are to be moved; raises ConfigError where there are none, or not that one."""
    store = here.store
    if here.choices.mode("notion") != REAL:
        raise ConfigError(
            "this folder's Notion is simulated: its pages are on this machine alone, and nothing in the cloud could"
            " reach them. Set up a real one in a new folder with `workwright init`"
        )
    gone = {doc.id for kind in (ERASURES, TOMBSTONES) for doc in docs_of(store, SYSTEM, kind)}
    tenants = [tenant for tenant in store.tenants() if tenant not in gone or store.get(tenant, "settings", "tenant")]
    if wanted and wanted not in tenants:
        raise ConfigError(f"there is no team {wanted} in this folder; there are {', '.join(tenants) or 'none'}")
    if not tenants:
        raise ConfigError("there is no team in this folder yet; there is nothing to move")
    return [wanted] if wanted else tenants


def survey(here: Here, tenant: str) -> Team:
    """Return what a tenant has; raises ConfigError for what could not be moved without a loss."""
    _refuse_deleting(here, tenant)
    runs = list(runs_of(here.store, tenant))
    _refuse_restored(here, tenant, runs)
    left = list_left_grants(here)
    documents = sealed = keys = unclear = 0
    connections = []
    for kind, doc in moving_docs(here.store, tenant):
        documents += 1
        keys += kind == LAST and read_as(ApiKey, doc).revoked_at is None
        unclear += kind == EFFECTS and read_as(Effect, doc).is_intended
        if kind == "grants" and doc.id in left:
            continue
        sealed += check_sealed(kind, doc, tenant, here.secrets)
        if kind == "grants" and read_as(Grant, doc).connected:
            connections.append(name_system(doc.id))
    settings = settings_of(here.store, tenant)
    grants = {doc.id for doc in docs_of(here.store, tenant, "grants")}
    return Team(
        tenant=tenant,
        name=str(settings.get("name") or tenant),
        runs=dict(sorted(Counter(run.status.value for run in runs).items())),
        moving=sum(not run.status.final for run in runs),
        connections=tuple(connections),
        left=tuple(name_system(each) for each in sorted(grants & left)),
        databases=tuple(sorted(settings.get("databases") or {})),
        keys=keys,
        documents=documents,
        sealed=sealed,
        texts=sum(1 for _ in texts_of(here.store, tenant)),
        waiting=len(waiting_commands(here.store, tenant)),
        put_aside=len(LocalQueue(here.store, here.clock).dead_letters(tenant)),
        unclear=unclear,
        hooks=_hooks(here, tenant),
        site=str(((settings.get("ship") or {}).get("site") or {}).get("system") or ""),
        paused=bool(settings.get("paused")),
    )


def list_left_grants(here: Here) -> frozenset[str]:
    """Return the systems whose grants stay: what is simulated here exists nowhere else."""
    return frozenset(system for system, mode in here.choices.modes.items() if mode == SIMULATED)


def _hooks(here: Here, tenant: str) -> tuple[str, ...]:
    found = (read_as(Hook, doc) for doc in docs_of(here.store, tenant, HOOKS))
    return tuple(f"{name_system(hook.system)} {hook.repository}".strip() for hook in found if not hook.removed)


def _refuse_deleting(here: Here, tenant: str) -> None:
    if here.store.get(SYSTEM, ERASURES, tenant) is not None:
        raise ConfigError(f"team {tenant} is just being deleted; let `workwright up` finish that first")


def _refuse_restored(here: Here, tenant: str, runs: list[Run]) -> None:
    """Refuse a run from before a backup: here it looks before each first write, which functions do not."""
    if not (here.data / RESTORED).is_file():
        return
    made = datetime.fromisoformat(json.loads((here.data / RESTORED).read_text(encoding="utf-8"))["at"])
    open_then = [run.id for run in runs if not run.status.final and run.opened_at < made]
    if open_then:
        raise ConfigError(
            f"this folder was restored from a backup of {made:%Y-%m-%d}, and {len(open_then)} of its runs were under"
            f" way then ({', '.join(open_then[:3])}); only here they look first whether something was done after the"
            " backup. Let them end here, or cancel them; then move"
        )
