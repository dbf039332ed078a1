"""What other people's packages a project takes, and which of them are new: from its manifests and lock files.

Known: requirements*.txt, pyproject.toml, package.json, and the locks of npm, yarn, pnpm, Poetry, uv and Pipenv.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PYPI, NPM = "pypi", "npm"
_REQUIREMENTS = re.compile(r"(?:^|/)(?:requirements[^/]*|constraints[^/]*)\.(?:txt|in)$")
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$")
_ELSEWHERE = re.compile(
    r"(?i)(?:^|[\s@])(?:git\+|git@|git:|https?:|file:|link:|github:|gitlab:|bitbucket:|\./|\.\./|/)"
)
_SHORT = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+(?:#.*)?")  # npm takes `owner/name` for a repository
_EDITABLE = re.compile(r"(?:-e|--e[a-z]*(?:=|\s))\s*(.*)")
_OWN_OPTION = re.compile(r"--(?:require-hashes|only-binary|no-binary|prefer-binary|pre|hash)\b")  # fetches from nowhere
_MORE = re.compile(r"(?:-[rc]|--(?:requirement|constraint)(?:=|\s))\s*(\S+)")
_INDEXES = (  # where a pyproject.toml names other registries
    ("uv", "index"), ("uv", "index-url"), ("uv", "extra-index-url"), ("uv", "find-links"), ("uv", "pip", "index-url"),
    ("uv", "pip", "extra-index-url"), ("uv", "pip", "find-links"), ("poetry", "source"), ("pdm", "source"),
)  # fmt: skip
_FETCHED = re.compile(
    r"\b(?:resolved|tarball|registry|url|git)\b\W{1,5}(?:git\+)?[a-z]+://(?:[^/@\s\"']+@)?([^/\s\"']+)"
)
_NPM_PARTS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
INSTALL_SCRIPTS = ("preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare", "postprepare")
LOCKS: Mapping[str, tuple[str, ...]] = {
    "package-lock.json": ("package.json",),
    "npm-shrinkwrap.json": ("package.json",),
    "yarn.lock": ("package.json",),
    "pnpm-lock.yaml": ("package.json", "pnpm-workspace.yaml"),
    "poetry.lock": ("pyproject.toml",),
    "uv.lock": ("pyproject.toml",),
    "Pipfile.lock": ("Pipfile",),
}
"""Lock files, and the manifests beside them that they are made from."""
UNREAD = frozenset(
    {
        "setup.cfg", "Pipfile", "environment.yml", "environment.yaml", "Cargo.toml", "go.mod", "Gemfile",
        "composer.json", "pom.xml", "build.gradle", "build.gradle.kts", "deno.json", "pnpm-workspace.yaml", "bun.lock",
        "bun.lockb", "pixi.toml", "conanfile.txt", "vcpkg.json", "mix.exs", "pubspec.yaml", "Package.swift",
    }
)  # fmt: skip
"""Lists of packages that are not read here."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package that a manifest names. `elsewhere`: it comes from an address or a folder, not from a registry."""

    system: str  # PYPI or NPM
    name: str  # as the registry compares it
    wanted: str  # the versions that are taken, as written
    path: str
    line: int = 0
    elsewhere: bool = False
    licence: str = ""  # SPDX, where a lock file tells it

    @property
    def key(self) -> tuple[str, str]:
        """Return what it is known by."""
        return self.system, self.name

    def __str__(self) -> str:
        """Return what people are told."""
        return f"{self.name} {self.wanted}".strip()


@dataclass(frozen=True, slots=True)
class Packages:
    """What the manifests and locks of a project say; `unread` are files that cannot be read, with why."""

    direct: tuple[Dependency, ...] = ()
    locked: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (system, name) → licence, "" unknown
    unread: Mapping[str, str] = field(default_factory=dict)
    options: tuple[tuple[str, int, str], ...] = ()  # path, line, an option for the installer that a file sets
    hosts: frozenset[tuple[str, str]] = frozenset()  # path of a lock file, a host that it fetches from


def packages_in(files: Mapping[str, bytes]) -> Packages:
    """Return the packages of all manifests and lock files among these files."""
    direct: list[Dependency] = []
    locked: dict[tuple[str, str], str] = {}
    unread: dict[str, str] = {}
    options: list[tuple[str, int, str]] = []
    hosts: set[tuple[str, str]] = set()
    for path in sorted(files):
        name = path.rpartition("/")[2]
        try:
            text = files[path].decode("utf-8")
            if _REQUIREMENTS.search(path):
                direct += _requirements(path, text)
                options += _options(path, text)
            elif name == "pyproject.toml":
                read = tomllib.loads(text)
                direct += _pyproject(path, read)
                options += ((path, 0, name) for name in _indexes(read.get("tool", {})))
            elif name == "package.json":
                direct += _package_json(path, text)
            elif name in LOCKS:
                locked |= _parse_lock(name, text)
                hosts |= {(path, host) for host in _hosts(name, text)}
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            if name in LOCKS or name in ("pyproject.toml", "package.json") or _REQUIREMENTS.search(path):
                unread[path] = str(error)[:200] or type(error).__name__
    known = tuple(_add_licence(each, locked) for each in direct)
    return Packages(known, locked, unread, tuple(options), frozenset(hosts))


def find_new_packages(before: Packages, after: Packages) -> tuple[list[Dependency], list[tuple[str, str]]]:
    """Return the packages that a manifest names now and none did before, and those that only the locks have anew."""
    old = {each.key for each in before.direct}
    seen: set[tuple[str, str]] = set()
    named = [each for each in after.direct if each.key not in old and not (each.key in seen or seen.add(each.key))]  # type: ignore[func-returns-value]
    asked = {each.key for each in after.direct}
    return named, sorted(key for key in after.locked if key not in before.locked and key not in asked)


def normalize_name(system: str, name: str) -> str:
    """Return a name as its registry compares it."""
    return re.sub(r"[-_.]+", "-", name).lower() if system == PYPI else name.lower()


def _requirements(path: str, text: str) -> Iterator[Dependency]:
    for number, line in _entries(text):
        if not line.startswith("-"):
            yield _python(path, number, line)
        elif editable := _EDITABLE.match(line):
            yield Dependency(PYPI, editable[1][:100], "", path, number, elsewhere=True)


def _options(path: str, text: str) -> Iterator[tuple[str, int, str]]:
    """Return every option that may lead the installer elsewhere: all but those known not to."""
    for number, line in _entries(text):
        if line.startswith("-") and not _EDITABLE.match(line) and not _OWN_OPTION.match(line):
            more = _MORE.fullmatch(line)
            if not (more and "://" not in more[1] and _REQUIREMENTS.search(more[1])):
                yield path, number, line.split()[0].partition("=")[0][:100]


def _entries(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.replace("\\\n", " ").split("\n"), 1):
        bare = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if bare:
            yield number, bare


def _python(path: str, number: int, line: str) -> Dependency:
    """Return what a line of PEP 508 names."""
    bare = re.split(r"\s+--hash|\s*;", line)[0].strip()
    match = _NAME.match(bare)
    if match is None or (_ELSEWHERE.search(bare) and not match[2].startswith("@")):
        return Dependency(PYPI, bare[:100], "", path, number, elsewhere=True)
    wanted = match[2].strip()
    return Dependency(PYPI, normalize_name(PYPI, match[1]), wanted[:100], path, number, wanted.startswith("@"))


def _pyproject(path: str, read: Mapping[str, Any]) -> Iterator[Dependency]:
    project = read.get("project", {})
    lines = [*read.get("build-system", {}).get("requires", ()), *project.get("dependencies", ())]
    for some in project.get("optional-dependencies", {}).values():
        lines += some
    for some in read.get("dependency-groups", {}).values():
        lines += [each for each in some if isinstance(each, str)]
    yield from (_python(path, 0, str(line)) for line in lines)
    poetry = read.get("tool", {}).get("poetry", {})
    groups = [poetry, *poetry.get("group", {}).values()]
    for group in groups:
        for key in ("dependencies", "dev-dependencies"):
            for name, wanted in group.get(key, {}).items():
                if name.lower() != "python":
                    away = isinstance(wanted, Mapping) and bool({"git", "url", "path"} & set(wanted))
                    version = wanted.get("version", "") if isinstance(wanted, Mapping) else wanted
                    yield Dependency(PYPI, normalize_name(PYPI, name), str(version)[:100], path, 0, away)

    for name, given in read.get("tool", {}).get("uv", {}).get("sources", {}).items():
        for source in given if isinstance(given, list) else [given]:
            if {"git", "url", "path"} & set(source):
                yield Dependency(PYPI, normalize_name(PYPI, name), str(source)[:100], path, 0, elsewhere=True)


def _indexes(tools: Mapping[str, Any]) -> Iterator[str]:
    for names in _INDEXES:
        at: Any = tools
        for name in names:
            at = at.get(name) if isinstance(at, Mapping) else None
        if at:
            yield ".".join(("tool", *names))


def _package_json(path: str, text: str) -> Iterator[Dependency]:
    read = json.loads(text)
    for part in _NPM_PARTS:
        for name, wanted in read.get(part, {}).items():
            line = next((n for n, each in enumerate(text.split("\n"), 1) if f'"{name}"' in each), 0)
            yield _node(path, line, str(name), str(wanted))
    for replaced in (read.get("overrides"), read.get("resolutions"), (read.get("pnpm") or {}).get("overrides")):
        found = (_node(path, 0, name, wanted) for name, wanted in _pairs(replaced or {}))
        yield from (each for each in found if each.elsewhere or each.wanted.startswith("npm:"))


def _node(path: str, line: int, name: str, wanted: str) -> Dependency:
    """Return what npm takes under that name: `npm:` before it is another package."""
    if wanted.startswith("npm:"):
        other, at, _ = wanted[4:].rpartition("@")
        name = other if at and other else wanted[4:]
    away = bool(_ELSEWHERE.search(wanted) or _SHORT.fullmatch(wanted))
    return Dependency(NPM, normalize_name(NPM, name), wanted[:100], path, line, away)


def _pairs(replaced: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, wanted in replaced.items():
        if isinstance(wanted, Mapping):
            yield from _pairs(wanted)
        else:
            yield str(name), str(wanted)


def install_scripts(files: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
    """Return what each package.json runs when it is installed, by path; unreadable ones run nothing we know of."""
    found = {}
    for path, data in files.items():
        if path.rpartition("/")[2] == "package.json":
            try:
                scripts = json.loads(data).get("scripts", {})
                found[path] = {name: str(scripts[name]) for name in INSTALL_SCRIPTS if name in scripts}
            except (ValueError, TypeError, AttributeError, RecursionError):
                continue
    return {path: scripts for path, scripts in found.items() if scripts}


def _parse_lock(name: str, text: str) -> dict[tuple[str, str], str]:
    if name in ("package-lock.json", "npm-shrinkwrap.json"):
        return dict(_npm_locked(json.loads(text)))
    if name in ("poetry.lock", "uv.lock"):
        return {(PYPI, normalize_name(PYPI, each["name"])): "" for each in tomllib.loads(text).get("package", ())}
    if name == "Pipfile.lock":
        read = json.loads(text)
        return {
            (PYPI, normalize_name(PYPI, each)): "" for part in ("default", "develop") for each in read.get(part, {})
        }
    pattern = r"^\"?((?:@[^@/\s\"]+/)?[^@/\s\"]+)@" if name == "yarn.lock" else r"^  '?/?((?:@[^@/\s']+/)?[^@/\s']+)@"
    return {(NPM, normalize_name(NPM, each)): "" for each in re.findall(pattern, text, re.MULTILINE)}


def _hosts(name: str, text: str) -> set[str]:
    """Return the hosts that a lock file has packages fetched from."""
    if name not in ("package-lock.json", "npm-shrinkwrap.json"):
        return set(_FETCHED.findall(text))
    read = json.loads(text)
    waiting = [*read.get("packages", {}).values(), *read.get("dependencies", {}).values()]
    found = set()
    while waiting:
        entry = waiting.pop()
        found |= set(_FETCHED.findall(f"resolved: {entry.get('resolved', '')} git: {entry.get('version', '')}"))
        waiting += (entry.get("dependencies") or {}).values() if "resolved" in entry else ()
    return found


def _npm_locked(read: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    for place, entry in read.get("packages", {}).items():
        if place:
            name = entry.get("name") or place.rpartition("node_modules/")[2]
            yield (NPM, normalize_name(NPM, str(name))), str(entry.get("license", ""))
    for name in read.get("dependencies", {}):
        yield (NPM, normalize_name(NPM, str(name))), ""


def _add_licence(dependency: Dependency, locked: Mapping[tuple[str, str], str]) -> Dependency:
    licence = locked.get(dependency.key, "")
    return (
        Dependency(
            dependency.system,
            dependency.name,
            dependency.wanted,
            dependency.path,
            dependency.line,
            dependency.elsewhere,
            licence,
        )
        if licence
        else dependency
    )
