"""What our Markdown says: commands in its code, links, and files it names."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(p for f in ("functions", "shared", "terraform", "tests") for p in (ROOT / f).glob("*.md")),
    ]
)
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_APART = re.compile(r"\|\||&&|[|;&]|\$\(|\)|\b(?:do|then)\s")  # where one command ends and the next may begin
_DOCUMENT = re.compile(r"(?<![\w./-])docs/[\w/-]+(?:\.\w+)*")
_CODE = {"", ".py", ".tf", ".hcl", ".yaml", ".toml", ".sh", ".service", ".timer"}
_ASSIGNED = re.compile(r"[A-Z_][A-Z0-9_]*=")
_WORDS = ("sudo", "exec", "eval", "time", "env")


@dataclass(frozen=True)
class Said:
    """One command, as words, and where it stands."""

    document: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.document}: {' '.join(self.words)}"


def name(path: Path) -> str:
    """Return a document's name within the repository."""
    return str(path.relative_to(ROOT))


@cache
def commands(program: str) -> tuple[Said, ...]:
    """Return every command of one program in all documents: its words without the program itself."""
    return tuple(
        Said(name(path), tuple(words[1:]))
        for path in DOCUMENTS
        for line in _lines(path.read_text(encoding="utf-8"))
        for words in _commands(line)
        if Path(words[0]).name == program
    )


def _lines(text: str) -> Iterator[str]:
    for language, code in _FENCE.findall(text):
        if language == "sh":
            yield from code.replace("\\\n", " ").splitlines()
    yield from _SPAN.findall(_FENCE.sub("", text))


def _commands(line: str) -> Iterator[list[str]]:
    """Yield the simple commands of a shell's line, without assignments before them; what cannot be read is none."""
    quoted: list[str] = []

    def put_by(match: re.Match[str]) -> str:
        quoted.append(match.group())
        return f"\x00{len(quoted) - 1}\x00"

    kept = re.sub(r"'[^']*'|\"[^\"$]*\"", put_by, line)
    for part in _APART.split(kept):
        whole = re.sub("\x00([0-9]+)\x00", lambda match: quoted[int(match.group(1))], part)
        try:
            words = shlex.split(whole, comments=True)
        except ValueError:
            continue
        while words and (_ASSIGNED.match(words[0]) or words[0] in _WORDS):
            words = words[1:]
        if words:
            yield words


def links(path: Path) -> list[str]:
    """Return where a document leads within the repository."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    return [it for it in _LINK.findall(text) if not re.match(r"[a-z]+:", it)]


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    seen: dict[str, int] = {}
    made = set()
    for heading in _HEADING.findall(text):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = seen[slug] = seen.get(slug, -1) + 1
        made.add(f"{slug}-{count}" if count else slug)
    return frozenset(made)


@cache
def named_in_code() -> dict[str, list[str]]:
    """Return the documents of ours that code, settings, units and messages name, each with the files that name it."""
    found: dict[str, list[str]] = {}
    for top in ("shared", "functions", "terraform", "tools", "docs"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.is_file() and path.suffix in _CODE and ".terraform" not in path.parts:
                for it in _DOCUMENT.findall(path.read_text(encoding="utf-8")):
                    found.setdefault(it, []).append(name(path))
    return found


def files_named(path: Path) -> list[str]:
    """Return what a document names in code and looks like a file or folder of the repository."""
    tops = "|".join(re.escape(it.name) for it in ROOT.iterdir() if it.is_dir() and it.name not in ("build", ".git"))
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    found = [it for it in _SPAN.findall(text) if re.fullmatch(rf"(?:{tops})/[\w./*{{}}-]+", it)]
    return [it for it in found if "<" not in it and "{" not in it]
