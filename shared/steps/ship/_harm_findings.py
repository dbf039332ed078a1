"""The reviewer's look at work that is about to leave: once for the same work, and with the author's word on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.core.code.worktree import Worktree, diff
from shared.core.run.run import NOTHING, Step, StepStatus
from shared.steps._code_prompt import load_proposal
from shared.steps._kind import StepContext
from shared.steps._work import Work, is_mended, work_of

if TYPE_CHECKING:
    from shared.mind.safety.harm_review import Approved, Look

_PATIENT = 3  # attempts for which an outage of the model is waited for
_OFFLINE = "offline"  # looks by rules, at no cost


def look_once(ctx: StepContext, work: Work, before: Mapping[str, bytes]) -> Look:
    """Return what the reviewer says of this work; the same work is not looked at again, whoever sent it back."""
    from shared.mind.safety.harm_review import Look, look_for_harm

    name = f"look-{work.tree_id[:16]}"
    if kept := ctx.recall(name):
        found = tuple((str(severity), str(text)) for severity, text in kept["findings"])
        return Look(found, str(kept["words"]), NOTHING, str(kept["model"]))
    changed = {path: data for path, data in work.tree.files.items() if before.get(path) != data}
    seed = f"{ctx.run.id}.{ctx.step.id}.{ctx.step.attempt}"
    patient = ctx.step.failures < _PATIENT
    approved = _describe_approved(ctx, work, before)
    look = look_for_harm(ctx.model(), changed, approved, seed=seed, keep=ctx.keep_context, patient=patient)
    if look.model not in ("", _OFFLINE):
        remembered = {"findings": [list(each) for each in look.findings], "words": look.words, "model": look.model}
        ctx.keep_before(name, lambda: remembered)
    return look


def _describe_approved(ctx: StepContext, work: Work, before: Mapping[str, bytes]) -> Approved:
    from shared.mind.safety.harm_review import Approved

    output = ctx.output_of("plan.propose")
    about = f"{output.get('summary', '')}\nKind of work: {work.kind}"
    proposal = load_proposal(ctx)
    wanted = [f"{each.get('id', '')}: {each.get('text', '')}" for each in proposal.get("requirements", ())]
    kept_files = {path: data for path, data in work.tree.files.items() if path in before}
    change = diff(before, Worktree(kept_files, work.tree.deleted, work.tree.base))
    found, answer, since = _find_former_look(ctx, work)
    tests = int(ctx.output_of("code.test").get("tests") or 0)
    return Approved(
        about,
        tuple(wanted),
        tuple(map(str, proposal.get("assumptions", ()))),
        change,
        tests=f"All tests of the work have passed in a sandbox: {tests}." if tests else "",
        former=found,
        answer=answer,
        since=since,
    )


def _find_former_look(ctx: StepContext, work: Work) -> tuple[tuple[str, ...], str, str]:
    """Return what was found when this review sent the work back, what its author says to it, and the diff since."""
    repairs = _repairs_of(ctx)
    sent = ctx.run.step(str(repairs[0].spec.input.get("of", ""))) if repairs else None
    if sent is None or not sent.output.get("work"):
        return (), "", ""
    then = work_of(ctx, sent.output).tree
    kept = ctx.recall(f"look-{then.tree_id[:16]}") or {}
    found = tuple(f"{severity}: {text}" for severity, text in kept.get("findings", ()))
    gone = frozenset(path for path in then.files if path not in work.tree.files)
    since = diff(then.files, Worktree(work.tree.files, gone, work.tree.base))
    return (found, "\n".join(str(each.output.get("why", "")) for each in repairs), since) if found else ((), "", "")


def _repairs_of(ctx: StepContext) -> list[Step]:
    """Return the repairs since this review sent the work back last, the first of them first."""
    group = next((s for s in reversed(ctx.run.steps) if s.spec.kind == "code.test" and s.output.get("tests")), None)
    if group is None or str((group.output.get("back") or {}).get("by", "")) != ctx.step.id:
        return []
    since = int(group.output.get("since", 0))
    mine = (s for s in ctx.run.steps if s.parent == group.id and s.spec.kind == "code.repair")
    return [s for s in mine if s.status == StepStatus.SUCCEEDED and int(s.id.rpartition("-")[2]) >= since]


def disagreement(ctx: StepContext) -> str:
    """Return why the author has changed nothing of work that was sent back for harm; "" where it was mended."""
    for step in reversed(ctx.run.steps):
        if step.spec.kind == "code.repair" and step.status == StepStatus.SUCCEEDED:
            back = _group_of(ctx, step).get("back") or {}
            unchanged = str(back.get("by", "")) == ctx.step.id and not is_mended(ctx, step)
            return str(step.output.get("why", "")) if unchanged else ""
    return ""


def note_of_author(ctx: StepContext) -> str:
    """Return what the author of the last repair has for people; "" for nothing, or where another version is back."""
    made = [s for s in ctx.run.steps if s.spec.kind in ("code.repair", "code.try") and s.status == StepStatus.SUCCEEDED]
    if made and made[-1].spec.input.get("again"):  # an earlier version was restored
        return ""
    return next((str(s.output.get("note", "")) for s in reversed(made) if s.spec.kind == "code.repair"), "")


def _group_of(ctx: StepContext, child: Step) -> Mapping[str, Any]:
    parent = ctx.run.step(child.parent)
    return parent.output if parent is not None else {}
