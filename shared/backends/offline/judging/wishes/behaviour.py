"""What a sentence of a page to publish wants done, told by the notions it holds, in any language that is read.

A text for readers speaks to them, or of what the writers do. Who describes something that is to run speaks of others in
the third person, of what comes of an act, and of what goes on by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

STRONG, WEAK = 2, 1


@dataclass(frozen=True, slots=True)
class Rule:
    """Notions that stand together in a sentence: all of `needs`, one of `some` if there are any, and none of `but`."""

    weight: int
    needs: frozenset[str]
    some: frozenset[str] = frozenset()
    but: frozenset[str] = frozenset()

    def holds(self, notions: frozenset[str]) -> bool:
        """Say whether the sentence holds what the rule needs."""
        if not self.needs <= notions or self.but & notions:
            return False
        return not self.some or bool(self.some & notions)


def rule(weight: int, needs: str, some: str = "", but: str = "") -> Rule:
    """Return a rule; notions are parted by spaces."""
    return Rule(weight, *(frozenset(words.split()) for words in (needs, some, but)))


RULES: tuple[Rule, ...] = (
    rule(STRONG, "itself", "page show moves update sort notify calc remember next expire receive", "we"),
    rule(WEAK, "itself"),
    rule(STRONG, "press", "show see turn sound arrive receive calc mail"),
    rule(STRONG, "press people", "remember book choose pay"),
    rule(WEAK, "press", "people wish"),
    rule(STRONG, "countdown", "period show page wish turn"),
    rule(WEAK, "countdown"),
    rule(STRONG, "every other piece", "", "we"),
    rule(STRONG, "random", "piece page press itself show"),
    rule(STRONG, "whether now open"),
    rule(WEAK, "show now open"),
    rule(STRONG, "show yes no"),
    rule(STRONG, "show whether", "page wish", "you"),
    rule(STRONG, "show left period", "", "you we"),
    rule(STRONG, "calc", "page wish fill itself choose", "we you"),
    rule(WEAK, "every turn", "", "we"),
    rule(WEAK, "page see"),
    rule(WEAK, "fill whether"),
    rule(WEAK, "answer when people", "", "we"),
    rule(WEAK, "calc people", "", "we you"),
    rule(STRONG, "sort", "people page itself wish press", "we you"),
    rule(STRONG, "update", "itself when wish", "we"),
    rule(STRONG, "remember", "page itself", "we you"),
    rule(STRONG, "notify", "itself"),
    rule(STRONG, "notify mail", "people when me wish", "we"),
    rule(WEAK, "notify people", "", "we you"),
    rule(STRONG, "receive mail confirm", "", "we you"),
    rule(WEAK, "receive mail confirm"),
    rule(STRONG, "arrive mail", "me press when itself"),
    rule(STRONG, "fill", "online page", "we you"),
    rule(WEAK, "fill people", "", "we you"),
    rule(STRONG, "upload", "people page wish online", "we"),
    rule(WEAK, "upload"),
    rule(STRONG, "choose people", "pay online page press confirm", "we you"),
    rule(WEAK, "choose people", "book", "we you"),
    rule(STRONG, "book online", "people wish", "you"),
    rule(STRONG, "people fill see", "whether left open rank", "we you"),
    rule(STRONG, "people upload", "see sort book", "we you"),
    rule(STRONG, "pay online", "people wish book", "you"),
    rule(STRONG, "phone", "show sound press itself"),
    rule(WEAK, "phone people"),
    rule(STRONG, "see whether people", "left open rank next", "you"),
    rule(WEAK, "see whether people", "", "you"),
    rule(STRONG, "sound", "press page phone"),
    rule(STRONG, "vote", "online page press itself"),
    rule(WEAK, "vote people", "wish when"),
    rule(WEAK, "rank", "show itself page wish fill people"),
    rule(STRONG, "turn green red", "", "we"),
    rule(WEAK, "turn", "green red grey", "we you"),
    rule(WEAK, "when", "green red grey", "we"),
    rule(WEAK, "show whether", "", "we you"),
    rule(STRONG, "moves", "itself next"),
    rule(WEAK, "moves people", "", "you"),
    rule(WEAK, "next", "people receive period", "you"),
    rule(WEAK, "expire period", "", "we you"),
)
_ACTS = frozenset({"book", "pay", "receive", "choose", "fill", "see", "upload", "vote"})
_MANY_ACTS = 3
_UNITS = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"\b(?:days?|tage?n?|jours?|d[ií]as?|giorni|dagen|gün|dni)\b|天|日",
        r"\b(?:hours?|stunden?|heures?|horas?|ore|uren|uur|saat|godzin\w*)\b|小时|時間",
        r"\b(?:minut\w*|dakika)\b|分",
        r"\b(?:second\w*|sekund\w*|segundos?|secondi|saniye)\b|秒",
    )
)


def weight_of(notions: frozenset[str], text: str) -> tuple[int, int]:
    """Return how much a sentence speaks for behaviour, and by which rule."""
    if "wish" in notions:
        notions -= {"we"}  # what the writers want of the page, and not what they do
    if len(_ACTS & notions) >= _MANY_ACTS and not notions & {"we", "you"}:
        return STRONG, len(RULES)  # what others do one after the other, and nobody is spoken to
    best = max(((each.weight, -number) for number, each in enumerate(RULES) if each.holds(notions)), default=(0, 0))
    if (
        "period" in notions
        and notions & {"left", "countdown", "when"}
        and sum(bool(unit.search(text)) for unit in _UNITS) >= len(_UNITS) - 1
    ):
        return STRONG, len(RULES)  # a clock that runs
    return best[0], -best[1]
