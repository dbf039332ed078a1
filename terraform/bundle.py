"""Make one bundle per function: `python terraform/bundle.py --out build`.

A bundle is what the platform gets: `main.py`, the part of `shared/` that it imports, the prompts and tables that these
modules read, and a `requirements.txt` with hashed pins of the packages they meet. Nothing of it is listed by hand.

- Imports are followed wherever they stand in a file. What serves one machine alone (`OUTSIDE`) is left out: where local
  mode asks for it, that is inside a function; at the top of a file it is an error, because the bundle would not start.
- Packages that are extras in `pyproject.toml` go with those functions alone whose `function.yaml` names the extra.
- The same tree makes the same bytes: names in order, one time, one mode, and stored, because different builds of zlib
  compress differently. So a hash names content, and Terraform deploys what changed and nothing else.
- No bytecode: the platform's builder compiles the function's source and its packages (`compileall`), for the very
  Python that will run them. That is worth some 90 ms of CPU to a start of notion-webhook, whose own modules take 390 ms
  without; shipped with it, bytecode would triple the archive and give it to no start that has it from the builder.

Beside the archives (`<out>/<function>/<sha256>.zip`) it writes `<out>/release.auto.tfvars.json`, the map from function
to archive that Terraform's variable `bundles` takes. Exit code 1 with one sentence when a bundle cannot be made.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import json
import re
import shutil
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OUTSIDE = (
    "shared.local",
    "shared.bench",
    "shared.backends.local",
    "shared.cli",
    "shared.__main__",
)  # serves one machine alone
DATA = (".md", ".json")  # what modules read beside code
# modules that load by a path what each `system.py` names: where it stands there
BY_PATH = {"shared/integrations/clients.py": "client"}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # what the platform may run it with
RELEASE = "release.auto.tfvars.json"
_BUNDLED_AT = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
_MODE = 0o100644 << 16


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


@dataclass(slots=True)
class Bundle:
    """The files of one bundle by their place in the archive, and the packages it needs."""

    files: dict[str, Path] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)
    requirements: str = ""

    def archive(self) -> bytes:
        """Return the zip."""
        content = {name: path.read_bytes() for name, path in self.files.items()}
        content["requirements.txt"] = self.requirements.encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(content):
                entry = zipfile.ZipInfo(name, _BUNDLED_AT)
                entry.create_system, entry.external_attr = 3, _MODE
                archive.writestr(entry, content[name])
        return out.getvalue()


# --- what a file says


def read_source(path: Path) -> Source:
    """Return what a file imports, types alone left aside, and its texts."""
    return _parsed(path.read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> Source:
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


# --- which files


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
        which it names. Where it takes all of a folder (`iterdir`), all of that goes along. Else a file does whose name,
        with or without suffix, is written in the reader or in a module that imports it.
        """
        found: dict[str, Path] = {}
        for name, path in files.items():
            source = self._source(path)
            if name == "main.py" or not source.reads_data:
                continue
            named = source.texts | self._texts_of_callers(name, files.values())
            for data in self._near(path):
                within = data.parent.name if data.parent != path.parent else ""
                if within and within not in source.texts:
                    continue
                if (within and source.takes_all) or {data.name, data.stem} & named:
                    found[self._name(data)] = data
        return found

    def _near(self, reader: Path) -> list[Path]:
        folders = [each for each in reader.parent.iterdir() if each.is_dir() and not (each / "__init__.py").exists()]
        return sorted(path for folder in [reader.parent, *folders] for path in folder.iterdir() if path.suffix in DATA)

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


# --- which packages


class Packages:
    """The packages of this environment: which one a module is of, what it needs, and its pin in the lock files."""

    def __init__(self, root: Path) -> None:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        self._extras: Mapping[str, list[str]] = project.get("optional-dependencies", {})
        self._pins = read_pins(root / "requirements.txt")
        self._extra_pins = read_pins(root / "requirements-dev.txt")
        self._optional = frozenset().union(*(self._closure(each) for each in self._extras.values())) - set(self._pins)

    def needed(self, imports: Iterable[Import], extras: Sequence[str]) -> str:
        """Return the text of a requirements file for these imports; raises BundleError."""
        roots = {name for each in imports for name in self._providers_of(each)} - self._optional
        for extra in extras:
            if extra not in self._extras:
                raise BundleError(f"pyproject.toml has no extra {extra!r}")
            roots |= {_name_of(text) for text in self._extras[extra]}
        names = self._closure(["functions-framework", *roots])
        missing = sorted(name for name in names if name not in self._pins and name not in self._extra_pins)
        if missing:
            raise BundleError(f"no pin for {', '.join(missing)}; lock the requirements again")
        return "".join(self._pins.get(name) or self._extra_pins[name] for name in sorted(names))

    def _providers_of(self, each: Import) -> set[str]:
        """Return an import's packages: none for the standard library, and two for a `from google.cloud import a, b`."""
        top = each.module.split(".")[0]
        if top == "zoneinfo":
            return {"tzdata"}  # images for functions have no time zones of their own
        if top in sys.stdlib_module_names:
            return set()
        found = {_owners()[name] for name in each.candidates() if name in _owners()}
        if not found:
            raise BundleError(f"no installed package has the module {each.module}")
        return found

    def _closure(self, wanted: Iterable[str]) -> set[str]:
        """Return the names of these packages and of all they need on the platform."""
        seen: set[tuple[str, str]] = set()
        waiting = [Requirement(text) for text in wanted]
        while waiting:
            asked = waiting.pop()
            name = canonicalize_name(asked.name)
            for extra in {"", *asked.extras}:
                if (name, extra) in seen:
                    continue
                seen.add((name, extra))
                waiting += [need for need in _requires(name) if need.marker is None or _holds(str(need.marker), extra)]
        return {name for name, _ in seen}


def read_pins(path: Path) -> dict[str, str]:
    """Return the blocks of a lock file by package: the pinned line and its hashes."""
    blocks = re.findall(r"^[A-Za-z0-9].*(?:\n[ \t].*)*\n", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {_name_of(block): block for block in blocks}


def _name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return canonicalize_name(found.group()) if found else ""


@cache
def _requires(name: str) -> tuple[Requirement, ...]:
    try:
        return tuple(map(Requirement, metadata.requires(name) or ()))
    except metadata.PackageNotFoundError:
        raise BundleError(f"{name} is not installed here; install requirements-dev.txt first") from None


@cache
def _holds(marker: str, extra: str) -> bool:
    """Say whether a need counts on the platform, for any of its Pythons."""
    base = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": extra}
    base |= {
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    versions = ({"python_version": each, "python_full_version": f"{each}.0"} for each in PYTHONS)
    return any(Marker(marker).evaluate({**base, **each}) for each in versions)


@cache
def _owners() -> Mapping[str, str]:
    """Return which package each module of this environment is of. Namespace packages have no file, and no owner."""
    found: dict[str, str] = {}
    for each in metadata.distributions():
        name = canonicalize_name(each.metadata["Name"])
        for file in each.files or ():
            if file.suffix in (".py", ".so") and ".." not in file.parts:
                parts = [*file.parts[:-1], file.name.split(".")[0]]
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = name
    return found


# --- all of it


def make_bundles(root: Path) -> dict[str, Bundle]:
    """Return every function's bundle; raises BundleError."""
    tree, packages = Tree(root), Packages(root)
    bundles = {}
    for function in tree.functions():
        files, foreign = tree.collect(function)
        bundles[function] = Bundle(files, requirements=packages.needed(foreign, tree.extras(function)))
    return bundles


def write_bundles(bundles: Mapping[str, Bundle], out: Path) -> dict[str, str]:
    """Write the archives and the release map; return the map. Archives of other releases are removed."""
    release = {}
    for function, bundle in bundles.items():
        archive = bundle.archive()
        folder = out / function
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        release[function] = f"{function}/{hashlib.sha256(archive).hexdigest()}.zip"
        (out / release[function]).write_bytes(archive)
    text = json.dumps({"bundles": release}, indent=2, sort_keys=True) + "\n"
    (out / RELEASE).write_text(text, encoding="utf-8")
    return release


def main(arguments: Sequence[str] | None = None) -> int:
    """Make them, and say one line for each."""
    parser = argparse.ArgumentParser(description="Make one bundle per function.")
    parser.add_argument("--out", type=Path, default=Path("build"), help="where the archives and the release map go")
    out: Path = parser.parse_args(arguments).out
    try:
        bundles = make_bundles(Path(__file__).resolve().parents[1])
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for function, name in write_bundles(bundles, out).items():
        bundle, size = bundles[function], (out / name).stat().st_size
        packages = len(re.findall(r"^[a-z0-9]", bundle.requirements, re.MULTILINE))
        sys.stdout.write(f"{name}  {len(bundle.files)} files, {packages} packages, {size // 1024} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
