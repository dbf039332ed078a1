"""What the answers of one chunk come to together: files that are written, and one that may still be open at its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.code.worktree import from_text
from shared.core.planning.file_plan import Chunk, PlannedFile, chunks
from shared.core.run.run import CHILD, Run, StepStatus
from shared.steps.code._code_answers import Outline


@dataclass(frozen=True, slots=True)
class Pieces:
    """`texts` are whole files by path; `open_text` is what there is of the file at `open_path`, which goes on.

    `asked` counts the answers that were asked for, `tests` the tests that they hold.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    open_path: str = ""
    open_text: str = ""
    asked: int = 0
    tests: int = 0
    models: tuple[str, ...] = ()
    waiting: bool = False  # one that was asked for is not there yet


@dataclass(frozen=True, slots=True)
class FilePlan:
    """The plan of a group's `outline` child: its answer, the answers it is cut into, and the repository below it.

    `repository_files` has the texts of the repository's files; `base` names the commit they are of, "" for a new
    project.
    """

    step: str
    outline: Outline
    files: tuple[PlannedFile, ...]
    chunks: tuple[Chunk, ...]
    base: str
    originals: str
    repository_files: Mapping[str, bytes]
    model: str
    kept: str  # where its text is
    artifact: str  # which kind of work it is
    unread: str  # where the paths are that were not read, "" for none


def name_of(group: str, chunk: int, piece: int) -> str:
    """Return the id of the step that writes a piece of a chunk."""
    return f"{group}{CHILD}write-{chunk}" + (f"-{piece}" if piece > 1 else "")


def file_plan(run: Run, step: str, get_text: Callable[[str], str]) -> FilePlan:
    """Return the plan that the outline of that id has made."""
    made = run.step(step)
    assert made is not None, step
    output = made.output
    outline = Outline.model_validate_json(get_text(str(output["plan"])))
    files = tuple(outline.planned)
    kept = str(output["originals"])
    files_there = from_text(get_text(kept)).files if kept else {}
    packed = tuple(chunks(files, int(output["room"])))
    refs = (str(output["plan"]), str(made.spec.input["artifact"]), str(output.get("unread") or ""))
    return FilePlan(step, outline, files, packed, str(output["base"]), kept, files_there, str(output["model"]), *refs)


def pieces_of(run: Run, group: str, chunk: int, get_text: Callable[[str], str]) -> Pieces:
    """Return what the answers of a chunk so far come to."""
    texts: dict[str, str] = {}
    models: dict[str, None] = {}
    open_path, open_text, tests, asked = "", "", 0, 0
    while (step := run.step(name_of(group, chunk, asked + 1))) is not None:
        asked += 1
        if step.status != StepStatus.SUCCEEDED:
            return Pieces(texts, open_path, open_text, asked, tests, tuple(models), waiting=True)
        found: dict[str, Any] = json.loads(get_text(str(step.output["written"])))
        if open_path:
            found["texts"][open_path] = open_text + found["texts"].get(open_path, "")
        open_path = str(found["unfinished"])
        open_text = found["texts"].pop(open_path) if open_path else ""
        texts |= found["texts"]
        tests += int(step.output["expected_tests"])
        models[str(step.output["model"])] = None
    return Pieces(texts, open_path, open_text, asked, tests, tuple(models))


def list_left(chunk: Chunk, pieces: Pieces) -> list[PlannedFile]:
    """Return the files of a chunk that are not there yet, or not to their end."""
    return [file for file in chunk.files if file.path not in pieces.texts]
