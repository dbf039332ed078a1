"""Documents that older versions wrote, written in today's shape: the end of a change that reading has made already."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.core.errors import VersionConflict
from shared.core.schema_versions import UPGRADES, version_of
from shared.ports import SYSTEM, Put

_PAGE = 100


def migrate(deps: Deps) -> dict[str, int]:
    """Write every older document anew; return how many of each kind that changed once. May be repeated, and cut off.

    One that somebody else saves meanwhile is left to them: what they save has today's shape.
    """
    counts = dict.fromkeys(UPGRADES, 0)
    for tenant in [SYSTEM, *deps.store.tenants()]:
        for kind in UPGRADES:
            after = ""
            while docs := deps.store.list_docs(tenant, kind, after=after, limit=_PAGE):
                for doc in docs:
                    if doc.schema < version_of(kind):
                        counts[kind] += _write(deps, tenant, Put(kind, doc.id, doc.body, doc.version))
                after = docs[-1].id
    return counts


def _write(deps: Deps, tenant: str, put: Put) -> int:
    try:
        deps.store.put(tenant, put)
    except VersionConflict:
        return 0
    return 1
