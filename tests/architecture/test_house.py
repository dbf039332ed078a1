"""What can be counted of how the product is built: no circles of files, and no catch-all that does not say why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROAD = {"Exception", "BaseException"}


@pytest.fixture(scope="module")
def trees() -> dict[str, tuple[ast.Module, list[str]]]:
    """Return every module of the product by its name, with its lines."""
    found = {}
    for path in sorted(ROOT.glob("shared/**/*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        found[name] = (ast.parse(text), text.splitlines())
    assert len(found) > 500
    return found


def _imports(body: list[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """Yield what is imported while a module is loaded: not in functions, and not for types alone."""
    for statement in body:
        if isinstance(statement, ast.ImportFrom):
            yield statement
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" not in ast.unparse(statement.test):
            yield from _imports([*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            yield from _imports(statement.body)


def _graph(modules: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for name, tree in modules.items():
        graph[name] = set()
        for found in _imports(tree.body):
            for each in found.names:
                inner = f"{found.module}.{each.name}"
                graph[name] |= {inner if inner in modules else str(found.module)} & modules.keys()
    return graph


def _circle(modules: Mapping[str, ast.Module]) -> list[str]:
    try:
        TopologicalSorter(_graph(modules)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_circle_is_found() -> None:
    """What the next test asks can say no."""
    texts = {"shared.a": "if 1:\n from shared.b import x", "shared.b": "from shared import a", "shared": ""}
    assert set(_circle({name: ast.parse(text) for name, text in texts.items()})) == {"shared.a", "shared.b"}
    texts["shared.b"] = "if TYPE_CHECKING:\n from shared import a\ndef b():\n from shared import a"
    assert _circle({name: ast.parse(text) for name, text in texts.items()}) == []


def test_no_files_import_each_other_in_a_circle(trees: dict[str, tuple[ast.Module, list[str]]]) -> None:
    assert _circle({name: tree for name, (tree, _) in trees.items()}) == []


def _silent(tree: ast.Module, lines: list[str]) -> Iterator[int]:
    """Yield the lines that catch everything, do not raise it again, and do not say beside it why."""
    for handler in (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)):
        kind = ast.unparse(handler.type) if handler.type is not None else "BaseException"
        again = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
        if kind in BROAD and not again and "  # " not in lines[handler.lineno - 1]:
            yield handler.lineno


@pytest.mark.parametrize("kind", ["", " Exception", " BaseException as error"])
def test_a_silent_catch_all_is_found(kind: str) -> None:
    text = f"try:\n    f()\nexcept{kind}:\n    pass"
    assert list(_silent(ast.parse(text), text.splitlines())) == [3]
    told = text.replace(f"except{kind}:", f"except{kind}:  # why")
    assert list(_silent(ast.parse(told), told.splitlines())) == []


def test_who_catches_everything_raises_it_again_or_says_why(trees: dict[str, tuple[ast.Module, list[str]]]) -> None:
    assert [f"{name}:{line}" for name, (tree, lines) in trees.items() for line in _silent(tree, lines)] == []


_POSSESSIVE_GROUP = re.compile(r"\)(?:[*+]|\{+\d*,?\d*\}+)\+")


def test_no_pattern_repeats_a_group_possessively(trees: dict[str, tuple[ast.Module, list[str]]]) -> None:
    """Python before 3.11.5, which Debian 12 has, then finds less than is there (CPython, gh-106052)."""
    assert _POSSESSIVE_GROUP.search(r"(?:a|b)++")
    assert _POSSESSIVE_GROUP.search(r"(?:a){0,20}+")
    found = {
        f"{name}:{node.lineno}"
        for name, (tree, _) in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if _POSSESSIVE_GROUP.search(node.value) and "'()*+,-" not in node.value  # which is a list of signs
    }
    assert found == set()
