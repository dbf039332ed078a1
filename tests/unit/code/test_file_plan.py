"""Plans of files: which paths they may have, their order, and how they are cut into answers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.planning.file_plan import (
    TOKENS_PER_LINE,
    PlannedFile,
    chunks,
    find_uncovered,
    path_problem,
    plan_problem,
    sort_files,
)
from shared.integrations.secret_search import PATH_RULES
from tests.support.builders.made_up_secrets import made_up


def planned(path: str, *depends_on: str, **more: object) -> PlannedFile:
    return PlannedFile(path, depends_on=depends_on, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        pytest.param(["../a"], "is not allowed", id="above"),
        pytest.param(["/etc/passwd"], "is not allowed", id="absolute"),
        pytest.param(["a/.git/config"], "is not allowed", id="git"),
        pytest.param([".github/workflows/x.yml"], "is not allowed", id="a workflow in a new project"),
        pytest.param(["a\\b"], "is not allowed", id="a backslash"),
        pytest.param(["a\n"], "is not allowed", id="a line break"),
        pytest.param(["a//b"], "is not allowed", id="an empty part"),
        pytest.param(["_runner/x.py"], "the tests' own runner", id="our runner"),
        pytest.param(["ü" * 150], "too long", id="a name no disk takes"),
        pytest.param(["a", "a"], "the same path", id="twice"),
        pytest.param(["a", "a/b"], "both a file and a folder", id="file and folder"),
        pytest.param(["a.py", "b/c.py", ".gitignore"], "", id="plain ones"),
    ],
)
def test_paths(paths: list[str], said: str) -> None:
    problem = path_problem(paths, PATH_RULES)
    assert said in problem
    assert bool(problem) == bool(said)


def test_a_path_that_holds_a_secret_is_refused_without_being_told() -> None:
    _, secret = made_up()["github classic"]
    problem = path_problem(["notes/tides.txt", f"notes/{secret}.txt"], PATH_RULES)
    assert "github token" in problem
    assert secret not in problem


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param([], "at least one file", id="none"),
        pytest.param([planned(f"{n}.py") for n in range(401)], "at most 400", id="too many"),
        pytest.param([planned("b.py", action="edit")], "'b.py' cannot be edited: there is no such file", id="edit"),
        pytest.param([planned("b.py", action="delete")], "cannot be deleted", id="delete"),
        pytest.param([planned("b.py", action="rename", source="x.py")], "'x.py' cannot be renamed", id="rename"),
        pytest.param(
            [planned("c.py", action="rename", source="a.py")], "cannot become 'c.py': that is there already", id="onto"
        ),
        pytest.param([planned("b.py", source="a.py")], "has a `source`", id="a source without a rename"),
        pytest.param([planned("b.py", "nope.py")], "depends on 'nope.py', which is neither", id="depends on nothing"),
        pytest.param(
            [planned("b.py", "a.py"), planned("a.py", action="delete")],
            "depends on 'a.py'",
            id="depends on the deleted",
        ),
        pytest.param([planned("b.py", "d.py"), planned("d.py", "b.py")], "in a circle", id="a circle"),
        pytest.param([planned("c.py/x.py")], "both a file and a folder", id="below a file that is there"),
        pytest.param([planned("b.py", "a.py"), planned("a.py", action="edit")], "", id="a new file and an edit"),
        pytest.param(
            [planned("d.py", action="rename", source="a.py"), planned("a.py")],
            "",
            id="a new file in an old one's place",
        ),
        pytest.param([planned(".github/workflows/x.yml")], "", id="a workflow, where the tenant's policy decides"),
    ],
)
def test_plans_over_a_repository_of_two_files(files: list[PlannedFile], said: str) -> None:
    problem = plan_problem(files, ["a.py", "c.py"], PATH_RULES)
    assert said in problem
    assert bool(problem) == bool(said)


def test_what_others_depend_on_is_written_first() -> None:
    files = [planned("page.html", "data.json", "style.css"), planned("style.css"), planned("data.json", "schema.json")]
    files += [planned("schema.json")]
    assert [file.path for file in sort_files(files)] == ["style.css", "schema.json", "data.json", "page.html"]


def test_small_files_share_an_answer_and_a_large_one_has_its_own() -> None:
    files = [planned("a", lines=30), planned("b", lines=30), planned("c", "a", lines=900), planned("d", "a", lines=10)]
    found = chunks(files, 100 * TOKENS_PER_LINE)
    assert [[file.path for file in chunk.files] for chunk in found] == [["a", "b"], ["c"], ["d"]]
    assert [chunk.after for chunk in found] == [(), (1,), (1,)], "c and d can be written side by side"


def test_what_is_only_deleted_or_moved_is_written_by_nobody() -> None:
    files = [planned("a", action="delete"), planned("b", action="rename", source="c", lines=0)]
    assert chunks(files, 1000) == []


def test_requirements_without_cover_are_named() -> None:
    assert find_uncovered(["R1", "R2", "R3"], {"R2"}) == ["R1", "R3"]


@st.composite
def plans(draw: st.DrawFn) -> list[PlannedFile]:
    count = draw(st.integers(1, 12))
    files = []
    for number in range(count):
        needs = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        lines = draw(st.integers(0, 120))
        files.append(PlannedFile(f"f{number}", depends_on=tuple(f"f{each}" for each in needs), lines=lines))
    return draw(st.permutations(files))


@settings(max_examples=80, deadline=None)
@given(plans(), st.integers(0, 3000))
def test_every_file_is_in_one_chunk_after_all_it_depends_on(files: list[PlannedFile], room: int) -> None:
    assert plan_problem(files, [], PATH_RULES) == ""
    found = chunks(files, room)
    order = [file.path for chunk in found for file in chunk.files]
    assert sorted(order) == sorted(file.path for file in files)
    where = {file.path: chunk.number for chunk in found for file in chunk.files}
    for chunk in found:
        assert len(chunk.files) == 1 or chunk.lines <= max(1, room // TOKENS_PER_LINE)
        assert all(number < chunk.number for number in chunk.after)
        for file in chunk.files:
            for name in file.depends_on:
                assert where[name] in (*chunk.after, chunk.number)
                assert order.index(name) < order.index(file.path)
