"""What code of ours a function can come to: which functions and methods may be called once its `main.py` is loaded.

An import brings a module's own statements, not all that is defined in it. What is defined counts once code that counts
already means it: a function, a class or a table by a name that leads to it through the imports; a method by its bare
name, where its class counts. That is more than is ever called (methods of equal names are one, both ways of an `if`
are taken) and never less: by a path that is text only what a system's `system.py` names is loaded, and that counts
where its loader does.
"""

from __future__ import annotations

import ast

from tests.support.repository.units import Module, Unit, find_file, nodes_of, read_module, resolve


class Reach:
    """What one function can come to."""

    def __init__(self, function: str) -> None:
        """Start at `functions/<function>/main.py`."""
        self.modules: dict[str, Module] = {}
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
        if name in self.modules or find_file(name) is None:
            return
        module = self.modules[name] = read_module(name)
        for unit in module.always:
            self._count(unit)

    def _count(self, unit: Unit) -> None:
        self.units[unit] = None
        self._attributes |= unit.mentions.attributes
        for definition in unit.mentions.definitions:
            self._meant.setdefault(definition, set()).add(unit)
        for module in unit.mentions.modules:
            self._load(module)


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
    found = resolve(unit.module, name)
    there = [each for each in read_module(found[0]).named if (each.owner, each.name) == ("", found[1])] if found else []
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
    return resolve(unit.module, call.func.id) if isinstance(call.func, ast.Name) else None
