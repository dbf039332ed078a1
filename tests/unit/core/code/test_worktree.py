"""A work tree is named by its content, survives being kept, and tells what it changes in a way that git takes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.code.worktree import Worktree, diff, diff_of, from_text

PATHS = st.sampled_from(["a.txt", "b/c.py", "b/d", "ü.md", "with space.txt"])
LINES = st.lists(st.sampled_from(["one", "two", "", "  x", "ä\x0bö", "\\ no"]), max_size=6).map("\n".join)
TEXTS = st.builds(lambda lines, end: (lines + end).encode(), LINES, st.sampled_from(["", "\n"]))
FILES = st.dictionaries(PATHS, TEXTS, max_size=4)


@given(
    st.dictionaries(PATHS, st.one_of(TEXTS, st.binary(max_size=20))), st.frozensets(PATHS), st.sampled_from(["", "x"])
)
def test_what_is_kept_comes_back_under_the_same_name(
    files: dict[str, bytes], deleted: frozenset[str], base: str
) -> None:
    tree = Worktree(files, deleted, base)
    back = from_text(tree.to_text("run-1"))
    assert back == tree
    assert back.tree_id == tree.tree_id
    assert set(tree.changed_paths) == {*files, *deleted}


def test_another_content_has_another_name() -> None:
    trees = [
        Worktree({"a": b"1"}),
        Worktree({"a": b"2"}),
        Worktree({"b": b"1"}),
        Worktree({"a": b"1"}, frozenset({"b"})),
        Worktree({"a": b"1"}, base="github:o/n@1"),
    ]
    assert len({tree.tree_id for tree in trees}) == len(trees)
    assert Worktree({"b": b"", "a": b""}).tree_id == Worktree({"a": b"", "b": b""}).tree_id


def _in_git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tree")
    _in_git(made, "init", "-q", ".")
    return made


@settings(max_examples=25, deadline=None)
@given(before=FILES, after=FILES)
def test_git_applies_the_diff_and_has_the_files(
    folder: Path, before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            path.unlink()
    _write(folder, before)
    tree = Worktree(after, frozenset(before) - frozenset(after))
    told = f"Work of a run\n\n{diff(before, tree)}"
    if any(before.get(path) != after.get(path) for path in tree.changed_paths):
        (folder / ".git" / "told").write_text(told, newline="")
        empty = not any(line.startswith("@@") for line in told.split("\n"))
        if not empty and b"" not in [*before.values(), *after.values()]:  # git makes no empty file of a plain diff
            _in_git(folder, "apply", "--whitespace=nowarn", ".git/told")
            found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
            assert {path: data for path, data in found.items() if not path.startswith(".git/")} == after
    else:
        assert diff(before, tree) == ""
    assert tree.lay_over(before) == after


def test_what_is_no_text_is_only_named() -> None:
    tree = Worktree({"logo.png": b"\x89PNG\xff"}, frozenset({"gone.bin"}))
    assert diff({"gone.bin": b"\xff"}, tree) == (
        "Binary files a/gone.bin and /dev/null differ\nBinary files /dev/null and b/logo.png differ\n"
    )


def test_from_one_version_to_the_next() -> None:
    first, second = Worktree({"a": b"1\n", "b": b"2\n"}), Worktree({"a": b"1\n", "c": b"3\n"})
    told = diff_of(first, {}, second, {})
    assert [line for line in told.splitlines() if line[:3] in ("---", "+++")] == [
        "--- a/b",
        "+++ /dev/null",
        "--- /dev/null",
        "+++ b/c",
    ]


@given(FILES, FILES, FILES, st.frozensets(PATHS), st.frozensets(PATHS))
def test_between_versions_over_a_repository_what_differs_is_what_lies_there_with_each(
    base: dict[str, bytes], one: dict[str, bytes], two: dict[str, bytes], gone: frozenset[str], away: frozenset[str]
) -> None:
    first, second = Worktree(one, gone - set(one), "x"), Worktree(two, away - set(two), "x")
    before, after = first.lay_over(base), second.lay_over(base)
    told = diff_of(first, base, second, base)
    differs = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    headers = re.findall(r"^--- (?:a/(.*)|/dev/null)\n\+\+\+ (?:b/(.*)|/dev/null)$", told, re.M)
    assert {old or new for old, new in headers} == differs
    taken = {old for old, new in headers if not new}
    assert taken == {path for path in differs if path not in after}


def test_what_a_repair_puts_back_as_it_was_is_no_deletion() -> None:
    base = {"a.py": b"as it was\n"}
    told = diff_of(Worktree({"a.py": b"changed\n"}, base="x"), base, Worktree({}, base="x"), base)
    assert told == "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-changed\n+as it was\n"
