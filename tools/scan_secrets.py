"""Look for secrets in every file of this repository and of its history: `python tools/scan_secrets.py [--tree]`.

The scanner is the one that looks at everything which leaves (`shared/mind/safety/leaks.py`). Exit code 1 when there is
a secret, with its kind and place, never its value. `--tree` looks at the files as they are and leaves the history out.

What only looks like one is named in `tools/made_up_secrets.txt`: the hash of the line it stands in, and why it is none.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MADE_UP = "tools/made_up_secrets.txt"
sys.path.insert(0, str(ROOT))

from shared.mind.safety.leaks import leaks, read_text  # noqa: E402


def made_up(text: str) -> dict[str, str]:
    """Return the reasons by the hash of a line; raises ValueError for a line without one."""
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            mark, _, reason = line.partition(" ")
            if len(mark) != 16 or not reason.strip():
                raise ValueError(f"{MADE_UP}: {line!r} is not a mark with a reason")
            found[mark] = reason.strip()
    return found


def secrets_in(path: str, content: bytes, known: Mapping[str, str]) -> list[str]:
    """Return a sentence for each secret of a file that is not made up, with the mark of its line."""
    found = []
    for leak in leaks({path: content}):
        lines = read_text(content).split("\n")
        mark = hashlib.sha256(lines[leak.line - 1].strip().encode()).hexdigest()[:16]
        if mark not in known:
            found.append(f"{leak}; its line has the mark {mark}")
    return found


def tree(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file that git knows, or would take, as it is now."""
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in sorted(set(listed.decode().split("\0")) - {""}):
        path = root / name
        if path.is_file() and not path.is_symlink():
            yield name, path.read_bytes()


def history(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every content that any file had in any commit that is here, once."""
    names = dict(
        line.split(" ", 1) for line in _git(root, "rev-list", "--objects", "--all").decode().splitlines() if " " in line
    )
    asked = "\n".join(names).encode() + b"\n"
    done = subprocess.run(["git", "cat-file", "--batch"], cwd=root, input=asked, capture_output=True, check=True)
    out, at = done.stdout, 0
    while at < len(out):
        end = out.index(b"\n", at)
        object_id, kind, size = out[at:end].decode().split()
        if kind == "blob":
            yield names[object_id], out[end + 1 : end + 1 + int(size)]
        at = end + 1 + int(size) + 1


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at all, and say one line for each secret."""
    parser = argparse.ArgumentParser(description="Look for secrets in the repository.")
    parser.add_argument("--tree", action="store_true", help="scan only the files as they are, not the history")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository")
    given = parser.parse_args(arguments)
    known = made_up((ROOT / MADE_UP).read_text(encoding="utf-8"))
    count, found = 0, set()
    for path, content in tree(given.root) if given.tree else [*tree(given.root), *history(given.root)]:
        count += 1
        found.update(secrets_in(path, content, known))
    sys.stdout.write("".join(f"{each}\n" for each in sorted(found)))
    sys.stdout.write(f"{count} contents, {len(found)} secrets\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
