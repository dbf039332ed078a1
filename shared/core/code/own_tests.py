"""Which files are tests, and which of a repository's files its own tests rest on: those are put back before they run.

A change is judged by tests that it could not rewrite. So the tenant's own tests run from the copies at the base, with
the folders they live in as they were there, whatever the change did to them; what it did is named in the report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_FOLDERS = frozenset({"test", "tests", "testing", "__tests__", "spec", "specs"})
_SUPPORT = frozenset({"conftest.py"})
_SCRIPT = ("js", "mjs", "cjs")
_NAMES = {
    "python": ("test*.py", "*_test.py"),
    "node": tuple(f"{name}.{end}" for end in _SCRIPT for name in ("*.test", "*-test", "*_test", "test-*", "test")),
    "none": (),
}
_SKIPPED = frozenset({"node_modules", ".git", "_runner"})


def select_tests(paths: Iterable[str], runner: str) -> list[str]:
    """Return the paths that the runner ("python", "node" or "none") takes for test files, in order."""
    return sorted(path for path in paths if _is_test(path, runner))


def _is_test(path: str, runner: str) -> bool:
    parts = PurePosixPath(path).parts
    if _SKIPPED.intersection(parts):
        return False
    return any(fnmatchcase(parts[-1], pattern) for pattern in _NAMES[runner])


@dataclass(frozen=True, slots=True)
class OwnTests:
    """The tenant's own test files and all they rest on, by path; `files` are those that are run."""

    files: tuple[str, ...]
    pristine: Mapping[str, bytes]

    def changed_by(self, files: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
        """Return which test files a change rewrote, and which it removed or renamed."""
        removed = [path for path in self.files if path not in files]
        changed = [path for path in self.files if path in files and files[path] != self.pristine[path]]
        return changed, removed

    def put_back(self, files: Mapping[str, bytes], originals: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return the files with these tests as they were, and nothing new beside them that they could pick up."""
        kept = {path: data for path, data in files.items() if path in originals or not _rests_on(path, "")}
        return {**kept, **self.pristine}


def find_own_tests(originals: Mapping[str, bytes], runner: str, may_change: Collection[str] = ()) -> OwnTests:
    """Return the tests of a repository; those that the approved plan says may change are not among them."""
    files = tuple(path for path in select_tests(originals, runner) if path not in may_change)
    rests = {path: data for path, data in originals.items() if _rests_on(path, runner) and path not in may_change}
    return OwnTests(files, rests)


def _rests_on(path: str, runner: str) -> bool:
    """Say whether tests may pick the file up by itself: it lies where tests live, or is read by their runner."""
    parts = PurePosixPath(path).parts
    return bool(_FOLDERS.intersection(parts[:-1])) or parts[-1] in _SUPPORT or (runner != "" and _is_test(path, runner))
