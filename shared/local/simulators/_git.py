"""One bare git repository on disk, worked by the `git` command: objects, trees, merges, diffs."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_GIT = shutil.which("git") or "git"

# Nothing of the machine's or the person's git configuration may change an object or refuse a folder.
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
    "GIT_CONFIG_KEY_1": "core.quotepath",
    "GIT_CONFIG_VALUE_1": "false",
}


class GitFailed(Exception):
    """The git command refused; its words are the message."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a tree."""

    mode: str
    kind: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit as it is stored."""

    sha: str
    tree: str
    parents: list[str]
    author: str
    committer: str
    message: str


class BareRepository:
    """Objects, trees, merges and diffs of one repository."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(
        self, *arguments: str, stdin: bytes = b"", index: str | None = None, allowed: tuple[int, ...] = (0,)
    ) -> bytes:
        """Run git here and return what it wrote."""
        environment = ENVIRONMENT | ({"GIT_INDEX_FILE": index} if index else {})
        done = subprocess.run(
            [_GIT, f"--git-dir={self.path}", *arguments], input=stdin, capture_output=True, env=environment, check=False
        )
        if done.returncode not in allowed:
            raise GitFailed(done.stderr.decode("utf-8", "replace").strip() or f"git ended with {done.returncode}")
        return done.stdout

    def text(self, *arguments: str, stdin: bytes = b"", index: str | None = None) -> str:
        """Run git here and return its answer as one stripped text."""
        return self.run(*arguments, stdin=stdin, index=index).decode("utf-8", "replace").strip()

    def create(self, default_branch: str) -> None:
        """Make the folder."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.run("init", "--quiet", "--bare", f"--initial-branch={default_branch}", str(self.path))
        self.run("config", "http.receivepack", "false")
        self.run("config", "uploadpack.allowAnySHA1InWant", "true")
        self.run("config", "gc.auto", "0")

    def set_ref(self, ref: str, sha: str | None) -> None:
        """Point a ref at a commit, or delete it."""
        self.run(*(("update-ref", "-d", ref) if sha is None else ("update-ref", ref, sha)))

    def mirror(self, wanted: dict[str, str]) -> None:
        """Make the refs on disk those of the state: a kill may have come between the two."""
        lines = self.text("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        present = dict(line.split(" ", 1) for line in lines)
        for ref in present.keys() | wanted.keys():
            if present.get(ref) != wanted.get(ref):
                self.set_ref(ref, wanted.get(ref))

    def kind(self, sha: str) -> str | None:
        """Return the type of an object, or None when there is none."""
        answer = self.text("cat-file", "--batch-check", stdin=f"{sha}\n".encode())
        words = answer.split()
        return words[1] if len(words) == 3 else None

    def blob(self, content: bytes) -> str:
        """Store bytes and return their id."""
        return self.text("hash-object", "-w", "-t", "blob", "--no-filters", "--stdin", stdin=content)

    def blobs(self, contents: list[bytes]) -> list[str]:
        """Store many at once and return their ids in the same order."""
        if not contents:
            return []
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / str(number) for number in range(len(contents))]
            for path, content in zip(paths, contents, strict=True):
                path.write_bytes(content)
            listing = "".join(f"{path}\n" for path in paths).encode()
            return self.text("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listing).split()

    def content(self, sha: str) -> bytes:
        """Return the bytes of a blob."""
        return self.run("cat-file", "blob", sha)

    def entries(self, tree: str, path: str = "", recursive: bool = False) -> list[Entry]:
        """List a tree, a commit's tree, or what lies at a path of it; a trailing slash lists inside a folder."""
        if "\0" in path or any(part in (".", "..") for part in path.split("/")):
            return []  # git would look outside of the tree, and no tree holds such a name
        options = ["-z", "--long", *(["-r", "-t"] if recursive else [])]
        answer = self.run("ls-tree", *options, "--full-tree", "--", tree, *([path] if path else []))
        found = []
        for line in answer.decode("utf-8", "replace").split("\0"):
            if not line:
                continue
            facts, name = line.split("\t", 1)
            mode, kind, sha, size = facts.split()
            found.append(Entry(mode, kind, sha, None if size == "-" else int(size), name))
        return found

    def write_tree(self, base: str | None, lines: list[tuple[str, str | None, str]]) -> str:
        """Apply (mode, sha or None to delete, path) to a tree and return the id of the result."""
        with tempfile.TemporaryDirectory() as folder:
            index = f"{folder}/index"
            self.run(*(("read-tree", base) if base else ("read-tree", "--empty")), index=index)
            info = b"".join(
                f"{mode if sha else '0'} {sha or '0' * 40}\t{path}\0".encode()
                for mode, sha, path in lines
                if mode != "040000"
            )
            self.run("update-index", "-z", "--replace", "--index-info", stdin=info, index=index)
            for mode, sha, path in lines:
                if mode == "040000" and sha:
                    self.run("rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", path, index=index)
                    self.run("read-tree", f"--prefix={path}/", sha, index=index)
            return self.text("write-tree", index=index)

    def write_commit(self, tree: str, parents: list[str], author: str, committer: str, message: str) -> str:
        """Store a commit; the same words always give the same id."""
        head = [f"tree {tree}", *(f"parent {sha}" for sha in parents), f"author {author}", f"committer {committer}"]
        body = "\n".join(head) + "\n\n" + message
        return self.text("hash-object", "-w", "-t", "commit", "--stdin", stdin=body.encode())

    def commit(self, sha: str) -> Commit:
        """Read one commit."""
        head, _, message = self.run("cat-file", "commit", sha).decode("utf-8", "replace").partition("\n\n")
        fields: dict[str, list[str]] = {}
        for line in head.splitlines():
            key, _, value = line.partition(" ")
            fields.setdefault(key, []).append(value)
        return Commit(
            sha, fields["tree"][0], fields.get("parent", []), fields["author"][0], fields["committer"][0], message
        )

    def history(self, *selection: str, limit: int = 250, path: str = "") -> list[str]:
        """List commit ids, newest first."""
        tail = ["--", path] if path else ["--"]
        return self.text("rev-list", f"--max-count={limit}", *selection, *tail).split()

    def is_ancestor(self, old: str, new: str) -> bool:
        """Say whether moving from old to new is a fast-forward."""
        return self.merge_base(old, new) == old

    def merge_base(self, first: str, other: str) -> str | None:
        """Return the best common ancestor."""
        return self.run("merge-base", first, other, allowed=(0, 1)).decode().strip() or None

    def merge_trees(self, base: str, head: str) -> str | None:
        """Return the tree of a merge of two commits, or None when they conflict."""
        answer = self.run("merge-tree", "--write-tree", "--no-messages", base, head, allowed=(0, 1)).decode()
        lines = answer.splitlines()
        return lines[0] if len(lines) == 1 else None

    def diff(self, old: str, new: str) -> str:
        """Return the unified diff between two commits or trees."""
        return self.run("diff-tree", "-r", "-M", "-p", "--full-index", old, new).decode("utf-8", "replace")

    def changes(self, old: str, new: str) -> list[dict[str, str | int]]:
        """List changed files with their counts and, for text, the patch."""
        raw = self.run("diff-tree", "-r", "-M", "-z", "--raw", old, new).decode("utf-8", "replace").split("\0")
        counts = self.run("diff-tree", "-r", "-M", "--numstat", old, new).decode("utf-8", "replace").splitlines()
        patches = self.diff(old, new).split("\ndiff --git ")
        found: list[dict[str, str | int]] = []
        position = 0
        while position < len(raw) - 1:
            _, _, old_sha, new_sha, letter = raw[position].split(" ")
            renamed = letter[0] in "RC"
            change: dict[str, str | int] = {"status": letter[0], "filename": raw[position + (2 if renamed else 1)]}
            change["sha"] = old_sha if letter[0] == "D" else new_sha
            if renamed:
                change["previous_filename"] = raw[position + 1]
            position += 3 if renamed else 2
            added, removed = counts[len(found)].split("\t")[:2]
            change["additions"], change["deletions"] = int(added.replace("-", "0")), int(removed.replace("-", "0"))
            _, hunk, rest = patches[len(found)].partition("\n@@ ")
            if hunk:
                change["patch"] = f"@@ {rest}".rstrip("\n")
            found.append(change)
        return found
