"""Which packages a function's bundle needs, and their pins."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from terraform.bundle_files import BundleError, Import

PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # what the platform may run it with


class Packages:
    """The packages of this environment: which one a module is of, what it needs, and its pin in the lock files."""

    def __init__(self, root: Path) -> None:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        self._extras: Mapping[str, list[str]] = project.get("optional-dependencies", {})
        self._pins = read_pins(root / "requirements.txt")
        self._extra_pins = read_pins(root / "requirements-dev.txt")
        self._optional = frozenset().union(*(self._closure(each) for each in self._extras.values())) - set(self._pins)

    def build_requirements(self, imports: Iterable[Import], extras: Sequence[str]) -> str:
        """Return the text of a requirements file for these imports; raises BundleError."""
        roots = {name for each in imports for name in self._providers_of(each)} - self._optional
        for extra in extras:
            if extra not in self._extras:
                raise BundleError(f"pyproject.toml has no extra {extra!r}")
            roots |= {_name_of(text) for text in self._extras[extra]}
        wanted = self._walk(["functions-framework", *roots])
        names = {name for name, _ in wanted}
        missing = sorted(name for name in names if name not in self._pins and name not in self._extra_pins)
        if missing:
            raise BundleError(f"no pin for {', '.join(missing)}; lock the requirements again")
        return "".join(self._pin(name, extras) for name, extras in sorted(wanted | {(name, "") for name in names}))

    def _pin(self, name: str, extras: str) -> str:
        """Return a package's pin, as it is asked for: pip before 23.3 takes the newest of one with an extra else."""
        block = self._pins.get(name) or self._extra_pins[name]
        return block.replace("==", f"[{extras}]==", 1) if extras else block

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
        return {name for name, _ in self._walk(wanted)}

    def _walk(self, wanted: Iterable[str]) -> set[tuple[str, str]]:
        """Return these packages and all they need on the platform, each as it is asked for: its name, its extras."""
        asked_for: set[tuple[str, str]] = set()
        seen: set[tuple[str, str]] = set()
        waiting = [Requirement(text) for text in wanted]
        while waiting:
            asked = waiting.pop()
            name = canonicalize_name(asked.name)
            asked_for.add((name, ",".join(sorted(asked.extras))))
            for extra in {"", *asked.extras}:
                if (name, extra) in seen:
                    continue
                seen.add((name, extra))
                waiting += [need for need in _requires(name) if need.marker is None or _holds(str(need.marker), extra)]
        return asked_for


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
