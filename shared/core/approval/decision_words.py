"""What a person's comment on a plan says: yes to exactly this plan, a wish for another one, or nothing we can act on.

Only words that can mean nothing else count as a yes: a wrong yes pushes code, a missed one costs another comment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from shared.core.text.outgoing_text import fold, visible

WISHED = " wants this to be different: "  # between who wishes and the wish, as those who make the work are told
MAX_WISH = 2000  # letters of a comment that a planner is given


class Said(StrEnum):
    """What a comment means for the plan that is shown."""

    YES = "yes"
    CHANGE = "change"  # plan again, with the text in mind
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was said, and of a wish for another plan the wish itself, as its author wrote it."""

    answer: Said
    wish: str = ""
    names_it: bool = False  # it speaks of approving; a bare yes or no may answer whatever stood before it
    thumb_down: bool = False  # and nothing else: nobody can plan better with that, but it says what was thought


# English, German, French, Spanish. A phrase is compared in the shape that `fold` gives, without punctuation.
_YES = (
    r"i approve|we approve|approved?|yes|yep|yeah|yup|lgtm|looks good to me|looks good|ok go|okay go|go ahead|go for it"
    r"|ship it|do it|agreed|"
    r"ja|jawohl|genehmigt|freigegeben|einverstanden|passt so|passt|mach(?:t)? das|leg(?:t)? los|los geht'?s|"
    r"oui|approuvée?|d'accord|validée?|c'est bon|vas-y|allez-y|"
    r"s[ií]|aprobad[oa]|de acuerdo|adelante|conforme"
)
_NAMES_IT = re.compile(
    r"\b(?:approved?|lgtm|looks good to me|ship it|genehmigt|freigegeben|approuvée?|validée?|aprobad[oa])(?!\w)"
)
_POLITE = (
    r"please|thanks a lot|thanks|thank you|thx|great|perfect|nice|ok|okay|all|the plan|this plan|plan|it|this|"
    r"bitte|danke|super|gut|alles klar|den plan|le plan|merci|parfait|s'il te plaît|s'il vous plaît|"
    r"gracias|por favor|perfecto|el plan"
)
_BUT = (
    r"but|however|except|only if|if|once|after|when|though|although|provided|"
    r"aber|jedoch|außer|ausser|wenn|sobald|mais|sauf|si|quand|pero|salvo|cuando"
)
_NO = (
    r"no|nope|nah|not approved|not yet|rejected?|denied|declined?|disapproved?|do not approve|don't approve|"
    r"nein|abgelehnt|nicht genehmigt|noch nicht|non|refusée?|rejetée?|rechazad[oa]|denegad[oa]|todavía no"
)
_WISH = (
    r"change|please change|changes? needed|instead|please (?:add|remove|use|make|replace|rename)|"
    r"ändere?|ändert|bitte (?:ändern?|ändert)|change[zr]|modifie[rz]?|cambia(?:r)?|cambie"
)
_BECAUSE = r"because|since|as|please|weil|denn|da|bitte|parce que|parce qu'|car|porque|ya que|pues"
_NOTHING = re.compile(
    r"no (?:problem|worries|objections?|comments?|questions?|issues?)\b|kein\w* (?:problem|einwänd\w*)\b"
)

_NOTHING_AT_ALL = frozenset(
    ("nothing", "nichts", "rien", "nada", "niente", "niets", "hiçbir şey", "ничего", "不用", "何も")
)

_ALL_YES = re.compile(rf"(?=.*\b(?:{_YES})(?!\w))(?:(?:{_YES}|{_POLITE})(?!\w)\s*)+")
_YES_BUT = re.compile(rf"(?:(?:{_YES}|{_POLITE})(?!\w)[\s,.;:!–—-]*)+(?:and |und |et |y )?(?:{_BUT}|{_WISH})(?!\w)")
_LEADING_NO = re.compile(rf"(?:{_NO})(?!\w)[\s,.;:!–—-]*(?:(?:{_BECAUSE})(?!\w)\s*)?")
_LEADING_WISH = re.compile(rf"(?:{_WISH})(?!\w)")
_THUMBS = re.compile("[\U0001f44d\u2705\u2714][\ufe0f\U0001f3fb-\U0001f3ff]*")
_THUMB_DOWN = re.compile("(?:\U0001f44e[\ufe0f\U0001f3fb-\U0001f3ff]*\\s*)+")
_GLAD = re.compile(  # beside a yes they change nothing; any other picture or sign may mean the opposite
    "[\U0001f389\U0001f680\U0001f64c\U0001f44f\U0001f64f\U0001f44c\U0001f973\U0001f4af\U0001f642\U0001f600\U0001f603"
    "\U0001f604\U0001f60a\u2764\U0001f4aa][\ufe0f\U0001f3fb-\U0001f3ff]*"
)
_STOPS = re.compile(r"(?<=[\w\s'\"”»)])[.,;:!…]+|[\"“”„«»–—()]+")
_MARKS = re.compile(r"[^\w\s'’-]+")


def read_decision(comment: str) -> Decision:
    """Return what a person's comment decides about the plan shown; never a yes when anything else was said with it."""
    text = " ".join(visible(comment).split())[:MAX_WISH]
    plain = fold(text).replace("’", "'")
    if _THUMB_DOWN.fullmatch(plain):
        return Decision(Said.UNCLEAR, thumb_down=True)
    if not plain or "?" in plain or _NOTHING.match(plain):
        return Decision(Said.UNCLEAR)
    names_it = _NAMES_IT.search(plain) is not None
    bare = " ".join(_STOPS.sub(" ", _GLAD.sub(" ", _THUMBS.sub(" ", plain))).split())
    if _ALL_YES.fullmatch(bare) or (not bare and _THUMBS.search(plain)):
        return Decision(Said.YES, names_it=names_it)
    if _YES_BUT.match(plain) or _LEADING_WISH.match(plain):
        return Decision(Said.CHANGE, text, names_it or _LEADING_WISH.match(plain) is not None)
    no = _LEADING_NO.match(plain)
    if no is not None and _MARKS.sub("", plain[no.end() :]).strip():
        return Decision(Said.CHANGE, text, names_it)
    return Decision(Said.UNCLEAR)


def bare_wish(comment: str) -> str:
    """Return a wish without the no, and the because, that it came with: “no, because it is long” is “it is long”."""
    text = " ".join(visible(comment).split())[:MAX_WISH]
    shape = fold(text).replace("’", "'")
    no = _LEADING_NO.match(shape)
    return text[no.end() :].strip() if no is not None and len(shape) == len(text) else text


def declines(answer: str, question: str) -> bool:
    """Say whether an answer is the word for nothing that the question itself has offered."""
    word = _MARKS.sub("", fold(answer.replace("’", "'"))).strip()
    return word in _NOTHING_AT_ALL and f"“{word}”" in fold(question)


def is_plain_no(comment: str) -> bool:
    """Say whether a comment is a no and not one word more: nothing can be made otherwise by it, only stopped."""
    plain = fold(" ".join(visible(comment).split())[:MAX_WISH]).replace("’", "'")
    no = None if "?" in plain or _NOTHING.match(plain) else _LEADING_NO.match(plain)
    return no is not None and not _MARKS.sub("", plain[no.end() :]).strip()


@dataclass(frozen=True, slots=True)
class Asked:
    """A comment of a member that decides nothing and is said to us: its id, thread, text, and who made it."""

    comment: str
    discussion: str
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a batch of new comments comes to; `by` is the id of the person who decided."""

    answer: Said | None = None
    by: str = ""
    wishes: tuple[tuple[str, str, str], ...] = ()  # (comment, text, person)
    unclear: str = ""  # the discussion to answer in
    asked: tuple[Asked, ...] = ()
    thumbs_down: tuple[tuple[str, str], ...] = ()  # (comment, person)
    stop: bool = False  # a plain no, and no word of what should be otherwise
    late: str = ""  # the discussion in which somebody agreed to an earlier plan
