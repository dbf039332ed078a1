"""The versions of a run's work: what was tried, what the tests said, what changed from one to the next."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, FLAG, NUMBER, array, explain, members, text
from shared.app.api.run.run_views import COST
from shared.app.code.work_versions import MAX, Version, changes_of, report_of, versions_of
from shared.core.errors import NotThere
from shared.core.run.run import Run

_FIELDS = {
    "n": explain(COUNT, "Counts from 1."),
    "at": text(what="When its tests ended; empty if that is no longer stored."),
    "step": text(),
    "tree": text(what="The hash of its content."),
    "green": explain(FLAG, "Whether all its tests passed."),
    "tests": explain(COUNT, "How many tests ran."),
    "driver": text(what="The sandbox they ran in."),
    "seconds": NUMBER,
    "reason": text(what="Why not all its tests passed."),
    "cost": COST,
    "kept": explain(FLAG, "Whether its files are still stored; the tenant's settings say for how long."),
}
_FILE = members(path=text(), bytes=COUNT, deleted=FLAG, optional=("deleted",))
WORK = members(run=text(), versions=array(members(**_FIELDS)))
VERSION = members(
    run=text(),
    **_FIELDS,
    diff=text(what="The changes since the previous version, or since the base for the first one, as one unified diff."),
    cut=explain(FLAG, "Whether the diff is longer than what is shown."),
    files=array(_FILE, "The files that it writes or deletes."),
    report={"type": ["object", "null"], "description": "The report of its tests, with every failure."},
)


def list_work(call: Call) -> ApiReply:
    """Return the versions of a run's work; none where it has written nothing."""
    run = _run(call)
    return ApiReply(body={"run": run.id, "versions": [each.data for each in versions_of(call.deps, run)]})


def show_work(call: Call) -> ApiReply:
    """Return one version: its diff, its files, its test report."""
    run, number = _run(call), int(call.parts["n"])
    versions = versions_of(call.deps, run)
    found = next((each for each in versions if each.n == number), None)
    if found is None:
        known = f"1 to {len(versions)}" if versions else "none yet"
        raise NotThere(f"run {run.id} has no version {number}", way_out=f"Existing versions: {known}.")
    return ApiReply(body=_describe_in_full(call, run, found))


def _describe_in_full(call: Call, run: Run, version: Version) -> dict[str, Any]:
    try:
        changes, files = changes_of(call.deps, run, version.n)
    except KeyError:
        changes, files = "", []
    body = {"run": run.id, **version.data, "diff": changes[:MAX], "cut": len(changes) > MAX, "files": files}
    return {**body, "report": report_of(call.deps, run, version)}


def _run(call: Call) -> Run:
    loaded = call.deps.store.load_run(call.tenant, call.parts["run"])
    if loaded is None:
        raise NotThere(f"no run {call.parts['run']!r}")
    return loaded.run
