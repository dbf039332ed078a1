"""The HTTP endpoints that a page names: in headings, lists, tables, code, wherever a method stands before a path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.backends.offline.naming import Unique
from shared.backends.offline.page_blocks import clean
from shared.core.page import Block, Page

_CALL = re.compile(
    r"(?<![A-Za-z])(GET|POST|PUT|PATCH|DELETE)[`*:]{0,3}\s{1,20}[`*|]{0,3}\s{0,20}"
    r"(?:https?://[\w.:-]{1,260})?(/[\w\-./{}<>:]{0,500})(\?[\w=&{}<>,.%|…-]{0,500})?"
)  # each part has its longest: a page is whatever somebody wrote, and is read in time that grows as it does
_ABOUT = 300  # letters behind an address that tell of it
_PARAMETER = re.compile(r"\{(?:\w+:)?(\w+)\}|<(?:\w+:)?(\w+)>|:(\w+)")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing the service answers to. `path` is literal segments and `{names}`."""

    method: str
    path: str
    block: str  # the first block that names it
    about: str
    filters: tuple[str, ...] = ()

    @property
    def segments(self) -> tuple[str, ...]:
        """Return the parts of the path."""
        return tuple(part for part in self.path.split("/") if part)

    @property
    def is_of_item(self) -> bool:
        """True when the path ends in the id of one record."""
        return bool(self.segments) and self.segments[-1].startswith("{")

    @property
    def collection(self) -> str:
        """Return the name of what is kept: the last literal segment."""
        literal = [part for part in self.segments if not part.startswith("{")]
        return literal[-1] if literal else "records"


def read_endpoints(page: Page) -> tuple[Endpoint, ...]:
    """Return the endpoints of the page in reading order, each once."""
    found: dict[tuple[str, tuple[str, ...]], Endpoint] = {}
    for block in page.walk():
        for endpoint in _find_in_block(block):
            shape = tuple("{}" if part.startswith("{") else part for part in endpoint.segments)
            found.setdefault((endpoint.method, shape), endpoint)
    return tuple(found.values())


def endpoint_text(block: Block) -> str:
    """Return the block's text as endpoints are read from it: cells side by side."""
    if block.type == "table_row":
        return clean(" ".join("".join(span.text for span in cell) for cell in block.cells))
    return clean(f"{block.text}\n{block.caption}")


def _find_in_block(block: Block) -> Iterator[Endpoint]:
    text = endpoint_text(block)
    for match in _CALL.finditer(text):
        path = _normal(match.group(2))
        query = re.findall(r"[?&]([A-Za-z_]\w*)", match.group(3) or "")
        about = text[match.end() : match.end() + _ABOUT].partition("\n")[0].strip(" \t:–—-→`*|")
        yield Endpoint(match.group(1), path, block.id, " ".join(about.split()), tuple(dict.fromkeys(query)))


def _normal(path: str) -> str:
    parts, names = [], Unique(joint="_")
    for part in path.rstrip(".:,").split("/"):
        parameter = _PARAMETER.fullmatch(part)
        if parameter:
            name = next(name for name in parameter.groups() if name)
            parts.append("{" + names.name(name) + "}")
        elif cleaned := re.sub(r"[^\w.\-]", "", part).strip("."):
            parts.append(cleaned)
    return "/" + "/".join(parts)
