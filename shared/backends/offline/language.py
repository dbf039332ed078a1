"""Which language and direction a text has, guessed from its script and its commonest words, and our few words in it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

_SCRIPTS = {"CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "DEVANAGARI": "hi"}
_SCRIPTS |= {"HEBREW": "he", "THAI": "th", "ARMENIAN": "hy", "GEORGIAN": "ka", "BENGALI": "bn", "TAMIL": "ta"}
_COMMON = {
    "en": "the and of to is for with you we our are on at this that from be by it or will please",
    "de": "der die das und ist für mit wir uns nicht ein eine auf den dem im von zu bitte am alle",
    "fr": "le la les et est pour avec nous vous des une dans sur du au en un qui pas aux",
    "es": "el los las y es para con nosotros una en del que por un se al no más como",
    "it": "il gli e è per con una di che del nel della sono non un alla dei anche",
    "pt": "o os as e é para com uma de que do da em não um no na por mais",
    "nl": "de het een en is voor met wij van dat op niet zijn aan ook bij onze te",
    "tr": "ve bir bu için ile da de olarak çok en var gibi her daha kadar",
    "pl": "i w na z do jest nie się że dla od przez oraz po są",
    "sv": "och att det som en på är för av med till den ett inte vi",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_LETTERS = {"de": frozenset("äöüß"), "es": frozenset("ñ¿¡"), "pt": frozenset("ãõ"), "fr": frozenset("àâçèêëîïœù")}
_PERSIAN = frozenset("پچژگکیۀ")
_UKRAINIAN = frozenset("іїєґ")
_RTL = frozenset({"ar", "fa", "he", "ur"})


@dataclass(frozen=True, slots=True)
class Labels:
    """The few words of our own that a site shows."""

    skip: str
    contents: str
    previous: str
    next: str
    plan: str


_LABELS = {
    "en": Labels("Skip to content", "Contents", "Previous", "Next", "Also in the plan"),
    "de": Labels("Zum Inhalt", "Inhalt", "Zurück", "Weiter", "Außerdem im Plan"),
    "fr": Labels("Aller au contenu", "Sommaire", "Précédent", "Suivant", "Aussi dans le plan"),
    "es": Labels("Ir al contenido", "Contenido", "Anterior", "Siguiente", "También en el plan"),
    "it": Labels("Vai al contenuto", "Indice", "Precedente", "Successivo", "Anche nel piano"),
    "pt": Labels("Ir para o conteúdo", "Conteúdo", "Anterior", "Seguinte", "Também no plano"),
    "nl": Labels("Naar de inhoud", "Inhoud", "Vorige", "Volgende", "Ook in het plan"),
    "tr": Labels("İçeriğe geç", "İçindekiler", "Önceki", "Sonraki", "Planda ayrıca"),
    "fa": Labels("رفتن به متن", "فهرست", "قبلی", "بعدی", "همچنین در برنامه"),
    "ar": Labels("الانتقال إلى المحتوى", "المحتويات", "السابق", "التالي", "في الخطة أيضًا"),
    "he": Labels("דילוג לתוכן", "תוכן", "הקודם", "הבא", "גם בתוכנית"),
    "ru": Labels("К содержанию", "Содержание", "Назад", "Далее", "Также в плане"),
    "zh": Labels("跳到正文", "目录", "上一页", "下一页", "计划中还有"),
    "ja": Labels("本文へ", "目次", "前へ", "次へ", "計画にあるその他"),
}


def guess_language(text: str) -> str:
    """Return a language code for `lang`; `en` when nothing tells."""
    scripts = Counter(_script(char) for char in text if char.isalpha())
    if not scripts:
        return "en"
    if scripts["HIRAGANA"] + scripts["KATAKANA"] and scripts["CJK"]:
        return "ja"
    script = max(scripts, key=lambda name: (scripts[name], name))
    if script == "ARABIC":
        return "fa" if any(char in _PERSIAN for char in text) else "ar"
    if script == "CYRILLIC":
        return "uk" if any(char in _UKRAINIAN for char in text.lower()) else "ru"
    if script in _SCRIPTS:
        return _SCRIPTS[script]
    return _latin_language(text)


def guess_from_little(text: str) -> str:
    """Return the language of a few words: one that only it has, or a letter, is taken for enough."""
    found = guess_language(text)
    scores = _scores(text)
    best = [code for code, score in scores.items() if score and score == max(scores.values())]
    if found != "en" or len(best) == 1:
        return found if found != "en" else best[0]
    return next((code for code, letters in _LETTERS.items() if letters & set(text.lower())), found)


def _scores(text: str) -> dict[str, int]:
    words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    return {code: sum(words[word] for word in common) for code, common in _WORDS.items()}


def _latin_language(text: str) -> str:
    scores = _scores(text)
    best = max(scores, key=lambda code: (scores[code], code == "en"))
    return best if scores[best] >= 2 else "en"


def _script(char: str) -> str:
    return unicodedata.name(char, "LATIN").split(" ", 1)[0].split("-", 1)[0]


def direction(language: str) -> str:
    """Return the `dir` of a language."""
    return "rtl" if language in _RTL else "ltr"


def labels_in(language: str) -> Labels:
    """Return our words in the language, or in English."""
    return _LABELS.get(language, _LABELS["en"])
