"""What a ranking is worth, by the definitions of trec_eval; and plain BM25, the ranking to be measured against."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Judged = Mapping[str, float]  # of one query: relevance by document; what is not in it is not relevant

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over queries, each between 0 and 1."""

    ndcg_at_10: float
    recall_at_10: float
    recall_at_50: float
    mrr: float


def quality(rankings: Mapping[str, Sequence[str]], judged: Mapping[str, Judged]) -> Quality:
    """Return the means over all judged queries that have a relevant document; an unanswered one counts as nothing."""
    asked = [query for query, judgements in judged.items() if any(grade > 0 for grade in judgements.values())]
    found = [(rankings.get(query, ()), judged[query]) for query in asked]
    return Quality(
        _mean([ndcg(ranking, judgements, 10) for ranking, judgements in found]),
        _mean([recall(ranking, judgements, 10) for ranking, judgements in found]),
        _mean([recall(ranking, judgements, 50) for ranking, judgements in found]),
        _mean([reciprocal_rank(ranking, judgements) for ranking, judgements in found]),
    )


def ndcg(ranking: Sequence[str], judged: Judged, depth: int) -> float:
    """Return the discounted gain (relevance / log2(rank + 1)) of the first `depth`, against the best there could be."""
    gains = [max(judged.get(document, 0), 0) for document in ranking[:depth]]
    best = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:depth]
    ideal = _sum_discounted(best)
    return _sum_discounted(gains) / ideal if ideal else 0.0


def recall(ranking: Sequence[str], judged: Judged, depth: int) -> float:
    """Return the share of the relevant documents that are among the first `depth`."""
    relevant = {document for document, grade in judged.items() if grade > 0}
    return len(relevant & set(ranking[:depth])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], judged: Judged) -> float:
    """Return 1 / rank of the first relevant document, or 0."""
    return next((1 / rank for rank, each in enumerate(ranking, 1) if judged.get(each, 0) > 0), 0.0)


def _sum_discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


class PlainBM25:
    """BM25 as the package rank-bm25 has it: lower-cased words, k1 1.5, b 0.75, no stemming, nothing left out.

    A word in more than half of the documents has a quarter of the mean weight of all words, instead of less than none.
    """

    def __init__(self, texts: Sequence[str], *, k1: float = 1.5, b: float = 0.75, floor: float = 0.25) -> None:
        self._shares: dict[str, list[tuple[int, float]]] = {}
        counts = [Counter(_words(text)) for text in texts]
        sizes = [sum(count.values()) for count in counts]
        mean = sum(sizes) / max(len(sizes), 1) or 1.0
        places: dict[str, list[int]] = defaultdict(list)
        for place, count in enumerate(counts):
            for word in count:
                places[word].append(place)
        weights = {word: math.log((len(texts) - len(at) + 0.5) / (len(at) + 0.5)) for word, at in places.items()}
        min_weight = floor * _mean(list(weights.values()))
        for word, at in places.items():
            weight = weights[word] if weights[word] >= 0 else min_weight
            self._shares[word] = [
                (place, weight * counts[place][word] * (k1 + 1)
                 / (counts[place][word] + k1 * (1 - b + b * sizes[place] / mean)))
                for place in at
            ]  # fmt: skip

    def rank(self, query: str, depth: int) -> list[int]:
        """Return the places of the best documents, best first; of equals the earlier one."""
        scores: dict[int, float] = defaultdict(float)
        for word in _words(query):
            for place, share in self._shares.get(word, ()):
                scores[place] += share
        return sorted(scores, key=lambda place: (-scores[place], place))[:depth]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
