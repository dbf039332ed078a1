"""Short answers to what a run asks beside a yes and a no: a rule, never a model, reads them; the whole text counts."""

from __future__ import annotations

import re

from shared.core.text.outgoing_text import folded, visible

# English, German, French, Spanish, in the shape that `folded` gives.
_PLEASE = r"(?:please |bitte |s'il te plaît |por favor )?"
_THEN = r"(?:,? ?(?:please|bitte|now|jetzt|then|s'il te plaît|por favor))?\W*"
_AGAIN = (
    r"again|try (?:it )?again|look again|once more|one more time|retry|check again|go on|"
    r"noch ?mal|nochmals|noch einmal|erneut|versuch(?:e|'s)? (?:es )?noch ?mal|weiter|"
    r"encore(?: une fois)?|réessaie|réessayer|de nouveau|"
    r"otra vez|de nuevo|inténtalo de nuevo"
)
_BUILD = (
    r"build (?:it|this|that|the change|the changes|it too|that too)|include (?:it|this|that|the change|the changes)|"
    r"with the changes?|plan (?:it )?(?:again|anew)|"
    r"(?:bau|baue|baut) (?:es|das|die änderung(?:en)?)(?: auch| mit)?(?: ein)?|mit (?:der änderung|den änderungen)|"
    r"construis[- ](?:le|la)(?: aussi)?|avec (?:le changement|les changements)|"
    r"constrúyelo(?: también)?|con (?:el cambio|los cambios)"
)


def asks_again(text: str) -> bool:
    """Say whether the text asks for exactly one more look."""
    return _says(_AGAIN, text)


def asks_to_build(text: str) -> bool:
    """Say whether the text asks for exactly this: that what was changed on the page be built too."""
    return _says(_BUILD, text)


def _says(words: str, text: str) -> bool:
    said = " ".join(folded(visible(text)).replace("’", "'").split())
    return "?" not in said and re.fullmatch(rf"{_PLEASE}(?:{words}){_THEN}", said) is not None
