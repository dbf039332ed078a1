"""Programs that run elsewhere are files that editors and linters see; each has its user, and none is a text in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.programs import compose_runner

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = sorted(path for path in (ROOT / "shared" / "programs").glob("*/*.*") if path.suffix != ".pyc")
LINES = 8  # from which on a text that is a program wants to be a file
_STYLE_RULE = re.compile(r"^[^\n{}]*\{\s*[\w-]+\s*:[^{}\n]*;", re.MULTILINE)
_SCRIPT = re.compile(r"=>\s*\{|\bfunction\s*\w*\(|\bconst \w+ =")


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yield the texts of a module that are no docstrings."""
    described = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docstrings = {id(node.body[0].value) for node in described if node.body and isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def _is_program(text: str) -> bool:
    if text.count("\n") < LINES:
        return False
    if _STYLE_RULE.search(text) or _SCRIPT.search(text):
        return True
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    return any(isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef) for node in tree.body)


@pytest.mark.parametrize(
    "text",
    [
        "import os\n" + "print(os.getcwd())\n" * LINES,
        ":root {\n" + "  --ink: #111;\n" * LINES + "}\n",
        "(() => {\n" + "  look();\n" * LINES + "})()\n",
    ],
)
def test_a_program_in_a_text_is_found(text: str) -> None:
    assert [_is_program(each) for each in _texts(ast.parse(f'"""Doc."""\nPROGRAM = {text!r}'))] == [True]
    assert not _is_program("A sentence.\n" * LINES)


def test_no_program_stands_in_a_text() -> None:
    paths = [path for folder in ("shared", "functions") for path in sorted((ROOT / folder).rglob("*.py"))]
    modules = [path for path in paths if path not in PROGRAMS]
    found = {
        path.relative_to(ROOT).as_posix()
        for path in modules
        if any(map(_is_program, _texts(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == set()


def test_every_program_is_read_by_its_name() -> None:
    assert len(PROGRAMS) > 15
    paths = (ROOT / "shared").rglob("*.py")
    named = {text for path in paths if path not in PROGRAMS for text in _texts(ast.parse(path.read_text()))}
    assert [path.name for path in PROGRAMS if not {path.name, path.parent.name} <= named] == []


@pytest.mark.parametrize("language", ["python", "node"])
def test_a_runner_is_one_program_that_imports_nothing_of_ours(language: str) -> None:
    tree = ast.parse(compose_runner(language))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {"main", "is_test", "command_for"} <= defined
    assert not {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} - {"pathlib"}
    (file,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ONE_FILE"
    )
    assert "done" in file
    assert file.count("\n") > 30
