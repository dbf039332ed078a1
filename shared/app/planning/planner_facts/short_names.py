"""Short names for what a request shows of Notion: `block:3`, `database:1`, `page:1`, as `step:ID` names a step.

An id has 36 letters, of which a model gets one wrong now and then, and a page has one for every line. A request shows
short names in place of those it knows, and what the model answers is read back. They hold for one request: they are
counted anew from the page and the databases that it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from shared.core.page import Page
from shared.mind.context import Part
from shared.mind.page_text import page_text

_ID = re.compile(r"(?<![\w/#-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])")  # in an address it stays
_NAME = re.compile(r"(?<![\w:/-])(?:block|database|page):[1-9][0-9]{0,4}(?![\w:/-])")
_WORDS = 60  # letters of a block that say which one it is


@dataclass(frozen=True, eq=False)
class ShortNames:
    """`names` has the short name of each id, `called` what people call it."""

    names: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        return {name: whose for whose, name in self.names.items()}

    def shorten(self, text: str) -> str:
        """Return a text with short names in place of ids."""
        return _ID.sub(lambda found: self.names.get(found[0], found[0]), text)

    def parts(self, parts: Iterable[Part]) -> list[Part]:
        """Return parts of a prompt with short names in place of ids."""
        return [replace(part, source=self.shorten(part.source), text=self.shorten(part.text)) for part in parts]

    def expand(self, answer: Any) -> Any:
        """Return an answer with ids in place of short names; within words for people stands what they call it."""
        if isinstance(answer, Mapping):
            return {key: self.expand(value) for key, value in answer.items()}
        if isinstance(answer, list | tuple):
            return [self.expand(each) for each in answer]
        if not isinstance(answer, str):
            return answer
        return self._ids.get(answer.strip()) or self.put_in_words(answer)

    def put_in_words(self, text: str) -> str:
        """Return a text with what people call things in place of their short names."""
        return _NAME.sub(lambda found: self.called.get(found[0], found[0]), text)


def short_names(page: Page, databases: Sequence[tuple[str, str]] = ()) -> ShortNames:
    """Return the names for a page, its blocks, and databases, of which each is a data source and a title.

    What the page itself writes like one is nobody's name.
    """
    taken = set(_NAME.findall(page_text(page)))
    names: dict[str, str] = {}
    called: dict[str, str] = {}

    def add(kind: str, number: int, id: str, words: str) -> None:
        name = f"{kind}:{number}"
        if id not in names and name not in taken:
            names[id], called[name] = name, words

    add("page", 1, page.id, f"“{page.title}”" if page.title else "the page")
    for number, (source, title) in enumerate(databases, 1):
        add("database", number, source, f"“{title}”")
    for number, block in enumerate(page.walk(), 1):
        text = " ".join((block.text or block.type).split())
        add("block", number, block.id, f"“{text if len(text) <= _WORDS else text[: _WORDS - 1] + '…'}”")
    return ShortNames(names, called)
