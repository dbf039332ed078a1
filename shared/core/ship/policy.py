"""What a tenant lets change and leave: paths, protected files, sizes, dependencies, licences. Pure.

The rules come from the tenant's settings alone (`ship.policy`), never from a page or a model. What they refuse goes
back to be written otherwise; what they only point out is shown to whoever approves (security, section 7.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Literal

from shared.core.code import licences
from shared.core.code.dependencies import (
    LOCKS,
    UNREAD,
    Dependency,
    Packages,
    find_new_packages,
    install_scripts,
    normalize_name,
    packages_in,
)
from shared.core.code.worktree import Worktree
from shared.core.ship.paths import does_any_match, strange
from shared.core.system import System

Severity = Literal["block", "warn", "note"]
BLOCK: Severity = "block"
WARN: Severity = "warn"
NOTE: Severity = "note"

PROTECTED = (
    ".circleci/**", ".travis.yml", "Jenkinsfile", "azure-pipelines.yml",
    "bitbucket-pipelines.yml", "cloudbuild.yaml", "CODEOWNERS", "netlify.toml",
    "Dockerfile", "Dockerfile.*", "docker-compose*.yml", "docker-compose*.yaml", ".npmrc", ".yarnrc", ".yarnrc.yml",
    ".pnpmfile.cjs", "pip.conf", ".pypirc", ".netrc", ".gitmodules", ".gitattributes", ".husky/**",
    ".drone.yml", ".woodpecker.yml", ".woodpecker/**", ".buildkite/**", "appveyor.yml", "Procfile", "app.yaml",
    "fly.toml", "render.yaml", "uv.toml", "bunfig.toml", "**/.vscode/**", "**/.devcontainer/**", ".envrc",
    ".pre-commit-config.yaml", ".env", ".env.local", ".env.production", "setup.py", "*.tf",
)  # fmt: skip
_BUILDS = (
    "Makefile", "*.mk", "build.sh", "install.sh", "*.ps1", "*.bat", "gulpfile.*", "Gruntfile.*", "hatch_build.py",
)  # fmt: skip
_PROGRAMS = (b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\x00asm", b"!<arch>", b"PK\x03\x04")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about what leaves. `block` refuses it, `warn` and `note` are shown to whoever approves."""

    severity: Severity
    rule: str
    path: str
    line: int
    what: str
    way_out: str = ""

    def __str__(self) -> str:
        """Return what people and models are told."""
        where = f"{self.path}:{self.line}: " if self.line else f"{self.path}: " if self.path else ""
        sentence = f"{where}{self.what} (rule “{self.rule}”)"
        return f"{sentence}. {self.way_out}" if self.way_out else sentence


@dataclass(frozen=True, slots=True)
class Policy:
    """A tenant's rules. Patterns are those of `paths`; sizes in bytes; an empty list of allowed names allows all."""

    may_change: tuple[str, ...] = ("**",)
    must_not_change: tuple[str, ...] = ()
    protected: tuple[str, ...] = PROTECTED
    most_files: int = 300
    most_bytes: int = 5_000_000
    most_file_bytes: int = 1_000_000
    dependencies_allowed: tuple[str, ...] = ()
    dependencies_denied: tuple[str, ...] = ()
    dependency_age_days: int = 30
    licences_allowed: tuple[str, ...] = licences.ALLOWED
    unknown_licence: Severity = WARN


def policy_of(given: Mapping[str, Any], systems: Iterable[System]) -> Policy:
    """Return the policy of a tenant's settings; what they do not say has its safe default.

    Protected are then also the files by which the systems act, whichever of them the tenant ships with.
    """
    names = Policy.__dataclass_fields__
    kept: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items() if name in names
    }
    return Policy(**{"protected": (*(path for each in systems for path in each.acts_on), *PROTECTED), **kept})


def policy_to_data(policy: Policy) -> dict[str, Any]:
    """Return the policy as the settings hold it."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(policy).items()}


@dataclass(frozen=True, slots=True)
class Known:
    """What a registry says of a package: for how long it has been there, and its licence, "" where it does not say."""

    age: timedelta | None = None
    licence: str = ""
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found, and the packages that are new: those a person has to be told by name, and how many they bring."""

    findings: tuple[Finding, ...] = ()
    named: tuple[Dependency, ...] = ()
    brought: tuple[tuple[str, str], ...] = ()
    descriptions: tuple[str, ...] = field(default=())  # the new packages in words: name, versions, age, licence

    @property
    def refused(self) -> tuple[Finding, ...]:
        """Return what must not leave."""
        return tuple(each for each in self.findings if each.severity == BLOCK)


def judge(
    work: Worktree,
    before: Mapping[str, bytes],
    policy: Policy,
    known: Mapping[tuple[str, str], Known] | None = None,
) -> Judged:
    """Return what the policy says of laying `work` over the files `before`; `known` is what registries answered."""
    after = work.lay_over(before)
    changed = [path for path in work.changed_paths if work.files.get(path) != before.get(path)]
    old, new = packages_in(before), packages_in(after)
    named, brought = find_new_packages(old, new)
    findings = [
        *_paths(changed, before, policy),
        *_sizes(changed, work, policy),
        *_contents(changed, work),
        *_scripts(before, after),
        *_locks(changed, before, after),
        *_packages(old, new, named, policy, known or {}),
        *_headers(changed, work, before, policy),
    ]
    order = (BLOCK, WARN, NOTE)
    findings.sort(key=lambda each: (order.index(each.severity), each.path, each.line))
    descriptions = tuple(_describe_package(each, known or {}) for each in named)
    return Judged(tuple(findings), tuple(named), tuple(brought), descriptions)


def _paths(changed: Sequence[str], before: Mapping[str, bytes], policy: Policy) -> Iterator[Finding]:
    for path in changed:
        if strange(path):
            yield Finding(
                BLOCK, "path", path[:300], 0, "this is not a path in a repository", "Use plain relative paths."
            )
        elif does_any_match(path, policy.protected):
            way = "Leave it as it is; a person changes such files by hand, or takes it off the list `protected`."
            yield Finding(BLOCK, "protected", path, 0, "a protected file: it decides what runs elsewhere", way)
        elif does_any_match(path, policy.must_not_change) or not does_any_match(path, policy.may_change):
            yield Finding(BLOCK, "paths", path, 0, "the team's policy keeps this path from being changed", "Leave it.")
        elif path.rpartition("/")[2] in UNREAD:
            what = "may name packages, in a format that cannot be read here"
            yield Finding(WARN, "packages", path, 0, what, "Look at what it asks for.")
        elif does_any_match(path, _BUILDS):
            yield Finding(WARN, "build", path, 0, "runs when the project is built or installed", "Read it closely.")
    small = {path.casefold(): path for path in before if path not in changed}
    for path in changed:
        if small.get(path.casefold(), path) != path:
            what = f"differs from {small[path.casefold()]} in capital letters alone"
            yield Finding(BLOCK, "path", path, 0, what, "Change that file instead.")


def _sizes(changed: Sequence[str], work: Worktree, policy: Policy) -> Iterator[Finding]:
    sizes = {path: len(work.files[path]) for path in changed if path in work.files}
    if len(changed) > policy.most_files:
        what = f"{len(changed)} files change; at most {policy.most_files} may at once"
        yield Finding(BLOCK, "size", "", 0, what, "Do less at once.")
    if sum(sizes.values()) > policy.most_bytes:
        what = f"{sum(sizes.values())} bytes; at most {policy.most_bytes} may leave at once"
        yield Finding(BLOCK, "size", "", 0, what, "Do less at once, and keep data out of the repository.")
    for path, size in sizes.items():
        if size > policy.most_file_bytes:
            what = f"{size} bytes; a file may have {policy.most_file_bytes}"
            yield Finding(BLOCK, "size", path, 0, what, "Make it smaller, or leave it out.")


def _contents(changed: Sequence[str], work: Worktree) -> Iterator[Finding]:
    for path in changed:
        data = work.files.get(path, b"")
        if data.startswith(_PROGRAMS) and b"\0" in data:
            yield Finding(BLOCK, "binary", path, 0, "a program or an archive that nobody can read", "Leave it out.")
        elif b"\0" in data[:8000]:
            yield Finding(WARN, "binary", path, 0, "not text: nobody can read what is in it", "Look at it before.")


def _scripts(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Finding]:
    old = install_scripts(before)
    for path, scripts in install_scripts(after).items():
        for name, command in scripts.items():
            if old.get(path, {}).get(name) != command:
                what = f"the script {name!r} would run on every machine that installs this"
                yield Finding(BLOCK, "install-script", path, 0, what, "Take it out; do it in `build` or by hand.")


def _locks(changed: Sequence[str], before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Finding]:
    for path in changed:
        folder, slash, name = path.rpartition("/")
        manifests = [f"{folder}{slash}{each}" for each in LOCKS.get(name, ())]
        if manifests and path in after and not any(before.get(each) != after.get(each) for each in manifests):
            what = f"a lock file changes and {' or '.join(manifests)} does not"
            yield Finding(BLOCK, "lock", path, 0, what, "Leave the lock file as it is.")


def _packages(
    old: Packages,
    new: Packages,
    named: Sequence[Dependency],
    policy: Policy,
    known: Mapping[tuple[str, str], Known],
) -> Iterator[Finding]:
    for path, why in new.unread.items():
        if old.unread.get(path) != why:
            yield Finding(BLOCK, "manifest", path, 0, f"cannot be read: {why}", "Write it as its format requires.")
    for path, line, option in new.options:
        if (path, option) not in {(each[0], each[2]) for each in old.options}:
            what = f"{option} lets packages come from somewhere else"
            yield Finding(BLOCK, "index", path, line, what, "Take the option out.")
    known_hosts = {host for _, host in old.hosts}
    for path, host in sorted(new.hosts):
        if host not in known_hosts:
            what = f"the lock file fetches packages from {host}"
            severity = BLOCK if known_hosts else WARN
            yield Finding(severity, "index", path, 0, what, "Let the installer write it again from the usual registry.")
    away = {(each.system, each.name, each.wanted) for each in old.direct if each.elsewhere}
    for dependency in new.direct:
        if dependency.elsewhere and (dependency.system, dependency.name, dependency.wanted) not in away:
            what = f"{dependency.name} comes from an address or a folder, not from a registry"
            yield Finding(
                BLOCK, "dependency", dependency.path, dependency.line, what, "Use a released version by its name."
            )
    for dependency in named:
        yield from _package(dependency, policy, known.get(dependency.key))


def _package(dependency: Dependency, policy: Policy, known: Known | None) -> Iterator[Finding]:
    def build_finding(severity: Severity, rule: str, what: str, way_out: str) -> Finding:
        return Finding(severity, rule, dependency.path, dependency.line, f"{dependency.name} {what}", way_out)

    if dependency.name in {normalize_name(dependency.system, each) for each in policy.dependencies_denied}:
        yield build_finding(
            BLOCK, "dependency", "is on the team's list of packages that it does not accept", "Do without it."
        )
    elif policy.dependencies_allowed and dependency.name not in {
        normalize_name(dependency.system, each) for each in policy.dependencies_allowed
    }:
        yield build_finding(
            BLOCK, "dependency", "is not on the team's list of packages", "Do without it, or ask for it."
        )
    if known is not None and not known.exists:
        yield build_finding(
            BLOCK, "dependency", "is not in the registry under that name", "Use one that exists, or none."
        )
    elif known is None or known.age is None:
        yield build_finding(NOTE, "age", "is new here; its age is unknown", "Look it up before you agree.")
    elif known.age < timedelta(days=policy.dependency_age_days):
        min_days = policy.dependency_age_days
        yield build_finding(
            BLOCK, "age", f"is {known.age.days} days old; at least {min_days} are asked for", "Use another one."
        )
    licence = dependency.licence or (known.licence if known else "")
    if not licence:
        yield build_finding(policy.unknown_licence, "licence", "has an unknown licence", "Look it up.")
    elif not licences.is_allowed(licence, policy.licences_allowed):
        yield build_finding(BLOCK, "licence", f"is under {licence}, which the team does not accept", "Use another one.")


def _describe_package(dependency: Dependency, known: Mapping[tuple[str, str], Known]) -> str:
    """Return a new package in words, as people are asked about it."""
    registered = known.get(dependency.key)
    age = f"{registered.age.days} days old" if registered and registered.age is not None else "age unknown"
    licence = dependency.licence or (registered.licence if registered else "") or "licence unknown"
    return f"{dependency} ({dependency.system}; {age}; {licence})"


def _headers(changed: Sequence[str], work: Worktree, before: Mapping[str, bytes], policy: Policy) -> Iterator[Finding]:
    for path in changed:
        now = licences.find_licence(work.files.get(path, b"")[:16_000].decode("utf-8", "replace"))
        was = licences.find_licence(before.get(path, b"")[:16_000].decode("utf-8", "replace"))
        if (
            now is not None
            and (was is None or was[0] != now[0])
            and not licences.is_allowed(now[0], policy.licences_allowed)
        ):
            what = f"says that it is under {now[0]}, which the team does not accept"
            yield Finding(BLOCK, "licence", path, now[1], what, "Write it anew, or leave it out.")
