"""What code.write does: some files of the plan are asked for, and what comes is checked before it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.core.code.edits import Edit, EditsRefused, apply_edits
from shared.core.code.repo_map import text_of
from shared.core.planning.file_plan import CREATE, TOKENS_PER_LINE, Chunk, PlannedFile
from shared.core.run.run import CHILD, Usage
from shared.core.text.cut_text import cut_text
from shared.mind.context import Part
from shared.steps._code_prompt import (
    answer_tokens,
    ask_for,
    dump_json,
    file_parts,
    mistake,
    notes_of,
    read_planned,
    task_parts,
)
from shared.steps._kind import Done, StepContext
from shared.steps.code._code_answers import (
    Written,
    describe_planned_file,
    find_old_text,
    find_unpinned,
    unwritten_tests,
    whole_file_problem,
)
from shared.steps.code._code_pieces import FilePlan, Pieces, file_plan, list_left, pieces_of

TASK = "code.write"
_NOTE = 500  # letters of what was noticed
_TAIL = 6000  # characters of an unfinished file that are shown, from its end
_NEIGHBOURS = 30  # files that others depend on and that are shown whole, at most
_LINES = (
    "Write the files of `files to write now`, all of them in this answer, and no others. Give at most {lines}"
    " lines in it. Of a file that is longer give the first part, up to the end of a line, as the last file and with"
    " `complete` false, which is true of all others; leave out files that no longer fit. You are asked for the"
    " rest afterwards."
)
_GO_ON = (
    "`the end of the unfinished file` is what there is of the first file to write now. Give it first: exactly what"
    " follows after the last line shown, nothing of it again."
)


def write_files(ctx: StepContext, outline: str, number: int) -> Done:
    """Return what is written of the chunk of that number, in the plan of that step."""
    plan = file_plan(ctx.run, outline, ctx.get_text)
    chunk = plan.chunks[number - 1]
    before = _load_earlier_pieces(ctx, number)
    left = list_left(chunk, before)
    left.sort(key=lambda file: file.path != before.open_path)
    existing_texts = {path: text for path, data in plan.repository_files.items() if (text := text_of(data)) is not None}
    proposal, page = read_planned(ctx)
    data = {
        "page": page,
        "proposal": proposal,
        "artifact": plan.artifact,
        "paths": [file.path for file in left],
        "feedback": ctx.step.feedback,
    }
    parts = [
        *_instructions(ctx, before),
        *_build_plan_parts(plan, left, before, existing_texts),
        *notes_of(ctx.run),
        *task_parts(proposal, page, ctx.step.feedback),
        *file_parts(_neighbours(ctx, plan, chunk, left, existing_texts)),
    ]
    written, result = ask_for(ctx, TASK, Written, parts, data)
    texts, unfinished = _check_written(written, left, before, existing_texts, result.usage)
    _refuse_unwritten(plan, texts, unfinished, before, result.usage)
    kept = dump_json({"texts": texts, "unfinished": unfinished})
    output = {"written": ctx.keep_text(kept), "expected_tests": max(0, written.expected_tests), "model": result.model}
    return Done(output | ({"note": cut_text(written.note, _NOTE)} if written.note.strip() else {}), result.usage)


def _load_earlier_pieces(ctx: StepContext, number: int) -> Pieces:
    """Return what the pieces before this one have written; this one is asked for and not there, so it ends there."""
    group = ctx.step.id.rpartition(CHILD)[0]
    found = pieces_of(ctx.run, group, number, ctx.get_text)
    return Pieces(found.texts, found.open_path, found.open_text)


def _instructions(ctx: StepContext, before: Pieces) -> list[Part]:
    """Return what we say: after each failure less is asked for, for an answer that was cut short has failed too."""
    lines = max(20, int(answer_tokens(ctx.model()) / TOKENS_PER_LINE / 2 ** (ctx.step.attempt - 1)))
    parts = [Part("task", "what to write", _LINES.format(lines=lines), trusted=True)]
    return [*parts, Part("task", "go on", _GO_ON, trusted=True)] if before.open_path else parts


def _build_plan_parts(
    plan: FilePlan, left: Sequence[PlannedFile], before: Pieces, existing_texts: Mapping[str, str]
) -> list[Part]:
    """Return the plan, the files to write with their old texts, and the end of the one that is unfinished."""
    others = [describe_planned_file(file) for file in plan.files if file not in left]
    old = [
        (file.source or file.path, text) for file in left if (text := find_old_text(file, existing_texts)) is not None
    ]
    parts = [
        Part("input", "files to write now", dump_json([describe_planned_file(file) for file in left]), must=True),
        Part("input", "the other files of the plan", dump_json(others) if others else "", must=True, share=0.4),
        Part("input", "tests and checks of the plan", dump_json(_proofs(plan)), must=True, share=0.4),
        *file_parts(old, must=True),
    ]
    if before.open_path:
        tail = before.open_text[-_TAIL:]
        parts.append(Part("input", "the end of the unfinished file", tail, must=True))
    return parts


def _proofs(plan: FilePlan) -> dict[str, object]:
    fields = plan.outline.model_dump(
        include={"tests", "checks", "by_tests_alone", "runner", "expected_tests", "site_root"}
    )
    return {name: value for name, value in fields.items() if value not in ("", [])}


def _neighbours(
    ctx: StepContext, plan: FilePlan, chunk: Chunk, left: Sequence[PlannedFile], existing_texts: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return the files that those to write depend on, as they are written or were in the repository."""
    group = ctx.step.id.rpartition(CHILD)[0]
    texts = dict(existing_texts)
    for number in (*chunk.after, chunk.number):
        texts |= pieces_of(ctx.run, group, number, ctx.get_text).texts
    shown = {file.source or file.path for file in left}
    names = dict.fromkeys(name for file in left for name in file.depends_on if name not in shown)
    return [(name, texts[name]) for name in names if name in texts][:_NEIGHBOURS]


def _check_written(
    written: Written, left: Sequence[PlannedFile], before: Pieces, existing_texts: Mapping[str, str], used: Usage
) -> tuple[dict[str, str], str]:
    """Return the texts that an answer gives, by path, and which of them goes on; raises StepFailure."""
    wanted = {file.path: file for file in left}
    whole = [each.path for each in written.files]
    edits = [each.edit for each in written.edits]
    for path in (*whole, *(edit.path for edit in edits)):
        if path not in wanted:
            raise mistake(f"{path!r} is not one of the files to write now: {', '.join(wanted)[:1000]}", used)
    if len(set(whole)) != len(whole) or set(whole) & {edit.path for edit in edits}:
        raise mistake("a file is given twice; give each once, either whole or as edits", used)
    open_now = [each.path for each in written.files if not each.complete]
    if len(open_now) > 1:
        raise mistake(f"{' and '.join(open_now[:5])} are not complete; only the last file of an answer may be", used)
    if before.open_path and before.open_path not in whole:
        raise mistake(f"{before.open_path!r} is unfinished and must be gone on with first", used)
    texts = {each.path: each.content for each in written.files}
    for path, content in texts.items():
        if problem := whole_file_problem(
            path, content, wanted[path].action, find_old_text(wanted[path], existing_texts)
        ):
            raise mistake(problem, used)
        whole_text = before.open_text + content if path == before.open_path else content
        new_now = find_old_text(wanted[path], existing_texts) is None and path not in open_now
        if new_now and (problem := find_unpinned(path, whole_text)):
            raise mistake(problem, used)
    texts |= _apply_to_old(edits, wanted, existing_texts, used)
    if not texts:
        raise mistake(f"no file was given; these are to be written: {', '.join(wanted)[:1000]}", used)
    unfinished = open_now[0] if open_now else ""
    if unfinished and not texts[unfinished]:
        raise mistake(f"nothing of {unfinished!r} was given, and it is not complete", used)
    return texts, unfinished


def _refuse_unwritten(plan: FilePlan, texts: Mapping[str, str], unfinished: str, before: Pieces, used: Usage) -> None:
    """Raise StepFailure that names every test which the plan promises in a file that is whole now, and is not there."""
    whole = {path: text for path, text in texts.items() if path != unfinished}
    if before.open_path in whole:
        whole[before.open_path] = before.open_text + whole[before.open_path]
    if missing := unwritten_tests((each.test for each in plan.outline.tests), whole):
        raise mistake(f"the plan names tests that these files do not have: {'; '.join(missing)[:2000]}", used)


def _apply_to_old(
    edits: Sequence[Edit], wanted: Mapping[str, PlannedFile], existing_texts: Mapping[str, str], used: Usage
) -> dict[str, str]:
    old: dict[str, str] = {}
    for path in dict.fromkeys(edit.path for edit in edits):
        text = None if wanted[path].action == CREATE else find_old_text(wanted[path], existing_texts)
        if text is None:
            raise mistake(f"{path!r} is new, or no text: give it whole, in `files`", used)
        old[path] = text
    try:
        return apply_edits(old, edits)
    except EditsRefused as error:
        raise mistake(str(error), used) from error
