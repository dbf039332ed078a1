"""Each function's `main.py` is short, says who calls it and what comes next, and leaves the work to a use case."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shared.settings import ALONE, FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]
MAINS = sorted(ROOT.glob("functions/*/main.py"))
LIBRARIES = ("functions_framework", "flask")
OURS = ("shared.entry", "shared.wiring", "shared.code_runner", "shared.app", "shared.core.run.commands")

each = pytest.mark.parametrize("main", MAINS, ids=lambda path: path.parent.name)


def _tree(main: Path) -> ast.Module:
    return ast.parse(main.read_text(encoding="utf-8"))


def test_the_folders_are_the_functions_of_the_settings() -> None:
    assert {main.parent.name for main in MAINS} == {*FUNCTIONS, *ALONE}


@each
def test_it_has_at_most_forty_lines(main: Path) -> None:
    assert len(main.read_text(encoding="utf-8").splitlines()) <= 40


@each
def test_its_docstring_names_it_and_says_who_calls_it_and_what_comes_next(main: Path) -> None:
    told = ast.get_docstring(_tree(main)) or ""
    assert told.startswith(f"{main.parent.name}: ")
    lines = [line.split("  ")[0] for line in told.splitlines()]
    assert "Called by" in lines
    assert "Next" in lines


@each
def test_it_holds_exactly_one_function_named_like_its_folder(main: Path) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    found = [node for node in ast.walk(_tree(main)) if isinstance(node, kinds)]
    assert [getattr(node, "name", "lambda") for node in found] == [main.parent.name.replace("-", "_")]


@each
def test_it_imports_only_the_entry_the_wiring_and_use_cases(main: Path) -> None:
    for node in ast.walk(_tree(main)):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= set(LIBRARIES)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            name = node.module or ""
            # `from shared.app import sweep` names a module of a package; `shared` alone would hide which.
            assert name in LIBRARIES or any(name == ours or name.startswith(f"{ours}.") for ours in OURS), name
