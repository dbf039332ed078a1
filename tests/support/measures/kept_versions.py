"""The files of a version of a run's work, read from the store as they were kept."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.core.code.worktree import Worktree, from_text
from shared.core.documents.snapshot import SNAPSHOTS, snapshot_id


def restore(deps: Deps, tenant: str, run: str, number: int) -> Worktree:
    """Return the work tree of a version; raises KeyError where it is not, or no longer, kept."""
    doc = deps.store.get(tenant, SNAPSHOTS, snapshot_id(run, number))
    if doc is None or not doc.body["ref"]:
        raise KeyError(snapshot_id(run, number))
    return from_text(deps.store.get_text(tenant, str(doc.body["ref"])))
