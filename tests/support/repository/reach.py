"""What code of ours a function can come to: which functions and methods may be called once its `main.py` is loaded.

An import brings a module's own statements, not all that is defined in it. What is defined counts once code that counts
already means it: a function, a class or a table by a name that leads to it through the imports; a method by its bare
name, where its class counts. That is more than is ever called (methods of equal names are one, both ways of an `if`
are taken) and never less: by a path that is text only what a system's `system.py` names is loaded, and that counts
where its loader does.
"""

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
        return tuple(_walk(self.nodes))

    @cached_property
    def says(self) -> _Said:
        """Return what it names, which is the same for every function that comes to it."""
        said = _Said()
        for module, name in LOADED.get((self.module, self.name), ()):
            said.modules[module] = None
            said.add(_leads_to(module, name))
        for node in self.walked:
            if isinstance(node, ast.Import | ast.ImportFrom):
                said.modules.update(dict.fromkeys(_named_modules(node)))
                for alias in node.names:
                    if alias.asname == alias.name:  # handed on, as a table of imports does
                        said.add(_leads_to(self.module, alias.name))
            elif isinstance(node, ast.Name):
                said.add(_leads_to(self.module, node.id))
            elif isinstance(node, ast.Attribute):
                said.attributes.add(node.attr)
                if isinstance(node.value, ast.Name) and (at := _leads_to(self.module, node.value.id)) and not at[1]:
                    said.add(_leads_to(at[0], node.attr))
        return said


@dataclass
class _Said:
    modules: dict[str, None] = field(default_factory=dict)
    definitions: dict[tuple[str, str], None] = field(default_factory=dict)  # as module and name
    attributes: set[str] = field(default_factory=set)

    def add(self, found: tuple[str, str] | None) -> None:
        if found and found[1]:
            self.definitions[found] = None


@dataclass
class _Module:
    name: str
    always: list[Unit] = field(default_factory=list)
    named: list[Unit] = field(default_factory=list)


class Reach:
    """What one function can come to."""

    def __init__(self, function: str) -> None:
        """Start at `functions/<function>/main.py`."""
        self.modules: dict[str, _Module] = {}
        self.units: dict[Unit, None] = {}
        self._meant: dict[tuple[str, str], set[Unit]] = {}  # definitions, as module and name, and who means them
        self._attributes: set[str] = set()
        main = f"functions.{function}.main"
        self._load(main)
        for unit in self.modules[main].named:
            self._count(unit)
        while self._one_more_round():
            pass

    def who_means(self, definition: tuple[str, str]) -> set[Unit]:
        """Return what means a function or class, given as module and name."""
        return self._meant.get(definition, set())

    def __contains__(self, definition: tuple[str, str]) -> bool:
        """Say whether a function or class, as module and name, is meant by anything that counts."""
        return definition in self._meant

    def _one_more_round(self) -> bool:
        before = len(self.units)
        for module in list(self.modules.values()):
            for unit in module.named:
                if unit not in self.units and self._is_meant(unit):
                    self._count(unit)
        return len(self.units) > before

    def _is_meant(self, unit: Unit) -> bool:
        if not unit.owner:
            return (unit.module, unit.name) in self._meant
        hidden = unit.name.startswith("__") and unit.name.endswith("__")
        wanted = unit.name in self._attributes or hidden or unit.name == "(class)"
        return wanted and (unit.module, unit.owner) in self._meant

    def _load(self, name: str) -> None:
        if name in self.modules or _path(name) is None:
            return
        module = self.modules[name] = _module(name)
        for unit in module.always:
            self._count(unit)

    def _count(self, unit: Unit) -> None:
        self.units[unit] = None
        self._attributes |= unit.says.attributes
        for definition in unit.says.definitions:
            self._meant.setdefault(definition, set()).add(unit)
        for module in unit.says.modules:
            self._load(module)


@cache
def _leads_to(module: str, name: str) -> tuple[str, str] | None:
    """Return what a name of a module means: a definition as (module, name), a module as (module, "")."""
    seen = set()
    while (module, name) not in seen and _path(module) is not None:
        seen.add((module, name))
        if name in _defined(module):
            return module, name
        if name not in _bindings(module):
            return None
        module, name = _bindings(module)[name]
        if not name:
            return module, ""
    return None


@cache
def _defined(module: str) -> frozenset[str]:
    return frozenset({unit.owner or unit.name for unit in _module(module).named})


@cache
def _bindings(module: str) -> dict[str, tuple[str, str]]:
    """Return what a module imports under which name, wherever in it: (module, name), or (module, "") for a module."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found[alias.asname or alias.name] = (whole, "") if _path(whole) else (node.module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    found[alias.asname] = (alias.name, "")
    return found


def nodes_of(unit: Unit) -> Iterator[ast.AST]:
    """Yield every node of a unit that may be run."""
    return iter(unit.walked)


@cache
def _module(name: str) -> _Module:
    module = _Module(name)
    own: list[ast.AST] = []
    for node in _tree(name).body:
        if isinstance(node, _Definition):
            _add_definition(module, node, "", own)
        elif isinstance(node, ast.ClassDef):
            _add_class(module, node, own)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and (names := _targets(node)):
            module.named += [Unit(name, each, nodes=(node,)) for each in names]
        else:
            own.append(node)
    module.always.append(Unit(name, "(module)", nodes=tuple(own)))
    return module


def _add_definition(module: _Module, node: _Definition, owner: str, own: list[ast.AST]) -> None:
    module.named.append(Unit(module.name, node.name, owner, (node,)))
    own += [each for each in node.decorator_list if _name_of(each) not in _WRAPPERS]
    if any(_name_of(each) not in _WRAPPERS for each in node.decorator_list):
        own.append(ast.Name(node.name, ast.Load()))


def _add_class(module: _Module, node: ast.ClassDef, own: list[ast.AST]) -> None:
    own += [*node.bases, *(keyword.value for keyword in node.keywords)]
    rest: list[ast.AST] = []
    for part in node.body:
        if isinstance(part, _Definition):
            _add_definition(module, part, node.name, own)
        else:
            rest.append(part)
    module.named.append(Unit(module.name, "(class)", node.name, tuple(rest)))


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
    plain = all(isinstance(target, ast.Name | ast.Tuple) for target in targets)
    return names if plain else []


def _name_of(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return _name_of(node.func)
    if isinstance(node, ast.Subscript):
        return _name_of(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _named_modules(node: ast.Import | ast.ImportFrom) -> list[str]:
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
def _path(module: str) -> Path | None:
    if module.startswith("functions."):
        _, function, _ = module.split(".")
        return ROOT / "functions" / function / "main.py"
    place = ROOT / module.replace(".", "/")
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


@cache
def _tree(module: str) -> ast.Module:
    path = _path(module)
    assert path is not None
    return ast.parse(path.read_text(encoding="utf-8"))


def _walk(nodes: tuple[ast.AST, ...]) -> Iterator[ast.AST]:
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


def value_of(unit: Unit, given: ast.expr) -> str:
    """Return a text that is put together: constants as they are, what is filled in later as {}; "" for no text."""
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return given.value
    if isinstance(given, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in given.values)
    if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) and given.func.attr == "format":
        return value_of(unit, given.func.value)
    if isinstance(given, ast.Name):
        return _assigned(unit, given.id)
    return ""


def _assigned(unit: Unit, name: str) -> str:
    """Return the text a name of the unit, or of its module, or of one that it is imported from, stands for."""
    found = _leads_to(unit.module, name)
    there = [each for each in _module(found[0]).named if (each.owner, each.name) == ("", found[1])] if found else []
    for at, called in [(unit, name), *((each, each.name) for each in there)]:
        for node in [*at.nodes, *nodes_of(at)]:
            if not isinstance(node, ast.Assign):
                continue
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = {ast.unparse(left): right for left, right in zip(target.elts, value.elts, strict=True)}
            else:
                pairs = {ast.unparse(target): value}
            if called in pairs:
                return value_of(at, pairs[called])
    return ""


def means(unit: Unit, call: ast.Call) -> tuple[str, str] | None:
    """Return what a call by a plain name calls: its definition, as module and name."""
    return _leads_to(unit.module, call.func.id) if isinstance(call.func, ast.Name) else None
