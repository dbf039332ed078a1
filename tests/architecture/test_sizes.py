"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for name in ("shared", "functions", "terraform", "tools")
    for path in ROOT.glob(f"{name}/**/*.py")
    if "node_modules" not in path.parts
)
FILE_LINES, FUNCTION_LINES = 300, 40
FOLDER_FILES = 20  # `__init__.py` among them
# Functions that are longer, and why shortening them would make them worse to read.
LONGER = {
    "shared/core/run/reducer.py:_apply": "a table: for each event who answers it, and nothing else",
    "shared/local/simulators/notion/shown/people_blocks.py:_block": "a table: for each type of block its HTML",
}

# Tests are read as often as what they test. Not the programs of `fixtures`, which are as pages asked for them.
TESTS = [path for path in sorted(ROOT.glob("tests/**/*.py")) if "fixtures" not in path.parts]
# One table of written cases each, which is read line by line.
TABLES = {
    "tests/contract/sandbox/abuses.py",
    "tests/support/secret_corpora/later_mixed.py",
    "tests/support/secret_corpora/mixed.py",
    "tests/unit/offline/judging/held_out.py",
    "tests/unit/offline/judging/more_pages.py",
}
LONG_TESTS = {
    "test_a_run_of_the_first_schema_stays_readable",
    "test_code_sites_and_slack_are_tried_and_become_the_teams_accounts",
    "test_every_operation_is_told_as_its_own_type",
    "test_no_call_is_made_beyond_the_limit_and_a_killed_evaluation_goes_on",
    "test_the_sdk_asks_the_same_as_we_do_and_reads_the_same_answer",
    "test_threads_that_wait_for_a_token_share_the_failure_to_get_one",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What is to be known of a file; a thousand whole trees would make every later search for garbage a long one."""

    lines: int
    functions: dict[str, int]  # by name: how many lines
    says: bool
    empty: bool


@pytest.fixture(scope="module")
def seen() -> dict[Path, Seen]:
    """Return what there is to be known of every file, each read once."""
    return {path: _look(path.read_text(encoding="utf-8")) for path in SOURCES}


def _look(text: str) -> Seen:
    tree = ast.parse(text)
    functions = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            functions[node.name] = max(lines, functions.get(node.name, 0))
    return Seen(len(text.splitlines()), functions, bool(ast.get_docstring(tree)), not text.strip())


def test_no_file_is_longer_than_300_lines(seen: dict[Path, Seen]) -> None:
    assert len(SOURCES) > 50
    sizes = {str(path.relative_to(ROOT)): each.lines for path, each in seen.items()}
    assert {name: lines for name, lines in sizes.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_40_lines(seen: dict[Path, Seen]) -> None:
    found = {
        f"{path.relative_to(ROOT)}:{name}": lines
        for path, each in seen.items()
        for name, lines in each.functions.items()
    }
    assert len(found) > 500
    longer = {name: lines for name, lines in found.items() if lines > FUNCTION_LINES}
    assert longer.keys() == LONGER.keys()
    assert all(lines < 50 for lines in longer.values())


def test_every_file_says_what_it_is_for(seen: dict[Path, Seen]) -> None:
    assert [path for path, each in seen.items() if not each.empty and not each.says] == []
    assert {path.name for path, each in seen.items() if each.empty} <= {"__init__.py"}


def test_no_folder_holds_more_than_20_files() -> None:
    roots = (ROOT / name for name in ("shared", "functions", "terraform", "tests", "tools"))
    files = [path for root in roots for path in root.rglob("*.py") if "node_modules" not in path.parts]
    counted = Counter(str(path.parent.relative_to(ROOT)) for path in files)
    assert len(counted) > 100
    assert {folder: count for folder, count in counted.items() if count > FOLDER_FILES} == {}


def test_no_file_name_stands_three_times_but_what_each_system_has() -> None:
    """Whoever looks for a file by its name finds it; only the folders of systems have files of the same names."""
    systems = {path.parent.name for path in (ROOT / "shared" / "integrations").glob("*/*.py")}
    paths = [path for path in (ROOT / "shared").rglob("*.py") if path.name != "__init__.py"]
    counted = Counter(path.name for path in paths if not systems & set(path.parts))
    assert len(counted) > 700
    assert {name for name, count in counted.items() if count > 2} == set()


@pytest.fixture(scope="module")
def seen_tests() -> dict[str, Seen]:
    """Return what there is to be known of every file of tests, and of what they share."""
    return {str(path.relative_to(ROOT)): _look(path.read_text(encoding="utf-8")) for path in TESTS}


def test_no_file_of_tests_is_longer_than_300_lines_but_those_that_are_named(seen_tests: dict[str, Seen]) -> None:
    assert len(seen_tests) > 500
    assert {name for name, each in seen_tests.items() if each.lines > FILE_LINES} == TABLES


def test_no_test_is_longer_than_40_lines_but_those_that_are_named(seen_tests: dict[str, Seen]) -> None:
    tests = [(name, lines) for each in seen_tests.values() for name, lines in each.functions.items()]
    long = {name for name, lines in tests if name.startswith("test_") and lines > FUNCTION_LINES}
    assert long == LONG_TESTS
