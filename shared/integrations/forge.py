"""What we ask of a place that keeps repositories, the same for all of them: GitHub, GitLab.

Words every forge translates its own into, so that no step knows whose API it is:

- A check's `state` is "pending", "success", "neutral" (skipped, or of no consequence), "failure" (also timed out),
  "cancelled" (also stale, or never able to begin: nothing that a change of the code mends), or "action_required" (a
  person must let it run).
- A review's `state` is "approved", "changes_requested", "commented" or "dismissed".
- A change is a pull request or a merge request; its `number` is the one people see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from shared.core.errors import Rejected
from shared.ports import Secret

MOVED = (301, 307, 308)  # what forges answer for a repository's former name
FILE, EXECUTABLE, SYMLINK, SUBMODULE, FOLDER = "100644", "100755", "120000", "160000", "040000"  # git's own modes


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as far as we need it; `id` is the forge's own and outlives renames."""

    owner: str
    name: str
    default_branch: str
    private: bool
    url: str
    id: int


@dataclass(frozen=True, slots=True)
class Change:
    """A pull or merge request; `head_sha` is the commit it proposes right now.

    `mergeable` is "yes", "no" or "unknown" (the forge still computes it: ask again); `blocked` says in the forge's
    words why it is not. `author` is who opened it: ourselves, whose reviews do not count.
    """

    number: int
    url: str
    head_sha: str
    state: str = "open"  # or closed
    merged: bool = False
    merge_sha: str = ""
    draft: bool = False
    mergeable: str = "unknown"
    blocked: str = ""
    author: str = ""
    branch: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a commit. `detail` is what it says itself, short; `ref` is for `check_log`."""

    name: str
    state: str
    url: str = ""
    detail: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Checks:
    """All checks of a commit together.

    `state` is "none" (nobody has checked anything: never green), "pending", "success", "failure", "cancelled" or
    "action_required".
    """

    state: str
    runs: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody said about a change; `path` and `line` where it is about one place, `sha` what they looked at."""

    id: str
    author: str
    state: str
    body: str = ""
    path: str = ""
    line: int = 0
    sha: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tree. `size` is bytes, -1 where the forge does not tell; `mode` one of git's."""

    path: str
    size: int
    sha: str
    mode: str = FILE


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit says wrote it."""

    name: str
    email: str


def refuse_moved_repository(system: str) -> Rejected:
    """Return the error for a repository that has another name now: who is there under the old one nobody knows."""
    words = (
        "the repository was renamed or moved, and we do not follow it by ourselves; set its new "
        "name in ship.code.repository"
    )
    return Rejected(system, words)


def sum_up(runs: Sequence[Check]) -> Checks:
    """Return the checks of a commit with what they come to together; only skipped ones are none at all."""
    states = {run.state for run in runs}
    for state in ("failure", "action_required", "pending", "cancelled"):
        if state in states:
            return Checks(state, tuple(runs))
    return Checks("success" if "success" in states else "none", tuple(runs))


class Forge(Protocol):
    """A place that keeps repositories.

    All raise Missing for what is not there or not shared with us, Rejected for what the forge refuses, and the errors
    of HttpClient. What is done again leads to the same end, unless its docstring says otherwise.
    """

    system: ClassVar[str]

    def repository(self, owner: str, name: str) -> Repository:
        """Return the repository."""

    def ensure_repository(self, owner: str, name: str, *, private: bool = True) -> Repository:
        """Return the repository, created with a first commit if it is not there."""

    def head(self, owner: str, name: str, branch: str) -> str:
        """Return the commit a branch points to; "" when there is no such branch, or no commit at all."""

    def message_of(self, owner: str, name: str, sha: str) -> str:
        """Return the message of a commit."""

    def entries(self, owner: str, name: str, ref: str) -> list[Entry]:
        """Return all files of a commit or branch, folders left out; [] when the repository has no commit.

        Raises Rejected when the forge cuts the list short: half a list must not be taken for the whole.
        """

    def read_file(self, owner: str, name: str, path: str, ref: str) -> bytes:
        """Return the content of a file; raises Missing."""

    def first_commit(
        self, owner: str, name: str, *, branch: str, path: str, content: bytes, message: str, author: Author
    ) -> str:
        """Give a repository without any commit its first, one file on this branch (its default); return the commit."""

    def commit(
        self,
        owner: str,
        name: str,
        *,
        base: str,
        branch: str,
        expected_head: str,
        files: Mapping[str, bytes],
        deleted: Sequence[str] = (),
        modes: Mapping[str, str] | None = None,
        message: str,
        author: Author,
        date: datetime,
    ) -> str:
        """Put all files into one commit and let `branch` point to it; return the commit.

        The commit holds the files of the commit `base`, with `files` laid over and `deleted` taken away: nothing of
        what the branch held before stays by itself. `expected_head` is the commit the branch must point to now, and
        becomes the parent; "" says that the branch must not be there yet, and then the parent is `base`. A branch that
        stands elsewhere raises Rejected and is left alone, unless it stands where this very call has put it before.
        `modes` names the paths that are no plain files. A path in
        `deleted` must exist; a rename is a deletion and a file. `date` makes the same call the same commit, where
        the forge lets us choose it.
        """

    def open_change(
        self, owner: str, name: str, *, branch: str, base: str, title: str, body: str, draft: bool = False
    ) -> Change:
        """Open a change from `branch` into the branch `base`; called again it returns the open one."""

    def find_change(self, owner: str, name: str, branch: str, *, state: str = "open") -> Change | None:
        """Return the newest change of a branch; `state` is open, closed or all."""

    def change(self, owner: str, name: str, number: int) -> Change:
        """Return a change."""

    def update_change(
        self,
        owner: str,
        name: str,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        labels: Sequence[str] | None = None,
        reviewers: Sequence[str] | None = None,
    ) -> list[str]:
        """Set what is given: labels are added to those there, reviewers asked. Return what the forge did not take.

        A label or reviewer it does not know is no reason to fail: each comes back as a sentence for people.
        """

    def close_change(self, owner: str, name: str, number: int) -> Change:
        """Close a change without merging it."""

    def checks(self, owner: str, name: str, sha: str) -> Checks:
        """Return all checks of a commit, from every system the forge has for them."""

    def check_log(self, owner: str, name: str, check: Check) -> str:
        """Return what a check says about its failure, as much as our rights show; "" when nothing."""

    def reviews(self, owner: str, name: str, number: int) -> list[Review]:
        """Return what people said about a change, oldest first: verdicts, and comments on places."""

    def may_write(self, owner: str, name: str, who: str) -> bool:
        """Say whether somebody, as the forge calls them, may write to the repository; nobody unknown, and no bot.

        About a public repository everybody may say something: only the word of those who may write there counts.
        """

    def comment(self, owner: str, name: str, number: int, text: str) -> str:
        """Say something in the conversation of a change and return its id. Done twice it is said twice."""

    def merge(self, owner: str, name: str, number: int, *, sha: str) -> str:
        """Merge as one commit, if `sha` is still the head; return the commit on the base branch, the same one again.

        Raises Rejected when the head has moved or the forge does not merge it, with its reason.
        """

    def archive(self, owner: str, name: str) -> None:
        """Let a repository be read and nothing be written any more."""

    def delete_branch(self, owner: str, name: str, branch: str) -> None:
        """Delete a branch; one that is gone counts as deleted."""

    def ensure_hook(self, owner: str, name: str, *, url: str, token: Secret, signing: Secret) -> tuple[int, bool]:
        """Make the webhook with this address, or set it up anew; return its number, and whether it signs."""

    def delete_hook(self, owner: str, name: str, number: int) -> None:
        """Delete a webhook; raises Missing when it is gone."""
