"""The fields of records, read from where a page names them: tables, lists, JSON examples, a line of names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from shared.backends.offline.endpoints import Endpoint, endpoint_text, read_endpoints
from shared.backends.offline.page_blocks import clean, collapse_line, heading_level, read_own_words
from shared.core.page import Block, Page

_WORD = (
    r"(?:fields?|columns|attributes|properties|Felder|Feld|champs?|campos?|campi|velden|alanlar|поля|فیلدها?|الحقول"
    r"|字段)"
)
_FIELD = re.compile(rf"^\W*{_WORD}\W*$", re.IGNORECASE)
_NAMED = re.compile(
    rf"(?<!\w){_WORD}\s{{0,9}}(?:are|is|sind|sont|son)?\s{{0,9}}[:：]\s*(.+)", re.IGNORECASE | re.DOTALL
)
_WITH = re.compile(
    r"\b(?:with|needs|takes|mit|braucht|avec|con|com|met)\b (?:an?|the|its|eine?[mnr]?|der|dem|un[ea]?|le|la|el|o)? ?"
    r"([^.;:()]+)",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"^\W*\(([^()]*[,،、;][^()]*)\)")  # right behind an address: what it takes
_AND = re.compile(r"\s*[,،、;]\s*(?:and |und |et |y |e |en |ve |و ?)?|\s+(?:and|und|et|y|e|en|ve|و)\s+")
_REQUIRED = re.compile(
    r"(?<!not )\b(?:required|mandatory|Pflicht\w*|obligatoire|obligatori[oa]|obrigatóri[oa]|verplicht|zorunlu)\b"
    r"|обязательн|الزامی|اجباری|مطلوب|必須|必填",
    re.IGNORECASE,
)
_YES = re.compile(r"^\W*(?:yes|ja|oui|s[ií]|sim|evet|да|بله|نعم|true|x|✓|✔|✅)\W*$|^[✓✔✅]", re.IGNORECASE)
_TYPES = {
    "integer": "integer int whole ganzzahl entier entero inteiro intero",
    "number": "number decimal float price zahl nombre número numero getal sayı число",
    "boolean": "boolean bool yes/no true/false ja/nein",
    "date": "date datum fecha data tarih дата",
}
_TYPE_OF = {word: name for name, words in _TYPES.items() for word in words.split()}
_MAX_EXAMPLES = 50  # places in a code block where an example may begin
_LONGEST_LIST = 2_000  # letters of a line that names fields
_OF_A_RECORD = frozenset({"bulleted_list_item", "numbered_list_item", "to_do"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record. `type`: text, number, integer, boolean, date."""

    name: str
    type: str = "text"
    required: bool = False


def read_fields(page: Page, collections: Sequence[str]) -> dict[str, tuple[Field, ...]]:
    """Return the fields of each collection; what the page names belongs to the collection it last spoke of."""
    found: dict[str, dict[str, Field]] = {name: {} for name in collections}
    if not collections:
        return {}
    current, listing = collections[0], False
    named: dict[str, list[Endpoint]] = {}
    for each in read_endpoints(page):
        named.setdefault(each.block, []).append(each)
    for block in page.walk():
        endpoints = named.get(block.id, ())
        endpoint = endpoints[0] if endpoints else None
        if endpoint is not None and endpoint.collection in found:
            current = endpoint.collection
        elif heading_level(block):
            current = _find_mentioned(read_own_words(block), collections) or current
        if block.type not in _OF_A_RECORD:
            listing = bool(_FIELD.match(read_own_words(block))) or (listing and not read_own_words(block))
        owner = (block.type == "code" and _find_collection(clean(block.text), collections)) or current
        for field in _find_in_block(block, endpoint, listing):
            found[owner].setdefault(field.name, field)
        for each in endpoints:
            for field in _list_taken(each):
                found.get(each.collection, {}).setdefault(field.name, field)
    return {name: tuple(fields.values()) for name, fields in found.items()}


def field_blocks(page: Page) -> frozenset[str]:
    """Return the blocks that only name fields: they describe records, and ask for nothing that a caller could check."""
    found: set[str] = set()
    listing = False
    for block in page.walk():
        if block.type not in _OF_A_RECORD:
            listing = bool(_FIELD.match(read_own_words(block))) or (listing and not read_own_words(block))
        elif listing:
            found.add(block.id)
        if block.type == "table" and block.header_row and any(_read_table(block)):
            found |= {row.id for row in block.children}
        elif block.type == "paragraph" and _NAMED.match(endpoint_text(block).strip()):
            found.add(block.id)
    return frozenset(found)


def _find_mentioned(text: str, collections: Iterable[str]) -> str:
    words = set(re.findall(r"\w+", text.lower()))
    return next((name for name in collections if words & {name.lower(), _singular(name).lower()}), "")


def _find_collection(text: str, collections: Iterable[str]) -> str:
    """Return the collection whose address an example calls."""
    ends = re.findall(r"/([\w-]+)(?![\w/-])", text)
    return next((name for name in collections if name in ends), "")


def _singular(name: str) -> str:
    return re.sub(r"(?<=[^aeious])ies$", "y", name) if name.endswith("ies") else re.sub(r"s$", "", name)


def _find_in_block(block: Block, endpoint: Endpoint | None, listing: bool) -> Iterator[Field]:
    if block.type == "table" and block.header_row:
        yield from _read_table(block)
    elif block.type == "code":
        yield from _read_examples(clean(block.text))
    elif block.type in _OF_A_RECORD and listing:
        yield from _fields([_split_description(read_own_words(block))])
    elif block.type != "table_row" or endpoint is not None:
        text = endpoint_text(block)
        named = _NAMED.search(text)
        if named:
            yield from _fields(_split_description(part) for part in _parts(named.group(1)))


def _list_taken(endpoint: Endpoint) -> Iterator[Field]:
    """Yield what the words behind an address say that it takes: "with who and when", "(who, when)"."""
    if endpoint.method not in ("POST", "PUT"):
        return
    phrase = _WITH.search(endpoint.about) or _IN_BRACKETS.search(endpoint.about)
    yield from _fields((part, "") for part in _parts(phrase.group(1))) if phrase else ()


def _read_table(block: Block) -> Iterator[Field]:
    rows = [[collapse_line("".join(span.text for span in cell)) for cell in row.cells] for row in block.children]
    if not rows or not rows[0] or not _FIELD.match(rows[0][0]):
        return
    needed = next((at for at, title in enumerate(rows[0]) if at and _REQUIRED.search(title)), 0)
    for row in rows[1:]:
        rest = " ".join(row[1:])
        rest += " required" if 0 < needed < len(row) and _YES.search(row[needed]) else ""
        yield from _fields([(row[0] if row else "", rest)])


def _read_examples(text: str) -> Iterator[Field]:
    for start in islice((match.start() for match in re.finditer(r"[{\[]", text)), _MAX_EXAMPLES):
        try:
            value, _ = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        record = value[0] if isinstance(value, list) and value else value
        if isinstance(record, dict):
            kinds = {bool: "boolean", int: "number", float: "number"}
            yield from (Field(_name(key), kinds.get(type(item), "text")) for key, item in record.items() if _name(key))
            return


def _parts(text: str) -> list[str]:
    line = collapse_line(text.strip().partition("\n")[0][:_LONGEST_LIST])
    return [part for part in _AND.split(line.rstrip(". ")) if part]


def _split_description(text: str) -> tuple[str, str]:
    match = re.match(r"\W*([\w -]+?)\s*(?:[(:：–—,]|\s-\s|$)(.*)", text, re.DOTALL)
    return (match.group(1), match.group(2)) if match else ("", "")


def _fields(described: Iterable[tuple[str, str]]) -> Iterator[Field]:
    for label, rest in described:
        name = _name(label)
        if name:
            words = re.findall(r"[\w/]+", rest.lower())
            kind = next((_TYPE_OF[word] for word in words[:3] if word in _TYPE_OF), "text")
            yield Field(name, kind, bool(_REQUIRED.search(rest)))


def _name(label: str) -> str:
    words = re.findall(r"\w+", re.sub(r"^(?:an?|the|its|optional)\s+", "", clean(label).strip(), flags=re.IGNORECASE))
    name = "_".join(words).lower()[:40]
    return name if 0 < len(words) <= 3 and name != "id" else ""
