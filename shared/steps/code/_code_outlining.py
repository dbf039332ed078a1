"""What code.outline does: the repository is read, a plan of files asked for, and checked before it counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.core.code.repo_map import map_of, text_of
from shared.core.code.repo_map_choice import relevant
from shared.core.code.repo_map_conventions import NONE, conventions_of
from shared.core.planning.artifacts import CHANGE, Artifact
from shared.core.planning.file_plan import length_problem, unread_problem
from shared.mind.context import Part
from shared.steps._code_base import Base, read_base
from shared.steps._code_prompt import (
    answer_tokens,
    ask_for,
    dump_json,
    file_parts,
    mistake,
    read_planned,
    requirement_ids,
    task_parts,
)
from shared.steps._kind import Done, StepContext
from shared.steps.code._code_answers import Outline, outline_problem

TASK = "code.outline"
_SHOWN = 40  # files of a repository that are shown whole, at most
_SITE = "site.deploy"
_DEPLOYED = (
    'The approved plan deploys a site: give `checks`, and as `site_root` the folder that is deployed: `site`, or ""'
    " where the whole project is, as with Next.js. On its preview a browser looks for errors, language, alt texts,"
    " labels and contrast; what else is wanted of its looks and use, tests of yours have to show."
)
_NOT_DEPLOYED = "The approved plan deploys no site: `checks`, `by_tests_alone` and `site_root` are empty."
_EMPTY = "No repository is there: every file is created."
_THERE = "A repository is there: `all files of the repository` names its files."
_KEPT = 10  # steps of the run that are kept for tests, three repairs and a question


def plan_files(ctx: StepContext, artifact: Artifact) -> Done:
    """Return the plan of the files of a piece of work."""
    proposal, page = read_planned(ctx)
    base = read_base(ctx, needed=artifact == CHANGE)
    existing = base.files if base else {}
    data = {"page": page, "proposal": proposal, "artifact": artifact, "there": sorted(existing)}
    deployed = any(step.spec.kind == _SITE for step in ctx.run.steps)
    parts = outline_parts(artifact, proposal, page, ctx.step.feedback, base, deployed=deployed)
    outline, result = ask_for(ctx, TASK, Outline, parts, data)
    ids = requirement_ids(proposal)
    wrong = outline_problem(outline, artifact, ids, existing, deployed=deployed)
    room, answers = answer_tokens(ctx.model()), ctx.run.limits.steps - len(ctx.run.steps) - _KEPT
    wrong = wrong or _unread(outline, base) or _explain_runner(outline, artifact, existing)
    if wrong := wrong or length_problem(outline.planned, room, answers):
        raise mistake(wrong, result.usage)
    output = {
        "plan": ctx.keep_text(dump_json(outline.model_dump())),
        "room": room,
        "model": result.model,
        "base": base.name if base else "",
        "originals": base.originals if base else "",
        "left_out": list(base.left_out[:20]) if base else [],
        "unread": base.unread if base else "",
    }
    facts = {"files": len(outline.files), "model": result.model}
    facts |= {"files_not_read": len(base.left_out)} if base and base.left_out else {}
    return Done(output, result.usage, facts)


def _unread(outline: Outline, base: Base | None) -> str:
    """Return which planned file is there and was not read, for the model to read; "" when none is."""
    problem = unread_problem({file.path for file in outline.files}, base.shut) if base else ""
    return f"files: {problem}" if problem else ""


def _explain_runner(outline: Outline, artifact: Artifact, existing: Mapping[str, bytes]) -> str:
    """Return that the tests that are there would not be run, for the model to read; "" when they are."""
    found = conventions_of(existing)
    if artifact != CHANGE or not found.test_files or outline.runner == found.runner or found.runner == NONE:
        return ""
    return f"runner: the repository's own tests are run by {found.runner}, as in {found.test_files[0]!r}; choose that"


def outline_parts(
    artifact: Artifact,
    proposal: Mapping[str, Any],
    page: Mapping[str, Any],
    feedback: str,
    base: Base | None,
    *,
    deployed: bool = False,
) -> list[Part]:
    """Return what the model is told: the kind of work, the approved plan, the page, and the repository; data but for
    the first.
    """
    sentences = [f"What is asked for is of the kind {artifact}.", _THERE if base else _EMPTY]
    asked = Part("task", "what to plan", " ".join([*sentences, _DEPLOYED if deployed else _NOT_DEPLOYED]), trusted=True)
    return [asked, *task_parts(proposal, page, feedback), *_repository(base, _words(proposal))]


def _words(proposal: Mapping[str, Any]) -> str:
    """Return what the task is about, for choosing files."""
    return dump_json([proposal.get("summary"), proposal.get("requirements")])


def _repository(base: Base | None, task: str) -> list[Part]:
    """Return what the model is told of the repository: how it does things, its map, and the files that matter."""
    if base is None:
        return []
    repo_map = map_of(base.files)
    chosen = relevant(repo_map, base.files, task)[:_SHOWN]
    texts = [(path, text) for path in chosen if (text := text_of(base.files[path])) is not None]
    return [
        Part("input", "how the repository does things", conventions_of(base.files).describe(), must=True, share=0.4),
        Part("input", "all files of the repository", repo_map.list_files(), must=True, share=0.4),
        *file_parts(texts),
    ]
