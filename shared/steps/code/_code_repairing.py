"""What code.repair does: the model is shown what is wrong and the files it is about, and its edits are made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.core.code.edits import EditsRefused, apply_edits
from shared.core.code.own_tests import find_own_tests
from shared.core.code.repo_map import map_of, text_of
from shared.core.code.repo_map_choice import relevant
from shared.core.code.repo_map_conventions import conventions_of
from shared.core.code.worktree import Worktree
from shared.core.errors import Rejected
from shared.core.planning.artifacts import STATIC_SITE
from shared.core.planning.file_plan import clash, path_problem, unread_problem
from shared.core.run.run import Step, Usage
from shared.core.text.cut_text import cut_text
from shared.core.text.outgoing_text import visible
from shared.integrations.secret_search import PATH_RULES
from shared.mind.context import Part
from shared.mind.error_summary import compact_error
from shared.steps._code_prompt import ask_for, dump_json, file_parts, mistake, notes_of, read_planned, task_parts
from shared.steps._kind import Done, StepContext
from shared.steps._work import Work, proofs_of, rewrite_work, unread_of, work_of
from shared.steps.code._code_answers import Repaired, name_writer, unwritten_tests, whole_file_problem

TASK = "code.repair"
_MAX = 6000  # characters of what failed
_MAX_FOUND = 24_000  # characters of what a review has found: each finding is another, however alike they read
_FAILS = "The work below does not pass its tests."
_REVIEWED = "All tests of the work below pass. It was stopped by the review before anything leaves."
_WANTED = "All tests of the work below pass. A later step, or people, say that it is not right yet."
_ON_THE_WAY = "It was being mended for what `why the work was sent back` says, which is to stay mended."
_WORDS = 1000  # letters of what is said for people
_SHOWN = 25  # files that are shown whole, at most
_LOOKS = (".md", ".html", ".css")
_NAME = re.compile(r"(?<![\w./-])[\w./-]+\.\w+")


def mend(ctx: StepContext, of: str, feedback: str) -> Done:
    """Return the work of the step `of`, mended by the kept text `feedback`."""
    made = ctx.run.step(of)
    if made is None:
        raise Rejected("code", f"there is no step {of!r} whose work could be repaired")
    work, problem_text = work_of(ctx, made.output), ctx.get_text(feedback)
    proposal, page = read_planned(ctx)
    files = work.all_files
    parts = [
        *repair_parts(work, proposal, page, problem_text, ctx.step.feedback, _state(ctx, made)),
        *notes_of(ctx.run),
    ]
    data = {"page": page, "proposal": proposal, "artifact": work.kind, "feedback": problem_text, "files": sorted(files)}
    answer, result = ask_for(ctx, TASK, Repaired, parts, data)
    after = _apply_repair(work, files, answer, result.usage)
    if problem := unread_problem(set(after) - set(files), unread_of(ctx, made.output)):
        raise mistake(problem, result.usage)
    if lost := _lost_tests([test for _, test in proofs_of(ctx, made.output)], files, after):
        raise mistake(lost, result.usage)
    tree = Worktree(
        {path: text for path, text in after.items() if work.originals.get(path) != text},
        frozenset(path for path in work.originals if path not in after),
        work.tree.base,
    )
    tests = answer.expected_tests if answer.expected_tests > 0 else work.expected_tests
    changes = {"expected_tests": tests, "model": name_writer(work.model, result.model)}
    output = rewrite_work(ctx, made.output, tree, **changes)
    words = {"why": cut_text(answer.why, _WORDS)}
    note = cut_text(visible(answer.note).strip(), _WORDS)
    return Done({**output, **words, **({"note": note} if note else {})}, result.usage)


def _lost_tests(tests: Sequence[str], before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """Return which tests of the plan the files had by name, and a file that is still there has no more; "" for none."""
    had, has = ({path: text_of(data) or "" for path, data in each.items()} for each in (before, after))
    missing = unwritten_tests(tests, had)
    lost = [each for each in unwritten_tests(tests, has) if each not in missing]
    return f"these tests prove requirements, and are gone: {'; '.join(lost)[:2000]}" if lost else ""


def repair_parts(
    work: Work,
    proposal: Mapping[str, Any],
    page: Mapping[str, Any],
    problem: str,
    feedback: str,
    state: tuple[str, str] = (_FAILS, ""),
) -> list[Part]:
    """Return what the model is told: how the work stands, what is wrong, what is wanted, and the files that matter.

    `state` is how it stands, and why it was sent back, where that is not what is wrong now. All but the first is data.
    """
    stands, sent_back = state
    wrong = cut_text(visible(problem), _MAX_FOUND) if stands == _REVIEWED else compact_error(problem, _MAX)
    wanted = task_parts(proposal, page, feedback)
    if work.kind != STATIC_SITE and not work.site_root:  # no text of the page stands in it
        wanted = [part for part in wanted if part.name != "page"]
    return [
        Part("task", "how the work stands", stands, trusted=True),
        Part("errors", "what is wrong with the work", wrong, must=True, share=0.2),
        Part("errors", "why the work was sent back", compact_error(sent_back, _MAX), must=True, share=0.1),
        *wanted,
        *_build_file_parts(work, work.all_files, problem),
    ]


def _state(ctx: StepContext, made: Step) -> tuple[str, str]:
    """Return how the work that is mended stands, and why it was sent back before its tests failed."""
    group = ctx.run.step(ctx.step.parent)
    back = (group.output.get("back") or {}) if group else {}
    if not made.output.get("green"):
        return (f"{_FAILS} {_ON_THE_WAY}", ctx.get_text(str(back["said"]))) if back.get("said") else (_FAILS, "")
    sender = ctx.run.step(str(back.get("by", "")))
    return (_REVIEWED if sender is not None and sender.spec.kind == "release.review" else _WANTED), ""


def _build_file_parts(work: Work, files: Mapping[str, bytes], problem: str) -> list[Part]:
    """Return the map, how things are done, and the files that matter, whole: those named in what failed first."""
    repo_map = map_of(files)
    written = set(work.tree.files)
    named = _find_named_files(problem, files)
    chosen = _choose_files(work, files, relevant(repo_map, files, problem, named), named)
    shown = sorted(chosen[:_SHOWN], key=lambda path: path not in written) if len(written) <= _SHOWN else chosen[:_SHOWN]
    shown.sort(key=lambda path: path not in named)  # the red test first, and what its traceback goes through
    texts = [(path, text) for path in shown if (text := text_of(files[path])) is not None]
    kept = sorted(_pristine(work))
    proofs = {"expected_tests": work.expected_tests, "checks": work.checks, "site_root": work.site_root}
    return [
        Part("input", "how the work is tested", dump_json(proofs), must=True, share=0.4),
        Part("input", "how the repository does things", conventions_of(files).describe(), must=True, share=0.4),
        Part("input", "tests that must stay as they are", dump_json(kept) if kept else "", must=True, share=0.4),
        Part("input", "all files", repo_map.list_files(), must=True, share=0.4),
        *file_parts(texts),
    ]


def _choose_files(work: Work, files: Mapping[str, bytes], ranked: Sequence[str], named: Sequence[str]) -> list[str]:
    """Return the files to show: words and looks only where what failed speaks of them, or the work is a site."""
    if work.kind == STATIC_SITE or not named:
        return list(ranked)
    texts = [text_of(files[each]) or "" for each in named]
    looks = [path for path in files if path.endswith(_LOOKS)]
    spoken = [path for path in looks if path in named or any(path.rpartition("/")[2] in text for text in texts)]
    return list(dict.fromkeys([*(path for path in ranked if path not in looks), *spoken]))


def _pristine(work: Work) -> Mapping[str, bytes]:
    """Return the files that the repository's own tests are and rest on, and that the plan does not change."""
    return find_own_tests(work.originals, work.runner, work.may_change).pristine


def _find_named_files(text: str, files: Mapping[str, bytes]) -> list[str]:
    """Return the files that a text names: by their path, by a name that only one file has, or as “the README”."""
    by_name: dict[str, list[str]] = {}
    for path in files:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    found: dict[str, None] = {}
    for name in _NAME.findall(text):
        own = by_name.get(name.rpartition("/")[2], [])
        matching = [path for path in own if name.endswith(path) or path.endswith(f"/{name}")] or own
        found |= dict.fromkeys(matching if len(matching) == 1 else [])
    upper = {path: stem for path in files if "/" not in path and (stem := path.partition(".")[0]).isupper()}
    found |= dict.fromkeys(path for path, stem in upper.items() if re.search(rf"\b{re.escape(stem)}\b", text))
    return list(found)


def _apply_repair(work: Work, files: Mapping[str, bytes], answer: Repaired, used: Usage) -> dict[str, bytes]:
    """Return all files after the repair; raises StepFailure for one that cannot be made."""
    texts = {path: text for path, data in files.items() if (text := text_of(data)) is not None}
    whole = {each.path: each.content for each in answer.files}
    edits = [each.edit for each in answer.edits]
    touched = {*whole, *answer.deleted, *(edit.path for edit in edits)}
    if unfinished := [each.path for each in answer.files if not each.complete]:
        raise mistake(f"{unfinished[0]!r} is not complete; change a long file with `edits`", used)
    if twice := set(whole) & {edit.path for edit in edits}:
        raise mistake(f"{min(twice)!r} is given whole and as edits; give it once", used)
    kept = _pristine(work)
    for path in sorted(touched):
        if path in kept:
            raise mistake(
                (f"{path!r} is a test of the repository that must stay as it is: repair the code instead"), used
            )
        if path in answer.deleted and path not in files:
            raise mistake(f"{path!r} cannot be deleted: there is no such file", used)
    for path, content in whole.items():
        action = "edit" if path in texts else "create"
        if problem := whole_file_problem(path, content, action, texts.get(path)):
            raise mistake(problem, used)
    try:
        changed = apply_edits(texts, edits) | whole
    except EditsRefused as error:
        raise mistake(str(error), used) from error
    after = {path: data for path, data in files.items() if path not in answer.deleted}
    after |= {path: text.encode("utf-8", "replace") for path, text in changed.items()}
    new = [path for path in sorted(after) if path not in files]
    if problem := path_problem(new, PATH_RULES, is_new=not work.originals) or clash(after):
        raise mistake(problem, used)
    return after
