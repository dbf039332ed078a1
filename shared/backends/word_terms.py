"""Texts and questions as terms: what SQLite's full-text index makes of them, so that both sides agree."""

from __future__ import annotations

import re
import sqlite3
import threading
from functools import lru_cache

STEMS, FORMS = "porter unicode61", "unicode61"  # words without their endings, and as they are written

# Scripts that are written without spaces, and Korean, whose words carry their endings: indexed as pairs of letters.
_UNSPACED = re.compile(
    "[\u0e01-\u0e30\u0e40-\u0e45\u0e81-\u0eb0\u1000-\u102a\u1780-\u17b3\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0002fa1f]+"
)
_WORD = re.compile(r"\w+")

# English words that say how something is asked, not what.
_STOP_WORDS = """
    a about also am an and any are as at be been but by can could did do does doing for from had has have having he her
    him his how i if in into is it its just may me might must my no nor not of on or our she should so than that the
    their them then there these they this those to us was we were what when where which while who whom why will with
    would you your
"""


def insert_spaces(text: str) -> str:
    """Return the text with scripts without spaces cut into overlapping pairs of letters; other text as it is."""
    if text.isascii():
        return text
    text = text.encode("utf-8", "replace").decode()  # half of a surrogate pair can be in no database
    return _UNSPACED.sub(lambda run: f" {_pairs(run[0])} ", text)


def length_of(text: str) -> int:
    """Return how many words a text has, for telling long from short."""
    return len(_WORD.findall(text))


def _pairs(run: str) -> str:
    return " ".join(run[at : at + 2] for at in range(len(run) - 1)) or run


class Terms:
    """Finds a question's terms by letting the same tokenizer read it. Safe for threads."""

    def __init__(self, tokenizer: str) -> None:
        self._lock = threading.Lock()
        self._reader = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._reader.execute(f"CREATE VIRTUAL TABLE read USING fts5 (text, content='', tokenize='{tokenizer}')")
        self._reader.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (read, row)")
        self._said_how = frozenset(self._read(_STOP_WORDS))

    def weigh(self, question: str) -> dict[str, int]:
        """Return the terms and how often each is there, without words that only ask, unless there are no others."""
        found = self._read(question)
        telling = {term: count for term, count in found.items() if term not in self._said_how}
        return telling or found

    def _read(self, text: str) -> dict[str, int]:
        with self._lock:
            self._reader.execute("INSERT INTO read (read) VALUES ('delete-all')")
            self._reader.execute("INSERT INTO read (rowid, text) VALUES (1, ?)", (insert_spaces(text),))
            return {str(term): int(count) for term, count in self._reader.execute("SELECT term, cnt FROM terms")}


def build_phrase(text: str) -> str:
    """Return a full-text expression for the text's words in their order; "" when it has none."""
    words = _WORD.findall(insert_spaces(text).replace("_", " "))
    return '"' + " ".join(words) + '"' if words else ""


@lru_cache(maxsize=2)
def terms(tokenizer: str) -> Terms:
    """Return this process's reader with that tokenizer."""
    return Terms(tokenizer)
