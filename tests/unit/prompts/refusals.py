"""Every rule that an answer about code can be refused for: an answer that breaks it, and the words that announce it.

Of plans the table is `shared/core/planning/plan_refusals.py`. What is refused here is put through the code that refuses
it at work; `says` is looked for in what it says, `announced` in what the model was told before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.core.code.edits import EditsRefused, apply_edits
from shared.core.code.worktree import Worktree
from shared.core.planning.file_plan import PlannedFile, length_problem, unread_problem
from shared.core.run.run import NOTHING
from shared.steps._kind import StepFailure
from shared.steps._work import Work
from shared.steps.code._code_answers import EditedFile, Outline, Repaired, Written, WrittenFile, outline_problem
from shared.steps.code._code_outlining import _explain_runner
from shared.steps.code._code_pieces import FilePlan, Pieces
from shared.steps.code._code_repairing import _apply_repair, _lost_tests
from shared.steps.code._code_writing import _check_written, _refuse_unwritten

OUTLINE, WRITE, REPAIR = "outline", "write", "repair"
THERE = {
    "shop.py": "import sys\nprint(1)\nprint(1)\n",
    "tests/test_shop.py": "import unittest\n",
    "long.py": "x\n" * 301,
}
_TESTS = ["tests/test_new.py::test_it"]
_BYTES = {path: text.encode() for path, text in THERE.items()}


@dataclass(frozen=True, slots=True)
class Refused:
    """One rule: in answers to which questions it is looked at, an answer that breaks it, and the words about it."""

    rule: str
    asked: tuple[str, ...]
    wrong: Callable[[], str]
    says: str
    announced: str


def a_file(path: str = "new.py", action: str = "create", **more: Any) -> dict[str, Any]:
    """Return a planned file."""
    return {
        "path": path, "action": action, "source": "", "purpose": "p", "interfaces": "", "depends_on": [], "lines": 9,
        **more,
    }  # fmt: skip


def outlined(*files: dict[str, Any], artifact: str = "change", deployed: bool = False, **more: Any) -> str:
    """Return what is wrong with a plan of files, in a repository that has some where it is a change."""
    there = THERE if artifact == "change" else {}
    test = {"requirement": "R1", "test": "tests/test_new.py::test_it"}
    given = {"files": files, "tests": [test], "checks": [], "runner": "python", "expected_tests": 1, "site_root": ""}
    outline = Outline.model_validate({**given, **more})
    return outline_problem(outline, artifact, ["R1"], there, deployed=deployed)


def shown(requirement: str, text: str, *alone: str) -> str:
    """Return what is wrong with how a deployed site shows its requirement."""
    checks = [{"requirement": requirement, "path": "/", "contains": text}] if requirement else []
    return outlined(a_file(), deployed=True, checks=checks, by_tests_alone=list(alone))


def run_by(runner: str) -> str:
    """Return what is wrong with this runner, for the repository that there is."""
    given = {"files": [a_file()], "tests": [], "checks": [], "runner": runner, "expected_tests": 1, "site_root": ""}
    return _explain_runner(Outline.model_validate(given), "change", _BYTES)


def said_of(asked: Callable[[], object]) -> str:
    """Return what is said of an answer; "" where nothing is wrong with it."""
    try:
        asked()
    except (StepFailure, EditsRefused) as failed:
        return str(failed)
    return ""


def written(
    texts: Sequence[tuple[str, str]] = (),
    edits: Sequence[tuple[str, str, str]] = (),
    open_at: str = "",
    before: str = "",
) -> str:
    """Return what is wrong with files that were written; `open_at` are those that are not complete."""
    answer = Written(files=_files(texts, open_at), edits=_edits(edits), expected_tests=0)
    left = [PlannedFile("new.py"), PlannedFile("package.json"), *(PlannedFile(path, "edit") for path in THERE)]
    pieces = Pieces({}, before, "x = 1\n" if before else "")
    return said_of(lambda: _check_written(answer, left, pieces, THERE, NOTHING))


def repaired(
    texts: Sequence[tuple[str, str]] = (), edits: Sequence[tuple[str, str, str]] = (), open_at: str = "",
    deleted: Sequence[str] = (),
) -> str:  # fmt: skip
    """Return what is wrong with a repair of a change, whose repository has a test of its own."""
    answer = Repaired(
        why="w", files=_files(texts, open_at), edits=_edits(edits), deleted=list(deleted), expected_tests=0
    )
    work = Work(Worktree({}, base="github:a/b@1"), "change", originals=_BYTES)
    return said_of(lambda: _apply_repair(work, dict(_BYTES), answer, NOTHING))


def named(text: str) -> str:
    """Return what is wrong with a file of tests whose name the plan of files has promised."""
    test = {"requirement": "R1", "test": _TESTS[0]}
    given = {"files": [], "tests": [test], "checks": [], "runner": "python", "expected_tests": 1, "site_root": ""}
    outline = Outline.model_validate(given)
    plan = FilePlan("o", outline, (), (), "", "", {}, "m", "", "change", "")
    return said_of(lambda: _refuse_unwritten(plan, {"tests/test_new.py": text}, "", Pieces(), NOTHING))


def _with(text: str) -> dict[str, bytes]:
    return {"tests/test_new.py": text.encode()}


def edited(*edits: tuple[str, str, str]) -> str:
    """Return what is wrong with edits of the files that are there."""
    return said_of(lambda: apply_edits(THERE, [each.edit for each in _edits(edits)]))


def _files(texts: Sequence[tuple[str, str]], open_at: str) -> list[WrittenFile]:
    return [WrittenFile(path=path, content=text, complete=path not in open_at.split()) for path, text in texts]


def _edits(edits: Sequence[tuple[str, str, str]]) -> list[EditedFile]:
    return [EditedFile(path=path, find=find, replace=replace) for path, find, replace in edits]


def _of_paths(rule: str, path: str, says: str, announced: str) -> Refused:
    return Refused(rule, (OUTLINE, REPAIR), lambda: outlined(a_file(path), artifact="python_service"), says, announced)


_ONE = [("new.py", "x = 1\n")]
_FIX = ("shop.py", "import sys\n", "import os\n")
_NODE = "package.json has exact versions"
_EDITS = "must be in it exactly once"


def _manifest(content: str) -> Callable[[], str]:
    return lambda: written([("package.json", content)])


# fmt: off
REFUSED: Sequence[Refused] = (
    Refused("no files", (OUTLINE,), lambda: outlined(), "at least one file", "For each file"),
    Refused("many files", (OUTLINE,), lambda: outlined(*(a_file(f"f{n}.py") for n in range(401))),
        "at most 400", "Plan few files"),
    Refused("nothing to edit", (OUTLINE,), lambda: outlined(a_file("gone.py", "edit")),
        "no such file", "Edit existing files"),
    Refused("nothing there", (OUTLINE,), lambda: outlined(a_file("shop.py", "edit"), artifact="static_site"),
        "no such file", "No repository is there: every file is created"),
    Refused("name taken", (OUTLINE,), lambda: outlined(a_file("long.py", "rename", source="shop.py")),
        "is there already", "to a path that is free"),
    Refused("source of no rename", (OUTLINE,), lambda: outlined(a_file(source="shop.py")),
        "has a `source`", 'as `source`, "" otherwise'),
    Refused("depends on nothing", (OUTLINE,), lambda: outlined(a_file(depends_on=["gone.py"])),
        "neither planned nor there", "planned or there"),
    Refused("circle", (OUTLINE,), lambda: outlined(a_file("a", depends_on=["b"]), a_file("b", depends_on=["a"])),
        "in a circle", "no circles"),
    Refused("no test", (OUTLINE,), lambda: outlined(a_file(), tests=[]),
        "no test covers", "state which tests cover it"),
    Refused("not shown", (OUTLINE,), lambda: outlined(a_file(), deployed=True),
        "no text on it shows", "which text on which page"),
    Refused("empty text", (OUTLINE,), lambda: shown("R1", ""),
        "an empty text is on every page", "a text to the letter"),
    Refused("both ways", (OUTLINE,), lambda: shown("R1", "We open", "R1"),
        "name it in one of the two", "has no row in `checks`"),
    Refused("nothing to look for", (OUTLINE,), lambda: shown("", "", "R1"),
        "give at least one", "give `checks`"),
    Refused("untested", (OUTLINE,), lambda: outlined(a_file(), artifact="python_service", runner="none"),
        "for changes to a repository", "`none` only for a change"),
    Refused("none expected", (OUTLINE,), lambda: outlined(a_file(), expected_tests=0),
        "at least one test", "at least 1 where there is a runner"),
    Refused("Node by another", (OUTLINE,), lambda: outlined(a_file(), artifact="node_project"),
        "tested by node", "run by `node --test`"),
    Refused("other runner", (OUTLINE,), lambda: run_by("node"),
        "own tests are run by python", "the one that runs them"),
    Refused("long file", (OUTLINE,), lambda: length_problem([PlannedFile("a.py", lines=10**6)], 10_000, 9),
        "can be written; split it", "files of moderate length"),
    Refused("long plan", (OUTLINE,), lambda: length_problem([PlannedFile(n, lines=500) for n in "abcd"], 9**4, 2),
        "fewer or shorter", "files of moderate length"),
    Refused("unread", (OUTLINE, REPAIR), lambda: unread_problem(["video.bin"], ["video.bin"]),
        "was not read", "there and was not read"),
    _of_paths("outside", "../a.py", "inside the repository", "stays inside the project"),
    _of_paths("forge's folder", ".github/a.yml", "no .git or .github", "nor in `.github` of a new project"),
    _of_paths("tests' runner", "report.json", "runner uses it", "which the run of the tests needs"),
    _of_paths("long path", "a" * 201, "is too long", "which the run of the tests needs"),
    _of_paths("secret in a path", "gh" + "p_" + "A1b2" * 9,
        "holds a secret", "No secret, key or token stands in any file"),
    Refused("same path", (OUTLINE,), lambda: outlined(a_file(), a_file()), "the same path", "For each file: its path"),
    Refused("file and folder", (OUTLINE, REPAIR), lambda: outlined(a_file("shop.py/a.py")),
        "both a file and a folder", "no name both of a file and of a folder"),
    Refused("not asked for", (WRITE,), lambda: written([("b.py", "")]),
        "not one of the files to write now", "and no others"),
    Refused("twice", (WRITE,), lambda: written([*_ONE, *_ONE]), "given twice", "No file stands in both, or twice"),
    Refused("two unfinished", (WRITE,), lambda: written([*_ONE, ("package.json", "{")], open_at="new.py package.json"),
        "only the last file", "as the last file"),
    Refused("test of another name", (WRITE,), lambda: named("def test_that(self): 0"),
        "names tests that these files do not have", "A test that the plan names for a requirement has that name"),
    Refused("not gone on with", (WRITE,), lambda: written([("package.json", "{}")], before="new.py"),
        "must be gone on with first", "Give it first"),
    Refused("nothing given", (WRITE,), written, "no file was given", "all of them in this answer"),
    Refused("nothing of one", (WRITE,), lambda: written([("new.py", "")], open_at="new.py"),
        "and it is not complete", "give the first part"),
    Refused("long and whole", (WRITE, REPAIR), lambda: written([("long.py", "x\n")]),
        "would lose what it forgets", "at most 300 lines"),
    Refused("huge", (WRITE, REPAIR), lambda: written([("new.py", "x" * 1_000_001)]),
        "longer than 1000000", "at most 1,000,000 characters"),
    Refused("no text", (WRITE, REPAIR), lambda: written([("new.py", "\0")]), "only text files", "Every file is text,"),
    Refused("edit of a new file", (WRITE,), lambda: written(edits=[("new.py", "a", "b")]),
        "is new, or no text", "A new file stands in `files`"),
    Refused("loose version", (WRITE,), _manifest('{"dependencies": {"a": "^1.0.0"}}'),
        "without an exact version", _NODE),
    Refused("manifest: no JSON", (WRITE,), _manifest("{"), "is not JSON", _NODE),
    Refused("manifest: no object", (WRITE,), _manifest("[]"), "must be an object", _NODE),
    Refused("manifest: no packages", (WRITE,), _manifest('{"dependencies": [1]}'), "an object of packages", _NODE),
    Refused("repair: unfinished", (REPAIR,), lambda: repaired(_ONE, open_at="new.py"),
        "is not complete", "with `complete` true"),
    Refused("repair: twice", (REPAIR,), lambda: repaired([("shop.py", "")], [_FIX]),
        "whole and as edits", "no file stands in both"),
    Refused("repair: own test", (REPAIR,), lambda: repaired(deleted=["tests/test_shop.py"]),
        "must stay as it is", "Tests that must stay as they are"),
    Refused("repair: test is gone", (REPAIR,), lambda: _lost_tests(_TESTS, _with("def test_it(self): 0"), _with("")),
        "and are gone", "Never skip, weaken or remove a test"),
    Refused("repair: nothing to delete", (REPAIR,), lambda: repaired(deleted=["gone.py"]),
        "cannot be deleted", "that are there and no longer needed"),
    Refused("edit: no file", (WRITE, REPAIR), lambda: edited(("gone.py", "a", "b")),
        "there is no such file", "An existing file is changed in `edits`"),
    Refused("edit: which file", (WRITE, REPAIR), lambda: edited(("shap.py", "a", "b")),
        "did you mean", "An existing file is changed in `edits`"),
    Refused("edit: finds nothing", (WRITE, REPAIR), lambda: edited(("shop.py", "", "b")), "`find` is empty", _EDITS),
    Refused("edit: same", (WRITE, REPAIR), lambda: edited(("shop.py", "import sys", "import sys")),
        "it changes nothing", "`replace` takes their place"),
    Refused("edit: not there", (WRITE, REPAIR), lambda: edited(("shop.py", "import re", "b")),
        "`find` is not in the file", "copied to the letter"),
    Refused("edit: more than once", (WRITE, REPAIR), lambda: edited(("shop.py", "print(1)", "b")),
        "more than once", _EDITS),
    Refused("edits overlap", (WRITE, REPAIR), lambda: edited(_FIX, ("shop.py", "sys\n", "os\n")),
        "change the same place", "do not overlap"),
)
# fmt: on

MESSAGES: Mapping[str, Sequence[str]] = {
    "shared/core/planning/file_plan.py": (
        "path_problem", "clash", "unread_problem", "plan_problem", "sort_files", "length_problem",
    ),
    "shared/core/code/edits.py": ("_locate_edit", "_overlaps"),
    "shared/steps/code/_code_answers.py": ("outline_problem", "_unshown", "whole_file_problem", "find_unpinned"),
    "shared/steps/code/_code_outlining.py": ("_explain_runner",),
    "shared/steps/code/_code_writing.py": ("_check_written", "_apply_to_old", "_refuse_unwritten"),
    "shared/steps/code/_code_repairing.py": ("_apply_repair", "_lost_tests"),
}  # fmt: skip
"""The functions whose sentences refuse an answer, by file: each of them is one of the rules above."""
