"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("shared/**/*.py"), *ROOT.glob("functions/**/*.py")])
FILE_LINES, FUNCTION_LINES = 400, 60
FOLDER_FILES = 20


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


def test_no_file_is_longer_than_400_lines(seen: dict[Path, Seen]) -> None:
    assert len(SOURCES) > 50
    sizes = {str(path.relative_to(ROOT)): each.lines for path, each in seen.items()}
    assert {name: lines for name, lines in sizes.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines(seen: dict[Path, Seen]) -> None:
    found = {
        f"{path.relative_to(ROOT)}:{name}": lines
        for path, each in seen.items()
        for name, lines in each.functions.items()
    }
    assert len(found) > 500
    assert {name: lines for name, lines in found.items() if lines > FUNCTION_LINES} == {}


def test_every_file_says_what_it_is_for(seen: dict[Path, Seen]) -> None:
    assert [path for path, each in seen.items() if not each.empty and not each.says] == []
    assert {path.name for path, each in seen.items() if each.empty} <= {"__init__.py"}


def test_no_folder_holds_more_than_20_files() -> None:
    roots = (ROOT / name for name in ("shared", "functions", "terraform", "tests", "tools"))
    files = [path for root in roots for path in root.rglob("*.py") if "node_modules" not in path.parts]
    counted = Counter(str(path.parent.relative_to(ROOT)) for path in files if path.name != "__init__.py")
    assert len(counted) > 100
    assert {folder: count for folder, count in counted.items() if count > FOLDER_FILES} == {}
