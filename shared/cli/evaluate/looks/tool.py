"""`look = "tool"`: a command is run in the sandbox beside files of the set; its output and its files are compared."""

from __future__ import annotations

import base64
import csv
import io
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, build_finding
from shared.cli.evaluate.looks.programs import NotRun, command_of, run_program

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file has to hold: the `same` text, a text that it `contains`, or the rows of a `csv`."""

    same: str | None
    contains: str | None
    csv: tuple[tuple[str, ...], ...] | None

    def problem(self, text: str) -> str:
        """Return what is wrong with its text; "" where it is right."""
        if self.same is not None and _bare(text) != _bare(self.same):
            return f"holds {text[:120]!r}"
        if self.contains is not None and self.contains not in text:
            return f"does not hold {self.contains!r}"
        if self.csv is not None:
            rows = [tuple(row) for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))) if row]
            if rows != list(self.csv):
                differs = next(
                    (n for n, pair in enumerate(zip(rows, self.csv, strict=False)) if pair[0] != pair[1]), None
                )
                at = min(len(rows), len(self.csv)) if differs is None else differs
                return f"differs in row {at + 1}: {list(rows[at]) if at < len(rows) else 'it is missing'}"
        return ""


@dataclass(frozen=True, slots=True)
class Tool:
    """The last of some commands, and what is seen after it."""

    name: str
    before: tuple[str, ...]
    command: str
    exit: tuple[int, ...]
    files: Mapping[str, bytes]
    prints: str
    says: tuple[str, ...]
    says_of_errors: tuple[str, ...]
    hides: tuple[str, ...]
    finds: Mapping[str, Wanted]
    gone: tuple[str, ...]

    def look(self, made: Made) -> Finding:
        """Run it and compare."""
        called = [command_of(made.files, each) for each in (*self.before, self.command)]
        commands, others = [words for words, _ in called], {problem: None for _, problem in called if problem}
        try:
            seen = run_program(made, {"commands": commands}, self.files)
        except NotRun as error:
            return Finding(self.name, None if error.aside else False, str(error))
        return build_finding(self.name, [*others, *self._problems(seen)], "it does what it should")

    def _problems(self, seen: Json) -> Iterator[str]:
        if seen["exit"] not in self.exit:
            yield f"it ends with {seen['exit']}: {seen['err'][-200:].strip()}"
        if self.prints and _bare(seen["out"]) != _bare(self.prints):
            yield f"it prints {seen['out'][:200]!r}"
        both = f"{seen['out']}\n{seen['err']}"
        yield from (f"it does not say {word!r}" for word in self.says if not _stands(word, both))
        yield from (
            f"it does not say {word!r} among its errors"
            for word in self.says_of_errors
            if not _stands(word, seen["err"])
        )
        yield from (f"it shows {word!r}" for word in self.hides if _stands(word, seen["out"]))
        yield from (f"{path} is still there" for path in self.gone if path in seen["files"])
        for path, wanted in self.finds.items():
            if path not in seen["files"]:
                yield f"{path} is not there"
            elif problem := wanted.problem(base64.b64decode(seen["files"][path]).decode("utf-8", "replace")):
                yield f"{path} {problem}"


def _bare(text: str) -> str:
    """Return the text without spaces at the ends of its lines and empty lines at its own ends."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def read(name: str, fields: Fields) -> Check:
    check = Tool(
        name, fields.texts("commands"), fields.text("command"), fields.wholes("exit", required=True),
        _files(fields), fields.text("prints", "-").removeprefix("-"), fields.texts("says"),
        fields.texts("says_of_errors"), fields.texts("hides"), _finds(fields), fields.texts("gone"),
    )  # fmt: skip
    for each in (*check.before, check.command):
        if len(shlex.split(each)) < 2:
            raise fields.wrong("command", f"is {each!r}; it has to be an interpreter and a file, like python3 tool.py")
    return check


def _files(fields: Fields) -> Mapping[str, bytes]:
    for path, text in fields.table("files").items():
        if not isinstance(text, str):
            raise fields.wrong(f"files.{path}", "has to be a text")
    return {path: text.encode() for path, text in fields.table("files").items()}


def _finds(fields: Fields) -> Mapping[str, Wanted]:
    found = {}
    for path, given in fields.table("finds").items():
        part = Fields(f"{fields.place}.finds.{path}", given)
        same, contains = (part.text(name) if name in part else None for name in ("same", "contains"))
        rows = part.lines("csv", required=True) if "csv" in part else None
        if (same, contains, rows) == (None, None, None):
            raise part.wrong("same", "is missing, and so are contains and csv: this could not fail")
        part.end()
        found[path] = Wanted(same, contains, rows)
    return found
