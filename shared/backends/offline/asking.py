"""Answers to questions by rules: the sentences of the given passages that say most of what was asked, as they stand.

It quotes and adds nothing. Whether anything answers at all is decided by how many of the question's words are in one
passage or above it; what is asked in other words than the page's is therefore not found, and it says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.backends.offline.agents.sentences import sentences, words
from shared.backends.offline.language import guess_language

ENOUGH = 0.6  # of the question's words, in one passage and its titles; calibrated on questions with and without answer
CLOSE = 0.6  # of the best sentence's share, for another one to be quoted with it
MOST = 3  # sentences
_NOT_THERE = {
    "en": "This is not in the workspace.",
    "de": "Das steht nicht im Arbeitsbereich.",
    "fr": "Cela ne figure pas dans l’espace de travail.",
    "es": "Esto no está en el espacio de trabajo.",
    "it": "Questo non si trova nello spazio di lavoro.",
    "pt": "Isso não está no espaço de trabalho.",
    "nl": "Dit staat niet in de werkruimte.",
    "pl": "Tego nie ma w przestrzeni roboczej.",
    "sv": "Det finns inte i arbetsytan.",
    "tr": "Bu, çalışma alanında yok.",
    "ru": "Этого нет в рабочем пространстве.",
    "ja": "ワークスペースにはありません。",
    "zh": "工作区中没有这方面的内容。",
}


@dataclass(frozen=True, slots=True)
class _Quote:
    passage: int
    place: int
    text: str
    share: float


def answer_question(data: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `question` from `passages` (id, title, text), best first; return found, answer and sources."""
    question, passages = str(data["question"]), data["passages"]
    asked = set(words(question))
    quotes = [quote for number, passage in enumerate(passages) for quote in _quotes(asked, number, passage)]
    best = max((quote.share for quote in quotes), default=0.0)
    if not asked or not best:
        language = guess_language(question)
        return {"found": False, "answer": _NOT_THERE.get(language, _NOT_THERE["en"]), "sources": []}
    chosen = sorted((q for q in quotes if q.share >= CLOSE * best), key=lambda q: (-q.share, q.passage, q.place))[:MOST]
    chosen = [quote for quote in chosen if quote.passage == chosen[0].passage or quote.share == best]
    chosen.sort(key=lambda quote: (quote.passage != chosen[0].passage, quote.passage, quote.place))
    sources = dict.fromkeys(str(passages[quote.passage]["id"]) for quote in chosen)
    return {"found": True, "answer": "\n".join(quote.text for quote in chosen), "sources": list(sources)}


def _quotes(asked: set[str], number: int, passage: Mapping[str, Any]) -> Sequence[_Quote]:
    """Return the passage's sentences that say something of what was asked, if the passage says enough of it."""
    title, text = str(passage["title"]), str(passage["text"])
    if not asked or len(asked & set(words(f"{title} {text}"))) / len(asked) < ENOUGH:
        return []
    above = set(words(title))
    lines = [(place, line, set(words(line))) for place, line in enumerate(sentences(text))]
    found = [_Quote(number, place, line, len(asked & said) / len(asked)) for place, line, said in lines if asked & said]
    if found or not lines:
        return found
    return [_Quote(number, 0, lines[0][1], len(asked & above) / len(asked))]  # its titles name what was asked
