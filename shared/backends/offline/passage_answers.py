"""Answers to questions by rules: the sentences of the given passages that say most of what was asked, as they stand.

It quotes and adds nothing. Whether anything answers at all is decided by how many of the question's words are in one
passage or above it; what is asked in other words than the page's is therefore not found, and it says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.backends.offline.agents.sentences import sentences, words
from shared.backends.offline.language import guess_language

ENOUGH = 0.6  # of the question's words, in one passage and its titles; calibrated on questions with and without answer
CLOSE = 0.6  # of the best sentence's weight, for another one to be quoted with it
ABOVE = 0.5  # what a word counts that stands in the heading above a sentence, and not in it
MAX = 3  # sentences
_HEADING = 8  # words at most, and no full stop: a line above others
_NOT_THERE = {
    "en": "Nothing about this was found in the workspace.",
    "de": "Dazu wurde im Arbeitsbereich nichts gefunden.",
    "fr": "Rien à ce sujet n’a été trouvé dans l’espace de travail.",
    "es": "No se ha encontrado nada sobre esto en el espacio de trabajo.",
    "it": "Non è stato trovato nulla al riguardo nello spazio di lavoro.",
    "pt": "Nada sobre isso foi encontrado no espaço de trabalho.",
    "nl": "Hierover is niets gevonden in de werkruimte.",
    "pl": "Nie znaleziono nic na ten temat w przestrzeni roboczej.",
    "sv": "Inget om detta hittades i arbetsytan.",
    "tr": "Çalışma alanında bununla ilgili bir şey bulunamadı.",
    "ru": "В рабочем пространстве об этом ничего не найдено.",
    "ja": "ワークスペースでは、これについて何も見つかりませんでした。",
    "zh": "在工作区中没有找到相关内容。",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence of a passage that says enough of what was asked: which words of it, and which stand above it."""

    passage: int
    place: int
    text: str
    shared: frozenset[str]
    above: frozenset[str]


def answer_question(data: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `question` from `passages` (id, title, text), best first; return found, answer and sources."""
    question, passages = str(data["question"]), data["passages"]
    asked = frozenset(words(question))
    lines = [line for number, passage in enumerate(passages) for line in _lines(asked, number, passage)]
    if not any(line.shared or line.above for line in lines):
        language = guess_language(question)
        return {"found": False, "answer": _NOT_THERE.get(language, _NOT_THERE["en"]), "sources": []}
    often = Counter(word for line in lines for word in line.shared)

    def weight(line: _Line) -> float:
        """Return how much it says: what few lines say counts most."""
        return sum(1 / (1 + often[word]) for word in line.shared) + sum(
            ABOVE / (1 + often[word]) for word in line.above
        )

    ranked = sorted(lines, key=lambda line: (-weight(line), line.passage, line.place))
    best = ranked[0]
    chosen = [line for line in ranked[:MAX] if line.passage == best.passage and weight(line) >= CLOSE * weight(best)]
    chosen.sort(key=lambda line: line.place)
    return {
        "found": True,
        "answer": "\n".join(line.text for line in chosen),
        "sources": [str(passages[best.passage]["id"])],
    }


def _lines(asked: frozenset[str], number: int, passage: Mapping[str, Any]) -> list[_Line]:
    title, text = str(passage["title"]), str(passage["text"])
    if not asked or len(asked & set(words(f"{title} {text}"))) / len(asked) < ENOUGH:
        return []
    found: list[_Line] = []
    top = above = asked & set(words(title))
    lines = sentences(text)
    for place, line in enumerate(lines):
        shared = asked & set(words(line))
        if place + 1 < len(lines) and len(line.split()) <= _HEADING and line[-1].isalnum():
            above = top | shared
        else:
            found.append(_Line(number, place, line, shared, above - shared))
    return found
