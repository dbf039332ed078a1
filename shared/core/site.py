"""What a deployed site must show for each requirement, and whether it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

Fetch = Callable[[str], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class SiteReport:
    """How many requirements were looked for, and which were not found."""

    total: int
    missing: tuple[str, ...]

    @property
    def sample(self) -> str:
        """Return the first few missing requirements."""
        return ", ".join(self.missing[:5]) + (" …" if len(self.missing) > 5 else "")


_HIDDEN = ("script", "style", "template")
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "i", "ins", "kbd", "label", "mark"}
    | {"q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr"}
)  # tags within a line: what stands on both sides of them is one word


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)
        self._hidden += tag in _HIDDEN

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        if tag in _HIDDEN and self._hidden:  # a stray end tag hides nothing
            self._hidden -= 1

    def _break(self, tag: str) -> None:
        if tag not in _INLINE:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def visible_text(html: str) -> str:
    """Return what a reader sees of a page, white space folded."""
    parser = _Text()
    parser.feed(html)
    parser.close()  # else what follows the last "&" is lost
    return " ".join("".join(parser.parts).split())


def check_site(checks: str, base_url: str, fetch: Fetch) -> SiteReport:
    """Fetch each path once and look for each requirement's text on it.

    `checks` is a JSON list of `{"requirement", "path", "contains"}`.
    """
    wanted = json.loads(checks)
    pages: dict[str, str] = {}
    missing = []
    for check in wanted:
        path = str(check["path"]).lstrip("/")
        if path not in pages:
            status, body = fetch(base_url.rstrip("/") + "/" + path)
            pages[path] = visible_text(body) if status == 200 else ""
        text = " ".join(str(check["contains"]).split())
        if not text or text not in pages[path]:  # no text would be found everywhere and prove nothing
            missing.append(str(check["requirement"]))
    return SiteReport(len(wanted), tuple(missing))
