"""Bring an earlier version of a run's work back: it becomes the newest, is tested again, and asked about again.

Nothing is lost: the versions since stay as they are. What was approved since was approved of another tree.
"""

from __future__ import annotations

from shared.app.approval.gates import BUILDS, find_rework_step
from shared.app.code.work_versions import Version, list_tries, versions_of
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record_loaded
from shared.core.approval.gates import waits_at
from shared.core.errors import Conflicting, NotThere
from shared.core.people.actor import Actor
from shared.core.run.acts import VersionRestored
from shared.core.run.rework import RESTORE, find_open_question
from shared.core.run.run import CHILD, Run, Step, StepStatus


def restore_version(deps: Deps, tenant: str, run_id: str, number: int, by: Actor) -> Run:
    """Have version `number` tested again as the newest one; where it is the newest already, nothing is done.

    Raises NotThere, and Conflicting where the run's work can no longer be changed, or not just now.
    """
    loaded = deps.store.load_run(tenant, run_id)
    if loaded is None:
        raise NotThere(f"no run {run_id!r}")
    run, version = loaded.run, _find_version(deps, loaded.run, number)
    _refuse_ended(run)
    source, group = next(iter(list_tries(run)[number - 1 :]), None), _find_group(run)
    if group is not None and source is not None and _is_restored(run, group, source):
        return run
    if group is None or source is None or not _can_change(run, group):
        way_out = f"Wait until it asks for an approval, or what to do: GET /v1/runs/{run.id} says what it waits for."
        raise Conflicting(
            f"the work of run {run.id} cannot be changed just now; it is {run.status.value}", way_out=way_out
        )
    _refuse_unfit(run, version)
    event = VersionRestored(deps.clock.now(), group.id, source.id, number, by.name, by)
    after = record_loaded(deps, loaded, event)
    begun = after.step(group.id)
    if begun is None or not _is_restored(after, begun, source):
        way_out = f"Look at GET /v1/runs/{run.id}, then decide."
        raise Conflicting("the work has just changed, or was asked to be otherwise too many times", way_out=way_out)
    return after


def _find_version(deps: Deps, run: Run, number: int) -> Version:
    versions = versions_of(deps, run)
    found = next((each for each in versions if each.n == number), None)
    if found is None:
        known = f"1 to {len(versions)}" if versions else "none yet"
        raise NotThere(f"run {run.id} has no version {number}", way_out=f"Existing versions: {known}.")
    return found


def _refuse_ended(run: Run) -> None:
    if not (run.status.final or run.cancel or run.failure):
        return
    way_out = f"Retry it with POST /v1/runs/{run.id}/retry, and restore the version there."
    if any(step.spec.kind == "site.promote" and step.output for step in run.steps):
        way_out = "To have an earlier release of its site live again: POST /v1/sites/ID/redeploy."
    elif not (run.failure or run.cancel):
        way_out = "Change the page and set its status to Plan it, and it is planned anew."
    raise Conflicting(f"run {run.id} has ended; its work cannot be changed any more", way_out=way_out)


def _refuse_unfit(run: Run, version: Version) -> None:
    if not version.about.get("green"):
        way_out = f"GET /v1/runs/{run.id}/work says which versions did; for anything else, ask for a rework."
        raise Conflicting(f"version {version.n} did not pass its tests", way_out=way_out)
    if not version.kept:
        way_out = "The setting ship.versions.keep_days says for how long: PUT /v1/settings/ship."
        raise Conflicting(f"the files of version {version.n} are no longer kept", way_out=way_out)


def _find_group(run: Run) -> Step | None:
    """Return the step that makes and mends the work now."""
    built = [step for step in run.steps if step.spec.kind == BUILDS and not step.parent]
    return next((step for step in reversed(built) if step.status != StepStatus.SKIPPED), None)


def _can_change(run: Run, group: Step) -> bool:
    gate = waits_at(run)
    if gate is not None:
        return group.status == StepStatus.SUCCEEDED and find_rework_step(run, gate) is not None
    return find_open_question(run.steps, group) is not None


def _is_restored(run: Run, group: Step, source: Step) -> bool:
    """Say whether the version is what is being tested again, or what has passed."""
    if group.output.get(RESTORE):
        return bool(group.output[RESTORE] == source.id)
    if group.status == StepStatus.SUCCEEDED:
        same = ("tree", "originals", "runner", "expected_tests")
        return all(group.output.get(name) == source.output.get(name) for name in same)
    tried = run.step(f"{group.id}{CHILD}try-{group.output.get('tries', 0)}")
    return tried is not None and bool(tried.spec.input.get("again")) and tried.spec.input.get("of") == source.id
