"""Which files a function's bundle has: what each file imports, and what data it reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml  # type: ignore[import-untyped]

OUTSIDE = (
    "shared.local",
    "shared.bench",
    "shared.backends.local",
    "shared.cli",
    "shared.__main__",
)  # serves one machine alone
DATA = (".md", ".json", ".js", ".mjs", ".css")  # what modules read beside code
# modules that load by a path what each `system.py` names: where it stands there
BY_PATH = {
    "shared/integrations/clients.py": "client",
    "shared/integrations/messengers.py": "client",
    "shared/integrations/webhooks.py": "webhook",
    "shared/integrations/trials.py": "trial",
    "shared/integrations/apps.py": "app",
}


class BundleError(Exception):
    """A bundle cannot be made; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement: the module, the names taken from it, and whether it runs when the file is loaded."""

    module: str
    names: tuple[str, ...] = ()
    at_top: bool = True

    def candidates(self) -> list[str]:
        """Return what it may name, the deepest first: `from a import b` may mean the module `a.b`."""
        return [*(f"{self.module}.{name}" for name in self.names), self.module]


@dataclass(frozen=True, slots=True)
class Source:
    """What one file of Python says: what it imports, the whole texts in it, and whether it reads data beside itself."""

    imports: tuple[Import, ...]
    modules: frozenset[str]  # all that its imports may name
    texts: frozenset[str]
    reads_data: bool
    takes_all: bool  # of a folder


def read_source(path: Path) -> Source:
    """Return what a file imports, types alone left aside, and its texts."""
    return _parse_source(path.read_text(encoding="utf-8"))


@cache
def _parse_source(text: str) -> Source:
    texts: set[str] = set()
    imports: list[Import] = []
    waiting: list[tuple[ast.AST, bool, bool]] = [(ast.parse(text), True, True)]
    while waiting:  # one walk for both: a release has hundreds of files
        node, at_top, runs = waiting.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                texts.add(node.value)
            continue
        if runs:
            imports += _imports_of(node, at_top)
        at_top = at_top and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        types = node.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) else ()
        waiting += [(child, at_top, runs and child not in types) for child in ast.iter_child_nodes(node)]
    modules = frozenset(name for each in imports for name in each.candidates())
    reads = re.search(r"files\(__package__\)|Path\(__file__\)\.with_name", text) is not None
    return Source(tuple(imports), modules, frozenset(texts), reads, ".iterdir()" in text)


def _imports_of(node: ast.AST, at_top: bool) -> list[Import]:
    """Return what one node imports; a call `files("package")` needs that package as an import does."""
    match node:
        case ast.Import():
            return [Import(each.name, at_top=at_top) for each in node.names]
        case ast.ImportFrom():
            return [Import(node.module or "", tuple(each.name for each in node.names), at_top)]
        case ast.Call(func=ast.Name(id="files"), args=[ast.Constant(value=str(package)), *_]):
            return [Import(package, at_top=False)]
    return []


class Tree:
    """One checkout as it is now: finds what a function's `main.py` reaches."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._source, self._file, self._reached = cache(read_source), cache(self._find), cache(self._reach)

    def functions(self) -> list[str]:
        """Return the names of all functions."""
        return sorted(path.parent.name for path in self._root.glob("functions/*/main.py"))

    def extras(self, function: str) -> list[str]:
        """Return the extras that the function's own file asks for."""
        path = self._root / "functions" / function / "function.yaml"
        read = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
        return [str(each) for each in read.get("extras") or ()]

    def collect(self, function: str) -> tuple[dict[str, Path], list[Import]]:
        """Return the files of the function's bundle, and the imports that are not ours; raises BundleError."""
        files = {"main.py": self._root / "functions" / function / "main.py"}
        foreign: list[Import] = []
        waiting = list(files.values())
        while waiting:
            path = waiting.pop()
            foreign += [each for each in self._source(path).imports if each.module.split(".")[0] != "shared"]
            for name, found in self._reached(path).items():
                if name not in files:
                    files[name] = found
                    waiting.append(found)
        return files | self._data(files), foreign

    def _reach(self, path: Path) -> dict[str, Path]:
        """Return the files of ours that a file needs itself."""
        source = self._source(path)
        ours = [each for each in source.imports if each.module.split(".")[0] == "shared"]
        named = self._named_by_systems(path) if self._name(path) in BY_PATH else []
        ours += [Import(module, at_top=False) for module in named]
        return {self._name(found): found for found in [*self._modules(path, ours), *self._beside(path, source)]}

    def _named_by_systems(self, path: Path) -> list[str]:
        """Return the modules that the systems in the list name for this one to load."""
        field_name = BY_PATH[self._name(path)]
        tables = sorted(path.parent.glob("*/system.py"))
        nodes = [node for table in tables for node in ast.walk(ast.parse(table.read_text(encoding="utf-8")))]
        given = [node.value for node in nodes if isinstance(node, ast.keyword) and node.arg == field_name]
        return [str(ast.literal_eval(each)).partition(":")[0] for each in given]

    def _modules(self, path: Path, imports: Iterable[Import]) -> Iterator[Path]:
        for each in imports:
            if self._is_outside(each):
                if each.at_top:
                    raise BundleError(f"{path}: {each.module} serves one machine alone; import it where it is used")
                continue
            if self._file(each.module) is None:
                raise BundleError(f"{path}: there is no module {each.module}")
            for name in each.candidates():
                parts = name.split(".")
                packages = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
                yield from filter(None, map(self._file, packages))

    def _beside(self, path: Path, source: Source) -> Iterator[Path]:
        """Find programs that a module starts by their file name: `Path(__file__).with_name("launcher.py")`."""
        names = (text for text in source.texts if source.reads_data and re.fullmatch(r"[a-z_]+\.py", text))
        yield from (each for name in names if (each := path.with_name(name)).is_file())

    def _data(self, files: Mapping[str, Path]) -> dict[str, Path]:
        """Return the data files that these modules read.

        A module that asks for `files(__package__)` or its own place reads the data beside it, and that of folders there
        which it or a module that imports it names; in these, Python files are data as well. Where it takes all of a
        folder (`iterdir`), all of that goes along. Else a file does whose name is written in the reader or in a
        module that imports it; a text or a table may be named without its suffix.
        """
        found: dict[str, Path] = {}
        for name, path in files.items():
            source = self._source(path)
            if name == "main.py" or not source.reads_data:
                continue
            named = source.texts | self._texts_of_callers(name, files.values())
            for data in self._near(path):
                within = data.parent.name if data.parent != path.parent else ""
                if within and within not in named:
                    continue
                names = {data.name, data.stem} if data.suffix in (".md", ".json") else {data.name}
                if (within and source.takes_all) or names & named:
                    found[self._name(data)] = data
        return found

    def _near(self, reader: Path) -> list[Path]:
        beside = [path for path in reader.parent.iterdir() if path.suffix in DATA]
        folders = [each for each in reader.parent.iterdir() if each.is_dir() and not (each / "__init__.py").exists()]
        within = [path for folder in folders for path in folder.iterdir() if path.suffix in (*DATA, ".py")]
        return sorted([*beside, *within])

    def _texts_of_callers(self, reader: str, files: Iterable[Path]) -> set[str]:
        module = reader.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        sources = (self._source(path) for path in files)
        return {text for source in sources if module in source.modules for text in source.texts}

    def _find(self, module: str) -> Path | None:
        """Return the file of a module of ours, or None: the name is that of something in a module."""
        place = self._root.joinpath(*module.split("."))
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                return path
        return None

    def _is_outside(self, each: Import) -> bool:
        inner = [f"{each.module}.{name}" for name in each.names]
        return any(name == out or name.startswith(f"{out}.") for out in OUTSIDE for name in [each.module, *inner])

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix() if path.parent.parent.name != "functions" else path.name
