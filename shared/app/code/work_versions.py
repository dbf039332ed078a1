"""The versions of a run's work as people look at them: what was tried, what came of it, what it cost, what differed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shared.app.code.snapshots import snapshots_of
from shared.app.engine.deps import Deps
from shared.core.code.worktree import Worktree, diff, diff_of, from_text
from shared.core.documents.codec import to_body
from shared.core.documents.snapshot import SNAPSHOTS, Snapshot, snapshot_id
from shared.core.run.run import NOTHING, Run, Step, Usage
from shared.ports import get_as

MAX = 400_000  # characters of a diff that are shown
_TRY = "code.try"


@dataclass(frozen=True, slots=True)
class Version:
    """One version: `kept` where its files still are. `cost` is that of what wrote it and of its tests.

    `restores` is the version that it brings back, 0 for none.
    """

    n: int
    about: Mapping[str, Any]
    cost: Usage
    kept: bool
    restores: int = 0

    @property
    def data(self) -> dict[str, Any]:
        texts = {name: str(self.about.get(name) or "") for name in ("at", "step", "tree", "driver", "reason")}
        return {
            "n": self.n,
            **texts,
            "green": bool(self.about.get("green")),
            "tests": int(self.about.get("tests") or 0),
            "seconds": float(self.about.get("seconds") or 0.0),
            "cost": {"tokens": self.cost.tokens, "micros": self.cost.micros},
            "kept": self.kept,
            "restores": self.restores,
        }


def versions_of(deps: Deps, run: Run) -> list[Version]:
    """Return the versions of a run's work, the first one first; also those whose files have expired."""
    homes = dict.fromkeys([*(step.home for step in list_tries(run) if step.home), run.id])  # a later one counts
    kept = {each.n: each for home in homes for each in snapshots_of(deps, run.tenant, home)}
    tries = {number: step for number, step in enumerate(list_tries(run), 1) if "green" in step.output}
    found = []
    for number in sorted({*kept, *tries}):
        step, snapshot = tries.get(number), kept.get(number)
        about = {**step.output, "step": step.id} if step else {}
        about |= to_body(snapshot) if snapshot else {}
        restores = _find_restored(run, step)
        found.append(Version(number, about, _cost(run, step), bool(snapshot and snapshot.ref), restores))
    return found


def changes_of(deps: Deps, run: Run, number: int, since: int | None = None) -> tuple[str, list[dict[str, Any]]]:
    """Return what version `number` changes, and its files.

    `since` another version (0 is the base); None is the version before it, or the base where that is no longer kept.
    Raises KeyError where its own files, or those of the version that is asked for, are no longer kept.
    """
    snapshot = _read_version(deps, run, number)
    tree = _tree(deps, run, snapshot)
    below, changes = _originals_of(deps, run.tenant, snapshot), None
    if since:
        changes = _compare(deps, run, _read_version(deps, run, since), tree, below)
    before = _snapshot(deps, run, number - 1) if number > 1 and since is None else None
    with suppress(KeyError):
        if before is not None and before.ref:
            changes = _compare(deps, run, before, tree, below)
    if changes is None:
        changes = diff(below, tree)
    files: list[dict[str, Any]] = [{"path": path, "bytes": len(data)} for path, data in sorted(tree.files.items())]
    files += [{"path": path, "bytes": 0, "deleted": True} for path in sorted(tree.deleted)]
    return changes, files


def read_file(deps: Deps, run: Run, number: int, path: str) -> bytes | None:
    """Return a file as it is in a version, also one of the repository that the version leaves as it was; None for none.

    Raises KeyError where the version's files are no longer kept.
    """
    snapshot = _read_version(deps, run, number)
    return _tree(deps, run, snapshot).lay_over(_originals_of(deps, run.tenant, snapshot)).get(path)


def _compare(deps: Deps, run: Run, before: Snapshot, tree: Worktree, below: Mapping[str, bytes]) -> str:
    return diff_of(_tree(deps, run, before), _originals_of(deps, run.tenant, before), tree, below)


def report_of(deps: Deps, run: Run, version: Version) -> Mapping[str, Any] | None:
    """Return the report of a version's tests; None where it had none, or it is no longer kept."""
    ref = str(version.about.get("report") or "")
    try:
        found: Mapping[str, Any] | None = json.loads(deps.store.get_text(run.tenant, ref)) if ref else None
    except KeyError:
        return None
    return found


def list_tries(run: Run) -> list[Step]:
    """Return the steps that have tried, or are to try, a version of the work: version 1 first."""
    return [step for step in run.steps if step.spec.kind == _TRY]


def _snapshot(deps: Deps, run: Run, number: int) -> Snapshot | None:
    """Return what was kept of a version: of this run, or of the one whose version it goes on with."""
    tries = list_tries(run)
    home = tries[number - 1].home if number <= len(tries) else ""
    places = ((run.tenant, SNAPSHOTS, snapshot_id(each, number)) for each in (run.id, home) if each)
    return next((found for place in places if (found := get_as(Snapshot, deps.store, place))), None)


def _read_version(deps: Deps, run: Run, number: int) -> Snapshot:
    snapshot = _snapshot(deps, run, number)
    if snapshot is None or not snapshot.ref:
        raise KeyError(snapshot_id(run.id, number))
    return snapshot


def _tree(deps: Deps, run: Run, snapshot: Snapshot) -> Worktree:
    return from_text(deps.store.get_text(run.tenant, snapshot.ref))


def _find_restored(run: Run, step: Step | None) -> int:
    """Return the number of the version that a try brings back, 0 where it tries what somebody has just written."""
    if step is None or not step.spec.input.get("again"):
        return 0
    return next((n for n, each in enumerate(list_tries(run), 1) if each.id == step.spec.input.get("of")), 0)


def _cost(run: Run, step: Step | None) -> Usage:
    """Return what the version has cost: its tests, and the step that wrote it with all its children."""
    if step is None:
        return NOTHING
    wrote = str(step.spec.input.get("of") or "")
    total = step.used
    for each in run.steps:
        if wrote and wrote in (each.id, each.parent):
            total += each.used
    return total


def _originals_of(deps: Deps, tenant: str, snapshot: Snapshot) -> Mapping[str, bytes]:
    """Return the files of the repository that a version is based on; none for a new project."""
    originals = snapshot.originals
    return from_text(deps.store.get_text(tenant, originals)).files if originals else {}
