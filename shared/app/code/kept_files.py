"""The files of a version of a run's work, as they were kept."""

from __future__ import annotations

from collections.abc import Mapping

from shared.app.code.snapshots import SNAPSHOTS, snapshot_id
from shared.app.engine.deps import Deps
from shared.core.code.worktree import Worktree, from_text
from shared.ports import Doc


def restore(deps: Deps, tenant: str, run: str, number: int) -> Worktree:
    """Return the work tree of a version; raises KeyError where it is not, or no longer, kept."""
    doc = deps.store.get(tenant, SNAPSHOTS, snapshot_id(run, number))
    if doc is None or not doc.body["ref"]:
        raise KeyError(snapshot_id(run, number))
    return from_text(deps.store.get_text(tenant, str(doc.body["ref"])))


def originals_of(deps: Deps, tenant: str, doc: Doc) -> Mapping[str, bytes]:
    """Return the files of the repository that a version is based on; none for a new project."""
    ref = str(doc.body.get("originals") or "")
    return from_text(deps.store.get_text(tenant, ref)).files if ref else {}
