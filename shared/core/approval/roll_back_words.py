"""Whether somebody's words ask for a site to be taken back, and nothing else: a rule, never a model, decides this.

And what a run says of itself once that is done, and people are told to do where it cannot be done.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from shared.core.run.acts import ROLLED_BACK
from shared.core.run.run import Run
from shared.core.system import System
from shared.core.text.outgoing_text import folded, plain, visible

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


def rolled_back_line(run: Run) -> str:
    """Return who took back what the run put live, and when; "" where nobody has."""
    told = run.facts.get(ROLLED_BACK)
    if not told:
        return ""
    at = datetime.fromisoformat(str(told["at"])).astimezone(UTC)
    return plain(f"Rolled back by {told['by']} on {at:%d %b at %H:%M} UTC: visitors see the previous version.")


def show_by_hand(host: System, site: str, deployment: str) -> str:
    """Return how a person puts a deployment into production where we could not."""
    return _filled(host.by_hand.put_live if host.by_hand else "", host, site, deployment)


def take_down_by_hand(host: System, site: str, deployment: str) -> str:
    """Return how a person takes down what is in production where there is nothing to go back to."""
    return _filled(host.by_hand.take_down if host.by_hand else "", host, site, deployment)


def _filled(words: str, host: System, site: str, deployment: str) -> str:
    token = deployment.rpartition(".")[2]
    told = words or "look for the project {site} at {title}, and for its deployment {deployment}"
    return told.format(site=site, deployment=deployment, token=token, title=host.title)
