"""What a model answers when it plans, writes and repairs files, and what of it is refused.

Flat, closed schemas without lengths: vendors hold a model to them, and everything else is checked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.core.code.edits import Edit
from shared.core.code.repo_map_conventions import NONE
from shared.core.models.model_facts import OFFLINE
from shared.core.planning.artifacts import CHANGE, NODE_PROJECT
from shared.core.planning.file_plan import CREATE, EDIT, PlannedFile, find_uncovered, plan_problem
from shared.integrations.secret_search import PATH_RULES

MAX_FILE_CHARS = 1_000_000
MAX_WHOLE_LINES = 300  # of an existing file that may be given whole; a longer one loses what a model forgets
_EXACT = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OutlinedFile(_Closed):
    """One file of the plan. `source`: the old path, for a rename alone. `lines`: about how many have to be written."""

    path: str
    action: Literal["create", "edit", "delete", "rename"]
    source: str
    purpose: str
    interfaces: str = Field(description="what other files may use of it: names, parameters, what comes back")
    depends_on: list[str] = Field(description="paths of files whose interfaces it uses")
    lines: int


class RequirementTest(_Closed):
    """Which test proves which requirement."""

    requirement: str
    test: str


class SiteCheck(_Closed):
    """What the deployed site must show for a requirement: a path and a text on it."""

    requirement: str
    path: str
    contains: str


class Outline(_Closed):
    """The whole file plan. `site_root`: the folder that is deployed, "" for the whole project or none of it."""

    files: list[OutlinedFile]
    tests: list[RequirementTest]
    checks: list[SiteCheck]
    by_tests_alone: list[str] = Field(
        [], description="of a deployed site: ids of requirements that no text on it can show"
    )
    runner: Literal["python", "node", "none"]
    expected_tests: int
    site_root: str

    @property
    def planned(self) -> list[PlannedFile]:
        """Return the files as the plan's rules know them."""
        return [
            PlannedFile(
                each.path,
                each.action,
                each.source,
                each.purpose,
                each.interfaces,
                tuple(each.depends_on),
                max(0 if each.action == "rename" else 1, each.lines),
            )
            for each in self.files
        ]


class WrittenFile(_Closed):
    """One file: its whole text, or the next part of it. `complete`: false when more of it has to follow."""

    path: str
    content: str
    complete: bool


class EditedFile(_Closed):
    """Replace the one place that reads `find`, to the letter, by `replace`."""

    path: str
    find: str
    replace: str

    @property
    def edit(self) -> Edit:
        """Return it as the rules of edits know it."""
        return Edit(self.path, self.find, self.replace)


class Written(_Closed):
    """The files of one answer. `expected_tests`: how many tests the test files of this answer have."""

    files: list[WrittenFile]
    edits: list[EditedFile]
    expected_tests: int
    note: str = Field("", description="a mistake of the plan that was noticed; mostly empty")


class Repaired(_Closed):
    """What mends the work. `expected_tests`: how many tests all of it has then. No change at all asks people."""

    why: str
    files: list[WrittenFile]
    edits: list[EditedFile]
    deleted: list[str]
    expected_tests: int
    note: str = Field("", description="what people have to know or decide; mostly empty")


def unwritten_tests(tests: Iterable[str], texts: Mapping[str, str]) -> list[str]:
    """Return the tests that the plan names, `path::name`, and that a file of that path here does not have by name.

    What is no path with a name, or is of a file that is not here, is nobody's to judge from these texts.
    """
    missing: dict[str, None] = {}
    for each in tests:
        path, _, name = each.partition("::")
        last = name.rpartition("::")[2].partition("[")[0].strip()
        if last and path in texts and re.search(rf"(?<!\w){re.escape(last)}(?!\w)", texts[path]) is None:
            missing[each] = None
    return list(missing)


def outline_problem(
    outline: Outline, artifact: str, requirements: Sequence[str], existing: Collection[str], *, deployed: bool
) -> str:
    """Return what is wrong with a file plan, for the model to read; "" when nothing is.

    `existing` are the paths of the repository that it changes; `deployed`: the approved plan deploys a site.
    """
    if problem := plan_problem(outline.planned, existing, PATH_RULES):
        return problem
    if missing := find_uncovered(requirements, {test.requirement for test in outline.tests}):
        return f"no test covers the requirements {', '.join(missing[:20])}"
    if deployed and (problem := _unshown(outline, requirements)):
        return problem
    if artifact != CHANGE and outline.runner == NONE:
        return "runner: 'none' is for changes to a repository without tests; choose python or node, and plan tests"
    if outline.runner != NONE and outline.expected_tests < 1:
        return "expected_tests: at least one test is needed"
    if artifact == NODE_PROJECT and outline.runner != "node":
        return "runner: a Node project is tested by node"
    return ""


def _unshown(outline: Outline, requirements: Sequence[str]) -> str:
    """Return which requirement of a deployed site has neither a text that shows it nor the word that none can."""
    if any(not check.contains.strip() for check in outline.checks):
        return "checks: an empty text is on every page and shows nothing; leave it out"
    shown, alone = {check.requirement for check in outline.checks}, set(outline.by_tests_alone)
    if both := sorted(shown & alone):
        return f"by_tests_alone: {both[0]} has a text in checks; name it in one of the two"
    if missing := find_uncovered(requirements, shown | alone):
        names = ", ".join(missing[:20])
        return (
            f"checks: a site is deployed, and no text on it shows the requirements {names}; those that no text can show"
            " stand in by_tests_alone"
        )
    return (
        ""
        if shown or not requirements
        else "checks: a site is deployed, and no text is looked for on it; give at least one"
    )


def whole_file_problem(path: str, content: str, action: str, old: str | None) -> str:
    """Return why a file may not be given whole; "" when it may."""
    if len(content) > MAX_FILE_CHARS:
        return f"{path!r} is longer than {MAX_FILE_CHARS} characters"
    if "\0" in content:
        return f"{path!r} holds a zero character; only text files can be written"
    if action == CREATE or old is None or old.count("\n") <= MAX_WHOLE_LINES:
        return ""
    return f"{path!r} has {old.count(chr(10))} lines: change it with `edits`, a whole text would lose what it forgets"


def find_unpinned(path: str, content: str) -> str:
    """Return which package of a new manifest has no exact version; "" when all have, or it is no manifest."""
    if path.rpartition("/")[2] != "package.json":
        return ""
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        return f"{path!r} is not JSON: {error}"
    if not isinstance(manifest, dict):
        return f"{path!r} must be an object"
    for group in ("dependencies", "devDependencies", "optionalDependencies"):
        named = manifest.get(group) or {}
        if not isinstance(named, dict):
            return f"{path!r}: {group} must be an object of packages and their versions"
        loose = [name for name, version in named.items() if not _EXACT.fullmatch(str(version))]
        if loose:
            return f"{path!r}: {group} names {loose[0]!r} without an exact version, as in 1.2.3"
    return ""


def describe_planned_file(file: PlannedFile) -> dict[str, Any]:
    """Return a file of the plan as a model is told of it."""
    fields: dict[str, Any] = {"path": file.path, "action": file.action, "purpose": file.purpose}
    fields |= {"source": file.source} if file.source else {}
    fields |= {"interfaces": file.interfaces} if file.interfaces else {}
    fields |= {"depends_on": list(file.depends_on)} if file.depends_on else {}
    return fields | {"lines": file.lines}


def find_old_text(file: PlannedFile, texts: Mapping[str, str]) -> str | None:
    """Return the text that a planned file has before it is changed; None for a new one."""
    return texts.get(file.source or file.path) if file.action in (EDIT, "rename", CREATE) else None


def name_writer(*models: str) -> str:
    """Return who wrote something that several had a hand in: our own rules only where nobody else had any."""
    return next((model for model in models if model != OFFLINE), OFFLINE)
