"""What lies already where work is sent to: looked at before people are asked, so that they are shown all that changes.

A new project may go into a repository that exists, and a change may write where nobody has read. What is written over
is then part of what people approve, and so is the commit that the work is laid over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.core.errors import IntegrationError, Missing, Unauthorized
from shared.core.ship.policy import BLOCK, NOTE, WARN, Finding
from shared.core.text.sentence import count_of
from shared.steps._code_base import MAX_FILE_BYTES
from shared.steps._forge import forge_of, place_of
from shared.steps._kind import StepContext

if TYPE_CHECKING:
    from shared.integrations.forge import Entry, Forge
    from shared.steps._work import Work

MAX_READ = 100  # files that are written over and shown as they were
_PLAIN = ("100644", "100755")  # modes of git


@dataclass(frozen=True, slots=True)
class There:
    """What is there: `files` are those that the work writes over without having read them.

    `place` names, for a new project alone, where it is laid over what: {} where nothing is there yet.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)


def look_there(ctx: StepContext, work: Work) -> There:
    """Return what is there now. Where that cannot be seen, the step that sends the work looks before it does."""
    try:
        return _compare_with_base(ctx, work) if work.tree.base else _compare_with_head(ctx, work)
    except (Missing, Unauthorized):
        return There()
    except IntegrationError as error:
        return There(findings=(Finding(NOTE, "there", "", 0, f"what is there was not looked at: {error}"),))


def _compare_with_base(ctx: StepContext, work: Work) -> There:
    place, _, sha = work.tree.base.rpartition("@")
    system, _, path = place.partition(":")
    owner, _, name = path.rpartition("/")
    forge = forge_of(ctx, owner, name, system=system)
    files, findings = _compare(forge, owner, name, sha, work)
    return There(files, findings)


def _compare_with_head(ctx: StepContext, work: Work) -> There:
    system, owner, name = place_of(ctx)
    forge = forge_of(ctx, owner, name, system=system)
    repository = forge.repository(owner, name)
    sha = forge.head(repository.owner, repository.name, repository.default_branch)
    if not sha:
        return There()
    files, findings = _compare(forge, repository.owner, repository.name, sha, work)
    at = f"{forge.system}:{repository.owner}/{repository.name}@{sha}"
    return There(files, findings, {"at": at, "url": repository.url, "branch": repository.default_branch})


def _compare(forge: Forge, owner: str, name: str, sha: str, work: Work) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    entries = forge.entries(owner, name, sha)
    over, findings = list_overwritten(entries, work), list(find_conflicts(entries, work))
    files: dict[str, bytes] = {}
    for entry in over[:MAX_READ]:
        files[entry.path] = forge.read_file(owner, name, entry.path, sha)
        if files[entry.path] != work.tree.files[entry.path]:
            what = f"is there already in {owner}/{name}, and is written over"
            findings.append(Finding(WARN, "there", entry.path, 0, what, "Look at what becomes of it."))
    if len(over) > MAX_READ:
        more = count_of(len(over) - MAX_READ, "more file")
        what = f"{more} {'is' if len(over) == MAX_READ + 1 else 'are'} there already and would be written over unseen"
        findings.append(Finding(BLOCK, "there", "", 0, what, "Do less at once."))
    return files, tuple(findings)


def list_overwritten(entries: Sequence[Entry], work: Work) -> list[Entry]:
    """Return the files that the work writes over without having read them, as far as they can be shown."""
    unread = set(work.tree.files) - set(work.originals)
    return [each for each in entries if each.path in unread and each.mode in _PLAIN and each.size <= MAX_FILE_BYTES]


def find_conflicts(entries: Sequence[Entry], work: Work) -> Iterator[Finding]:
    """Find what the work would take away without a word: links, what is too large, a folder or a file of that name."""
    left = {each.path: each for each in entries if each.path not in work.tree.deleted}
    folders = {folder for path in left for folder in _list_folders(path)}
    for path in sorted(work.tree.files):
        entry = left.get(path)
        if path in folders:
            yield Finding(BLOCK, "there", path, 0, "a folder of that name is there already", "Take another name.")
        elif file := next((folder for folder in _list_folders(path) if folder in left), ""):
            yield Finding(BLOCK, "there", path, 0, f"{file!r} is a file there, and no folder", "Take another name.")
        elif entry is not None and entry.mode not in _PLAIN:
            what = "is a link or another repository there"
            yield Finding(BLOCK, "there", path, 0, what, "Leave it as it is.")
        elif entry is not None and path not in work.originals and entry.size > MAX_FILE_BYTES:
            yield Finding(BLOCK, "there", path, 0, "is there, and too large to be read", "Leave it as it is.")


def _list_folders(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:end]) for end in range(1, len(names))]
