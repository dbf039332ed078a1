"""Whether somebody's words ask for a retry, and nothing else, and from where: a rule, never a model, decides this."""

from __future__ import annotations

import re

from shared.core.text.outgoing_text import folded, visible

# English, German, French, Spanish, in the shape that `folded` gives; the whole of what is said.
_START = (
    r"from (?:the )?(?:start|beginning|scratch)|(?:noch ?(?:ein)?mal )?von (?:vorne?|anfang an|neuem)|"
    r"depuis le début|dès le début|desde el (?:principio|comienzo)|desde cero"
)
_ASKED = re.compile(
    r"(?:please |bitte )?(?:"
    r"retry(?: (?:it|this))?|try (?:(?:it|this) )?again|"
    r"versuche? (?:es )?noch ?(?:ein)?mal|noch ?(?:ein)?mal(?: versuchen)?|"
    r"réessaie|réessayer|reinténtalo|inténtalo de nuevo"
    rf")(?:,? (?P<start>{_START}))?(?:,? (?:please|bitte|now|jetzt))?\W*"
)
_ENDS = re.compile(rf"[\s,]+(?:{_START})(?=[\s,]*(?:please|bitte|now|jetzt)?\W*$)")
_FROM_START = re.compile(rf"\b(?:{_START})\b")


def asks_to_retry(text: str) -> str:
    """Return "goes on" or "from the start" where the text asks for exactly that; "" for anything else."""
    said = " ".join(folded(visible(text)).split())
    found = _ASKED.fullmatch(said)
    if "?" in said or found is None:
        return ""
    return "from the start" if found["start"] else "goes on"


def without_start(said: str) -> str:
    """Return what is said, `folded`, without the words at its end that ask for it from the start."""
    return _ENDS.sub("", said)


def says_from_start(text: str) -> bool:
    """Say whether what somebody asks for is meant from the start; the text asks for a retry, as is known already."""
    return _FROM_START.search(" ".join(folded(visible(text)).split())) is not None
