"""What a wish of a person says by rule: whether it is meant for good, and which kinds of steps it wants left out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.core.text.outgoing_text import fold, visible

# English, German, French, Spanish, in the shape that `fold` gives.
_FOR_GOOD = re.compile(
    r"\b(?:always|never|every time|from now on|in (?:the )?future|as a rule|immer|nie|niemals|ab jetzt|künftig|"
    r"in zukunft|grundsätzlich|toujours|jamais|désormais|à l'avenir|siempre|nunca|a partir de ahora)(?!\w)"
)
_ASKED = re.compile(
    r"\b(?:approv\w*|permission\w*|permit\w*|allow\w*|authori[sz]\w*|ask(?:ing)? (?:me|us|anybody|anyone|first|before)|"
    r"confirm\w*|genehmig\w*|freigab\w*|freigeb\w*|erlaub\w*|zustimm\w*|(?:nach|rück)fragen?|(?:mich|uns) fragen|"
    r"approuv\w*|autoris\w*|permett\w*|permis\w*|demander (?:avant|la)|aprob\w*|autoriz\w*|permi[ts]\w*|preguntar\w*)"
    r"(?!\w)|批准|同意|许可|承認|許可"
)
_TARGET = re.compile(r"[a-z][a-z0-9+.-]*://|www\.|\S@\S|[0-9a-f]{32}|\b[\w-]+\.(?:com|org|net|io|dev|app|example)\b")
_NOT = r"(?:never|do not|don't|no|not|without|stop|nie|niemals|kein\w*|nicht|ohne|jamais|sans|ne|pas de|nunca|sin)"
_THINGS: Mapping[str, tuple[str, ...]] = {
    r"live|production|publish\w*|promot\w+|veröffentlich\w*|produktion|en ligne|publi\w+|producción": (
        "site.promote",
        "site.watch",
    ),
    r"deploy\w*|previews?|vercel|vorschau|déploi\w*|despl\w+": (
        *("site.deploy", "site.verify", "site.promote", "site.watch"),
    ),
    r"pull requests?|prs?|github": (
        *("repository.propose_change", "repository.watch_checks", "repository.merge_change"),
    ),
    r"comments?|commenting|kommentar\w*|commentaires?|comentarios?": ("notion.comment",),
    r"delet\w+|trash\w*|remove pages|lösch\w*|supprim\w+|borr\w+": ("notion.trash_page", "notion.delete_blocks"),
}
_NEAR = r"(?:\W+\w+){0,5}?\W+"
_UNWANTED = [(re.compile(rf"\b{_NOT}{_NEAR}(?:{words})(?!\w)"), kinds) for words, kinds in _THINGS.items()]
_UNWANTED += [(re.compile(rf"(?<!\w)(?:{words}){_NEAR}(?:nicht|nie|niemals)(?!\w)"), k) for words, k in _THINGS.items()]


def normalize_words(text: str) -> str:
    """Return the text in a shape in which two people who say the same in the same words are equal."""
    return " ".join(re.findall(r"\w+", _normalize(text)))


def is_for_good(text: str) -> bool:
    """Say whether a wish speaks of all work to come, and not of one plan."""
    return _FOR_GOOD.search(_normalize(text)) is not None


def may_hold_for_good(text: str) -> bool:
    """Say whether it may hold for every plan: never who is asked, what is allowed, or where something is sent."""
    shaped = _normalize(text)
    return _ASKED.search(shaped) is None and _TARGET.search(shaped) is None


def kinds_to_avoid(text: str) -> frozenset[str]:
    """Return the kinds of steps that the text wants left out; a rule of words, so it misses what is said otherwise."""
    found: set[str] = set()
    for sentence in re.split(r"[.,;:!?\n]+", _normalize(text)):
        for wanted, kinds in _UNWANTED:
            if wanted.search(sentence):
                found.update(kinds)
    return frozenset(found)


def _normalize(text: str) -> str:
    return fold(visible(text)).replace("’", "'")
