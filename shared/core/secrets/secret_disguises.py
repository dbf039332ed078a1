"""Other readings of a text, in which a secret that is not plain there becomes plain.

Each reading knows for its letters where they stand in the text it was made of.
"""

from __future__ import annotations

import binascii
import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from shared.core.secrets.secret_lines import Looked

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\U000e0000-\U000e0fff"
)
_UNSEEN = re.compile(f"[{_INVISIBLE}]+")
_SPACE = r"(?:\s|\\[nrt])"
_APART = (
    rf"(?:\}}[\"'`])?+(?:{_SPACE}{{1,20}}|\s{{0,3}}(?:[+.\\&]|\.\.|\|\||<>){_SPACE}{{0,20}})"
    r"(?:\\?[fbru]{0,2})\\?[\"'`](?:\$\{[\"'`])?+"
)
_SEAM = re.compile(  # between two pieces of one text in a program, or in JSON that holds a program
    rf"""\\["'`]{_APART}|"(?:{_APART}|\}}\$\{{["'`])|'(?:{_APART}|\}}\$\{{["'`])|`(?:{_APART}|\}}\$\{{["'`])"""
)  # each way begins with the letter itself: such a pattern is looked for several times as fast, here and below
_LIST = re.compile(
    r"[\"'][A-Za-z0-9_+/=-]{1,60}[\"'],\s{0,20}(?:[\"'][A-Za-z0-9_+/=-]{1,60}[\"'],\s{0,20}){0,59}"
    r"[\"'][A-Za-z0-9_+/=-]{1,60}[\"']"
)
_NEXT = re.compile(  # between two pieces that are given names one after the other
    r"[\"'](?<=[A-Za-z0-9_+/=-].);?[^\S\n]{0,4}\n?[^\S\n]{0,20}(?:(?:const|let|var|my)[^\S\n])?\$?\w{1,24}\s{0,4}:?=\s{0,4}[\"']"
    r"(?=[A-Za-z0-9_+/=-])"
)
_ENTRY = re.compile(r"[A-Za-z0-9_+/=-]+")
_ESCAPE = re.compile(
    r"%(?P<percent>[2-7][0-9A-Fa-f])|\\x(?P<byte>[2-7][0-9A-Fa-f])|\\u00(?P<unit>[2-7][0-9A-Fa-f])|\\u\{(?P<brace>[2-7][0-9A-Fa-f])\}"
    r"|&\#(?P<number>[0-9]{2,3});|&\#[xX](?P<hex>[2-7][0-9A-Fa-f]);|\\(?P<mark>[_*.~+/=-])"
    r"|&(?:shy|ZeroWidthSpace|zwnj|zwj);|&\#(?:8203|8204|8205|xad|x200[bB]);|</?(?:wbr|b|i|em|strong|span|code)\b[^<>\n]{0,40}>"
    r"|\\\n[ \t]{0,20}|\*(?<=[A-Za-z0-9_-].)\*?(?=[A-Za-z0-9_-])"  # what has no name here stands for no letter
)
_CONTINUED = re.compile(r"\\\r?\n[ \t]{0,40}")
_APART_BY_OTHERS = (
    r"[A-Za-z0-9_+/=-]{1,12}+(?P<sep> {1,3}|[.·|,:]| - )[A-Za-z0-9_+/=-]{1,5}+(?:(?P=sep)[A-Za-z0-9_+/=-]{1,5}+){5,120}"
)
_APART_BY_DASHES = (  # a dash may be a letter of a key as well
    r"(?=[A-Za-z0-9_+/=]{0,12}-)[A-Za-z0-9_+/=-]{1,12}(?P<dash>-)[A-Za-z0-9_+/=-]{1,5}(?:-[A-Za-z0-9_+/=-]{1,5}){5,120}"
)
_SPACED = re.compile(rf"(?<![^\s\"'(`:=]){_APART_BY_OTHERS}")
_SPACED_OR_DASHED = re.compile(rf"(?<![^\s\"'(`:=])(?:{_APART_BY_OTHERS}|{_APART_BY_DASHES})")
_DASHES = re.compile(r"-[A-Za-z0-9_+/=-]{1,5}-[A-Za-z0-9_+/=-]{1,5}-")  # what is in all that is apart by dashes
_SPELLED = re.compile(  # a word, letter by letter
    r"(?<![^\s\"'(`])[^\W\d](?P<sep> {1,3}|[.·|,:-]| - )[^\W\d](?:(?P=sep)[^\W\d]){3,40}(?![^\W\d])"
)
_LETTERS_APART = re.compile(r"[ .·|,:-](?:[^\W\d][ .·|,:-]{1,3}){3}")  # what is in every word that was
_CODED = re.compile(  # base64, also in lines, behind a name, or as a part of an address
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}+(?:(?:\n|\\n)[ \t|]{0,12}[A-Za-z0-9+/_-]{2,}+)*"
)
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[2-7][0-9A-Fa-f]){20,400}(?![0-9A-Fa-f])")
_LINES = re.compile(r"(?:\n|\\n)[ \t|]*")
_NEAR = 160  # characters on both sides of what was replaced: a secret that lies across it is within them
_COMMON = str.maketrans("-_", "+/")


@dataclass(slots=True)
class Reading:
    """A text made of another: `pieces` of it, and for each where it begins here, and where it comes from."""

    text: str = ""
    starts: list[int] = field(default_factory=list)  # of each piece in this text
    sources: list[tuple[int, int, bool]] = field(default_factory=list)  # its place there; whether letter for letter

    def place(self, start: int, end: int) -> tuple[int, int, bool]:
        """Return where that stands in the other text, and whether it is not there letter for letter."""
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1) - 1
        begins, _, plain = self.sources[first]
        if plain:
            begins += start - self.starts[first]
        opens, closes, whole = self.sources[last]
        if whole:
            closes = opens + end - self.starts[last]
        return begins, closes, first != last or not plain


def unseen_gone(text: str) -> Reading | None:
    """Return the text without letters that nobody sees; None when it has none."""
    return None if text.isascii() else _replace_pattern(text, _UNSEEN, lambda match: "", whole=True)


def join_pieces(text: str) -> Reading | None:
    """Return the text with the pieces that a program puts together side by side."""
    return _replace_pattern(text, _SEAM, lambda match: "")


def join_lists(text: str) -> Reading:
    """Return the words of each list of texts side by side, each list a line: programs join them."""
    reading, pieces, size = Reading(), [], 0
    for run in _LIST.finditer(text) if "join" in text or "implode" in text or "concat" in text else ():
        for word in _ENTRY.finditer(text, *run.span()):
            reading.starts.append(size)
            reading.sources.append((*word.span(), True))
            pieces.append(word[0])
            size += len(word[0])
        reading.starts.append(size)
        reading.sources.append((run.end(), run.end(), False))
        pieces.append("\n")
        size += 1
    reading.text = "".join(pieces)
    return reading


def join_named_values(text: str) -> Reading | None:
    """Return the text with the values that are given names one after the other side by side."""
    return _replace_pattern(text, _NEXT, lambda match: "")


def unescape(text: str) -> Reading | None:
    """Return the text with letters for what stands for one in addresses, programs, HTML and Markdown."""
    if not any(sign in text for sign in ("%", "\\", "&#", "<", "*")):
        return None
    return _replace_pattern(text, _ESCAPE, _letter)


def join_continued(text: str) -> Reading | None:
    """Return the text with lines that end in a backslash and the lines after them as one."""
    return _replace_pattern(text, _CONTINUED, lambda match: "") if "\\\n" in text or "\\\r" in text else None


def close_up(text: str) -> Reading | None:
    """Return the text with letters that were written apart side by side."""
    pattern = _SPACED_OR_DASHED if _DASHES.search(text) else _SPACED
    return _replace_pattern(text, pattern, lambda match: match[0].replace(match[str(match.lastgroup)], ""))


def join_spelled(text: str) -> Reading | None:
    """Return the text with words that were spelled letter by letter as words."""
    if _LETTERS_APART.search(text) is None:
        return None
    return _replace_pattern(text, _SPELLED, lambda match: match[0].replace(match["sep"], ""))


def decode_all(looked: Looked) -> Reading:
    """Return what base64 and hexadecimal in the text say, decoded once, each a line."""
    text, reading, pieces, size, spans = looked.text, Reading(), [], 0, list[tuple[int, int]]()
    for match in _find_encoded(looked):
        spans.append(match.span())
        letters = _LINES.sub("", match[0])
        if letters.islower() or letters.isupper():  # ids and hashes
            continue
        for plain in _decode_base64(letters.translate(_COMMON)):
            reading.starts.append(size)
            reading.sources.append((*match.span(), False))
            pieces.append(plain)
            size += len(plain) + 1
    for match in hexadecimal(text, spans):
        plain = bytes.fromhex(match[0]).decode("latin-1").replace("\n", " ")
        if plain.isprintable():
            reading.starts.append(size)
            reading.sources.append((*match.span(), False))
            pieces.append(plain)
            size += len(plain) + 1
    reading.text = "\n".join(pieces)
    return reading


def _find_encoded(looked: Looked) -> Iterator[re.Match[str]]:
    """Find what may be base64; each begins in a long word, and may go on in the lines after it."""
    at = 0
    for start, end in looked.long_words:
        begins = _CODED.search(looked.text, max(start, at), end) if end > at else None
        while begins is not None:
            match = _CODED.match(looked.text, begins.start())
            assert match is not None
            yield match
            at = match.end()
            begins = _CODED.search(looked.text, at, end) if at < end else None


def hexadecimal(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """Find hexadecimal in what may be base64: its digits are letters of that too, so it stands nowhere else."""
    for span in spans:
        yield from _HEX.finditer(text, *span)


def plain_letters(text: str) -> str:
    """Return the text with letters of ASCII for those of full width and of mathematics, each for one."""
    if text.isascii():
        return text
    forms = _alike("".join(sorted(set(text))))
    return text.translate(forms) if forms else text


@lru_cache(maxsize=64)
def _alike(letters: str) -> dict[int, str]:
    forms = {ord(letter): unicodedata.normalize("NFKC", letter) for letter in letters if not letter.isascii()}
    return {code: form for code, form in forms.items() if len(form) == 1 and form.isascii()}


def _letter(match: re.Match[str]) -> str:
    kind, value = match.lastgroup, match[0]
    if kind is None:
        return ""
    if kind == "mark":
        return match["mark"]
    if kind == "number":
        letter = html.unescape(value)
        return letter if letter.isascii() else value
    return chr(int(match[str(kind)], 16))


def _replace_pattern(
    text: str, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str], whole: bool = False
) -> Reading | None:
    """Return the text with what the pattern finds replaced, and, unless `whole`, only what stands near that."""
    reading, pieces, at, size = Reading(), [], 0, 0

    def add(piece: str, start: int, end: int, plain: bool) -> None:
        nonlocal size
        if piece:
            reading.starts.append(size)
            reading.sources.append((start, end, plain))
            pieces.append(piece)
            size += len(piece)

    for match in pattern.finditer(text):
        start, end = match.span()
        if not whole and start - at > 2 * _NEAR:
            add(text[at : at + _NEAR] if pieces else "", at, at + _NEAR, True)
            add("\n", at, at, False)
            at = start - _NEAR
        add(text[at:start], at, start, True)
        add(by(match), start, end, False)
        at = end
    if not pieces:
        return None
    last = len(text) if whole else at + _NEAR
    add(text[at:last], at, last, True)
    reading.text = "".join(pieces)
    return reading


def _decode_base64(letters: str) -> Iterator[str]:
    """Return what the letters say, wherever in them the base64 begins."""
    for shift in range(4):
        rest = letters[shift:]
        rest = rest[: len(rest) - (len(rest) % 4 == 1)]
        yield binascii.a2b_base64(rest + "=" * (-len(rest) % 4)).decode("latin-1").replace("\n", " ")
