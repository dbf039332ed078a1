"""The words of schedules: English with its short forms, and German, French and Spanish put into English."""

from __future__ import annotations

import re
from datetime import time

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT_DAYS = ("mon", "tue tues", "wed", "thu thur thurs", "fri", "sat", "sun")
_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_SHORT_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep sept", "oct", "nov", "dec")

WEEKDAYS = {name: n for n, name in enumerate(_DAYS)} | {
    short: n for n, names in enumerate(_SHORT_DAYS) for short in names.split()
}
MONTHS = {name: n for n, name in enumerate(_MONTH_NAMES, 1)} | {
    short: n for n, names in enumerate(_SHORT_MONTHS, 1) for short in names.split()
}
DAYPARTS = {"morning": time(9), "afternoon": time(14), "evening": time(18), "night": time(22)}


def _pair_names(names: str, english: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(names.split(), english, strict=True))


_GERMAN = {
    **_pair_names("montag dienstag mittwoch donnerstag freitag samstag sonntag", _DAYS),
    **_pair_names("montags dienstags mittwochs donnerstags freitags samstags sonntags", _DAYS),
    **_pair_names("januar februar märz april mai juni juli august september oktober november dezember", _MONTH_NAMES),
    "sonnabend": "saturday", "sonnabends": "saturday", "jeden": "every", "jede": "every", "jedes": "every",
    "jedem": "every", "alle": "every", "täglich": "daily", "stündlich": "hourly", "wöchentlich": "weekly",
    "monatlich": "monthly", "jährlich": "yearly", "werktags": "weekdays", "werktag": "weekday",
    "wochentags": "weekdays", "wochenende": "weekend", "wochenenden": "weekends", "um": "at", "uhr": "o'clock",
    "und": "and", "von": "from", "bis": "to", "zwischen": "between", "tag": "day", "tage": "days", "tages": "day",
    "woche": "week", "wochen": "weeks", "monat": "month", "monats": "month", "monate": "months",
    "stunde": "hour", "stunden": "hours", "minute": "minute", "minuten": "minutes", "ersten": "first",
    "erster": "first", "zweiten": "second", "dritten": "third", "vierten": "fourth", "letzten": "last",
    "letzter": "last", "im": "of", "des": "of", "der": "the", "den": "the", "mittags": "noon",
    "mitternacht": "midnight", "zwei": "two", "drei": "three", "vier": "four", "ab": "from",
}  # fmt: skip
_FRENCH = {
    **_pair_names("lundi mardi mercredi jeudi vendredi samedi dimanche", _DAYS),
    **_pair_names("lundis mardis mercredis jeudis vendredis samedis dimanches", _DAYS),
    **_pair_names(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre", _MONTH_NAMES
    ),
    "chaque": "every", "tous": "every", "toutes": "every", "les": "the", "le": "the", "à": "at", "heures": "hours",
    "heure": "hour", "jour": "day", "jours": "days", "semaine": "week", "semaines": "weeks", "mois": "month",
    "et": "and", "du": "of", "premier": "first", "dernier": "last", "midi": "noon", "minuit": "midnight",
    "entre": "between", "deux": "two", "trois": "three", "quotidien": "daily",
}  # fmt: skip
_SPANISH = {
    **_pair_names("lunes martes miércoles jueves viernes sábado domingo", _DAYS),
    **_pair_names(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", _MONTH_NAMES
    ),
    "sábados": "saturday", "domingos": "sunday", "cada": "every", "todos": "every", "todas": "every",
    "los": "the", "las": "the", "el": "the", "la": "the", "y": "and", "día": "day", "días": "days",
    "semana": "week", "semanas": "weeks", "mes": "month", "meses": "months", "hora": "hour", "horas": "hours",
    "minutos": "minutes", "del": "of", "primer": "first", "último": "last", "mediodía": "noon",
    "medianoche": "midnight", "dos": "two", "tres": "three", "diario": "daily", "laborable": "weekday",
    "entre": "between",
}  # fmt: skip
_FOREIGN = _SPANISH | _FRENCH | _GERMAN
_ENGLISH = {"each": "every", "everyday": "daily", "mins": "minutes", "hrs": "hours"}
_PHRASES = (
    (r"\ba\.m\.?", "am"),
    (r"\bp\.m\.?", "pm"),
    (r"\bo['’]clock\b", " "),
    (r"\bevery single\b", "every"),
    (r"\ba las?\b", "at"),  # Spanish
    (r"\bde (?=(?:cada|mes|el)\b)", "of "),
    (r"\b(\d{1,2}) ?heures?\b", r"\1h"),
    (r"\b(\d{1,2}) ?(?:uhr|h) ?(\d{2})\b", r"\1:\2"),
    (r"\b(\d{1,2}(?:[:.]\d{2})?) ?uhr\b", r"at \1"),
    (r"(?<!\d)(?<!\d )\bam (?=\d{1,2}\.|[a-zä-ü])", "on "),
    (r"[–—]", "-"),
    (r"(?<=\w)\.(?=\s*$)", ""),
    (r"[;!]", " , "),
)  # fmt: skip


def translate_to_english(text: str) -> str:
    """Return the text in small letters, words of other languages put into English, one space between words."""
    english = f" {text.casefold()} "
    for pattern, instead in _PHRASES:
        english = re.sub(pattern, instead, english)
    words = re.split(r"(\s+|,|-)", english)
    english = "".join(_ENGLISH.get(word, _FOREIGN.get(word, word)) for word in words)
    english = re.sub(r"\bat at\b", "at", re.sub(r"\s+", " ", english).replace("every the ", "every "))
    english = re.sub(r"o'clock", " ", english)
    return re.sub(r"\s+", " ", english).strip()
