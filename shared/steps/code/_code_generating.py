"""What code.generate does when it is woken: which child is next, and in the end the work they have written."""

from __future__ import annotations

from shared.core.code.own_tests import find_own_tests
from shared.core.code.worktree import Worktree
from shared.core.errors import Rejected
from shared.core.planning.artifacts import Artifact
from shared.core.planning.file_plan import DELETE, MAX_PIECES, RENAME, Chunk
from shared.core.run.run import CHILD, StepSpec, Usage
from shared.steps._kind import Done, FanOut, StepContext
from shared.steps._work import keep_work
from shared.steps.code._code_answers import name_writer
from shared.steps.code._code_pieces import FilePlan, Pieces, file_plan, list_left, name_of, pieces_of

_NAMED = 3  # files that a step's title names


def choose_children(ctx: StepContext, artifact: Artifact) -> Done | FanOut:
    """Return the children that are to be asked next, or the work when all have answered."""
    outline = f"{ctx.step.id}{CHILD}outline"
    if ctx.run.step(outline) is None:
        given = {"artifact": artifact}
        return FanOut((StepSpec(outline, "code.outline", "Plan the files", given, estimate=_shares(ctx)[1]),))
    plan = file_plan(ctx.run, outline, ctx.get_text)
    written = {chunk.number: pieces_of(ctx.run, ctx.step.id, chunk.number, ctx.get_text) for chunk in plan.chunks}
    done = {chunk.number for chunk in plan.chunks if not list_left(chunk, written[chunk.number])}
    if len(done) == len(plan.chunks):
        return _assemble_work(ctx, artifact, plan, written)
    next_ones = [
        chunk
        for chunk in plan.chunks
        if chunk.number not in done and not written[chunk.number].waiting and done.issuperset(chunk.after)
    ]
    number, share = _shares(ctx, len(next_ones))
    return FanOut(tuple(_write(ctx, plan, chunk, written[chunk.number], share) for chunk in next_ones[:number]))


def _write(ctx: StepContext, plan: FilePlan, chunk: Chunk, pieces: Pieces, share: Usage) -> StepSpec:
    """Return the step that writes a chunk, or what is left of it."""
    piece, left = pieces.asked + 1, [file.path for file in list_left(chunk, pieces)]
    if piece > MAX_PIECES * len(chunk.files):
        raise Rejected("code", f"{', '.join(left[:_NAMED])} did not come to an end in {pieces.asked} answers")
    more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
    title = f"{'Go on with' if pieces.open_path else 'Write'} {', '.join(left[:_NAMED])}{more}"
    given = {"outline": plan.step, "chunk": chunk.number, "piece": piece}
    return StepSpec(name_of(ctx.step.id, chunk.number, piece), "code.write", title[:200], given, estimate=share)


def _shares(ctx: StepContext, wanted: int = 1) -> tuple[int, Usage]:
    """Return how many of so many children can be asked side by side now, and what each of them may cost.

    Each gets what one question is reserved for; the last one what is left, where that is at least half as much.
    """
    ceiling, left, calls = ctx.step.spec.estimate, ctx.step.reserved, ctx.kinds[ctx.step.spec.kind].max_calls
    once = Usage(ceiling.tokens // calls, ceiling.micros // calls)
    parts = [(left.tokens, once.tokens), (left.micros, once.micros)]
    number = min([wanted, *(available // each for available, each in parts if each)])
    if number < 1 and all(2 * available >= each for available, each in parts):
        return 1, Usage(min(once.tokens, left.tokens), min(once.micros, left.micros))
    return max(1, number), once


def _assemble_work(ctx: StepContext, artifact: Artifact, plan: FilePlan, written: dict[int, Pieces]) -> Done:
    """Return the work: all that was written, what was only moved or deleted, over the repository where there is one."""
    texts = {path: text for pieces in written.values() for path, text in pieces.texts.items()}
    files = {path: text.encode("utf-8", "replace") for path, text in texts.items()}
    files |= {
        file.path: plan.repository_files[file.source]
        for file in plan.files
        if file.action == RENAME and not file.written
    }
    gone = {file.path for file in plan.files if file.action == DELETE}
    gone |= {file.source for file in plan.files if file.action == RENAME}
    changed = {path: data for path, data in files.items() if plan.repository_files.get(path) != data}
    tests = sum(pieces.tests for pieces in written.values()) or plan.outline.expected_tests
    writer = name_writer(plan.model, *(model for pieces in written.values() for model in pieces.models))
    touched = sorted({*changed, *gone} & set(find_own_tests(plan.repository_files, plan.outline.runner).pristine))
    output = keep_work(
        ctx,
        Worktree(changed, frozenset(gone - set(files)), plan.base),
        kind=artifact,
        checks=[check.model_dump() for check in plan.outline.checks],
        runner=plan.outline.runner,
        expected_tests=tests if plan.outline.runner != "none" else 0,
        site_root=plan.outline.site_root,
        model=writer,
        originals=plan.originals,
        may_change=touched,
        outline=plan.kept,
        unread=plan.unread,
    )
    facts = {"files": len(changed), "model": writer}
    return Done(output, facts=facts | ({"tests_changed": touched} if touched else {}))
