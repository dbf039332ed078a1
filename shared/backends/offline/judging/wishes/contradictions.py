"""Sentences of a page that cannot both hold: whoever reads the site would come in vain, or be told what nobody wanted.

Only what is plain is taken for it. A sentence that says where, when or for whom it holds contradicts none that says
otherwise for others, so two places, two seasons and an exception are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import zip_longest

from shared.backends.offline.judging.clues.evidence import Found, Line
from shared.backends.offline.judging.clues.signs import Sign
from shared.backends.offline.judging.clues.vocabulary import MONEY

CONTRADICTS = "contradicts"
_LIMITED = re.compile(  # holds for a time, a place or some people only
    r"\b(?:except|but|unless|only|from|until|till|since|after|before|during|when|if|in"
    r"|at(?! the (?:gate|door|entrance|desk)\b)|the first|next|public holidays?"
    r"|holidays?|winter|summer|spring|autumn|ausser|außer|aber|nur|ab|bis|vom|nach|vor|im|in der|bei|während|wenn"
    r"|feiertag\w*|ferien)\b",
    re.IGNORECASE,
)
_BEGINS = r"^\W*(?:(?:we|the [\w ’'-]{1,20}?|wir|opening hours:?|(?:der|die|das) \w+) )?(?:(?:are|is|haben|hat|ist) )?"
_EVERY_DAY = re.compile(  # from the beginning: “Holy week we open every day” holds for a week
    rf"{_BEGINS}(?:open|geöffnet|offen)\b.{{0,30}}\b(?:every ?day|daily|seven days a week|all week|monday"
    r" (?:to|till|through|–|-) sunday|täglich|jeden tag|montag bis sonntag)\b"
    rf"|{_BEGINS}(?:every ?day|daily|täglich|jeden tag)\b.{{0,30}}\b(?:open|geöffnet|offen)\b",
    re.IGNORECASE,
)
_ON = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:mon|diens|donners|frei|sams|sonn)tags?|mittwochs?)"
_CLOSED = re.compile(
    rf"{_BEGINS}(?:always )?(?:closed|geschlossen)\b.{{0,12}}\b{_ON}\b"
    rf"|^\W*(?:on |am )?{_ON}\b.{{0,25}}\b(?:closed|geschlossen|ruhetag)\b",
    re.IGNORECASE,
)
_FREE = re.compile(
    r"\b(?:entry|admission|entrance)(?: is)? free\b(?! (?:for|to) (?!all\b|every))"
    r"|\bfree (?:entry|admission|entrance)\b(?! (?:for|to) (?!all\b|every))"
    r"|\b(?:der )?eintritt(?: ist)? frei\b(?! für (?!alle\b))",
    re.IGNORECASE,
)
_PRICED = re.compile(
    rf"\b(?:entry|admission|entrance|tickets?|eintritt|karten?)\b[^.]{{0,25}}(?:{MONEY} ?\d|\d ?{MONEY})"
    rf"|^\W*(?:adults?|grown-ups|erwachsene)(?: pay| zahlen)?:?\W{{0,3}}(?:{MONEY} ?\d|\d+(?:[.,]\d+)? ?{MONEY})",
    re.IGNORECASE,
)
_OTHER_DAYS = re.compile(r"day\b|days\b|tag\b|tags\b|mittwoch", re.IGNORECASE)
_NOT_TO_SAY = re.compile(
    r"\b(?:do not|don['’]t|never|must not|please no|without) (?:write|writing|mention|mentioning|show|showing|name"
    r"|naming"
    r"|state|stating|give|giving|put|putting|print|say|saying)\b(?: down)?(?: any| the| our| an?)?(?: \w+)?"
    r" (?P<what>dates?|prices?|phone numbers?|telephone numbers?)\b"
    r"|\b(?:bitte )?kein(?:e|en)? (?:\w+ )?(?P<was>datum|preise?|telefonnummer) (?:nennen|schreiben|zeigen|angeben)\b",
    re.IGNORECASE,
)
_MONTHS = (
    ("january", "januar"), ("february", "februar"), ("march", "märz"), ("april",), ("may", "mai"), ("june", "juni"),
    ("july", "juli"), ("august",), ("september",), ("october", "oktober"), ("november",), ("december", "dezember"),
)  # fmt: skip
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_DAYS = (
    ("monday", "montag"), ("tuesday", "dienstag"), ("wednesday", "mittwoch"), ("thursday", "donnerstag"),
    ("friday", "freitag"), ("saturday", "samstag"), ("sunday", "sonntag"),
)  # fmt: skip
_DAY = {name: number for number, names in enumerate(_DAYS) for name in names}
_DATED = re.compile(
    rf"\b(?P<weekday>{'|'.join(_DAY)}),?(?: the| den| dem)? (?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)?"
    rf" (?P<month>{'|'.join(_MONTH)}),? (?P<year>20\d\d)\b",
    re.IGNORECASE,
)
_SAID = {
    "d": re.compile(
        rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)?(?: of)? (?:{'|'.join(_MONTH)})\b|\b\d{{4}}-\d\d-\d\d\b", re.IGNORECASE
    ),
    "p": re.compile(rf"\d ?{MONEY}(?!\w)|{MONEY} ?\d"),
    "t": re.compile(r"\+?\d[\d /-]{6,}\d"),
}
_SIGN = Sign(CONTRADICTS, 9, "contradicts itself", re.compile("$^"))
_ASKED = {
    "en": "‘{title}’ says two things that cannot both be: “{one}” and “{other}”. Which of them holds? Correct the "
    "page, and it is planned again. Or comment “site” to publish it as it stands, or “nothing”.",
    "de": "‘{title}’ sagt zweierlei, das nicht zugleich stimmen kann: “{one}” und “{other}”. Was davon gilt? "
    "Berichtigt die Seite, dann wird neu geplant. Oder kommentiert “Seite”, um sie so zu zeigen, oder “nichts”.",
}
_WRONG_DAY = {
    "en": "‘{title}’ names a day that does not exist: “{one}” ({right}). Is it the day or the date that holds? Correct "
    "the page, and it is planned again. Or comment “site” to publish it as it stands, or “nothing”.",
    "de": "‘{title}’ nennt einen Tag, den es nicht gibt: “{one}” ({right}). Gilt der Wochentag oder das Datum? "
    "Berichtigt die Seite, dann wird neu geplant. Oder kommentiert “Seite”, um sie so zu zeigen, oder “nichts”.",
}


def find_contradictions(lines: Sequence[Line]) -> tuple[Found, ...]:
    """Return the two sentences of the first contradiction; one where a date is not on the day that it is said to be."""
    for line, behind in zip_longest(lines, lines[1:]):
        more = behind.text if behind is not None and behind.block == line.block else ""
        if _right_day(text := f"{line.text} {more}".strip()):  # “Sonntag, 8.” may be taken for the end of a sentence
            return (Found(_SIGN, Line(text, line.block, line.where)),)
    pair = next(_contradicting(lines), ())
    return tuple(Found(_SIGN, line) for line in pair)


def ask_which_holds(found: Sequence[Found], title: str, language: str) -> str:
    """Return the question about a page that contradicts itself."""
    words = _ASKED if len(found) > 1 else _WRONG_DAY
    asked, sentence = words.get(language, words["en"]), found[0].line.text
    return asked.format(title=title, one=sentence[:120], other=found[-1].line.text[:120], right=_right_day(sentence))


def _contradicting(lines: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """Yield pairs of sentences that cannot both hold."""
    always = [line for line in lines if not _LIMITED.search(line.text)]
    for line in always:
        if _EVERY_DAY.search(line.text) and not _CLOSED.search(line.text):
            yield from ((line, other) for other in always if _CLOSED.search(other.text))
        if _FREE.search(line.text) and not _OTHER_DAYS.search(line.text):
            yield from ((line, other) for other in always if other != line and _PRICED.search(other.text))
    for line in lines:
        if (named := _NOT_TO_SAY.search(line.text)) is not None:
            pattern = _SAID[(named["what"] or named["was"])[0].casefold()]
            yield from ((other, line) for other in lines if other != line and pattern.search(other.text))


def _right_day(text: str) -> str:
    """Return the day and date as the calendar has it, where the text says another day; "" otherwise."""
    for found in _DATED.finditer(text):
        try:
            on = date(int(found["year"]), _MONTH[found["month"].casefold()], int(found["day"]))
        except ValueError:
            continue
        if on.weekday() != _DAY[found["weekday"].casefold()]:
            at = 1 if found["weekday"].casefold().endswith(("tag", "woch")) else 0
            return f"{on.isoformat()}: {_DAYS[on.weekday()][at].capitalize()}"
    return ""
