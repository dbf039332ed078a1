"""Visits a site as a stranger does: along every link within it, with a browser where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

import requests

from shared.cli.evaluate.looks.page_outcome import Site, SitePage, View

_MAX_PAGES = 40
# All other elements begin a line.
_INLINE = frozenset({
    *("a", "abbr", "b", "bdi", "cite", "code", "dfn", "em", "i", "img", "input", "kbd", "mark", "q", "s", "small"),
    *("span", "strong", "sub", "sup", "time", "u", "var", "wbr", "td", "th"),
})  # fmt: skip
_UNSEEN = frozenset({"head", "script", "style", "template", "noscript"})

Look = Callable[[str, int], View | None]  # address, width in pixels
WIDE, PHONE = 1280, 360


def visit(url: str, look: Look) -> Site:
    """Return the site that begins at this address."""
    start = url if url.endswith("/") else f"{url}/"
    pages: dict[str, SitePage] = {}
    dead: list[str] = []
    waiting = [start]
    with requests.Session() as session:
        session.trust_env = False
        while waiting and len(pages) < _MAX_PAGES:
            address = waiting.pop(0)
            path = _path(start, address)
            if path in pages:
                continue
            answer = session.get(address, timeout=30)
            answer.encoding = "utf-8"
            if answer.status_code != 200:
                dead.append(f"{path} (answers {answer.status_code})")
                continue
            if "html" not in answer.headers.get("Content-Type", "html"):
                continue
            read = _Reader()
            read.feed(answer.text)
            read.close()
            links = list(dict.fromkeys(read.links))
            inner = _inner(start, address, links)
            pages[path] = SitePage(path, answer.text, read.lines(), links, list(inner))
            dead += [
                f"{path}{link}" for link in links if link.startswith("#") and len(link) > 1 and link[1:] not in read.ids
            ]
            waiting += [each for name, each in inner.items() if name not in pages and each not in waiting]
    shown = [_add_looks(page, urljoin(start, page.path.lstrip("/")), look) for page in pages.values()]
    return Site(start, shown, dead)


def _add_looks(page: SitePage, address: str, look: Look) -> SitePage:
    wide, phone = look(address, WIDE), look(address, PHONE)
    return replace(page, lines=wide.lines if wide is not None else page.lines, wide=wide, phone=phone)


def _path(start: str, address: str) -> str:
    path = "/" + urldefrag(address)[0].removeprefix(start)
    return path.removesuffix("index.html") or "/"


def _inner(start: str, address: str, links: Sequence[str]) -> Mapping[str, str]:
    """Return the addresses within the site that these links lead to, by path."""
    found = [urldefrag(urljoin(address, link))[0] for link in links if not link.startswith("#")]
    return {_path(start, each): each for each in found if f"{each}/".startswith(start)}


class _Reader(HTMLParser):
    """Reads what is visible of a page, line by line; cells of a row stay in one line."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self._text: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        self._unseen += tag in _UNSEEN
        self._text.append("\n" if tag not in _INLINE else "\t" if tag in ("td", "th") else "")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        self._text.append("\n" if tag not in _INLINE else "")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._text.append(" ".join(data.split("\n")))

    def lines(self) -> list[str]:
        """Return the lines that hold something."""
        return [line.strip() for line in "".join(self._text).split("\n") if line.strip()]
