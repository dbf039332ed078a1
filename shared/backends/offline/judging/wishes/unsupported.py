"""Wishes that no rule can carry out: what a page wants to answer, compute, remember or send.

A site by rules is the page's own text, and a service by rules keeps records. A sentence that wants more than that is
told apart from one that only says how things are: “Members must wear helmets” is for readers, “the list should sort
itself” is for a program. Weak words need company, so that a bakery's “orders are taken by phone” stays what it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.backends.offline.fields import field_blocks
from shared.backends.offline.judging.clues.evidence import Line, lines_of
from shared.backends.offline.judging.clues.lexicon import notions_of
from shared.backends.offline.judging.wishes.behaviour import STRONG, WEAK, weight_of
from shared.backends.offline.judging.wishes.between_records import holds_between_records
from shared.backends.offline.judging.wishes.unwanted import unwanted_blocks, wanted_part
from shared.core.page import Page

ENOUGH = 2  # weak signs of different kinds, where none is strong


@dataclass(frozen=True, slots=True)
class Beyond:
    """The sentences that want what rules cannot do, in reading order; they count only where they are `enough`."""

    lines: tuple[Line, ...]
    enough: bool


def _words(*parts: str) -> str:
    return "(?:" + "|".join(parts) + ")"


_THING = _words(  # what is to be made, as the subject of a sentence
    r"(?:it|this|that|the|a|an|each|every|our) ?(?:web|home|landing)? ?-?(?:site|page|app|tool|form|list|table|map|"
    r"calendar|system|service|program|game|bot|api|script|board|ladder|button|screen|counter|timer|quiz|ranking)?",
    r"\A\W*(?:and |also )?(?=(?:should|must|needs? to|has to|shall)\b)",
)
_OUGHT = r"(?:should|shall|must|needs? to|has to|have to|ought to|can|could|will|would)"
_DO = _words(  # what only a program does
    r"calculat\w*|comput\w*|work(?:s|ing)? out|adds? (?:it|them|everything|all|up)|sums?\b|convert\w*|recalculat\w*",
    r"(?:say|tell|show|know|check|see|display)s? (?:me |us |people |visitors |you )?(?:whether|if|how (?:many|much|"
    r"long)|"
    r"who (?:is|has|won|wins)|which \w+ (?:is|are))",
    r"(?:show|list|display)s? (?:only )?(?:the |my |their |your |his |her )?(?:\w+ )?(?:last|latest|most recent|next|"
    r"current|remaining|newest|top|upcoming|nearest|number of|total|average|winner|result)",
    r"updates?\b|refresh\w*|remember\w*|sav(?:e|es|ing)\b|stores?\b|sends?\b|e-?mails?\b|notif(?:y|ies)|remind\w*|"
    r"alerts?\b",
    r"search\w*|filter\w*|sort(?:s|ed|ing)?\b|validat\w*|refus\w*|reject\w*|warns?\b|blocks?\b|prevents?\b|detects?\b",
    r"log(?:s|ging)? (?:in|people|every|each)|count(?:s|ing)? (?:down|up|the|how|every|each)|translat\w*|generat\w*",
    r"pick(?:s|ing)? (?:a|an|one|the)|draws? (?:a|an|the|lots)|shuffl\w*|randomi[sz]\w*|switch(?:es)?\b|toggl\w*",
    r"assign(?:s|ed)?\b|match(?:es)? (?:people|them|each)|swaps?\b|moves? (?:up|down|to the)|expires?\b|export\w*|"
    r"import\w*",
    r"(?:let|allow)s? (?:me|us|you|people|users|visitors|guests|members|customers|everybody|anybody|anyone|everyone|"
    r"somebody|someone|them|the \w+)\b|asks? (?:for|the|a few|people|how|what)\b|accepts?\b|plays?\b|react\w*",
)
_PEOPLE = (
    r"(?:people|users?|visitors?|guests?|members?|customers?|parents?|players?|students?|pupils|teachers?|everybody|"
    r"anybody|anyone|everyone|somebody|someone|one|you|we|i|they|each \w+|every \w+|the \w+)"
)
_DIGITAL = _words(  # what people do with a program
    r"enter\w*|edit\w*|vot(?:e|es|ing)|rat(?:e|es|ing)\b|comment\w*|upload\w*|search\w*|filter\w*|sort\w*|choos\w*|"
    r"pick\w*",
    r"select\w*|typ(?:e|es|ing)\b|submit\w*|fill(?:s|ing)? (?:in|out)|sign(?:s|ing)? (?:up|in)|regist\w*|log(?:s|"
    r"ging)? ?in",
    r"book\w*|reserv\w*|order\w*|pay\w*|download\w*|tick\w*|mark\w*|click\w*|drag\w*|answer\w*|play\w*|leave a|add\w*",
    r"claim\w*|cancel\w*|chang\w*|see (?:the|their|who|how|what|which)|look up|compar\w*|ask\b|send\w*|subscrib\w*|"
    r"track\w*",
)
_CASES_STRONG = (
    # the thing is the subject: it should calculate …
    rf"\b{_THING} (?:\w+ )?{_OUGHT} (?:also |then |only |automatically |not )?(?:be able to )?{_DO}",
    rf"\A\W*(?:and |also )?(?:should|must|needs? to|has to|shall) (?:also |then |automatically )?{_DO}",
    r"\b(?:the|this|our) (?:web ?)?(?:site|page|app|tool|form|list|table|map|calendar|system|button|screen|ladder|"
    rf"ranking|counter|timer) (?:then |also |automatically |only )?{_DO}",
    # people shall be able to …, with it
    rf"\b(?:should|must|shall|need to|want to|would like to|want (?:\w+ )?(?:\w+ )?to) (?:also )?be able to {_DIGITAL}",
    rf"\bso (?:that )?(?!we\b|i\b){_PEOPLE} can {_DIGITAL}",
    rf"\b(?:lets?|letting|allow(?:s|ing)?|enabl\w+) (?:me|us|you|{_PEOPLE}) (?:to )?{_DIGITAL}",
    rf"\b{_PEOPLE} (?:can|could|should|may) (?:\w+ ){{0,2}}?{_DIGITAL}\b.{{0,40}}"
    r"\b(?:there|on (?:it|the (?:site|page|website|app))|in the app|(?:right )?on(?:line| the spot)|with (?:one|"
    r"a) click|"
    r"themselves|without (?:logging|signing) in)\b(?! or by (?:phone|mail))",
    r"(?:^|[,;:–—] ?|\b(?:and|then) )it (?:also |then |just )?(?:counts|adds up|calculates|works out|sorts|sends|"
    r"beeps|vibrates|"
    r"rings|flashes|lights up|shuffles|draws (?:a|one)|picks (?:a|one)|remembers|saves|updates|reminds|converts)\b",
    r"^\W*(?:shows|displays|tells|says) (?:me |us |you |people )?(?:today|the (?:current|next|latest)|whether|if|"
    r"how|which|who|when)\b",
    # how a program looks and is used
    r"\b(?:search (?:box|bar|field|function)|drop-?down|slider|tick ?box|input field|shopping (?:cart|basket)|"
    r"pop-?up)s?\b",
    r"\b(?:with|and|has|have|having|include\w*|add|plus|need|needs|want|be|a|an) (?:a |an |the )?(?:\w+ )?"
    r"(?:(?:contact|order|booking|sign-?up|registration|enquiry|web|online|feedback) form|search|calculator|countdown|"
    r"converter|log-?in|voting|live (?:score|count|update|status|ticker)|leader ?board)s?\b(?! (?:party|dog|area|"
    r"and rescue))",
    r"\bwithout (?:logging|signing) in\b|\bonce (?:logged|signed) in\b|\bafter (?:logging|signing) in\b|"
    r"\bwhen (?:\w+ )?"
    r"(?:clicks?|clicked|taps?|presses|submits?|selects?)\b",
    r"\b(?:whether|if) (?:we|it|they|the \w+|somebody|\w+) (?:is|are) (?:\w+ )?(?:open|closed|free|available|taken|"
    r"busy|"
    r"online)?\s?(?:right now|today|now|at the moment)\b|\bin real[- ]time\b|\bupdates? (?:itself|automatically|"
    r"live)\b",
    r"\bautomatically (?:\w+ )?(?:calculat|updat|send|sort|remind|mov|add|remov|delet|assign|count|mark|pick|generat|"
    r"refresh|switch)\w*|\b(?:calculat|updat|sent|sort|remov|delet|assign|generat|refresh)\w* automatically\b",
)
_CASES_WEAK = (
    r"\b(?:is|are|gets?|was) (?:then |also |not )?(?:entered|refused|rejected|validated|saved|stored|calculated|"
    r"computed|"
    r"sorted|recorded|e-?mailed|notified|reminded|logged|swapped|deleted|marked)\b",
    r"\b(?:wird|werden) (?:\w+ ){0,4}?(?:eingetragen|abgelehnt|berechnet|gespeichert|sortiert|aktualisiert|gezählt)\b",
    r"\b(?:est|sont) (?:\w+ )?(?:saisie?s?|refusée?s?|calculée?s?|enregistrée?s?|triée?s?)\b",
    r"\b(?:se|son|es) (?:\w+ )?(?:calculan?|guardan?|rechazan?|ordenan?|registran?)\b",
    r"\bwhen (?:the|a|an|somebody|someone|one) [\w ]{2,40}, (?:the|a|it|both)\b",
    r"\b(?:points?|score|rank(?:ing)?|balance|total) (?:is|are|goes|go|rises?|sinks?|drops?)\b",
    r"\b(?:sink|move|rise|drop|climb)s? (?:one|two|three|\d+|a) (?:place|position|rank|level)s?\b",
)
_TITLED = re.compile(  # a title that asks for today's answer;
    # what is titled like a program; “Pub quiz” is an evening, and only one sign
    r"\b(?:calculator|converter|generator|tracker|planner|scheduler|countdown|timer|quiz(?= (?:about|on|sur|über|"
    r"sobre|su|over))|quiz|poll|game|simulator|checker|"
    r"picker|"
    r"finder|randomi[sz]er|matcher|splitter|leader ?board|ladder|dashboard|booking|reminder|bot|app)s?\W*$|"
    r"^\W*(?:an? |the |our |une? |eine? |una? |uma? |een )?(?:\w+ )?(?:app|bot|tool|game|quiz|calculator|tracker|"
    r"planner|timer|rechner|"
    r"jeu|juego|jogo|gioco|spel|spiel) (?:for|that|to|für|pour|para|per|voor)\b|k?[ck]al[ck]ulator\b|hesaplayıcı|"
    r"计算器|計算機"
    r"|\b(?:today|now|open|heute|jetzt|aujourd['’]hui|hoy|hoje|oggi|vandaag|bugün|dziś|dzisiaj)\b.*\?\W*$|"
    r"今[日天].*[?？吗]|"
    r"(?:rechner|generator|planer|umfrage|abstimmung|buchung)\W*$|\b(?:calculateur|calculadora|calcolatore|sondage)\b",
    re.IGNORECASE,
)
_COMPUTES = re.compile(
    r"\b(?:multipl(?:y|ied)|divided by|times (?:the )?\d|\btimes\b.{0,30}\d|plus \d+ ?(?:%|percent)|\d ?(?:%|"
    r"percent) (?:of|off|on top|"
    r"discount|vat|tax|surcharge|waste)|rounded (?:up |down )?to|calculat\w*|comput(?:es?|ed|ing|ations?)\b|"
    r"works out|converts?\b|conver(?:ted|sion)|"
    r"formula|square root|compound|interpolat\w*|shortest|nearest|best (?:match|route|price)|suggest\w*|recommend\w*|"
    r"predict\w*|"
    r"forecast\w*|generat\w+|translat\w+|e-?mails?\b(?= (?:the|to|a|every|them))|sends? (?:a|an|the)\b|notif(?:y|"
    r"ies)|remind\w*|"
    r"overlap\w*|double[- ]book\w*|conflict\w*|automatically|expires? after|moves? up|berechne\w*|multiplizier\w*|"
    r"umrechn\w*|"
    r"gerundet|verschick\w*|benachrichtig\w*|calcul[ea]\w*|arrondi\w*|multipli\w*|redond\w*|arrotond\w*|berekent)\b"
    r"|计算|換算|换算|計算|発送|通知",
    re.IGNORECASE,
)
_STRONGLY = tuple(re.compile(case, re.IGNORECASE) for case in _CASES_STRONG)
_WEAKLY = tuple(re.compile(case, re.IGNORECASE) for case in _CASES_WEAK)


def wishes_beyond(page: Page) -> Beyond:
    """Return the sentences of a page to publish that want more than to be read."""
    wishes = [(line, found) for line in lines_of(page) if line.block and (found := _weight(line.text))]
    unwanted = unwanted_blocks(page) if wishes else frozenset[str]()
    wishes = [(line, found) for line, found in wishes if line.block not in unwanted]
    strong = any(weight >= STRONG for _, (weight, _) in wishes)
    weak = {kind for _, (_, kind) in wishes}  # what speaks weakly counts once, however often a page says it
    weak |= {"titled"} if _TITLED.search(page.title) else set()
    return Beyond(tuple(line for line, _ in wishes), enough=bool(wishes) and (strong or len(weak) >= ENOUGH))


def _weight(text: str) -> tuple[int, str] | None:
    found = _weight_of_all(text)
    return _weight_of_all(part) if found and (part := wanted_part(text)) != text else found


def _weight_of_all(text: str) -> tuple[int, str] | None:
    weight, number = weight_of(notions_of(text), text)
    if weight >= STRONG or any(case.search(text) for case in _STRONGLY):
        return STRONG, ""
    if weight:
        return weight, f"rule {number}"
    return next(((WEAK, case.pattern) for case in _WEAKLY if case.search(text)), None)


def wishes_to_compute(page: Page) -> tuple[Line, ...]:
    """Return the sentences of a page that asks for a program which want more of it than to keep records."""
    fields = field_blocks(page)
    wishes = [line for line in lines_of(page) if line.block and _computes(line.text, field=line.block in fields)]
    unwanted = unwanted_blocks(page) if wishes else frozenset[str]()
    wishes = [line for line in wishes if line.block not in unwanted]
    return tuple(line for line in wishes if _computes(wanted_part(line.text), field=line.block in fields))


def _computes(text: str, *, field: bool) -> bool:
    return bool(_COMPUTES.search(text)) or holds_between_records(notions_of(text), text, field=field)
