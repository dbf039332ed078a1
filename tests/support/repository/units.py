"""The code of the product in pieces that count as a whole, what each of them names, and where a name leads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from tests.support.repository.loaded_by_path import LOADED

ROOT = Path(__file__).resolve().parents[3]
# What is only loaded on one machine: no bundle has it.
_NOT_THERE = ("shared.local", "shared.bench", "shared.cli", "shared.__main__", "shared.backends.local")
# Decorators that only wrap; another one may hand what it decorates to somebody, and then that counts.
_WRAPPERS = {
    *("abstractmethod", "cache", "cached_property", "classmethod", "contextmanager", "dataclass", "final", "lru_cache"),
    *("overload", "override", "patient", "property", "runtime_checkable", "setter", "staticmethod", "use_case"),
    "wraps",
}
_Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Unit:
    """A piece of code that counts as a whole: a module's own statements, a function, a method, an assigned name."""

    module: str
    name: str
    owner: str = ""  # the class of a method
    nodes: tuple[ast.AST, ...] = field(default=(), compare=False, repr=False)

    @cached_property
    def walked(self) -> tuple[ast.AST, ...]:
        """Return every node of it that may be run."""
        return tuple(_walk_run(self.nodes))

    @cached_property
    def mentions(self) -> Mentions:
        """Return what it names, which is the same for every function that comes to it."""
        said = Mentions()
        for module, name in LOADED.get((self.module, self.name), ()):
            said.modules[module] = None
            said.add(resolve(module, name))
        for node in self.walked:
            if isinstance(node, ast.Import | ast.ImportFrom):
                said.modules.update(dict.fromkeys(_imported_modules(node)))
                for alias in node.names:
                    if alias.asname == alias.name:  # handed on, as a table of imports does
                        said.add(resolve(self.module, alias.name))
            elif isinstance(node, ast.Name):
                said.add(resolve(self.module, node.id))
            elif isinstance(node, ast.Attribute):
                said.attributes.add(node.attr)
                if isinstance(node.value, ast.Name) and (at := resolve(self.module, node.value.id)) and not at[1]:
                    said.add(resolve(at[0], node.attr))
        return said


@dataclass
class Mentions:
    modules: dict[str, None] = field(default_factory=dict)
    definitions: dict[tuple[str, str], None] = field(default_factory=dict)  # as module and name
    attributes: set[str] = field(default_factory=set)

    def add(self, found: tuple[str, str] | None) -> None:
        if found and found[1]:
            self.definitions[found] = None


@dataclass
class Module:
    name: str
    always: list[Unit] = field(default_factory=list)
    named: list[Unit] = field(default_factory=list)


@cache
def resolve(module: str, name: str) -> tuple[str, str] | None:
    """Return what a name of a module means: a definition as (module, name), a module as (module, "")."""
    seen = set()
    while (module, name) not in seen and find_file(module) is not None:
        seen.add((module, name))
        if name in _defined_names(module):
            return module, name
        if name not in _imported_names(module):
            return None
        module, name = _imported_names(module)[name]
        if not name:
            return module, ""
    return None


@cache
def _defined_names(module: str) -> frozenset[str]:
    return frozenset({unit.owner or unit.name for unit in read_module(module).named})


@cache
def _imported_names(module: str) -> dict[str, tuple[str, str]]:
    """Return what a module imports under which name, wherever in it: (module, name), or (module, "") for a module."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(_parse(module)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found[alias.asname or alias.name] = (whole, "") if find_file(whole) else (node.module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    found[alias.asname] = (alias.name, "")
    return found


def nodes_of(unit: Unit) -> Iterator[ast.AST]:
    """Yield every node of a unit that may be run."""
    return iter(unit.walked)


@cache
def read_module(name: str) -> Module:
    module = Module(name)
    own: list[ast.AST] = []
    for node in _parse(name).body:
        if isinstance(node, _Definition):
            _add_definition(module, node, "", own)
        elif isinstance(node, ast.ClassDef):
            _add_class(module, node, own)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and (names := _assigned_names(node)):
            module.named += [Unit(name, each, nodes=(node,)) for each in names]
        else:
            own.append(node)
    module.always.append(Unit(name, "(module)", nodes=tuple(own)))
    return module


def _add_definition(module: Module, node: _Definition, owner: str, own: list[ast.AST]) -> None:
    module.named.append(Unit(module.name, node.name, owner, (node,)))
    own += [each for each in node.decorator_list if _decorator_name(each) not in _WRAPPERS]
    if any(_decorator_name(each) not in _WRAPPERS for each in node.decorator_list):
        own.append(ast.Name(node.name, ast.Load()))


def _add_class(module: Module, node: ast.ClassDef, own: list[ast.AST]) -> None:
    own += [*node.bases, *(keyword.value for keyword in node.keywords)]
    rest: list[ast.AST] = []
    for part in node.body:
        if isinstance(part, _Definition):
            _add_definition(module, part, node.name, own)
        else:
            rest.append(part)
    module.named.append(Unit(module.name, "(class)", node.name, tuple(rest)))


def _assigned_names(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
    plain = all(isinstance(target, ast.Name | ast.Tuple) for target in targets)
    return names if plain else []


def _decorator_name(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return _decorator_name(node.func)
    if isinstance(node, ast.Subscript):
        return _decorator_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _imported_modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        named = [alias.name for alias in node.names]
    else:
        assert node.module, "imports name their module whole"
        named = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [
        whole
        for name in named
        if name.startswith("shared")
        for whole in _with_packages(name)
        if not any(whole == gone or whole.startswith(f"{gone}.") for gone in _NOT_THERE)
    ]


def _with_packages(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


@cache
def find_file(module: str) -> Path | None:
    if module.startswith("functions."):
        _, function, _ = module.split(".")
        return ROOT / "functions" / function / "main.py"
    place = ROOT / module.replace(".", "/")
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


@cache
def _parse(module: str) -> ast.Module:
    path = find_file(module)
    assert path is not None
    return ast.parse(path.read_text(encoding="utf-8"))


def _walk_run(nodes: tuple[ast.AST, ...]) -> Iterator[ast.AST]:
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            waiting += node.orelse
        elif isinstance(node, ast.AnnAssign):  # annotations are not run
            waiting += [node.target, *([node.value] if node.value else [])]
        elif isinstance(node, _Definition):
            waiting += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults), *node.body]
        elif not isinstance(node, ast.arg):
            yield node
            waiting += ast.iter_child_nodes(node)
