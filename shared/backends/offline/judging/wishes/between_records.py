"""Rules that hold between records, which a service by rules cannot keep: it looks at one record at a time.

That a field is required, a number, or one of a few words is looked at; that two bookings may not touch is not.
"""

from __future__ import annotations

import re

from shared.backends.offline.judging.wishes.behaviour import STRONG, Rule, rule

_RULES: tuple[Rule, ...] = (
    rule(STRONG, "overlap"),
    rule(STRONG, "same second", "only"),
    rule(STRONG, "already taken"),
    rule(STRONG, "second taken only"),
    rule(STRONG, "times"),
    rule(STRONG, "penalty"),
    rule(STRONG, "calc"),
    rule(STRONG, "random"),
    rule(STRONG, "moves", "itself next people"),
    rule(STRONG, "next", "people receive when itself period"),
    rule(STRONG, "notify", "people mail itself when wish"),
    rule(STRONG, "mail", "receive arrive"),
    rule(STRONG, "itself", "moves update expire turn next open"),
)
_COUNTED = (  # the same, where a number stands in the sentence
    rule(STRONG, "between period", "least second"),
    rule(STRONG, "expire period"),
    rule(STRONG, "people most", "taken"),
)
_TOTALS = rule(STRONG, "total")
_BEFORE = rule(STRONG, "before period")
_NOBODY = rule(STRONG, "nobody most")
_AFTER = rule(STRONG, "after period")
_ONLY = rule(STRONG, "only")
_MAX = rule(STRONG, "most")
_NUMBER = re.compile(r"\d|\b(?:an?|one|two|three|eine?n?|une?|una?|uma?|een|bir|jeden|dwa)\b|[一两二三]", re.IGNORECASE)
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2} ?(?:am|pm|uhr|uur|h)\b|\d{1,2}[時点]", re.IGNORECASE)
_PER = re.compile(
    r"(?:\d+|\b(?:one|two|three|four|five|eine?n?|zwei|drei|vier|fünf|une?|deux|trois|una?|dos|tres|uma?|dois|duas|"
    r"três|due|tre|een|twee|drie"
    r"|bir|iki|üç|jedn\w+|dwa|dwie|trzy))\b\D{0,40}?\b(?:per|a (?:day|week|month|year|person)|each|pro|je|am tag|"
    r"in der woche|par|por|al (?:día|mes|dia|"
    r"giorno|mese)|a la semana|a settimana|a testa|başına|na (?:osobę|tydzień|dzień|miesiąc)|tygodniowo|dziennie)\b"
    r"|\b(?:haftada|günde|ayda|yılda|kişi başına)\b.{0,30}\d|每.{0,8}\d|(?:一人|1人|一日|1日|週|月).{0,8}\d",
    re.IGNORECASE,
)


_AT_ONCE = re.compile(  # of those who call, not of what they keep
    r"\bat the same time|zur (?:gleichen|selben) zeit|en même temps|al mismo tiempo|ao mesmo tempo|allo stesso tempo"
    r"|tegelijkertijd|aynı anda|w tym samym czasie|同时|同時",
    re.IGNORECASE,
)


def holds_between_records(notions: frozenset[str], text: str, *, field: bool) -> bool:
    """Say whether a sentence sets a rule that needs other records, or the clock; `field`: it only tells of a field."""
    if "same" in notions and _AT_ONCE.search(text):
        notions -= {"same"}
    if any(each.holds(notions) for each in _RULES):
        return True
    if _TOTALS.holds(notions) and not field:
        return True
    counted = _BEFORE.holds(notions) or _NOBODY.holds(notions) or any(each.holds(notions) for each in _COUNTED)
    if counted and _NUMBER.search(text):
        return True
    if _AFTER.holds(notions) and re.search(r"\d", text):
        return True
    if _ONLY.holds(notions) and _CLOCK.search(text):
        return True
    return _MAX.holds(notions) and bool(_PER.search(text))
