"""The repository that a piece of work changes: which one it is, and its files at one commit, within limits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.core.code.worktree import Worktree, from_text
from shared.core.errors import Missing, Rejected, Unauthorized
from shared.integrations.ship_settings import ship_of
from shared.steps._forge import forge_of
from shared.steps._kind import StepContext

if TYPE_CHECKING:
    from shared.integrations.forge import Entry, Forge

MAX_FILES = 800
MAX_BYTES = 8_000_000
MAX_FILE_BYTES = 1_000_000
_LEFT_OUT = frozenset(
    {"node_modules", ".venv", "venv", "__pycache__", ".next", "dist", "build", "coverage", "target", ".git", "vendor"}
)  # folders of what tools have made
_PLAIN = ("100644", "100755")  # modes of git: links and other repositories are not ours to read


@dataclass(frozen=True, slots=True)
class Base:
    """`name` is `<system>:<owner>/<name>@<commit>`; `originals` and `unread` are where its two lists are kept.

    `left_out` are paths that were not read, for their size alone; `shut` are all that were not read: also links, other
    repositories, and folders that tools have made.
    """

    name: str
    files: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()
    shut: tuple[str, ...] = ()
    originals: str = ""
    unread: str = ""


def read_base(ctx: StepContext, *, needed: bool) -> Base | None:
    """Return the repository that the tenant's settings name, at the head of its default branch.

    It is read once for each commit, however often the step is attempted: a file costs a request. None where none is
    named, or it is not there or empty; those raise Rejected where one is `needed`.
    """
    ship = ship_of(ctx.settings).code
    try:
        return _base(ctx, ship.owner, ship.repository)
    except Missing as error:
        if needed:
            named = "an owner names one that exists in the settings (ship.code.repository)"
            raise Rejected("code", f"{error}: {named}") from error
    except Unauthorized:
        if needed:
            raise
    return None


def _base(ctx: StepContext, owner: str, name: str) -> Base:
    if not name:
        raise Missing("code", "the settings name no repository to change")
    forge = forge_of(ctx, owner, name)
    repository = forge.repository(owner, name)
    sha = forge.head(repository.owner, repository.name, repository.default_branch)
    if not sha:
        raise Missing("code", f"{owner}/{name} has no commit yet")
    kept = ctx.do_idempotently(
        f"read-{sha[:12]}", lambda: _keep_base(ctx, forge, repository.owner, repository.name, sha)
    )
    files, unread = from_text(ctx.get_text(str(kept["originals"]))).files, json.loads(ctx.get_text(str(kept["unread"])))
    left_out, shut = tuple(unread["left_out"]), tuple(unread["paths"])
    at = f"{forge.system}:{repository.owner}/{repository.name}@{sha}"
    return Base(at, files, left_out, shut, str(kept["originals"]), str(kept["unread"]))


def _keep_base(ctx: StepContext, forge: Forge, owner: str, name: str, sha: str) -> dict[str, str]:
    """Read the repository at a commit; return where its files are kept, and what was not read."""
    entries = forge.entries(owner, name, sha)
    chosen, left_out = _choose_entries(entries)
    files, too_large = _read(forge, owner, name, sha, chosen)
    shut = sorted({_shut(each.path) for each in entries if each.path not in files})
    unread = {"run": ctx.run.id, "left_out": [*left_out, *too_large], "paths": shut}
    return {
        "originals": ctx.keep_text(Worktree(files).to_text(ctx.run.id)),
        "unread": ctx.keep_text(json.dumps(unread, ensure_ascii=False)),
    }


def _choose_entries(entries: Sequence[Entry]) -> tuple[list[Entry], tuple[str, ...]]:
    """Return what is read, the upper folders first where there is too much, and what is not."""
    plain = [each for each in entries if each.mode in _PLAIN and not _LEFT_OUT & set(each.path.split("/")[:-1])]
    chosen: list[Entry] = []
    left_out: list[str] = []
    size = 0
    for entry in sorted(plain, key=lambda each: (each.path.count("/"), each.path)):
        taken = max(0, entry.size)
        if taken > MAX_FILE_BYTES or size + taken > MAX_BYTES or len(chosen) == MAX_FILES:
            left_out.append(entry.path)
            continue
        chosen.append(entry)
        size += taken
    return chosen, tuple(left_out)


def _shut(path: str) -> str:
    """Return the folder of tools that a path lies in, else the path."""
    parts = path.split("/")
    at = next((number for number, part in enumerate(parts[:-1], 1) if part in _LEFT_OUT), len(parts))
    return "/".join(parts[:at])


def _read(forge: Forge, owner: str, name: str, sha: str, chosen: Sequence[Entry]) -> tuple[dict[str, bytes], list[str]]:
    """Return the files, and the paths of those that proved too large: not every forge tells sizes before."""
    files: dict[str, bytes] = {}
    too_large: list[str] = []
    size = 0
    for entry in chosen:
        if size >= MAX_BYTES:
            too_large.append(entry.path)
            continue
        data = forge.read_file(owner, name, entry.path, sha)
        if len(data) > MAX_FILE_BYTES or size + len(data) > MAX_BYTES:
            too_large.append(entry.path)
            continue
        files[entry.path] = data
        size += len(data)
    return files, too_large
