"""Answers from given passages, and who should be asked: the sentences that share most words with the question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.backends.offline.agents.sentences import overlap, sentences, words

ENOUGH = 0.5  # of the question's words must be in a passage and its title, or it does not answer it
_FOR_PEOPLE = re.compile(
    r"\b(refund|money back|chargeback|lawyer|legal|sue|lawsuit|doctor|emergency|suicid\w*|speak to a (?:human|person)|"
    r"delete my account|gdpr|rückerstattung|anwalt|rembourse\w*|abogado)\b",
    re.IGNORECASE,
)
_NONE = "This is not in the workspace."


def research(data: Mapping[str, Any]) -> dict[str, Any]:
    """Quote the sentences that answer, with their sources."""
    found = _best(str(data["question"]), data["passages"])
    if not found:
        return {"found": False, "answer": _NONE, "sources": []}
    return {
        "found": True,
        "answer": " ".join(text for _, text in found),
        "sources": list({source: 0 for source, _ in found}),
    }


def support(data: Mapping[str, Any]) -> dict[str, Any]:
    """Answer from the passages, or hand over to a person."""
    question = str(data["question"])
    if delicate := _FOR_PEOPLE.search(question):
        return _hand_over(f"“{delicate[0]}” is for a person")
    answer = research(data)
    if not answer["found"]:
        return _hand_over("no passage answers it")
    return {**answer, "hand_over": False, "why": "quoted from the passages"}


def _hand_over(why: str) -> dict[str, Any]:
    return {"found": False, "answer": "", "sources": [], "hand_over": True, "why": why}


def _best(question: str, passages: Any) -> list[tuple[str, str]]:
    """Return up to three (id, sentence) of the passages that answer, best first."""
    asked = words(question)
    scored: list[tuple[float, int, str, str]] = []
    for number, passage in enumerate(passages):
        whole = f"{passage['title']} {passage['text']}"
        covers = overlap(asked, whole)
        if covers < ENOUGH:
            continue
        for sentence in sentences(str(passage["text"])):
            share = overlap(asked, sentence)
            if share:
                scored.append((share + covers, -number, str(passage["id"]), sentence))
    scored.sort(key=lambda each: (-each[0], -each[1]))
    return [(source, sentence) for score, _, source, sentence in scored[:3] if score >= scored[0][0] - 0.25]


def route(data: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the agent whose purpose shares most words with the request; none where nothing is shared."""
    asked = words(str(data["request"]))
    ranked = [
        (len(set(asked) & set(words(f"{agent['id']} {agent['purpose']}"))), agent["id"]) for agent in data["choices"]
    ]
    best = max(ranked, default=(0, ""), key=lambda each: each[0])
    if not best[0]:
        return {"agent": "", "why": "No purpose shares a word with the request."}
    shared = "word" if best[0] == 1 else "words"
    return {"agent": best[1], "why": f"Its purpose shares {best[0]} {shared} with the request."}
