"""Which lines of a page carry which signs, and what they add up to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate

from shared.backends.offline.endpoints import read_endpoints
from shared.backends.offline.invocations import Invocation, read_invocations
from shared.backends.offline.judging.clues.circle_signs import CIRCLE_SIGNS
from shared.backends.offline.judging.clues.inner_signs import INNER_SIGNS
from shared.backends.offline.judging.clues.offer_signs import OFFER_SIGNS, shows_what_exists
from shared.backends.offline.judging.clues.signs import (
    ANY,
    ASKS,
    EXISTS,
    LABEL,
    NOTES,
    PRIVATE,
    SERVICE,
    SIGNS,
    SITE,
    TITLE,
    TOP,
    Sign,
)
from shared.backends.offline.language import guess_language
from shared.backends.offline.page_blocks import heading_level, read_own_words, shorten
from shared.backends.offline.sentence_ends import sentences_of
from shared.core.page import Page

_FIRST_LINES = 3
_LABEL_WORDS = 6
_MAX_LETTERS = 100_000  # of a page that are looked at: some forty printed pages; for what is private, all of them
_LONGEST = 300  # letters of a sentence that are looked at; for what is private, all of them
_WINDOW, _OVERLAP = 1_500, 150  # letters that are searched at once, so that the time grows as a sentence does
_NOT_OURS = re.compile(  # a program that is not wished, or is none
    r"\b(?:no|not an?|without(?: an?)?|ohne|keine?|sans|sin|senza|sem|geen|zonder) (?:API|CLI|end ?points?)\b"
    r"|\b(?:bring|borrow|buy|carry|lend|take|offer)\w* (?:[\w-]+ )?(?:[\w-]+ )?(?:tool|service|script)s?\b"
    r"|https?://\S+|\S+@\S+",
    re.IGNORECASE,
)
_USED = re.compile(  # a program that is spoken of because somebody uses it
    r"\b(?:us(?:e|es|ed|ing)|call(?:s|ed|ing)|queried|usa(?:ndo|r|m)?|utilis\w+|nutz\w+|verwende\w*|aufruf\w*)\b|"
    r"使用|调用|通过|利用|を使",
    re.IGNORECASE,
)
_STAGE = re.compile(
    r"(?:status|state|stage|phase|stand|zustand|statut|état|estado|stato|durum|статус|状态|ステータス|상태|الحالة|"
    r"وضعیت)\b",
    re.IGNORECASE,
)
_BEES = re.compile(r"\b[Aa]pi\b")  # is what they are called in Italian
_RECORD_VERBS = frozenset(
    [
        "add",
        "new",
        "create",
        "put",
        "record",
        "save",
        "log",
        "note",
        "book",
        "lend",
        "borrow",
        "return",
        "list",
        "ls",
        "show",
        "all",
        "report",
        "print",
        "status",
        "search",
        "find",
        "get",
        "view",
        "open",
        "delete",
        "remove",
        "rm",
        "drop",
        "cancel",
        "done",
        "finish",
        "edit",
        "change",
    ]
)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of the page, the block it stands in ("" for title and columns), and where it counts.

    Of a long sentence `rest` is what is looked at for private marks alone.
    """

    text: str
    block: str
    where: frozenset[str]
    rest: str = ""

    @classmethod
    def read(cls, sentence: str, block: str, where: frozenset[str]) -> Line:
        return cls(sentence[:_LONGEST], block, where, sentence[_LONGEST:])


@dataclass(frozen=True, slots=True)
class Found:
    """A sign and the first line that carries it."""

    sign: Sign
    line: Line
    lines: tuple[Line, ...] = ()

    @property
    def words(self) -> str:
        """Return how people are told of it."""
        return f"{self.sign.says} (“{shorten(self.line.text, 60)}”)"


def lines_of(page: Page) -> list[Line]:
    """Return what the page says, sentence by sentence, its title and columns first; as much as is looked at."""
    return _limit_lines(_drop_repeated(_collect_lines(page)))


def blocks_saying(page: Page, texts: Collection[str]) -> frozenset[str]:
    """Return every block that says one of these sentences ("" for title and columns), however often it stands there."""
    return frozenset(line.block for line in _collect_lines(page) if line.text in texts)


def _collect_lines(page: Page) -> list[Line]:
    title = frozenset({TITLE, TOP, LABEL, ANY})
    found = [Line.read(text, "", title) for text in sentences_of(page.title)]
    for name, value in page.properties.items():
        found += [Line.read(f"{name}: {text}", "", frozenset({TOP, ANY})) for text in sentences_of(value)]
    spoken = [(block, words) for block in page.walk() if (words := read_own_words(block))]
    for at, (block, words) in enumerate(spoken):
        top = {TOP, ANY} if at < _FIRST_LINES or heading_level(block) else {ANY}
        for text in sentences_of(words):
            short = {LABEL} if heading_level(block) or len(text.split()) <= _LABEL_WORDS else set()
            found.append(Line.read(text, block.id, frozenset(top | short)))
    return found


def _drop_repeated(lines: list[Line]) -> list[Line]:
    """Return the lines; what is said twice in one place counts once."""
    found = dict[tuple[str, str, frozenset[str]], Line]()
    for line in lines:
        found.setdefault((line.text, line.rest, line.where), line)
    return list(found.values())


def _limit_lines(lines: list[Line]) -> list[Line]:
    """Return as many of the lines as are not too much to look at."""
    letters = accumulate(len(line.text) for line in lines)
    return [line for line, so_far in zip(lines, letters, strict=True) if so_far < _MAX_LETTERS]


def find_signs(page: Page) -> list[Found]:
    """Return every sign that the page carries, the weightiest first."""
    every, italian = (
        _drop_repeated(_collect_lines(page)),
        guess_language(page.title + " ".join(map(read_own_words, page.walk()))) == "it",
    )
    some = _limit_lines(every)
    signs = (*SIGNS, *INNER_SIGNS, *CIRCLE_SIGNS, *OFFER_SIGNS)
    carried = (_find_evidence(sign, every if sign.of == PRIVATE else some, italian) for sign in signs)
    found = [*_find_program_signs(page), *(each for each in carried if each is not None)]
    if _is_home_of_a_tool(page, some, found):
        shown = next(each.line for each in found if each.sign.of == SERVICE)
        found = [Found(_EXISTS, shown), *(each for each in found if each.sign.of != SERVICE)]
    return sorted(found, key=lambda each: -each.sign.weight)


def _is_home_of_a_tool(page: Page, lines: list[Line], found: list[Found]) -> bool:
    """Say whether a tool that the page shows is there already, and nobody asks for another."""
    spoken = [each.sign for each in found if each.sign.of == SERVICE]
    asked = any(sign.says == ASKS for sign in spoken)
    return bool(spoken) and not asked and shows_what_exists(page, [line.text for line in lines])


def _is_stage(line: Line) -> bool:
    """Say whether it is a column that tells how far the page has come: a “Draft” there is where every idea begins."""
    return not line.block and TITLE not in line.where and bool(_STAGE.match(line.text))


def _find_evidence(sign: Sign, lines: list[Line], italian: bool) -> Found | None:
    carrying: list[Line] = []
    for line in lines:
        if sign.where not in line.where or (sign.of == PRIVATE and _is_stage(line)):
            continue
        text = line.text
        if sign.of == SERVICE:
            text = _NOT_OURS.sub("", _BEES.sub("", text) if italian else text)
            text = "" if sign.where == TOP and line.block and _USED.search(text) else text
        if _says(sign, text + line.rest if sign.of == PRIVATE else text):
            carrying.append(line)
            if (
                len(carrying) >= max(sign.min_count, 3) and sign.of != PRIVATE
            ):  # of what is private every line is wanted
                break
    return Found(sign, carrying[0], tuple(carrying)) if len(carrying) >= sign.min_count else None


def _says(sign: Sign, text: str) -> bool:
    """Say whether the text carries the sign; it is searched a part at a time."""
    for at in range(0, len(text), _WINDOW):
        end = at + _WINDOW + _OVERLAP
        found = sign.words.search(text, at, end)
        if found is not None and (found.end() < end or end >= len(text)):  # else its end may be ours
            return True
    return False


_CALLED_BY = Sign(SERVICE, 20, "names addresses to call", re.compile("$^"))
_EXISTS = Sign(SITE, 3, EXISTS, re.compile("$^"), called="the home of a tool")
_COMMANDED = Sign(SERVICE, 12, "shows the commands of a program", re.compile("$^"))
SHOWN = frozenset({_CALLED_BY.says, _COMMANDED.says})


def _find_program_signs(page: Page) -> Iterator[Found]:
    words = {block.id: read_own_words(block) for block in page.walk()}
    if endpoints := read_endpoints(page):
        yield Found(_CALLED_BY, Line(f"{endpoints[0].method} {endpoints[0].path}", endpoints[0].block, frozenset()))
    if commands := [each for each in read_invocations(page) if each.verb != "serve"]:
        yield Found(_COMMANDED, Line(words.get(commands[0].block, ""), commands[0].block, frozenset()))


def keeps_records(command: Invocation) -> bool:
    """Say whether a command is one of those that records have."""
    return command.verb in _RECORD_VERBS


def weigh(found: list[Found]) -> dict[str, int]:
    """Return what the signs for each thing add up to; that a page waits to be planned speaks a little for a site."""
    sums = {SITE: 1, NOTES: 0}
    for each in found:
        sums[each.sign.of] = sums.get(each.sign.of, 0) + each.sign.weight
    return sums
