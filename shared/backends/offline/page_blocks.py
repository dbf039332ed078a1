"""What a page says, block by block: clean text, and one requirement for every block that says something."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.core.page import Block, Page

_SPACELIKE = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"})
_LONGEST = 19_000  # a plan takes 20,000 characters of one requirement; the site shows all of them
MEDIA = frozenset({"image", "video", "audio", "file", "pdf"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing the page asks for, and the block that asks."""

    id: str
    text: str
    block: str
    source: str

    def to_data(self) -> dict[str, str]:
        """Return it as the plan states it."""
        return {"id": self.id, "text": self.text, "block": self.block, "source": self.source}


def clean(text: str) -> str:
    """Return the text without what cannot stand in a UTF-8 file or an HTML page; line ends become one newline."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", _SPACELIKE.sub(" ", text))


def collapse_line(text: str) -> str:
    """Return clean text with every run of white space as one space."""
    return " ".join(clean(text).split())


def is_blank(text: str) -> bool:
    """Return True when nobody could see anything of this text."""
    return all(unicodedata.category(char) in _INVISIBLE for char in text)


def shorten(text: str, limit: int) -> str:
    """Return a line of at most `limit` characters, cut at a word where there is one."""
    line = collapse_line(text)
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > limit // 2 else cut).rstrip(" .,;:–-") + "…"


def safe_href(url: str | None) -> str:
    """Return the address when it is one a visitor may follow (http, https, mailto), else an empty text."""
    address = collapse_line(url or "")
    if " " in address or not re.match(r"(?i)(https?://[^/?#]|mailto:.)", address):
        return ""
    return address


def link_label(block: Block) -> str:
    """Return what to call a picture, file or link that has no caption."""
    url = collapse_line(block.url or "")
    if block.type in MEDIA:
        path = urlsplit(url).path if safe_href(url) and _splits(url) else ""
        name = collapse_line(unquote(path.rsplit("/", 1)[-1], errors="ignore"))
        return name if not is_blank(name) else block.type.capitalize()
    return url


def _splits(url: str) -> bool:
    try:
        urlsplit(url)
    except ValueError:  # "http://[" and its like
        return False
    return True


def read_own_words(block: Block) -> str:
    """Return what the block itself says, in the order in which it is shown; empty when it says nothing."""
    if block.type == "table_row":
        parts = ["".join(span.text for span in cell) for cell in block.cells]
    else:
        parts = [block.text, block.caption]
    parts = [collapse_line(part) for part in parts if not is_blank(clean(part))]
    if not parts and block.type != "table_row" and block.url and not is_blank(block.url):
        parts = [link_label(block)]
    return " ".join(parts)


def requirement_text(block: Block) -> str:
    """Return what the plan says of the block: its words, or as many of them as a plan may hold."""
    return read_own_words(block)[:_LONGEST].rstrip()


def heading_level(block: Block) -> int:
    """Return 1 to 6 for a heading, 0 for anything else."""
    found = re.fullmatch(r"heading_([1-6])", block.type)
    return int(found.group(1)) if found else 0


def read_requirements(page: Page, without: Collection[str] = frozenset()) -> tuple[Requirement, ...]:
    """Return one requirement per block with content, in reading order; none of the blocks `without`.

    A heading groups what stands below it; one with nothing below is a requirement of its own. The head of a table
    names what its columns hold, and asks for nothing.
    """
    heads = {
        block.children[0].id for block in page.walk() if block.type == "table" and block.header_row and block.children
    }
    spoken = [(block, words) for block in page.walk() if (words := read_own_words(block))]
    asked = []
    for at, (block, _) in enumerate(spoken):
        level = heading_level(block)
        following = spoken[at + 1][0] if at + 1 < len(spoken) else None
        if level and following is not None and not 0 < heading_level(following) <= level:
            continue
        if block.id not in heads and block.id not in without:
            asked.append(block)
    return tuple(
        Requirement(f"R{number}", requirement_text(block), block.id, block.type)
        for number, block in enumerate(asked, 1)
    )


def requirements_from_data(data: Any) -> tuple[Requirement, ...]:
    """Return the requirements of an approved plan, whoever wrote it; blank ones are left out."""
    found: list[Requirement] = []
    for item in data if isinstance(data, list | tuple) else ():
        if isinstance(item, Mapping) and not is_blank(collapse_line(str(item.get("text", "")))):
            number = collapse_line(str(item.get("id", ""))) or f"R{len(found) + 1}"
            text, block = collapse_line(str(item["text"])), str(item.get("block", ""))
            found.append(Requirement(number, text, block, str(item.get("source", ""))))
    return tuple(found)


def site_title(page: Page) -> str:
    """Return the page's title, or its first words where nobody gave it one."""
    if not is_blank(clean(page.title)):
        return collapse_line(page.title)
    first = next((words for block in page.walk() if (words := read_own_words(block))), "")
    return shorten(first, 60) or "Untitled"
