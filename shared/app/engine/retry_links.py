"""Which run retries which: by ids alone, so that whoever only looks a run up ships nothing of what retries it."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.core.run.run import Run, derive_id
from shared.ports import Loaded


def retry_id(tenant: str, run: str) -> str:
    """Return the id of the one run that retries this run."""
    return derive_id("run-", tenant, run, "retry")


def latest_run(deps: Deps, tenant: str, run: str) -> Loaded | None:
    """Return the run, or the last of those that go on with what it has made: news of that is about this one."""
    loaded = deps.store.load_run(tenant, run)
    while loaded is not None and loaded.run.status.final:
        after = deps.store.load_run(tenant, retry_id(tenant, loaded.run.id))
        if after is None or not goes_on(after.run):
            break
        loaded = after
    return loaded


def goes_on(run: Run) -> bool:
    """Say whether a run goes on with what another one has done."""
    return any(step.home not in ("", run.id) for step in run.steps)
