"""Every error that people can meet is explained: what happened, what is not lost, what to do; nothing else is."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTRY = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
TEXT = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
ENTRIES = dict(ENTRY.findall(TEXT))
ENTRY_NAMES = list(ENTRIES)


def _parsed() -> Iterator[ast.AST]:
    for path in sorted((ROOT / "shared").rglob("*.py")):
        if path.relative_to(ROOT / "shared").parts[:2] != ("local", "simulators"):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _errors() -> set[str]:
    """Return every class below AgentError that is raised, or has none below it; not those of one module's own."""
    bases: dict[str, list[str]] = {}
    raised: set[str] = set()
    for node in _parsed():
        if isinstance(node, ast.ClassDef):
            bases[node.name] = [_name(base) for base in node.bases]
        elif isinstance(node, ast.Raise):
            raised.add(_name(node.exc))

    def ours(name: str) -> bool:
        return name == "AgentError" or any(ours(base) for base in bases.get(name, ()))

    tree = {name for name in bases if ours(name)}
    above = {base for name in tree for base in bases[name]}
    return {name for name in tree if not name.startswith("_") and (name in raised or name not in above)}


def test_every_class_of_error_has_its_entry_and_every_entry_its_class() -> None:
    errors = _errors()
    assert len(errors) > 40
    assert set(ENTRIES) == errors


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_an_entry_says_what_happened_what_is_not_lost_and_what_to_do(name: str) -> None:
    parts = dict(re.findall(r"^\*\*(\w[\w ]*)\*\* (.+)$", ENTRIES[name], re.MULTILINE))
    assert list(parts) == ["Happened", "Not lost", "Do"]
    assert all(len(said) > 7 for said in parts.values())


def test_no_class_is_explained_twice() -> None:
    assert len(ENTRY.findall(TEXT)) == len(ENTRIES)


def test_the_table_says_what_the_classes_say() -> None:
    """`python tools/errors_document.py` writes it anew."""
    assert runpy.run_path(str(ROOT / "tools" / "errors_document.py"))["render_page"]() == TEXT
    assert re.findall(r"^\| \[(\w+)\]", TEXT, re.MULTILINE) == ENTRY_NAMES
