"""A tenant's records as they lie in the data folder, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.app.knowledge.knowledge_marks import STATE
from shared.core.documents.alarm import KIND as ALARMS
from shared.core.documents.api_key import KIND as API_KEYS
from shared.core.documents.bots import BOTS, INSTALLATIONS, WORKSPACES
from shared.core.documents.hook import KIND as HOOKS
from shared.core.documents.snapshot import EXPIRIES
from shared.core.documents.sync import LOST, STALE
from shared.core.documents.tenant_settings import PLACE as SETTINGS
from shared.core.people.linked_accounts import PLACES
from shared.core.run.run import Run
from shared.ports import SYSTEM, Doc, Store

LAST = API_KEYS  # whoever has a key can do nothing there before everything else is there
# Pages are read again from Notion into the index there, and webhooks of forges lead to this machine.
STAYS = frozenset({HOOKS, STALE, LOST})
OPERATORS = (BOTS, PLACES, ALARMS, EXPIRIES)  # the operator's documents of one tenant
SHARED = (WORKSPACES, INSTALLATIONS)  # those that list tenants
_PAGE = 100


def docs_of(store: Store, tenant: str, kind: str) -> Iterator[Doc]:
    after = ""
    while docs := store.list_docs(tenant, kind, after=after, limit=_PAGE):
        yield from docs
        after = docs[-1].id


def moving_docs(store: Store, tenant: str) -> Iterator[tuple[str, Doc]]:
    """Yield every document that goes along, with its kind: the settings not, and the API keys last."""
    kinds = [kind for kind in store.kinds(tenant) if kind not in STAYS]
    for kind in sorted(kinds, key=lambda each: (each == LAST, each)):
        for doc in docs_of(store, tenant, kind):
            if (kind, doc.id) not in (SETTINGS, STATE):
                yield kind, doc


def runs_of(store: Store, tenant: str) -> Iterator[Run]:
    """Yield all runs, newest first."""
    after = ""
    while runs := store.list_runs(tenant, limit=_PAGE, after=after):
        yield from runs
        after = runs[-1].id


def texts_of(store: Store, tenant: str) -> Iterator[str]:
    """Yield the address of every text."""
    after = ""
    while refs := store.texts(tenant, after=after, limit=_PAGE):
        yield from refs
        after = refs[-1]


def operators_docs(store: Store, tenant: str) -> Iterator[tuple[str, Doc]]:
    """Yield the operator's documents that are of this tenant alone, with their kinds."""
    for kind in OPERATORS:
        yield from ((kind, doc) for doc in docs_of(store, SYSTEM, kind) if doc.body.get("tenant") == tenant)


def shared_docs(store: Store, tenant: str) -> Iterator[tuple[str, Doc]]:
    """Yield the operator's documents that list this tenant among others, with their kinds."""
    for kind in SHARED:
        yield from ((kind, doc) for doc in docs_of(store, SYSTEM, kind) if tenant in doc.body["tenants"])


def settings_of(store: Store, tenant: str) -> Mapping[str, Any]:
    """Return a tenant's settings; a pause of everybody's work is then the tenant's own."""
    doc, everybody = store.get(tenant, *SETTINGS), store.get(SYSTEM, *SETTINGS)
    settings = dict(doc.body) if doc is not None else {}
    if everybody is not None and everybody.body.get("paused") and not settings.get("paused"):
        settings |= {
            name: everybody.body[name] for name in ("paused", "paused_by", "paused_at") if name in everybody.body
        }
    return settings
