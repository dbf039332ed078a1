"""The files of a piece of work: a whole new project, or what differs from a repository at one commit.

Named by content, so that an approval, a snapshot and a commit can say exactly which files they mean.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_SHOWN_LINES = 3  # of what did not change, around what did


@dataclass(frozen=True, slots=True)
class Worktree:
    """Files by relative path, and what is taken away. With a `base` (`<system>:<owner>/<name>@<sha>`) only changes."""

    files: Mapping[str, bytes]
    deleted: frozenset[str] = field(default_factory=frozenset)
    base: str = ""

    @property
    def tree_id(self) -> str:
        """Return the name of this content: 40 hex digits, equal for equal files, deletions and base."""
        named = {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items()}
        text = json.dumps([self.base, sorted(self.deleted), sorted(named.items())], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    @property
    def changed_paths(self) -> tuple[str, ...]:
        """Return every path that is written or deleted, in order."""
        return tuple(sorted({*self.files, *self.deleted}))

    def lay_over(self, before: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return all files there are when this is laid over the files `before`."""
        kept = {path: data for path, data in before.items() if path not in self.deleted}
        return {**kept, **self.files}

    def to_text(self, run: str = "") -> str:
        """Return it as JSON; a file that is not UTF-8 is `{"base64": …}`.

        With the `run` it belongs to, no other run's text is the same one: it may be deleted with that run.
        """
        files = {path: _encode_content(self.files[path]) for path in sorted(self.files)}
        tree = {"run": run, "base": self.base, "deleted": sorted(self.deleted), "files": files}
        return json.dumps(tree, ensure_ascii=False)


def from_text(text: str) -> Worktree:
    """Return the work tree that `to_text` wrote."""
    tree = json.loads(text)
    files = {str(path): _from_json(data) for path, data in tree["files"].items()}
    return Worktree(files, frozenset(map(str, tree["deleted"])), str(tree["base"]))


def diff(before: Mapping[str, bytes], after: Worktree) -> str:
    """Return what laying `after` over the files `before` changes, as one unified diff.

    A file that is not UTF-8 text is only named. "" when nothing changes.
    """
    return "".join(_changes(before, after))


def diff_of(
    before: Worktree, below_before: Mapping[str, bytes], after: Worktree, below_after: Mapping[str, bytes]
) -> str:
    """Return what changed from one iteration to the next, each laid over the files below it.

    What the later one no longer names is as it was below, and gone only where nothing is there.
    """
    old, new = before.lay_over(below_before), after.lay_over(below_after)
    return diff(old, Worktree(new, frozenset(set(old) - set(new)), after.base))


def _changes(before: Mapping[str, bytes], after: Worktree) -> Iterator[str]:
    for path in after.changed_paths:
        old = before.get(path)
        new = after.files.get(path)
        if old != new:
            yield _diff_file(path, old, new)


def _diff_file(path: str, old: bytes | None, new: bytes | None) -> str:
    names = ("/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}")
    try:
        left, right = _lines((old or b"").decode()), _lines((new or b"").decode())
    except UnicodeDecodeError:
        return f"Binary files {names[0]} and {names[1]} differ\n"
    lines = list(difflib.unified_diff(left, right, *names, n=_SHOWN_LINES))
    if not lines:  # an empty file came or went
        lines = [f"--- {names[0]}\n", f"+++ {names[1]}\n"]
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Return lines as diff means them: ended by a line feed alone, whatever else Unicode calls an end."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _encode_content(data: bytes) -> object:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _from_json(content: object) -> bytes:
    return base64.b64decode(content["base64"]) if isinstance(content, dict) else str(content).encode()
