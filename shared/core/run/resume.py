"""What a retry goes on with: what the run before it has done stays done, what failed or was taken back is done again.

A run that is retried stays as it ended. The run that retries it begins with its steps: with what they came to where
they are done, and where they are not, as if they had never been tried. Their effects outside are remembered by the run
that began them (`Step.home`), so that a write that was half done goes on; what was taken back is a new thing, and is
asked for anew where people had approved it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from shared.core.run.acts import EDITED, ROLLED_BACK
from shared.core.run.replan import bare_name
from shared.core.run.run import NOTHING, Carried, Run, Step, StepStatus, Usage, WaitKind

_DONE = (StepStatus.SUCCEEDED, StepStatus.SKIPPED)
_ASKED_AGAIN = ("release", "production")  # gates whose approval ends when what they let through is taken back
_ANEW = frozenset({"site.watch"})  # what looks for a while looks for the whole of it again
_OF_THE_SITE = frozenset({"site.deploy", "site.verify", "site.promote", "site.watch"})
_OF_THAT_RELEASE = frozenset({"site", "preview", ROLLED_BACK, EDITED})  # facts of a run that went live
_OF_THAT_END = frozenset({"alarm", "rolling_back_to"})  # facts that tell how the run before ended


def carry_over(old: Run, taken_back: Collection[str] = (), plan_estimate: Usage | None = None) -> Carried:
    """Return what a retry of a run that has ended goes on with; `taken_back` are steps that undid their own effect.

    `plan_estimate` is what a plan may cost by the models there are now; None: as much as before.
    """
    back = {step.id for step in old.steps if step.status == StepStatus.UNDONE} | set(taken_back)
    again = _to_be_done(old, back)
    freed = again & back | {step.id for step in old.steps if step.id in again and step.spec.kind in _ANEW}
    parents = {step.parent for step in old.steps if step.parent}
    steps = []
    for step in old.steps:
        if step.id in again:
            home = "" if step.id in freed else step.home or old.id
            begun = _reset_step(step, home, asks_others=step.id in parents, again=again)
            steps.append(_set_estimate(begun, plan_estimate))
        else:
            steps.append(_keep_as_ended(old, step))
    return Carried(
        steps=tuple(_wait_for_repeated_children(steps, old, again)),
        run=old.id,
        revision=old.revision,
        plan_hash=old.plan_hash,
        replannable=old.replannable,
        replans=old.replans,
        spent=old.counted,
        facts={name: value for name, value in old.facts.items() if name not in _OF_THAT_END},
    )


def carry_release(old: Run) -> Carried:
    """Return what a run goes on with that puts a release live again: all is done but what concerns the site.

    The site's steps are new ones, approvals before them are asked anew, and whoever cancels it takes back those alone:
    what the run before has made elsewhere stays. What that one has spent counts against nothing.
    """
    anew = {step.id for step in old.steps if step.spec.kind in _OF_THE_SITE}
    carried = carry_over(old, anew)
    steps = tuple(
        step if step.status == StepStatus.PENDING else replace(step, spec=replace(step.spec, undoable=False))
        for step in carried.steps
    )
    facts = {name: value for name, value in carried.facts.items() if name not in _OF_THAT_RELEASE}
    return replace(carried, steps=steps, spent=NOTHING, facts=facts, replannable=False)


def _to_be_done(old: Run, back: Collection[str]) -> set[str]:
    """Return the steps that the present plan still needs, and the approvals that have to be given anew for them."""
    needed = _find_needed(old)
    by_id = {step.id: step for step in old.steps}
    again = {
        step.id
        for step in old.steps
        if step.id in needed and (step.id in back or step.status not in _DONE) and not _is_past(step, by_id, back)
    }
    withdrawn = {step.id for step in old.steps if step.id in again and (old.cancel or step.id in back)}
    for gate in old.steps:
        asks = gate.spec.gate == WaitKind.APPROVAL and bare_name(gate.id) in _ASKED_AGAIN
        if asks and any(gate.id in by_id[name].spec.depends_on for name in withdrawn):
            again.add(gate.id)
    return again


def _is_past(step: Step, by_id: dict[str, Step], back: Collection[str]) -> bool:
    """Say whether a child was given up by a parent that came to its end without it: nobody waits for it any more."""
    parent = by_id.get(step.parent)
    return parent is not None and parent.status in _DONE and step.id not in back


def _find_needed(old: Run) -> set[str]:
    """Return the steps of the present plan, those of earlier plans that it builds on, and the children of both.

    While the latest plan is not made, that is the step that makes it.
    """
    planning = [step for step in old.steps if step.spec.lane == "plan"]
    if planning and planning[-1].status not in _DONE:
        return _collect_needed(old, {planning[-1].id})
    mark = f"r{old.revision}." if old.revision > 1 else ""
    own = {step.id for step in old.steps if not step.parent and step.id == mark + bare_name(step.id)}
    own -= {step.id for step in planning}
    return _collect_needed(old, own)


def _collect_needed(old: Run, names: Iterable[str]) -> set[str]:
    by_id = {step.id: step for step in old.steps}
    found: set[str] = set()
    waiting = [name for name in names if name in by_id]
    while waiting:
        name = waiting.pop()
        if name in found or by_id[name].status == StepStatus.SKIPPED:
            continue
        found.add(name)
        waiting += [each for each in by_id[name].spec.depends_on if each in by_id]
        waiting += [step.id for step in old.steps if step.parent == name]
    return found


def _keep_as_ended(old: Run, step: Step) -> Step:
    """Return a step that stays as it is: what it has cost was paid by the run before."""
    ended = (*_DONE, StepStatus.FAILED)
    return replace(
        step,
        status=step.status if step.status in ended else StepStatus.SKIPPED,
        used=NOTHING,
        reserved=NOTHING,
        reserved_on="",
        wait=None,
        home=step.home or old.id,
        done_seq=step.done_seq - old.seq - 1,  # before everything that the retry does, in the order it was done
    )


def _set_estimate(step: Step, plan_estimate: Usage | None) -> Step:
    if step.spec.lane != "plan" or plan_estimate is None:
        return step
    return replace(step, spec=replace(step.spec, estimate=plan_estimate))


def _reset_step(step: Step, home: str, *, asks_others: bool, again: Collection[str]) -> Step:
    """Return a step as if it had never been tried; one that asks others goes on with what they have said.

    A child that was taken back after its parent had ended is a step of its own: the parent asks nobody again.
    """
    alone = bool(step.parent) and step.parent not in again
    return Step(
        step.spec,
        attempt=step.attempt + 1,
        feedback=step.feedback,
        output=step.output if asks_others or step.spec.group else {},
        parent="" if alone else step.parent,
        level=0 if alone else step.level,
        home=home,
    )


def _wait_for_repeated_children(steps: list[Step], old: Run, again: Collection[str]) -> list[Step]:
    """Let what builds on a parent wait for its children that are done again on their own."""
    alone = {
        step.id: step.parent for step in old.steps if step.parent and step.id in again and step.parent not in again
    }
    found = []
    for step in steps:
        more = tuple(name for name, parent in alone.items() if parent in step.spec.depends_on)
        if more and step.id in again:
            step = replace(step, spec=replace(step.spec, depends_on=(*step.spec.depends_on, *more)))
        found.append(step)
    return found
