"""The names of a program that nothing in it uses: not called, not imported, not named in a table.

A name counts as used where it stands as a word outside its own definition: in its own file, or in one that names its
file as well, or loads all files of its folder. Docstrings and comments are no use. What only unused definitions use
is unused too.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

WORD = re.compile(r"[^\W\d]\w*")
_COMMENT = re.compile(r"(?m)(?:^|  )\#.*$")
_PLAIN = frozenset(
    {"property", "staticmethod", "classmethod", "cached_property", "abstractmethod", "override", "cache", "setter"}
    | {"contextmanager", "dataclass", "final", "lru_cache", "overload", "runtime_checkable", "unique"}
)  # decorators that hand what they decorate to nobody
Modules = Mapping[str, tuple[ast.Module, list[str]]]


@dataclass(frozen=True)
class Definition:
    """A function, a class, a constant or a method, with the words its own lines hold."""

    module: str
    name: str
    inside: str  # the class of a method
    words: Counter[str]

    def __str__(self) -> str:
        """Return where it stands."""
        return f"{self.module}:{self.inside}{self.name}"


def find_unreachable(
    program: Modules, also: Modules, words: AbstractSet[str], kept: AbstractSet[str] = frozenset()
) -> set[str]:
    """Return what of a program neither it nor `also` uses; `words` is what other files name, like Terraform's.

    What only `kept` uses counts as used: these are called by somebody who cannot be seen here.
    """
    counts = {name: _count_words(tree, lines) for name, (tree, lines) in {**program, **also}.items()}
    where: dict[str, list[str]] = {}
    for name, found in counts.items():
        for word in found:
            where.setdefault(word, []).append(name)
    entries = (each for name, text in program.items() for each in _list_definitions(name, *text))
    left = [each for each in entries if each.name not in words]
    unused = set[str]()
    while more := {str(each): each for each in left if not _is_used(each, counts, where)}:
        unused |= more.keys()
        left = [each for each in left if str(each) not in more]
        for name, definition in more.items():
            if name not in kept:
                counts[definition.module].subtract(definition.words)
    return unused


def _is_used(entry: Definition, counts: Mapping[str, Counter[str]], where: Mapping[str, list[str]]) -> bool:
    if counts[entry.module][entry.name] > entry.words[entry.name]:
        return True
    folder, _, file = entry.module.rpartition(".")
    for name in where[entry.name]:
        words = counts[name]
        if name == entry.module or not words[entry.name]:
            continue
        loads_all = words["import_module"] > 0 and name.rpartition(".")[0] == folder  # of its folder, by their names
        if entry.inside or words[file] > 0 or loads_all:
            return True
    return False


def _list_definitions(module: str, tree: ast.Module, lines: list[str]) -> Iterator[Definition]:
    for node, inside in _list_nodes(tree.body, "", lines):
        start = node.lineno
        words = _count_in(lines[start - 1 : node.end_lineno], _find_unread(node), start - 1)
        for name in _names_of(node):
            yield Definition(module, name, inside, words)


def _list_nodes(body: list[ast.stmt], inside: str, lines: list[str]) -> Iterator[tuple[ast.stmt, str]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            if not _is_registered(node, lines):
                yield node, inside
            inner = _list_nodes(node.body, f"{node.name}.", lines)
            yield from (each for each in inner if _is_function(each[0]))
        elif _is_function(node):
            if not _is_registered(node, lines):
                yield node, inside
        elif isinstance(node, ast.If | ast.Try):
            yield from _list_nodes([*node.body, *node.orelse], inside, lines)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield node, inside


def _is_function(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _is_registered(node: ast.stmt, lines: list[str]) -> bool:
    """Tell whether a decorator hands it to somebody who calls it: a command, a validator, a door."""
    decorators = getattr(node, "decorator_list", [])
    return any(not _PLAIN & set(WORD.findall(lines[each.lineno - 1])) for each in decorators)


def _names_of(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        names = [node.name]
    else:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
        names = [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
    return [name for name in names if not (name.startswith("__") and name.endswith("__"))]


def _find_unread(root: ast.AST) -> list[tuple[int, int]]:
    """Return the lines of texts that stand alone as statements, and of `__all__`: who names them there uses nothing."""
    found, left = [], [root]
    while left:
        for node in getattr(left.pop(), "body", []):
            if _is_text(node) or _is_export(node):
                found.append((node.lineno, node.end_lineno or node.lineno))
            elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                left.append(node)
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_export(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"


def _count_words(tree: ast.Module, lines: list[str]) -> Counter[str]:
    return _count_in(lines, _find_unread(tree), 0)


def _count_in(lines: list[str], docstrings: list[tuple[int, int]], offset: int) -> Counter[str]:
    kept = list(lines)
    for first, last in docstrings:
        kept[first - 1 - offset : last - offset] = [""] * (last - first + 1)
    return Counter(WORD.findall(_COMMENT.sub("", "\n".join(kept))))
