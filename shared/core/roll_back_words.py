"""Whether somebody's words ask for a site to be taken back, and nothing else: a rule, never a model, decides this."""

from __future__ import annotations

import re

from shared.core.outgoing_text import folded, visible

# English, German, French, Spanish, in the shape that `folded` gives; the whole of what is said.
_ASKED = re.compile(
    r"(?:please |bitte )?(?:"
    r"roll ?-?back|roll (?:it|this|the site|the page) back|take (?:it|this|the site) back|"
    r"(?:go|switch) back to the (?:previous|last|old) version|"
    r"zurückrollen|rolle? (?:es|das|die seite) zurück|zurück zur (?:vorigen|letzten|alten) version|"
    r"revenir en arrière|reviens à la version précédente|"
    r"revertir|vuelve a la versión anterior"
    r")(?: please| bitte| now| jetzt)?\W*"
)


def asks_to_roll_back(text: str) -> bool:
    """Say whether the text asks for exactly that. A question, or a sentence about it, does not."""
    said = " ".join(folded(visible(text)).split())
    return "?" not in said and _ASKED.fullmatch(said) is not None
