"""Sentences out of messages: an error's message continues a line of a terminal, a page and an answer begin with it."""

from __future__ import annotations

_ENDS = (".", "!", "?", "…", ":")
_NO_WORD = frozenset("._/:@'\"`“‘<{[(0123456789")  # what stands in a field's name, an id, an address, a quotation


def end_sentence(message: str) -> str:
    """Return the message with one full stop, where it does not end in a mark: the next sentence follows."""
    sentence = message.rstrip()
    return sentence if sentence.endswith(_ENDS) else f"{sentence}."


def count_of(number: int, what: str) -> str:
    """Return a number and what it counts."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def make_sentence(message: str) -> str:
    """Return the message with a capital letter and a full stop; a name it begins with stays as it is written."""
    sentence = message.strip()
    if not sentence:
        return ""
    first = sentence.split(maxsplit=1)[0]
    if not _NO_WORD & set(first):
        sentence = sentence[0].upper() + sentence[1:]
    return sentence if sentence.rstrip("”’\"')").endswith(_ENDS) else f"{sentence}."
