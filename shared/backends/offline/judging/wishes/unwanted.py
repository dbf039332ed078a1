"""What a page names only to say that it is not wanted: it asks for nothing of that."""

from __future__ import annotations

import re

from shared.backends.offline.page_blocks import clean, heading_level, read_own_words
from shared.core.page import Page

_FEW = 10  # words of a sentence that begins with “no”: a longer one is a rule
_NOT_WANTED = re.compile(
    r"\b(?:not (?:wanted|needed|required|necessary|in scope|part of)|out of scope|non-?goals?|no need (?:for|of|to)"
    r"|(?:do not|don['’]t|doesn['’]t|does not|won['’]t|will not) (?:need|want|have to have)|can do without|leave out)\b"
    r"|\b(?:nicht (?:nötig|gewünscht|gewollt|gebraucht|erforderlich|dabei)|brauch\w* (?:\w+ ){0,4}?(?:nicht|kein\w*)"
    r"|kein\w* (?:\w+ ){0,4}?(?:nötig|gewünscht|brauch\w*))\b"
    r"|\b(?:pas (?:besoin|nécessaire|voulu|demandé)|hors (?:périmètre|sujet)|inutile|ne (?:veux|voulons) pas)\b"
    r"|\b(?:no (?:hace falta|necesit\w+|quer\w+|quier\w+|se (?:quiere|necesita))|sin necesidad)\b"
    r"|\b(?:não (?:precis\w+|é preciso|quer\w+|é necessári\w+)|fora do âmbito)\b"
    r"|\b(?:non (?:serv\w+|occorr\w+|vogli\w+|voglio|è necessari\w+)|fuori ambito)\b"
    r"|\b(?:niet (?:nodig|gewenst|hoeft)|hoeft niet|(?:hebben|heb) (?:\w+ ){0,3}?geen \w+ nodig)\b"
    r"|\b(?:gerek yok|gerekm\w+|istemiyor\w*|lazım değil|kapsam dışı)\b"
    r"|\b(?:nie (?:trzeba|potrzeb\w+|chc\w+|jest potrzebn\w+)|niepotrzebn\w+|poza zakresem)\b"
    r"|不需要|不用|不要|无需|不必|不想要|不做|不要です|いりません|必要ありません|必要ない|いらない|範囲外|対象外",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"^\W*(?:no|not|without|nothing|never|kein\w*|ohne|nicht|pas d[e'’]|sans|aucun\w*|sin|nada de|sem|senza|niente"
    r"|geen|zonder|brak|bez|żadn\w+)\b|^\W*(?:不|无|没有)",
    re.IGNORECASE,
)
_RULE = re.compile(r"\d|\b(?:same|more than|two|may|can|until|unless|before|after|if)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"(?<=[^\W\d])[,;] |[，；、] ?")
_BUT = re.compile(r"\b(?:but|aber|sondern|mais|pero|sino|mas|ma|maar|ama|fakat|ale)\b|但|しかし|が、", re.IGNORECASE)


def is_unwanted(text: str) -> bool:
    """Say whether a sentence only tells what is not to be; what stands behind a “but” is another matter."""
    if _BUT.search(text):
        return False
    if _NOT_WANTED.search(text):
        return True
    return bool(_BEGINS.match(text)) and len(text.split()) <= _FEW and not _RULE.search(text)


def wanted_part(text: str) -> str:
    """Return a sentence without what it only names as not wanted: nothing, or without its clauses that begin with "
    "“no”."""
    if is_unwanted(text):
        return ""
    kept = [part for part in _CLAUSE.split(text) if not (_BEGINS.match(part) and not _RULE.search(part))]
    return ", ".join(kept)


def unwanted_blocks(page: Page) -> frozenset[str]:
    """Return the blocks below a heading, or behind a line with a colon, that says they are not wanted."""
    found: set[str] = set()
    level, listed = 0, False  # of the heading that says so; and whether a line before a list does
    for block in page.walk():
        words = clean(read_own_words(block)).strip()
        if at := heading_level(block):
            level = at if is_unwanted(words) else (level if level and at > level else 0)
            listed = False
        elif level or (listed and block.type != "paragraph"):
            found.add(block.id)
        else:
            listed = words.endswith((":", "：")) and is_unwanted(words)
    return frozenset(found)
