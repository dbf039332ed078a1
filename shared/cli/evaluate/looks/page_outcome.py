"""What came of a page, as data that looks are taken at, and what a look has found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.ports.sandbox import Sandbox

Row = Mapping[str, Any]  # column → plain value; what is empty is not in it


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `ok` None: it could not be looked at here, and counts neither way."""

    name: str
    ok: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class View:
    """How a browser shows a page in one width. `letters` is by size in pixels how many letters have it."""

    lines: Sequence[str]
    wider_by: int  # pixels that one has to push it sideways for
    letters: Mapping[int, int]
    pale: Sequence[str]  # texts that can hardly be read on their ground
    trouble: Sequence[str]  # failed scripts and requests, requests to others
    picture: bytes  # PNG


@dataclass(frozen=True, slots=True)
class SitePage:
    """One page of a site as it was fetched; the views are there where a browser is."""

    path: str
    html: str
    lines: Sequence[str]  # its visible text
    links: Sequence[str]  # as they are written
    inner: Sequence[str]  # paths of the same site that they lead to
    wide: View | None = None
    phone: View | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A site as a visitor who follows every link finds it."""

    url: str
    pages: Sequence[SitePage]
    dead: Sequence[str]  # links within the site that lead nowhere


@dataclass(frozen=True, slots=True)
class Made:
    """All that came of a page. `tables` returns the rows of the databases with a title, one list for each database."""

    end: str
    message: str = ""  # the question that was asked, or the reason that was told
    site: Site | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)  # what has left into a repository
    left: str = ""  # every text that has left, files and site and what they are introduced with
    origin: str = ""  # the model that wrote the files
    tables: Callable[[str], list[list[Row]]] = lambda title: []
    sandbox: Sandbox | None = None


class Check(Protocol):
    """One thing that the page's author looks at in the end."""

    @property
    def name(self) -> str:
        """Return what is looked at, in words for people."""

    def look(self, made: Made) -> Finding:
        """Look, and say what was found."""


def build_finding(name: str, problems: Sequence[str], good: str) -> Finding:
    """Return the finding of a look that has found these problems, or none."""
    return Finding(name, not problems, "; ".join(problems[:8]) if problems else good)
