"""What a deployed site must show for each requirement, and whether it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from shared.core.text.markup import pieces

Fetch = Callable[[str], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class SiteReport:
    """How many requirements were looked for, each once however many texts show it, and which were not found."""

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


def visible_text(html: str) -> str:
    """Return what a reader sees of a page, white space folded."""
    parts: list[str] = []
    hidden = 0
    for piece in pieces(html):
        if isinstance(piece, str):
            parts += [] if hidden else [piece]
            continue
        parts += [] if piece.name in _INLINE else [" "]
        if piece.name in _HIDDEN:
            hidden = max(0, hidden + (-1 if piece.end else 1))  # a stray end tag hides nothing
    return " ".join("".join(parts).split())


def check_site(checks: str, base_url: str, fetch: Fetch) -> SiteReport:
    """Fetch each path once and look for each requirement's texts on it; one is found where all of its texts are.

    `checks` is a JSON list of `{"requirement", "path", "contains"}`.
    """
    wanted = json.loads(checks)
    pages: dict[str, str] = {}
    missing: dict[str, None] = {}
    for check in wanted:
        path = str(check["path"]).lstrip("/")
        if path not in pages:
            status, body = fetch(base_url.rstrip("/") + "/" + path)
            pages[path] = visible_text(body) if status == 200 else ""
        text = " ".join(str(check["contains"]).split())
        if not text or text not in pages[path]:  # no text would be found everywhere and prove nothing
            missing[str(check["requirement"])] = None
    return SiteReport(len({str(check["requirement"]) for check in wanted}), tuple(missing))
