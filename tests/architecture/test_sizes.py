"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("shared/**/*.py"), *ROOT.glob("functions/**/*.py")])
FILE_LINES, FUNCTION_LINES = 400, 60


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_no_file_is_longer_than_400_lines() -> None:
    assert len(SOURCES) > 50
    sizes = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in sizes.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    found = {}
    for path in SOURCES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert node.end_lineno is not None
                found[f"{path.relative_to(ROOT)}:{node.name}"] = node.end_lineno - node.lineno + 1
    assert len(found) > 500
    assert {name: lines for name, lines in found.items() if lines > FUNCTION_LINES} == {}


def test_every_file_says_what_it_is_for() -> None:
    empty = [path for path in SOURCES if not path.read_text(encoding="utf-8").strip()]
    silent = [path for path in SOURCES if path not in empty and not ast.get_docstring(_tree(path))]
    assert silent == []
    assert {path.name for path in empty} <= {"__init__.py"}
