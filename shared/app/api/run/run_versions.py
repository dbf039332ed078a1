"""The versions of a run's work: what was tried, what the tests said, what changed from one to the next."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, FLAG, NUMBER, Schema, array, explain, members, number, text
from shared.app.api.run.run_views import COST
from shared.app.api.run.runs import reply_with_run
from shared.app.code.restore_version import restore_version
from shared.app.code.work_versions import MAX, Version, changes_of, read_file, report_of, versions_of
from shared.core.errors import NotThere
from shared.core.run.run import Run

_KEEP = "The setting ship.versions.keep_days says for how long: PUT /v1/settings/ship."
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
    "restores": explain(COUNT, "The version that it brings back, as people asked for; 0 for none."),
}
_FILE = members(path=text(), bytes=COUNT, deleted=FLAG, optional=("deleted",))
WORK = members(run=text(), versions=array(members(**_FIELDS)))
VERSION = members(
    run=text(),
    **_FIELDS,
    diff=text(what="The changes since `since`, else since the previous version, or the base, as one unified diff."),
    cut=explain(FLAG, "Whether the diff is longer than what is shown."),
    files=array(_FILE, "The files that it writes or deletes."),
    report={"type": ["object", "null"], "description": "The report of its tests, with every failure."},
)


FILE = members(
    path=text(),
    bytes=COUNT,
    text=text(what="Its content; empty where it is not text."),
    base64=text(what="Its content where it is not text, in base64; else empty."),
    cut=explain(FLAG, "Whether it is longer than what is shown."),
)
_PATH = text("^[^/\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$", max_length=500, what="Its path, as in `files`.")
SINCE: Mapping[str, Schema] = {
    "since": explain(
        number(0, 9999), "The version to compare with, 0 for what there was before; else the previous one."
    )
}
ONE_FILE: Mapping[str, Schema] = {"path": _PATH}


def list_work(call: Call) -> ApiReply:
    """Return the versions of a run's work; none where it has written nothing."""
    run = _run(call)
    return ApiReply(body={"run": run.id, "versions": [each.data for each in versions_of(call.deps, run)]})


def show_work(call: Call) -> ApiReply:
    """Return one version: what it changes since the one before or any other, its files, its test report."""
    run = _run(call)
    found, since = _find_version(call, run, int(call.parts["n"])), call.query.get("since")
    if since and not _find_version(call, run, since).kept:
        raise NotThere(f"the files of version {since} are no longer kept", way_out=_KEEP)
    return ApiReply(body=_describe_in_full(call, run, found, since))


def show_file(call: Call) -> ApiReply:
    """Return one file as it is in a version."""
    run = _run(call)
    version, path = _find_version(call, run, int(call.parts["n"])), call.query.get("path", "")
    try:
        data = read_file(call.deps, run, version.n, path)
    except KeyError:
        raise NotThere(f"the files of version {version.n} are no longer kept", way_out=_KEEP) from None
    if data is None:
        way_out = f"GET /v1/runs/{run.id}/work/{version.n} lists its files; give one of them as `path`."
        raise NotThere(f"version {version.n} has no file {path!r}", way_out=way_out)
    shown = data[:MAX]
    body = {"path": path, "bytes": len(data), "text": "", "base64": "", "cut": len(data) > MAX}
    try:
        return ApiReply(body={**body, "text": shown.decode(errors="strict" if len(data) <= MAX else "ignore")})
    except UnicodeDecodeError:
        return ApiReply(body={**body, "base64": base64.b64encode(shown).decode()})


def restore_work(call: Call) -> ApiReply:
    """Make an earlier version the newest one; what was built on another is done and asked anew."""
    return reply_with_run(
        call, restore_version(call.deps, call.tenant, call.parts["run"], int(call.parts["n"]), call.who.actor)
    )


def _find_version(call: Call, run: Run, number: int) -> Version:
    versions = versions_of(call.deps, run)
    found = next((each for each in versions if each.n == number), None)
    if found is None:
        known = f"1 to {len(versions)}" if versions else "none yet"
        raise NotThere(f"run {run.id} has no version {number}", way_out=f"Existing versions: {known}.")
    return found


def _describe_in_full(call: Call, run: Run, version: Version, since: int | None) -> dict[str, Any]:
    try:
        changes, files = changes_of(call.deps, run, version.n, since)
    except KeyError:
        changes, files = "", []
    body = {"run": run.id, **version.data, "diff": changes[:MAX], "cut": len(changes) > MAX, "files": files}
    return {**body, "report": report_of(call.deps, run, version)}


def _run(call: Call) -> Run:
    loaded = call.deps.store.load_run(call.tenant, call.parts["run"])
    if loaded is None:
        raise NotThere(f"no run {call.parts['run']!r}")
    return loaded.run
