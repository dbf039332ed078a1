"""Adding up what a question's terms give to each chunk and each page: by numpy where it is, by hand where it is not."""

from __future__ import annotations

import heapq
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import util

_NUMPY = util.find_spec("numpy") is not None


@dataclass(frozen=True, slots=True)
class Shares:
    """What one occurrence of a term in a question adds, by rows of chunks, or of pages; each row once."""

    rows: array[int]
    shares: array[float]


Asked = Sequence[tuple[Shares, int]]  # the terms of a question, and how often each is there


def best(chunks: Asked, pages: Asked, page_of: array[int], limit: int) -> list[tuple[int, float]]:
    """Return the rows of the best chunks with their scores, best first, of equals the one that was indexed first.

    `page_of` is by the row of a chunk. A chunk's score is its own and its page's; one without a score of its own is
    not found.
    """
    if _NUMPY:
        return _rank_with_numpy(chunks, pages, page_of, limit)
    return rank_without_numpy(chunks, pages, page_of, limit)


def rank_without_numpy(chunks: Asked, pages: Asked, page_of: array[int], limit: int) -> list[tuple[int, float]]:
    """Do it without numpy."""
    of_page = _add_scores(pages)
    found = ((score + of_page.get(page_of[row], 0.0), -row) for row, score in _add_scores(chunks).items())
    return [(-row, score) for score, row in heapq.nlargest(limit, found)]


def _add_scores(asked: Asked) -> dict[int, float]:
    scores: dict[int, float] = defaultdict(float)
    for term, times in asked:
        for row, share in zip(term.rows, term.shares, strict=True):
            scores[row] += times * share
    return scores


def _rank_with_numpy(chunks: Asked, pages: Asked, page_of: array[int], limit: int) -> list[tuple[int, float]]:
    import numpy as np

    of = np.frombuffer(page_of, dtype=np.int64)
    scores, of_page = np.zeros(len(of)), np.zeros(int(of.max()) + 1 if len(of) else 1)
    for total, asked in ((scores, chunks), (of_page, pages)):
        for term, times in asked:
            total[np.frombuffer(term.rows, dtype=np.int64)] += times * np.frombuffer(term.shares, dtype=np.float64)
    rows = np.flatnonzero(scores)
    found = scores[rows] + of_page[of[rows]]
    if len(rows) > limit:  # with all that are as good as the last, so that the first indexed of them is taken
        min_score = np.partition(found, len(found) - limit)[len(found) - limit]
        kept = found >= min_score
        rows, found = rows[kept], found[kept]
    order = np.lexsort((rows, -found))[:limit]
    return [(int(rows[at]), float(found[at])) for at in order]
