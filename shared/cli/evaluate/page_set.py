"""A set of pages with what their authors would check in the end: read from a folder, validated field by field.

Each page is two files, NAME.md (the page as a person wrote it) and NAME.toml (its kind, how it may end, and checks);
`set.toml` beside them names the set. Formats are told in docs/guides/evaluation.md.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.cli.evaluate.checks import Check, read_check
from shared.cli.evaluate.ends import ENDS, MADE
from shared.cli.evaluate.fields import Fields, Json
from shared.core.errors import ConfigError
from shared.local.story.idea import Idea, read_idea

BUILTIN = "builtin"
KINDS = ("site", "service", "tool", "notion", "ask")
COLUMNS = ("title", "rich_text", "number", "checkbox", "date", "email", "url")
_HERE = Path(__file__).with_name("builtin")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")


@dataclass(frozen=True, slots=True)
class Table:
    """A database in the workspace before the page is written; without columns it is one that is there anyway."""

    title: str
    columns: Mapping[str, Any]  # name → type, or a list of the options of a select
    rows: Sequence[Json]


@dataclass(frozen=True, slots=True)
class EvalPage:
    """One page, how it may end, and what is looked at then."""

    name: str
    kind: str
    idea: Idea
    ends: tuple[str, ...]
    answer: str  # what its author says, once, to a question about what stands on the page
    tables: tuple[Table, ...]
    checks: tuple[Check, ...]

    @property
    def is_made(self) -> bool:
        """Say whether something is to come of it, so that a question is answered."""
        return bool(set(self.ends) & set(MADE))


@dataclass(frozen=True, slots=True)
class EvalSet:
    """All pages of a set, by name; `digest` is of every byte of its files."""

    name: str
    version: int
    digest: str
    pages: tuple[EvalPage, ...]

    def select(self, names: Sequence[str]) -> tuple[EvalPage, ...]:
        """Return these pages in the set's order, or all; raises ConfigError for one that is not there."""
        known = [page.name for page in self.pages]
        if unknown := sorted(set(names) - set(known)):
            raise ConfigError(f"the set {self.name} has no page {unknown[0]!r}; there are {', '.join(known)}")
        return tuple(page for page in self.pages if not names or page.name in names)


def read_set(place: str) -> EvalSet:
    """Return the set in a folder or of its `set.toml`, or the builtin one; raises ConfigError naming the field."""
    path = _HERE if place == BUILTIN else Path(place)
    folder = path.parent if path.name == "set.toml" else path
    head = Fields("set.toml", _toml(folder / "set.toml"))
    name, version = head.text("name"), head.whole("version", minimum=1)
    head.text("about", "-")
    head.end()
    names = sorted(each.stem for each in folder.glob("*.toml") if each.name != "set.toml")
    if not names:
        raise ConfigError(f"{folder} holds no page; each is a file NAME.md with a file NAME.toml beside it")
    return EvalSet(name, version, _digest(folder), tuple(_page(folder, each) for each in names))


def _page(folder: Path, name: str) -> EvalPage:
    place = f"{name}.toml"
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{place}: a page's name is small letters, digits and dashes")
    fields = Fields(place, _toml(folder / place))
    kind, ends = fields.one_of("kind", KINDS), fields.texts("ends", required=True)
    if unknown := [end for end in ends if end not in ENDS]:
        raise fields.wrong("ends", f"has {unknown[0]!r}; use {', '.join(ENDS)}")
    fields.text("why", "-")
    fields.text("language", "en")
    page = EvalPage(
        name, kind, read_idea(folder / f"{name}.md"), ends, fields.text("answer", "-").removeprefix("-"),
        tuple(map(_table, fields.parts("tables"))), tuple(map(read_check, fields.parts("checks", required=True))),
    )  # fmt: skip
    if page.is_made != bool(page.answer):
        wanted = (
            "is missing: a page of which something is made" if page.is_made else "is given, but a page that ends so"
        )
        raise fields.wrong("answer", f"{wanted} {'answers a question' if page.is_made else 'is not answered'}")
    fields.end()
    return page


def _table(fields: Fields) -> Table:
    title, columns, rows = fields.text("title"), fields.table("columns"), fields.tables("rows", required=True)
    for name, kind in columns.items():
        if kind not in COLUMNS and not (
            isinstance(kind, list) and kind and all(isinstance(option, str) for option in kind)
        ):
            allowed = f"{', '.join(COLUMNS)}, or a list of the options of a select"
            raise fields.wrong(f"columns.{name}", f"is {kind!r}; use one of {allowed}")
    if columns and "title" not in columns.values():
        raise fields.wrong("columns", "has no column of the type title")
    for number, row in enumerate(rows, 1):
        if unknown := sorted(set(row) - set(columns)) if columns else []:
            raise fields.wrong(f"rows[{number}].{unknown[0]}", "is not a column of this table")
    fields.end()
    return Table(title, columns, rows)


def _toml(path: Path) -> Json:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); see docs/guides/evaluation.md for what a set is"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: is not TOML: {error}") from error


def _digest(folder: Path) -> str:
    """Return what names the set's content: results of two contents are not to be compared without saying so."""
    found = hashlib.sha256()
    for path in sorted((*folder.glob("*.toml"), *folder.glob("*.md"))):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]
