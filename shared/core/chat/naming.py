"""Which of the things that have a title somebody means: all its words, and no other that they fit as well."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from shared.core.text.outgoing_text import fold

FIRST_MARK, LAST_MARK = 0xE000, 0xF8FF  # private letters, of which one stands for one title that is named
_MARKS = re.compile("[\ue000-\uf8ff]")
_WORD = re.compile(r"\w+")
_CLOSE = 0.84  # of two spellings: one wrong letter in six
_FILLING = frozenset(
    """
    a an the my our your this that these those please now thanks thank you page run project idea plan work one thing
    called named for of on about from with again at once right away immediately me us it to in go
    site s il te vous plait
    der die das den dem ein eine seite lauf plan projekt bitte jetzt danke für von mit mal sofort
    le la les l un une page plan projet svp merci maintenant de du des pour
    el los las un una página pagina proyecto gracias ahora por favor del para
    """.split()  # noqa: SIM905
)
_THINGS = (
    r"page|run|plan|project|idea|work|one|site|seite|lauf|projekt|idee|arbeit|projet|página|pagina|proyecto|trabajo"
)
_HERE = re.compile(
    rf"(?:it|this|that|the|diese[rnms]?|das|dies|es|ihn|den|cette|ce|ça|le|la|l'|lo|esto|eso|est[ae]|el)\b"
    rf"(?:\s*(?:{_THINGS})\b)?(?=\W*$|\W*\b(?:for|with|in|on|about|to|from|please|now|right|at|if|when|once|after|unless"
    r"|until|tomorrow|later|yet|not|für|mit|wenn|sobald|nicht|bitte|pour|avec|quand|pas|si|para|con|cuando|por)\b)"
)
_OF = re.compile(
    rf"^(?:(?:the|my|our|den|die|das|le|la|el)\s+)?(?:{_THINGS})\s+(?:for|of|on|about|called|named|für|von|an|pour|de|para)\s+"
)
_ALL = re.compile(r"(?:all|everything|every|each|both|them|alles?|beide|tout|tous|toutes|todo|todos|todas)\b")
_OTHER = re.compile(
    r"(?:the |that |this |den |die |das |l'|la |le |el )?(?:other|first|second|third|last|previous|next|new|old"
    r"|latest"
    r"|andere\w*|erste\w*|letzte\w*|autre|premi[eè]re?|derni[eè]re?|otr[oa]|primer[oa]?|últim[oa])(?: (?:one"
    r"|run|page|plan))?"
)


class Kind(StrEnum):
    """How sure it is what is meant."""

    ONE = "one"  # exactly this one is named
    HERE = "here"  # what is spoken of: "it", "this page", or nothing at all
    SEVERAL = "several"  # one of these, or one that is named in part only
    NEAR = "near"  # none is called so; these nearly are
    ALL = "all"
    OTHER = "other"  # "the other one": nobody can look that up
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Named:
    """Something that people call by a title; `where` tells it from others of the same title."""

    id: str
    title: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a name comes to. `rest`: something was said with it that is no part of the name."""

    kind: Kind
    named: tuple[Named, ...] = ()
    rest: bool = False


def words_of(text: str) -> tuple[str, ...]:
    """Return the words for comparison, without case and accents; of a text of signs alone, the signs."""
    bare, _ = _bare(fold(text))
    return tuple(_WORD.findall(bare)) or ((bare.strip(),) if bare.strip() else ())


def mark_titles(message: str, titles: Iterable[str], reserved: frozenset[str]) -> tuple[str, dict[str, str]]:
    """Return what is said, folded, with a private letter for each title in it, and the letters' titles as said.

    What a title says is thereby neither an act nor a no. The longest counts; a title of `reserved` words alone is none.
    """
    text = _MARKS.sub("", fold(message).replace("’", "'"))
    meaning: dict[str, str] = {}
    for wanted in _spellings(titles):
        if set(_WORD.findall(wanted)) <= reserved and _WORD.search(wanted):
            continue
        while len(meaning) < LAST_MARK - FIRST_MARK and (at := _place_of(wanted, text)) is not None:
            mark = chr(FIRST_MARK + len(meaning))
            meaning[mark] = text[at[0] : at[1]]
            text = text[: at[0]] + mark + text[at[1] :]
    return text, meaning


def _spellings(titles: Iterable[str]) -> list[str]:
    """Return the titles for comparison, also without the signs at their ends, the longest first."""
    bare = {_bare(fold(title).replace("’", "'"))[0].strip() for title in titles}
    both = bare | {re.sub(r"^\W+|\W+$", "", title) for title in bare}
    return sorted(both - {""}, key=lambda each: (-len(each), each))


def unmark(text: str, meaning: dict[str, str]) -> str:
    """Return the text with its titles again."""
    return _MARKS.sub(lambda found: meaning.get(found.group(0), ""), text)


def resolve(phrase: str, named: Sequence[Named], raw: str = "") -> Found:
    """Return what a phrase names. `raw` is what was said, where only case or accents tell two titles apart."""
    text = _OF.sub("", fold(phrase).replace("’", "'").strip(" \t\"“”„«»'.,:;!?"), count=1)
    shapes = _shapes(words_of(text))
    for shape in shapes:
        if equal := [thing for thing in named if words_of(thing.title) == shape or thing.id == phrase.strip()]:
            return _tell_apart(equal, raw or phrase)
    if here := _HERE.match(text):
        return _find_here(text[here.end() :].strip(" .,!;:"), named)
    if _ALL.match(text):
        return Found(Kind.ALL)
    if _OTHER.fullmatch(text.strip(" .,!")):
        return Found(Kind.OTHER)
    wanted = _core(words_of(text))
    if not wanted:
        return Found(Kind.HERE)
    return _find_by_words(words_of(text), wanted, named, raw or phrase)


def find_mentioned(text: str, named: Sequence[Named]) -> tuple[Named, ...]:
    """Return what is called by its whole title in a text; a title within a longer one that is there is not."""
    words = words_of(text)
    fitting = [
        thing for thing in named if _contains_words(words_of(thing.title), words) and _core(words_of(thing.title))
    ]
    return tuple(
        thing
        for thing in fitting
        if not any(
            _contains_words(words_of(thing.title), words_of(o.title)) and words_of(thing.title) != words_of(o.title)
            for o in fitting
        )
    )


def find_touched(text: str, named: Sequence[Named]) -> tuple[Named, ...]:
    """Return what a text has a word of the title of: too little to do anything with it, enough to look it up."""
    words = _core(words_of(text))
    return tuple(thing for thing in named if _core(words_of(thing.title)) & words)


def _find_here(rest: str, named: Sequence[Named]) -> Found:
    if rest and (also := find_mentioned(rest, named)):
        return Found(Kind.SEVERAL, also, rest=True)
    return Found(Kind.HERE, rest=bool(_core(words_of(rest))))


def _find_by_words(words: tuple[str, ...], wanted: frozenset[str], named: Sequence[Named], raw: str) -> Found:
    whole = [thing for thing in named if _core(words_of(thing.title)) == wanted]
    if whole:
        return _tell_apart(whole, raw)
    part = [thing for thing in named if wanted <= set(words_of(thing.title))]
    also = [thing for thing in find_mentioned(" ".join(words), named) if thing not in part]
    if part or also:
        return Found(Kind.SEVERAL, (*part, *also), rest=bool(also))
    spelled = " ".join(words)
    near = [thing for thing in named if _alike(spelled, wanted, thing)]
    return Found(Kind.NEAR, tuple(near)) if near else Found(Kind.NONE)


def _alike(spelled: str, wanted: frozenset[str], thing: Named) -> bool:
    title = words_of(thing.title)
    if SequenceMatcher(None, spelled, " ".join(title)).ratio() >= _CLOSE:
        return True
    core = _core(title)
    return len(core) >= 1 and all(
        any(each == word or (len(each) > 3 and SequenceMatcher(None, each, word).ratio() >= _CLOSE) for word in core)
        for each in wanted
    )


def _tell_apart(equal: Sequence[Named], raw: str) -> Found:
    """Of several with the same words, the one that is written exactly as it was said."""
    written = (
        [thing for thing in equal if thing.title.strip() and thing.title.strip() in raw] if len(equal) > 1 else equal
    )
    return Found(Kind.ONE, tuple(written)) if len(written) == 1 else Found(Kind.SEVERAL, tuple(equal))


def _shapes(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the words with ever more of the filling words at both ends gone, the longest first."""
    found = []
    for first in range(len(words)):
        if first and words[first - 1] not in _FILLING:
            break
        for last in range(len(words), first, -1):
            if last < len(words) and words[last] not in _FILLING:
                break
            found.append(words[first:last])
    return sorted(dict.fromkeys(found), key=len, reverse=True)


def _core(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word for word in words if word not in _FILLING)


def _contains_words(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return bool(inner) and any(outer[at : at + len(inner)] == inner for at in range(len(outer) - len(inner) + 1))


def _place_of(wanted: str, text: str) -> tuple[int, int] | None:
    """Return where a title stands in a text as words of its own, accents aside; None where it does not."""
    bare, origin = _bare(text)
    at = bare.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if _ends(bare, at - 1, at) and _ends(bare, end - 1, end):
            return origin[at], origin[end - 1] + 1
        at = bare.find(wanted, at + 1)
    return None


def _ends(text: str, left: int, right: int) -> bool:
    """Say whether a word ends between two letters; scripts without spaces end anywhere."""
    if left < 0 or right >= len(text):
        return True
    return not (text[left].isalnum() and text[right].isalnum()) or ord(text[left]) > 0x2E80 or ord(text[right]) > 0x2E80


def _bare(text: str) -> tuple[str, Sequence[int]]:
    """Return the text without accents, and for each of its letters where it stood."""
    if text.isascii():
        return text, range(len(text))
    letters, origin = [], []
    for place, letter in enumerate(text):
        for part in unicodedata.normalize("NFKD", letter):
            if not unicodedata.combining(part) and part != "\ufe0f":
                letters.append(part)
                origin.append(place)
    return "".join(letters), origin
