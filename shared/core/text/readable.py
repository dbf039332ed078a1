"""Words of other programs and people, made fit to be shown: no half letters, nothing that a terminal obeys."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"  # parts of emoji and of words in Persian and Hindi
_CUT_START = re.compile(rb"\A[\x80-\xbf]{1,3}")  # the end of a letter whose beginning was cut off
_CUT_END = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")


def show_bytes(raw: bytes) -> str:
    """Return UTF-8 as text, though it was cut at a number of bytes; what is no text is shown by its numbers."""
    return _CUT_END.sub(b"", _CUT_START.sub(b"", raw)).decode("utf-8", "backslashreplace")


def join_lines(text: str) -> str:
    """Return the text as one line of a terminal shows it: without control characters, and spaces as plain ones.

    Titles come from outside, and a terminal obeys what it is sent: also marks that turn the direction of writing.
    """
    return "".join(_show_letter(letter) for letter in text)


def _show_letter(letter: str) -> str:
    if letter.isprintable() or letter in _JOINERS:
        return letter
    kind = unicodedata.category(letter)
    return " " if kind.startswith("Z") or letter in "\t\n\r\v\f\x85" else ""
