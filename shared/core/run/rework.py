"""Work that goes back: what an earlier step made is made better, and all that was built on it is done again.

A later step finds something wrong (a red check, a broken build), a person asks for a change, or an approval has become
too old. The step that can mend it begins again, told why. What came after it is done anew, approvals too: they were
given for what it was before. Groups of agents behind it stay as they are: what they said has been said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from shared.core.approval.gates import is_asked_again, is_by_policy
from shared.core.run.acts import AnotherLookAsked, PolicyWithdrawn, ReworkAsked, VersionRestored
from shared.core.run.draft import Draft
from shared.core.run.run import Step, StepSpec, StepStatus, Usage, WaitKind

RESTORE = "restore"  # of a group's output: the try whose work it is to test again
_LEFT = (  # of what failed for good another plan has made something else
    StepStatus.PENDING,
    StepStatus.SKIPPED,
    StepStatus.FAILED,
    StepStatus.CANCELLED,
    StepStatus.UNDONE,
    StepStatus.UNDOING,
)


def rework_asked(draft: Draft, event: ReworkAsked) -> bool:
    """A person wants it otherwise: begin again at the step that makes it, a bounded number of times."""
    step = draft.steps.get(event.step)
    if step is None or step.status != StepStatus.SUCCEEDED or draft.failure or draft.cancel:
        return False
    if step.spec.gate or step.spec.lane == "plan" or step.rounds >= draft.run.limits.reworks:
        return False
    send_back(draft, draft.set(step.id, rounds=step.rounds + 1), event.feedback)
    return True


def another_look_asked(draft: Draft, event: AnotherLookAsked) -> bool:
    """People want work that could not be mended to be looked at as it had passed: those who refused it look anew.

    That it was refused before counts as one time, so that another refusal is asked about again.
    """
    for step in tuple(draft.steps.values()):
        parent = draft.steps.get(step.parent)
        asks = step.wait is not None and step.wait.kind == WaitKind.INPUT
        if asks and parent is not None and parent.output.get("back_to"):
            draft.finish(step.id, StepStatus.SUCCEEDED, output={"by": event.by, "again": True})
            for other in tuple(draft.steps.values()):
                if other.spec.repairs == parent.id:
                    draft.set(other.id, signature="", rounds=min(other.rounds, 1))
            return True
    return False


def version_restored(draft: Draft, event: VersionRestored) -> bool:
    """People want an earlier version back: the group that has tested it does so again, and all that was built on it.

    That answers its question too, where it asks what to do. It counts as work that was asked to be otherwise.
    """
    step, source = draft.steps.get(event.step), draft.steps.get(event.source)
    if step is None or source is None or not source.output.get("green") or draft.failure or draft.cancel:
        return False
    if not step.spec.group or step.rounds >= draft.run.limits.reworks:
        return False
    asks = find_open_question(draft.steps.values(), step)
    if asks is not None:
        draft.finish(asks.id, StepStatus.SUCCEEDED, output={"by": event.by})
    elif step.status == StepStatus.SUCCEEDED:
        send_back(draft, step, "")
    else:
        return False
    draft.set(step.id, rounds=step.rounds + 1, output={**step.output, RESTORE: source.id})
    return True


def find_open_question(steps: Iterable[Step], group: Step) -> Step | None:
    """Return the question in words that a group waits with; None where it asks nothing."""
    asked = (each for each in steps if each.parent == group.id and each.wait and each.wait.kind == WaitKind.INPUT)
    return next(asked, None)


def send_back(draft: Draft, producer: Step, feedback: str) -> None:
    """Begin the producer again, told why; what is behind it waits until it is done."""
    for step in tuple(draft.steps.values()):
        if step.id != producer.id and not step.parent and producer.id in list_predecessors(draft, step):
            _reset(draft, step)
    draft.set(
        producer.id,
        spec=_limit_to_means(draft, producer),
        status=StepStatus.READY,
        wait=None,
        attempt=producer.attempt + 1,
        feedback=feedback,
        output=producer.output if producer.spec.group or producer.expanded else {},  # its children's work is in it
        expanded=False,  # what they may cost is reserved anew
        done_seq=0,
    )


def _limit_to_means(draft: Draft, producer: Step) -> StepSpec:
    """Return the step as it begins again: a group holds what is left, for all it needs is less than it once might."""
    spec, left = producer.spec, draft.usage_left()
    if not spec.group:
        return spec
    ceiling = Usage(min(spec.estimate.tokens, left.tokens), min(spec.estimate.micros, left.micros))
    return replace(spec, estimate=ceiling)


def ask_again(draft: Draft, step: Step, reason: str) -> bool:
    """Have people asked again for what `step` wants to do: look again at what they are asked about, from there on.

    False where nobody is asked before it, or they were asked often enough.
    """
    if step.rounds >= draft.run.limits.repairs:
        return False
    ahead = list_predecessors(draft, step)
    gates = [each for each in draft.steps.values() if each.id in ahead and each.spec.gate == WaitKind.APPROVAL]
    for gate in reversed(gates):
        shown = [draft.steps[name] for name in gate.spec.depends_on if name in draft.steps]
        producer = next((each for each in shown if each.output.get("binds")), None)
        if producer is not None:
            draft.free(step.id)
            send_back(draft, producer, "")
            draft.set(step.id, rounds=step.rounds + 1, error=reason)
            return True
    return False


def ask_instead(draft: Draft, event: PolicyWithdrawn) -> bool:
    """Open a gate again that only a policy had passed: what has begun behind it goes on, all else waits for people."""
    gate, step = draft.steps.get(event.gate), draft.steps.get(event.step)
    if gate is None or (not (passed := is_by_policy(gate)) and not is_asked_again(gate)):
        return False
    if step is None or step.attempt != event.attempt or step.status != StepStatus.RUNNING:
        return False
    if gate.id not in list_predecessors(draft, step):
        return False
    draft.free(step.id)
    begun = step.handed_at if step.attempt > 1 else None  # what never began has nothing to undo
    draft.set(step.id, attempt=step.attempt + 1, wake=0, error=event.words, handed_at=begun)
    for each in tuple(draft.steps.values()):
        waits = each.id == step.id or each.status in (StepStatus.PENDING, StepStatus.READY)
        if waits and not each.parent and not each.spec.gate and gate.id in list_predecessors(draft, each):
            needs = each.spec.depends_on
            spec = each.spec if gate.id in needs else replace(each.spec, depends_on=(*needs, gate.id))
            draft.set(each.id, status=StepStatus.PENDING, spec=spec)
    if passed:
        draft.set(gate.id, status=StepStatus.PENDING, attempt=gate.attempt + 1, output={}, done_seq=0)
    return True


def list_predecessors(draft: Draft, step: Step) -> Collection[str]:
    """Return the ids of all steps that have to be done before this one."""
    found: dict[str, None] = {}
    waiting = list(step.spec.depends_on)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += draft.steps[name].spec.depends_on if name in draft.steps else ()
    return found


def _reset(draft: Draft, step: Step) -> None:
    if step.status in _LEFT or step.spec.group:
        return
    if step.status == StepStatus.RUNNING:
        draft.lose(step.id)
    else:
        draft.lose_if_begun(step.id)
    draft.free(step.id)
    draft.set(
        step.id,
        status=StepStatus.PENDING,
        wait=None,
        attempt=step.attempt + 1,
        wake=0,
        failures=0,
        output={},
        error="",
        done_seq=0,
    )
