"""The versions of a run's work: what was tried, what the tests said, what changed from one to the next."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import text
from shared.app.api.run.run_views import COST, shown
from shared.app.code.work_versions import MOST, Version, changes_of, report_of, versions_of
from shared.core.errors import NotThere
from shared.core.run.run import Run

_COUNT = {"type": "integer"}
_TRUTH = {"type": "boolean"}
_FIELDS = {
    "n": {**_COUNT, "description": "Counts from 1."},
    "at": text(what="When its tests ended; empty if that is no longer stored."),
    "step": text(),
    "tree": text(what="The hash of its content."),
    "green": {**_TRUTH, "description": "Whether all its tests passed."},
    "tests": {**_COUNT, "description": "How many tests ran."},
    "driver": text(what="The sandbox they ran in."),
    "seconds": {"type": "number"},
    "reason": text(what="Why not all its tests passed."),
    "cost": COST,
    "kept": {**_TRUTH, "description": "Whether its files are still stored; the tenant's settings say for how long."},
}
_FILE = shown({"path": text(), "bytes": _COUNT, "deleted": _TRUTH}, optional=("deleted",))
WORK = shown({"run": text(), "versions": {"type": "array", "items": shown(_FIELDS)}})
VERSION = shown(
    {
        "run": text(),
        **_FIELDS,
        "diff": text(
            what="The changes since the previous version, or since the base for the first one, as one unified diff."
        ),
        "cut": {**_TRUTH, "description": "Whether the diff is longer than what is shown."},
        "files": {"type": "array", "items": _FILE, "description": "The files that it writes or deletes."},
        "report": {"type": ["object", "null"], "description": "The report of its tests, with every failure."},
    }
)


def list_work(call: Call) -> ApiReply:
    """Return the versions of a run's work; none where it has written nothing."""
    run = _run(call)
    return ApiReply(body={"run": run.id, "versions": [each.data for each in versions_of(call.deps, run)]})


def show_work(call: Call) -> ApiReply:
    """Return one version: its diff, its files, its test report."""
    run, number = _run(call), int(call.parts["n"])
    there = versions_of(call.deps, run)
    found = next((each for each in there if each.n == number), None)
    if found is None:
        known = f"1 to {len(there)}" if there else "none yet"
        raise NotThere(f"run {run.id} has no version {number}", way_out=f"Existing versions: {known}.")
    return ApiReply(body=_in_full(call, run, found))


def _in_full(call: Call, run: Run, version: Version) -> dict[str, Any]:
    try:
        told, files = changes_of(call.deps, run, version.n)
    except KeyError:
        told, files = "", []
    body = {"run": run.id, **version.data, "diff": told[:MOST], "cut": len(told) > MOST, "files": files}
    return {**body, "report": report_of(call.deps, run, version)}


def _run(call: Call) -> Run:
    loaded = call.deps.store.load_run(call.tenant, call.parts["run"])
    if loaded is None:
        raise NotThere(f"no run {call.parts['run']!r}")
    return loaded.run
