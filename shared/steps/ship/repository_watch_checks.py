"""repository.watch_checks: wait for what the forge's own checks say about the proposed commit.

Green needs every system the forge has for checks. A change whose checks never begin is reported, not taken as green.
Only a red check goes back to the code; one that was cancelled, or waits for a person, is told as what it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.core.errors import Rejected
from shared.integrations.forge import Check, Checks, Forge
from shared.integrations.ship_settings import ship_of
from shared.steps._forge import SYSTEMS, forge_of
from shared.steps._input import Input
from shared.steps._kind import Again, Done, Repeat, StepContext, StepFailure, StepKind

_SOONEST, _LATEST = timedelta(seconds=15), timedelta(minutes=5)
_MAX_LETTERS = 4000  # of all failures together, for the model that repairs
_LAST_LINES = 60  # of one check
_TOLD = {
    "failure": "it was merged by somebody with red checks",
    "none": "no checks ran",
    "pending": "the checks have not ended",
    "cancelled": "a check was cancelled",
    "action_required": "a person has to let the checks run",
    "success": "all checks passed",
}


class Watch(Input):
    """Nothing to fill in."""


def _run(wanted: Watch, ctx: StepContext) -> Done | Again:
    change = ctx.output_of("repository.propose_change")
    if not change:
        raise Rejected("repository", "no change to watch: repository.propose_change must come first")
    owner, _, name = str(change["repository"]).rpartition("/")
    forge = forge_of(ctx, owner, name, system=str(change["system"]))
    sha = str(change["commit"])
    found = forge.checks(owner, name, sha)
    if found.state == "failure" and not _is_merged(forge, owner, name, int(change["number"])):
        raise _red(forge, owner, name, found)
    waited = ctx.now() - datetime.fromisoformat(str(change["at"]))
    code = ship_of(ctx.settings).code
    limit = code.checks_start_s if found.state == "none" else code.checks_end_s
    waiting = found.state in ("none", "pending", "action_required")
    if waiting and waited < timedelta(seconds=limit):
        return Again(_rhythm(waited), facts={"checks": _sentence(found)})
    output = {"state": found.state, "commit": sha, "checks": [_describe_check(run) for run in found.runs]}
    return Done(output, facts={"checks": _sentence(found)})


def _is_merged(forge: Forge, owner: str, name: str, number: int) -> bool:
    """Say whether people have merged it all the same; raises Rejected when they have closed it. Neither is mended."""
    change = forge.change(owner, name, number)
    if change.state != "open" and not change.merged:
        raise Rejected("repository", f"{change.url} was closed by somebody, and its checks are red")
    return change.merged


def _rhythm(waited: timedelta) -> timedelta:
    """Return when to look again: a quarter of the time it has taken so far. A webhook wakes the step earlier."""
    return min(max(waited / 4, _SOONEST), _LATEST)


def _describe_check(run: Check) -> Mapping[str, Any]:
    return {"name": run.name, "state": run.state, "url": run.url}


def _sentence(found: Checks) -> str:
    same = [run.name for run in found.runs if run.state == found.state]
    names = f": {', '.join(same[:5])}" if same and found.state != "success" else ""
    return f"{_TOLD[found.state]}{names}"


def _red(forge: Forge, owner: str, name: str, found: Checks) -> StepFailure:
    """Return the failure that sends the work back: what the red checks say, in few words."""
    red = [run for run in found.runs if run.state == "failure"]
    each = _MAX_LETTERS // max(len(red), 1)
    parts = [f"The check {run.name!r} of the pull request failed.\n{_compact(_log(forge, owner, name, run), each)}"
             for run in red]  # fmt: skip
    text = "\n\n".join(parts)[:_MAX_LETTERS]
    return StepFailure(text, signature=hashlib.sha256(text.encode()).hexdigest()[:16])


def _log(forge: Forge, owner: str, name: str, run: Check) -> str:
    return forge.check_log(owner, name, run) or run.detail


def _compact(log: str, letters: int) -> str:
    """Return the end of a log, where the failures stand."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    return "\n".join(lines[-_LAST_LINES:])[-letters:]


REPOSITORY_WATCH_CHECKS = StepKind(
    "repository.watch_checks",
    "Wait until the checks of the proposed change have ended; a red one goes back to the code.",
    Watch,
    _run,
    Repeat.SAME_END,
    lane="deploy",
    systems=(SYSTEMS,),
    needs_approval=False,
    repairs="code.test",
    needs=("repository.propose_change",),
    core=True,
)
