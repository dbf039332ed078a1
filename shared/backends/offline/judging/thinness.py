"""Whether a page is thin: it neither asks for anything nor says anything that others would look for.

Looked at only where no sign speaks for a site. What counts is ordinary: that somebody tells what they offer, where and
when, that the reader is spoken to, or that the page is shaped for reading. A lone thought, words, a quotation and
errands have none of it, and nobody but their writers knows what is to become of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from shared.backends.offline.judging.clues.evidence import Found, Line, lines_of
from shared.backends.offline.judging.clues.signs import ANY, TITLE, TOP, Sign
from shared.backends.offline.judging.clues.traits import CLEAR, OFFERS, TRAITS, trait
from shared.backends.offline.judging.clues.vocabulary import DAY
from shared.backends.offline.page_blocks import MEDIA, heading_level, read_own_words
from shared.core.page import Block, Page

THIN = "thin"
UNTOLD = "untold"  # much is said, and nothing tells that it is for others
WEAK = 2  # a sign that does not decide by itself
ENOUGH = 2  # one clear trait, or two weak ones
_MUCH = 45  # words that nobody writes for nothing
_UNTOLD = 30  # words of a text that has to tell that it is for others
_LINES = 6  # blocks that say more than a word or two
_SHORT = 4  # words of an item that only its writer understands
_SOME, _MORE = 5, 8  # words: a sentence, and one that tells something
_LOOKED_AT = 60  # lines that are read for words: a page of more is not thin, whatever they say
_NUMBERS = 2
_NAME = 4  # letters of a title in a script without spaces that says more than one word
_LETTERS = 1.6  # of such a script, for a word
_ITEMS = frozenset({"bulleted_list_item", "to_do"})
_SHOWN = frozenset({"table", "toggle", "code", "bookmark", "embed", "equation", "link_preview", *MEDIA})
_ARTICLES = frozenset({
    *("the", "a", "an", "my", "der", "die", "das", "ein", "eine", "le", "la", "les", "l", "un", "une"),
    *("el", "los", "las", "o", "os", "as", "um", "uma"),
})  # fmt: skip
_OWN = (  # what people write down for themselves: of their day, of somebody they know, of something they have seen
    re.compile(
        r"\b(?:i|my|me|ich|mir|mich|mein\w*|je|j['’]\w+|moi|ma|mes|yo|mi|mis|eu|meu|minha|mum|mom|dad|mama|papa|"
        r"maman)\b"
        r"|\b(?:slept|sleep|felt|feel|tired|cried|missed|dreamt|müde|geschlafen|geweint|geträumt|dormi|fatiguée?|pleuré"
        r"|rêvé|dormí|cansad[oa]|triste|lloré|soñé|sonhei|chorei|mamá|papá)\b|我(?!们)|睡|累|难过|梦见|爸|妈",
        re.IGNORECASE,
    ),
    re.compile(
        r"^\W*(?:it|he|she|they|him|her|er|sie|il|elle|ils|lui|ele|ela|está|es|era)\b|\bthe (?:\w+ )?ones?\b"
        r"|\b(?:ask|tell|remember|remind|call|ring|give|return) (?:him|her|them|what|that)\b"
        r"|^\W*(?:remember|heard|saw)\b|\b(?:celui|celle) (?:de|du|qui)\b",
        re.IGNORECASE,
    ),
)
_DAY_ALONE = re.compile(  # a title that says when something was written
    rf"^\W*(?:{DAY}|yesterday|today|tonight|last night|gestern|heute|abends|hier|aujourd['’]hui|ayer|hoy|ontem|hoje"
    r"|[昨今]\w)"
    r"\W*(?:morning|afternoon|evening|night|morgen|abend|nacht|soir|matin|noche|tarde|noite)?\W*$",
    re.IGNORECASE,
)
_SUBJECT = "says in its title what it is about"
_SAYS = "says something in whole sentences"

_OPENS = re.compile(r"[^\w“„«\"‘「『]*[“„«\"‘「『]")
_CLOSES = re.compile(r"[”“»\"’」』]")
_WITHOUT_LETTERS = re.compile(r"[\W\d]+")
_DASH = re.compile(r"[—–-]")  # before the name of who has said it
_NOT_SAID = re.compile(
    r"[?？؟]\W*$|^\W*$|\b(?:maybe|perhaps|vielleicht|mal sehen|peut-être|quizás?|tal vez|talvez)\b|也许|多分",
    re.IGNORECASE,
)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def traits_of(page: Page, signs: Sequence[Found] = ()) -> tuple[Found, ...]:
    """Return what makes the page one for readers, weak `signs` among it; nothing where it is thin."""
    spoken = [block for block in page.walk() if read_own_words(block)]
    traits = _find_traits(page, spoken)
    if _is_much(spoken) and not _is_offered(page, spoken, traits):
        return ()
    found = sorted([*signs, *_shape(page, spoken), *traits], key=lambda each: -each.sign.weight)
    min_words = 2 * ENOUGH if _is_short_list(spoken) else ENOUGH
    if not any(each.sign.weight >= CLEAR for each in found if each not in signs):
        found += _amount(page, spoken)
        min_words += _weigh_own_notes(page, spoken)
    return tuple(found) if sum(each.sign.weight for each in found) >= min_words else ()


def says_much(page: Page) -> bool:
    """Say whether the page is longer than what somebody jots down."""
    return _is_much([block for block in page.walk() if read_own_words(block)])


def _is_much(spoken: list[Block]) -> bool:
    return sum(map(_length, spoken)) > _UNTOLD


def _is_offered(page: Page, spoken: list[Block], traits: list[Found]) -> bool:
    """Say whether a long text tells what, when, where or at what price others get something; its form does not."""
    offers = sum(each.sign.weight for each in traits if each.sign.says in OFFERS)
    return offers >= (2 * CLEAR if _weigh_own_notes(page, spoken) else CLEAR)


def _shape(page: Page, spoken: list[Block]) -> list[Found]:
    """Return what the form of the page says: headings, tables, pictures, steps, and how much there is."""
    sections = [block for block, _ in pairwise(spoken) if heading_level(block)]
    shown = [block for block in page.walk() if block.type in _SHOWN]
    steps = [block for block in spoken if block.type == "numbered_list_item"]
    saying = [block for block in spoken if not _is_quoted(block)]
    full = [block for block in saying if _length(block) > _SHORT / 2]
    much = len(full) >= _LINES or sum(map(_length, saying)) >= _MUCH
    forms = (
        ("has sections for its readers", sections),
        ("shows something", shown),
        ("goes step by step", steps if len(steps) > 1 else []),
        ("says much", saying if much else []),
    )
    return [_build_trait(says, blocks[0]) for says, blocks in forms if blocks]


def _amount(page: Page, spoken: list[Block]) -> list[Found]:
    """Return what speaks for a page where no words do: a title that names a subject, and how much is said of it."""
    blocks = [each for each in spoken if not _is_quoted(each) and not _NOT_SAID.search(read_own_words(each))]
    words = sum(map(_length, blocks))
    title = Line(page.title, "", frozenset({TITLE}))
    named = [word for word in re.findall(r"\w+", page.title.casefold()) if word not in _ARTICLES]
    subject = len(named) > 1 or len(_UNSPACED.findall(page.title)) >= _NAME
    found = [Found(trait(1, _SUBJECT), title)] if subject and words >= 1 else []
    found += [_build_trait(_SAYS, blocks[0], CLEAR if words >= _MORE else 1)] if words >= _SOME else []
    numbers = [each for each in blocks if len(re.findall(r"\d+", read_own_words(each))) >= _NUMBERS]
    return found + ([_build_trait("gives numbers", numbers[0], 1)] if numbers else [])


def _weigh_own_notes(page: Page, spoken: list[Block]) -> int:
    """Return how much more has to speak for a page that reads as if its writer had only themselves in mind."""
    kinds = [words for words in _OWN if any(words.search(read_own_words(each)) for each in spoken)]
    return CLEAR * (len(kinds) + bool(_DAY_ALONE.match(page.title)))


def _build_trait(says: str, block: Block, weight: int = CLEAR) -> Found:
    words = read_own_words(block) or next(
        (read_own_words(each) for each in block.children if read_own_words(each)), block.type
    )
    return Found(trait(weight, says), Line(words, block.id, frozenset({ANY})))


def _find_traits(page: Page, spoken: list[Block]) -> list[Found]:
    """Return what the words say, without those of others and what is only wondered."""
    quoted = {block.id for block in spoken if _is_quoted(block)}
    lines = [line for line in lines_of(page)[:_LOOKED_AT] if line.block not in quoted]
    lines = [line for line in lines if not _NOT_SAID.search(line.text)]
    found: list[Found] = []
    for each in TRAITS:
        first = next((line for line in lines if _counts(each, line) and each.words.search(line.text)), None)
        found += [Found(each, first)] if first is not None else []
    return found


def _counts(sign: Sign, line: Line) -> bool:
    """Say whether the line is where the sign counts: in the title, below it, or (TOP) in both; never in a column."""
    titled = TITLE in line.where
    return sign.where in (TITLE, TOP) if titled else bool(line.block) and sign.where != TITLE


def _is_quoted(block: Block) -> bool:
    return block.type == "quote" or stands_in_quotes(read_own_words(block))


def stands_in_quotes(text: str) -> bool:
    """Say whether all of it is quoted; behind that may stand signs, numbers, or a dash and who has said it."""
    opened = _OPENS.match(text)
    for run in _WITHOUT_LETTERS.finditer(text, opened.end()) if opened else ():
        closed = _CLOSES.search(run[0])
        if closed and (run.end() == len(text) or _DASH.search(run[0], closed.end())):
            return True
    return False


def _is_short_list(spoken: list[Block]) -> bool:
    return all(block.type in _ITEMS and _length(block) <= _SHORT for block in spoken)


def _length(block: Block) -> float:
    text = read_own_words(block)
    return len(_UNSPACED.sub(" ", text).split()) + len(_UNSPACED.findall(text)) / _LETTERS
