"""Which files a piece of work will have, in what order they are written, and how many of them one answer holds.

A path comes from a model. What it may look like is decided here, before anything is written anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from shared.core.code.verdict import REPORT
from shared.core.secrets.secret_rules import Found

CREATE, EDIT, DELETE, RENAME = "create", "edit", "delete", "rename"
MAX_FILES = 400
TOKENS_PER_LINE = 14  # of code, quoted as JSON; on the high side
MAX_PIECES = 12  # answers that one file may take
_NOT_OURS = frozenset({"", ".", "..", ".git"})  # nowhere in a path
_NO_PLAN = 3  # files of a circle that are named


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file: `source` is its old path when it is renamed, `lines` how many will have to be written, about."""

    path: str
    action: str = CREATE
    source: str = ""
    purpose: str = ""
    interfaces: str = ""
    depends_on: tuple[str, ...] = ()
    lines: int = 60

    @property
    def written(self) -> bool:
        """Say whether a model has to write anything for it."""
        return self.action in (CREATE, EDIT) or (self.action == RENAME and self.lines > 0)


@dataclass(frozen=True, slots=True)
class PathRules:
    """What a path may not hold: a secret, and in a new project a name of `not_in_new`.

    What stands below such a name is carried out by who keeps the code, which nobody has approved.
    """

    find_secrets: Callable[[str], Sequence[Found]]
    not_in_new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Files that one answer holds, and the numbers of the chunks that must be there before."""

    number: int
    files: tuple[PlannedFile, ...]
    after: tuple[int, ...] = ()

    @property
    def lines(self) -> int:
        """Return how many lines it will have, about."""
        return sum(file.lines for file in self.files)


def path_problem(paths: Sequence[str], rules: PathRules, *, is_new: bool = True) -> str:
    """Return what is wrong with the paths, for a model to read: sandbox and repository take only plain ones.

    With `is_new` they are those of a new project. "" when all are well.
    """
    refused = {*_NOT_OURS, *(rules.not_in_new if is_new else ())}
    for path in paths:
        parts = path.split("/")
        if path.startswith("/") or "\\" in path or not path.isprintable() or refused & set(parts):
            names = " or ".join((".git", *rules.not_in_new))
            return f"file path {path!r} is not allowed: relative, inside the repository, no {names}"
        if parts[0] == "_runner" or path == REPORT:
            return f"file path {path!r} is not allowed: the tests' own runner uses it"
        if len(parts) > 30 or any(len(part.encode()) > 200 for part in parts):
            return f"file path {path!r} is too long"
        if found := rules.find_secrets(path):
            return f"the path of a file holds a secret ({found[0].kind.replace('-', ' ')}): name it without one"
    if len(set(paths)) != len(paths):
        return "two files have the same path"
    return clash(paths)


def clash(paths: Collection[str]) -> str:
    """Return which path cannot be beside the others, for a model to read; "" when all can."""
    folders = {path.rsplit("/", depth)[0] for path in paths for depth in range(1, path.count("/") + 1)}
    return "".join(f"{path!r} is both a file and a folder" for path in sorted(folders.intersection(paths))[:1])


def unread_problem(paths: Collection[str], unread: Collection[str]) -> str:
    """Return which path would be written where something is that nobody has read, for a model to read; "" for none.

    What is there would be lost without anybody having seen it: at the path, above it (a link, another repository, a
    folder that tools have made) or below it.
    """
    shut = set(unread)
    folders = {path.rsplit("/", depth)[0] for path in shut for depth in range(1, path.count("/") + 1)}
    for path in sorted(paths):
        above = {path, *(path.rsplit("/", depth)[0] for depth in range(1, path.count("/") + 1))}
        if path in folders or shut & above:
            return f"{path!r} is there and was not read: too large, a link, or made by a tool; leave it as it is"
    return ""


def plan_problem(files: Sequence[PlannedFile], existing: Collection[str], rules: PathRules) -> str:
    """Return what is wrong with a plan of files over those that are there, for a model to read; "" when nothing is."""
    if not files:
        return "files: at least one file is needed"
    if len(files) > MAX_FILES:
        return f"files: {len(files)} are planned, at most {MAX_FILES} are possible; plan fewer, larger ones"
    gone = {file.path for file in files if file.action == DELETE}
    gone |= {file.source for file in files if file.action == RENAME}
    for file in files:
        old = file.source if file.action == RENAME else file.path
        if file.action in (EDIT, DELETE, RENAME) and old not in existing:
            return f"files: {old!r} cannot be {_PAST[file.action]}: there is no such file in the repository"
        if file.action == RENAME and file.path in existing and file.path not in gone:
            return f"files: {file.source!r} cannot become {file.path!r}: that is there already"
        if file.action != RENAME and file.source:
            return f"files: {file.path!r} has a `source`, which only a file with the action rename has"
    if problem := path_problem([file.path for file in files], rules, is_new=not existing):
        return problem
    kept = (set(existing) - gone) | {file.path for file in files if file.action != DELETE}
    if problem := clash(kept):
        return problem
    for file in files:
        if lost := [name for name in file.depends_on if name not in kept]:
            return f"files: {file.path!r} depends on {lost[0]!r}, which is neither planned nor there"
    try:
        sort_files(files)
    except ValueError as error:
        return f"files: {error}"
    return ""


_PAST = {EDIT: "edited", DELETE: "deleted", RENAME: "renamed"}


def sort_files(files: Iterable[PlannedFile]) -> list[PlannedFile]:
    """Return the files so that each follows those it depends on, else as given; raises ValueError for a circle."""
    waiting, ordered, done = list(files), list[PlannedFile](), set[str]()
    planned = {file.path for file in waiting}
    while waiting:
        ready = [file for file in waiting if done.issuperset(planned.intersection(file.depends_on) - {file.path})]
        if not ready:
            names = ", ".join(sorted(file.path for file in waiting)[:_NO_PLAN])
            raise ValueError(f"{names} depend on each other in a circle; take out one `depends_on`")
        ordered += ready
        done.update(file.path for file in ready)
        waiting = [file for file in waiting if file.path not in done]
    return ordered


def chunks(files: Iterable[PlannedFile], room: int) -> list[Chunk]:
    """Return the files that have to be written, in order, packed into answers of about `room` tokens.

    A file that needs more than one answer has a chunk of its own. A chunk that depends on no other can be written
    beside it.
    """
    max_lines = max(1, room // TOKENS_PER_LINE)
    packed: list[list[PlannedFile]] = []
    for level in _levels(sort_files(file for file in files if file.written)):
        for file in level:
            last = packed[-1] if packed else None
            if last is not None and sum(each.lines for each in last) + file.lines <= max_lines:
                last.append(file)
            else:
                packed.append([file])
    where = {file.path: number for number, chunk in enumerate(packed, 1) for file in chunk}
    return [
        Chunk(number, tuple(chunk), tuple(sorted(_list_earlier_chunks(chunk, where) - {number})))
        for number, chunk in enumerate(packed, 1)
    ]


def length_problem(files: Iterable[PlannedFile], room: int, answers: int) -> str:
    """Return why the files could not be written to their end, for a model to read; "" where they can be.

    `room` are the tokens of one answer, `answers` how many there may be.
    """
    max_lines, written = max(1, room // TOKENS_PER_LINE), [file for file in files if file.written]
    for file in written:
        if file.lines > (limit := MAX_PIECES * max_lines):
            return f"files: {file.path!r} has {file.lines} lines, at most {limit} can be written; split it"
    needed = sum(-(-chunk.lines // max_lines) for chunk in chunks(written, room))
    if needed > answers:
        return (
            f"files: the plan takes {needed} answers, at most {max(0, answers)} are left; plan fewer or shorter files"
        )
    return ""


def _levels(ordered: Sequence[PlannedFile]) -> list[list[PlannedFile]]:
    """Group files by how long the chain of files is that they depend on."""
    depth: dict[str, int] = {}
    for file in ordered:
        depth[file.path] = 1 + max((depth[name] for name in file.depends_on if name in depth), default=-1)
    found: list[list[PlannedFile]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for file in ordered:
        found[depth[file.path]].append(file)
    return found


def _list_earlier_chunks(chunk: Sequence[PlannedFile], where: dict[str, int]) -> set[int]:
    return {where[name] for file in chunk for name in file.depends_on if name in where}


def find_uncovered(requirements: Iterable[str], covered: Collection[str]) -> list[str]:
    """Return the requirements that are not among those covered."""
    return [name for name in requirements if name not in covered]
