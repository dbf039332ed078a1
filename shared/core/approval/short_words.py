"""What somebody's short words ask for, and nothing else: a rule, never a model, reads them; the whole text counts.

Words are English, German, French and Spanish, in the shape that `fold` gives. A question asks for nothing.
"""

from __future__ import annotations

import re

from shared.core.text.outgoing_text import fold, visible

_PLEASE = r"(?:please |bitte |s'il te plaît |por favor )?"
_THEN = r"(?:,? ?(?:please|bitte|now|jetzt|then|s'il te plaît|por favor))?\W*"
_AGAIN = re.compile(
    rf"{_PLEASE}(?:"
    r"again|try (?:it )?again|look again|once more|one more time|retry|check again|go on|"
    r"noch ?mal|nochmals|noch einmal|erneut|versuch(?:e|'s)? (?:es )?noch ?mal|weiter|"
    r"encore(?: une fois)?|réessaie|réessayer|de nouveau|"
    r"otra vez|de nuevo|inténtalo de nuevo"
    rf"){_THEN}"
)
_BUILD = re.compile(
    rf"{_PLEASE}(?:"
    r"build (?:it|this|that|the change|the changes|it too|that too)|include (?:it|this|that|the change|the changes)|"
    r"with the changes?|plan (?:it )?(?:again|anew)|"
    r"(?:bau|baue|baut) (?:es|das|die änderung(?:en)?)(?: auch| mit)?(?: ein)?|mit (?:der änderung|den änderungen)|"
    r"construis[- ](?:le|la)(?: aussi)?|avec (?:le changement|les changements)|"
    r"constrúyelo(?: también)?|con (?:el cambio|los cambios)"
    rf"){_THEN}"
)
_START = (
    r"from (?:the )?(?:start|beginning|scratch)|(?:noch ?(?:ein)?mal )?von (?:vorne?|anfang an|neuem)|"
    r"depuis le début|dès le début|desde el (?:principio|comienzo)|desde cero"
)
_RETRY = re.compile(
    r"(?:please |bitte )?(?:"
    r"retry(?: (?:it|this))?|try (?:(?:it|this) )?again|"
    r"versuche? (?:es )?noch ?(?:ein)?mal|noch ?(?:ein)?mal(?: versuchen)?|"
    r"réessaie|réessayer|reinténtalo|inténtalo de nuevo"
    rf")(?:,? (?P<start>{_START}))?(?:,? (?:please|bitte|now|jetzt))?\W*"
)
_ENDS = re.compile(rf"[\s,]+(?:{_START})(?=[\s,]*(?:please|bitte|now|jetzt)?\W*$)")
_FROM_START = re.compile(rf"\b(?:{_START})\b")
_ROLL_BACK = re.compile(
    r"(?:please |bitte )?(?:"
    r"roll ?-?back|roll (?:it|this|the site|the page) back|take (?:it|this|the site) back|"
    r"(?:go|switch) back to the (?:previous|last|old) version|"
    r"zurückrollen|rolle? (?:es|das|die seite) zurück|zurück zur (?:vorigen|letzten|alten) version|"
    r"revenir en arrière|reviens à la version précédente|"
    r"revertir|vuelve a la versión anterior"
    r")(?: please| bitte| now| jetzt)?\W*"
)


def asks_again(text: str) -> bool:
    """Say whether the text asks for exactly one more look."""
    return _match_whole(_AGAIN, text) is not None


def asks_to_build(text: str) -> bool:
    """Say whether the text asks for exactly this: that what was changed on the page be built too."""
    return _match_whole(_BUILD, text) is not None


def asks_to_retry(text: str) -> str:
    """Return "goes on" or "from the start" where the text asks for exactly that; "" for anything else."""
    found = _match_whole(_RETRY, text)
    if found is None:
        return ""
    return "from the start" if found["start"] else "goes on"


def asks_to_roll_back(text: str) -> bool:
    """Say whether the text asks for exactly that. A question, or a sentence about it, does not."""
    return _match_whole(_ROLL_BACK, text) is not None


def strip_start_words(words: str) -> str:
    """Return what is said, folded, without the words at its end that ask for it from the start."""
    return _ENDS.sub("", words)


def says_from_start(text: str) -> bool:
    """Say whether what somebody asks for is meant from the start; the text asks for a retry, as is known already."""
    return _FROM_START.search(_fold(text)) is not None


def _match_whole(asked: re.Pattern[str], text: str) -> re.Match[str] | None:
    folded = _fold(text)
    return None if "?" in folded else asked.fullmatch(folded)


def _fold(text: str) -> str:
    return " ".join(fold(visible(text)).replace("’", "'").split())
