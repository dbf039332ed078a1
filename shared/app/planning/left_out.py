"""Which secrets stand on a page, and where: people are told before they approve, and never what the secret is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from shared.core.page import Page
from shared.core.secrets.secret_places import without_places
from shared.mind.safety.leaks import LEAST_KNOWN, secrets_anywhere
from shared.mind.safety.redaction import Redactor

MOST = 20
_WORDS = 80  # characters of the line that people are shown, without the secret


def left_out(page: Page, known: Iterable[str] = ()) -> list[dict[str, str]]:
    """Return for each secret of a page its kind, the id of its block ("" for none), and the words around it."""
    lines = [(block, line) for block, line in _lines(page) if line]
    starts, size = [], 0
    for _, line in lines:
        starts.append(size)
        size += len(line) + 1
    text = "\n".join(line for _, line in lines)
    hidden = without_places(Redactor(known).hide(text)).split("\n")
    places = {(bisect_right(starts, each.start) - 1, each.kind) for each in secrets_anywhere(text)}
    values = [value for value in known if len(value) >= LEAST_KNOWN and value in text]
    places |= {(bisect_right(starts, text.find(value)) - 1, "token of this team") for value in values}
    whole = len(hidden) == text.count("\n") + 1  # a secret of many lines takes some of them away
    found = []
    for number, kind in sorted(places)[:MOST]:
        words = hidden[text.count("\n", 0, starts[number])] if whole else ""
        shown = words if len(words) <= _WORDS else f"{words[: _WORDS - 1]}…"
        found.append({"kind": kind.replace("-", " "), "block": lines[number][0], "words": shown})
    return found


def _lines(page: Page) -> Iterator[tuple[str, str]]:
    yield "", page.title
    for name, value in page.properties.items():
        yield "", f"{name}: {value}" if value else ""
    for block in page.walk():
        cells = " | ".join("".join(span.text for span in cell) for cell in block.cells)
        for text in (block.text, block.caption, cells):
            yield block.id, text
