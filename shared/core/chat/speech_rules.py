"""What somebody says, read by rules: an order to do something, a question, or words that only speak of an act.

An order begins its sentence. A no, a condition, a report, a second order or a question leaves it undone, whatever a
model takes it for. Titles are marked before (`naming.mark_titles`), so that what a title says is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shared.core.approval.short_words import strip_start_words
from shared.core.chat import verbs
from shared.core.chat.chat_words import APPROVE, ASK, CHANGE, EXPLAIN, HELP, LIST
from shared.core.chat.naming import mark_titles, unmark, words_of

_RESERVED = frozenset(
    """
    stop cancel abort halt approve reject deny decline retry redo restart try again start begin build plan planning
    change add remove use status help why what which run runs page pages open all everything it this that the a an
    one yes no please and or not if when project work done failed plan hilfe aide ayuda ja nein oui non sí si no
    """.split()  # noqa: SIM905
)
_CLAUSES = re.compile(r"\s*(?:[.!?;\n]+(?:\s+|$)|,|\b(?:and|but|then|und|aber|dann|et|mais|puis|y|pero|luego)\b)+\s*")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")
_POLITE = re.compile(r"\W*(?:(?:please|thanks?|thank you|now|bitte|danke|merci|gracias|cheers)\W*)*")
_QUOTES = '"“”„«»‹›'
_WHOLE_QUOTE = re.compile(rf"[{_QUOTES}'‘](?P<inner>[^{_QUOTES}]+)[{_QUOTES}'’][.!]?")

_HELP = re.compile(
    r"(?:help|help me|hilfe|aide|aidez-moi|ayuda|\?+|commands|what can (?:you|i) (?:do|say|ask)(?: for me| here)?"
    r"|what (?:do|are) you(?: do| able to do| for)?|how does (?:this|it) work|how do i use (?:this|you)|who are you"
    r"|what is workwright|was kannst du(?: alles)?|was kann ich (?:sagen|tun)|que (?:peux|sais)[- ]tu(?: faire)?"
    r"|qu'est-ce que tu (?:peux|sais) faire|qué (?:puedes|sabes) hacer)\W*"
)
_LIST = re.compile(
    r"(?:(?:which|what|list|show|tell me|give me|are there|how many|welche|zeige?|liste|quel(?:le)?s|liste[zr]?"
    r"|qué|cuáles|lista"
    r"|muestra)\b.{0,40}\b(?:runs?|jobs|läufe|aufträge|exécutions|travaux|ejecuciones|trabajos)\b.{0,60})"
    r"|(?:what|which|who|was|qué|qu'est-ce qui)(?:'s| is| are| )?\s*(?:pages? )?(?:are |is )?(?:currently |now )?"
    r"(?:running|open|waiting|waits|in progress|going on|at work|läuft|wartet|est en cours|attend"
    r"|está en marcha|espera)"
    r"(?: (?:now|right now|for me|for us|gerade|here|at the moment|today))*\W*"
    r"|what are you (?:doing|working on|busy with)(?: now| right now)?\W*"
    r"|what (?:needs|is waiting for|waits for) (?:me|us|my approval|a decision|approval)\W*"
)
_EXPLAIN = re.compile(
    r"^(?:and )?why\W*$|\b(?:status|how far|progress|what happened|why did|why is it|what does (?:it|the plan)"
    r"|explain"
    r"|what went wrong|did it (?:work|fail)|is it (?:done|ready|finished|running|stopped)|how is it going"
    r"|what is it waiting for"
    r"|(?:how much|what) (?:did|does|will|has) (?:it|this|the plan) cost|was kostet (?:es|das)|combien ça coûte"
    r"|cuánto cuesta"
    r"|wie weit|stand der|was ist passiert|warum|erkläre?|où en est|pourquoi|explique|qué pasó|por qué|explica"
    r"|cómo va)\b"
)
_ABOUT = tuple(  # what is asked about by its name
    re.compile(pattern)
    for pattern in (
        r"(?:what(?:'s| is) (?:the )?|tell me (?:the )?|show me (?:the )?|and (?:the )?)?status (?:of"
        r"|for) (?P<name>.+)",
        r"(?:and )?why (?:did|has|is|was) (?P<name>.+?) (?:fail(?:ed)?|stop(?:ped)?|go wrong|gone wrong"
        r"|cancell?ed|not work\w*)\b.*",
        r"(?:and )?(?:how far|how) (?:is|are|has) (?P<name>.+?)(?: (?:going|doing|coming along|got))?",
        r"what (?:happened|went wrong) (?:to|with|in|during) (?P<name>.+)",
        r"(?:how much|what) (?:did|does|will|has) (?P<name>.+?) cost.*",
        r"(?:is|was|did|has|were) (?P<name>.+?) (?:been )?(?:done|ready|finished|running|stopped|approved"
        r"|cancell?ed|fail(?:ed)?"
        r"|started|planned|work(?:ed)?|succeed(?:ed)?|rejected)(?: yet| already| now)?",
        r"what (?:is|does) (?P<name>.+?) wait(?:ing)?(?: for)?",
        r"(?:explain|show me|show) (?:the plan (?:for|of) )?(?P<name>.+)",
        r"(?:warum|wieso) (?:ist|hat) (?P<name>.+?) (?:fehlgeschlagen|gescheitert|nicht geklappt).*",
        r"(?:was ist der |wie ist der )?(?:stand|status) (?:von|der|des|bei) (?P<name>.+)",
        r"pourquoi (?P<name>.+?) a(?:-t-(?:il|elle))? échoué.*",
        r"por qué (?:ha fallado|falló) (?P<name>.+)",
    )
)
_MARKED = re.compile("[\ue000-\uf8ff]")


class Doubt(StrEnum):
    """Why what is said is no order to do it at once."""

    SURE = ""
    NEGATED = "negated"
    LATER = "later"
    SEVERAL = "several"  # more than one order at once
    TOLD = "told"  # somebody tells of it, or quotes it
    ASKED = "asked"  # a question, or a wish, about doing it


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said: the act that is spoken of (ASK where none is), by what name, and whether it is an order."""

    act: str
    name: str = ""  # what it is about, folded, titles and all
    doubt: Doubt = Doubt.SURE
    marked: str = ""  # the name with its titles marked
    question: bool = False
    titles: tuple[str, ...] = field(default=())  # that were said, as they were said


def read(message: str, titles: Iterable[str] = ()) -> Spoken:
    """Return what is said; `titles` are those of the runs and pages there are."""
    lines = [line for line in message.splitlines() if not line.lstrip().startswith(">")]
    text, meaning = mark_titles(" ".join(lines) or message, titles, _RESERVED)
    whole = _WHOLE_QUOTE.fullmatch(text)
    quoted = whole is not None or not any(line.strip() for line in lines)
    found = _read(whole.group("inner").strip() if whole is not None else text.lstrip("> "))
    if quoted and found.act not in (ASK, EXPLAIN, HELP, LIST) and not found.doubt:
        found = replace(found, doubt=Doubt.ASKED)
    return replace(
        found,
        name=unmark(found.name, meaning).strip(),
        marked=found.name,
        question=any(sign in text for sign in "?？¿") or verbs.ASKS.match(text) is not None,
        titles=tuple(meaning.values()),
    )


def rest_doubt(marked: str, titles: Iterable[str] = ()) -> Doubt:
    """Return why something that was said beside a name leaves an order undone; words of `titles` are no reason."""
    known = {word for title in titles for word in words_of(title)}
    text = " ".join(word for word in _MARKED.sub(" ", marked).split() if not set(words_of(word)) & known)
    if verbs.NOT.search(text):
        return Doubt.NEGATED
    if verbs.LATER.search(text):
        return Doubt.LATER
    return Doubt.TOLD if verbs.SAID.search(text) else Doubt.SURE


def intent_of(text: str) -> str:
    """Return what is wanted, by its words: a question where nothing else is said."""
    return read(text).act


def _read(text: str) -> Spoken:
    bare = strip_start_words(_strip_opener(text))
    if _HELP.fullmatch(text) or _HELP.fullmatch(bare):
        return Spoken(HELP)
    if _LIST.fullmatch(bare):
        return Spoken(LIST, bare)
    if len(_orders(bare)) > 1:
        return Spoken(_orders(bare)[0], doubt=Doubt.SEVERAL)
    if (order := _read_order(bare)) is not None:
        return order
    if verbs.BEGINS_LATER.match(bare) and "?" not in bare and (act := _act_in(bare)):
        return Spoken(act, _cut_behind_verb(act, bare), Doubt.LATER)
    if asked := _read_question(bare):
        return asked
    return _read_statement(bare)


def _strip_opener(text: str) -> str:
    """Return the text without the words that people begin with."""
    while (found := verbs.OPENER.match(text)) is not None and found.end() < len(text):
        text = text[found.end() :]
    return text


def _read_order(text: str) -> Spoken | None:
    """Return the order that a text is; None where it begins otherwise."""
    matches = ((act, found) for act, pattern in verbs.ORDERED if (found := pattern.match(text)) is not None)
    act, found = next(matches, ("", None))
    if found is None:
        return None
    name = (found.group("name") or "").strip()
    if act == CHANGE:
        return Spoken(act, name, Doubt.ASKED if text.rstrip().endswith("?") else Doubt.SURE)
    first, *more = _SENTENCE.split(name)
    if text.rstrip().endswith("?") or "?" in name or any(not _POLITE.fullmatch(each) for each in more):
        return Spoken(act, first, Doubt.ASKED)
    if verbs.NOT.search(_MARKED.sub(" ", first)) and len(first.split()) < 8:
        return Spoken(act, verbs.NOT.sub(" ", first), Doubt.NEGATED)
    return Spoken(act, first)


def _orders(text: str) -> list[str]:
    """Return the acts of a text that are ordered or forbidden, one for each clause."""
    found = []
    for clause in _CLAUSES.split(text):
        bare = _strip_opener(clause)
        negated = re.sub(r"^(?:don'?t|do not|never|nicht|ne|no)\s+", "", bare)
        act = next((act for act, pattern in verbs.ORDERED if pattern.match(negated)), "")
        if act and not (act == CHANGE and CHANGE in found):
            found.append(act)
    return found if not (found and found[0] == CHANGE and set(found) <= {CHANGE}) else found[:1]


def _act_in(text: str) -> str:
    """Return the act whose bare verb stands first in a text; "" where none does."""
    acts = [(found.start(), act) for act, pattern in verbs.BARE if (found := pattern.search(text)) is not None]
    return min(acts)[1] if acts else ""


def _cut_behind_verb(act: str, text: str) -> str:
    """Return what stands behind the verb."""
    pattern = dict(verbs.BARE)[act]
    found = pattern.search(text)
    behind = text[found.end() :] if found is not None else ""
    return _MARKED.search(text).group(0) if not behind.strip(" ?!.,") and _MARKED.search(text) else behind  # type: ignore[union-attr]


def _read_question(text: str) -> Spoken | None:
    """Return a question about an act, or about how something stands; None where it is about neither."""
    if verbs.WHAT_IF.match(text) and (act := _act_in(text)):
        return Spoken(EXPLAIN, _cut_behind_verb(act, text))
    if verbs.HOW_TO.match(text) and _act_in(text) and re.search(r"\b(?:i|we|you|one|ich|wir|man|je|on)\b", text):
        return Spoken(HELP)
    if verbs.ASKS_FOR.match(text) and (act := _act_in(text)) and _is_asked_of_us(text, act):
        if verbs.NOT.search(_MARKED.sub(" ", text)):
            return Spoken(act, _cut_behind_verb(act, text), Doubt.NEGATED)
        return Spoken(act, _cut_behind_verb(act, text), Doubt.ASKED)
    for pattern in _ABOUT:
        if (found := pattern.fullmatch(text.rstrip(" ?!.¿"))) is not None:
            return Spoken(EXPLAIN, found.group("name"))
    if _EXPLAIN.search(text):
        marked = _MARKED.search(text)
        return Spoken(EXPLAIN, marked.group(0) if marked else "")
    return None


def _is_asked_of_us(text: str, act: str) -> bool:
    """Say whether it is asked of us: between the first word and the verb stands who is to do it, and little else."""
    found = dict(verbs.BARE)[act].search(text)
    before = text[: found.start()] if found is not None else text
    return len(before.split()) <= 6 or _MARKED.search(text) is not None


def _read_statement(text: str) -> Spoken:
    """Return what a sentence is that neither orders nor asks: a wish, a no, a report, or nothing about an act."""
    marked = _MARKED.search(text)
    if marked is not None and not text.replace(marked.group(0), "").strip(" .!?,:"):
        return Spoken(EXPLAIN, marked.group(0))
    act = _act_in(text) or (ASK if verbs.ANY_VERB.search(text) is None else APPROVE)
    if act == ASK or "?" in text or verbs.WHY.match(text):
        return Spoken(ASK)
    name = _cut_behind_verb(act, text) if _act_in(text) else (marked.group(0) if marked else "")
    begins_no = re.match(
        r"(?:i |we |you |ich |wir )?(?:should |must |will |would )?(?:don'?t|do not|never|not|please don'?t|ne "
        r"|n'|no )",
        text,
    )
    if begins_no and verbs.PLAIN_VERB.search(text):
        return Spoken(act, name, Doubt.NEGATED)
    if verbs.SAID.search(text) and (
        marked or re.search(verbs.SAID.pattern + r"\W+(?:\w+\W+){0,3}" + verbs.PLAIN_VERB.pattern, text)
    ):
        return Spoken(act, name, Doubt.TOLD)
    if marked is None:
        return Spoken(ASK)
    if verbs.NOT.search(_MARKED.sub(" ", text)):
        return Spoken(act, name, Doubt.NEGATED)
    if verbs.WISHED.match(text) or (_act_in(text) and len(text.split()) <= 4):
        return Spoken(act, name, Doubt.ASKED)
    return Spoken(act, name, Doubt.TOLD)
