"""Which of the passages that a search finds for a whole page have to do with it.

A search always finds something: its scores tell which passage is better than another one, not whether any is good. For
a page with its hundred words nearly all share a word or two. What counts are words that tell something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.app.workspace.workspace_schemas import SCHEMAS
from shared.core.text.outgoing_text import fold
from shared.mind.search import Hit

_ENOUGH = 2  # words that tell something, on both sides
_NEARLY_BEST = 0.75  # of both searches: near in meaning, though in other words, or in another language
_FAR = 0.3  # of the best one's score: far behind it
_LETTERS, _STEM = 5, 6  # a word that tells something has so many at least; its beginning tells it from others
_WORD = re.compile(r"[^\W\d_]+")
_FUNCTION_WORDS = """
    about above after again against along already always among another anybody anything around because been before
    being below between beyond cannot could during every everybody everything first found further given going having
    however itself known later least little looks makes maybe might months needs never nobody nothing often other others
    ought people pages place please rather really right second several shall should since small someone something still
    their themselves there these things think third those though three through times today together under until using
    wants weeks where whether which while whole whose within without would write written years yours
    aber alles andere anderen beide damit danach dann darauf davon deren diese diesem diesen dieser dieses durch einem
    einen einer eines etwas ihnen immer jeder jedes jetzt keine können müssen nicht nichts oder schon sein seine sich
    sollen sollte sowie unter unser unsere viele waren weil wenn werden wieder wird wurde zwischen
    alors après aussi autre autres avant avoir cette comme dans depuis doit elles entre être faire leurs mais même
    notre nous parce pendant peut pour quand sans sont toujours tous toutes vous
    algo antes aunque cada como cuando desde donde durante entre están estas este estos hacer hasta mismo mucho nuestra
    nuestro otras otros para pero porque puede quien según siempre sobre también tiene todas todos
"""
_SAY_LITTLE = frozenset(_FUNCTION_WORDS.split())
_EXAMPLES = frozenset(fold(schema.example) for schema in SCHEMAS.values())


def filter_related(query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that have to do with a page of these words; the examples that we wrote ourselves never do."""
    wanted, best = _telling(query), max((hit.score for hit in hits), default=0.0)
    return [hit for hit in hits if not _is_example(hit) and _fits(hit, wanted, best)]


def _fits(hit: Hit, wanted: frozenset[str], best: float) -> bool:
    if hit.by == "exact" or (hit.by in ("both", "meaning") and hit.score >= _NEARLY_BEST):
        return True
    shared = wanted & _telling(" ".join((*hit.chunk.path, hit.chunk.text)))
    return len(shared) >= _ENOUGH and hit.score >= _FAR * best


def _is_example(hit: Hit) -> bool:
    return any(fold(title) in _EXAMPLES for title in hit.chunk.path)


def _telling(text: str) -> frozenset[str]:
    """Return the words that tell something, by their beginnings; of scripts without spaces pairs of letters."""
    found = set[str]()
    for word in _WORD.findall(fold(text)):
        if word >= "\u2e80":
            found |= {word[at : at + 2] for at in range(len(word) - 1)}
        elif len(word) >= _LETTERS and word not in _SAY_LITTLE:
            found.add(word[:_STEM])
    return frozenset(found)
