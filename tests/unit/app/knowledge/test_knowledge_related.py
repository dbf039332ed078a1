"""Of what is found for a page that is planned, what has to do with it."""

from __future__ import annotations

import pytest

from shared.app.knowledge.knowledge_related import filter_related
from shared.core.knowledge.chunk import Chunk
from shared.mind.search import Hit

HEALTH = "Health endpoint for the booking service. The monitoring needs an endpoint it can ask, with a version."


def _hit(text: str, *path: str, score: float = 0.6, by: str = "words") -> Hit:
    return Hit(Chunk(text[:9], "p", text, path or ("Notes",), 0, "b", "k"), score, by)


@pytest.mark.parametrize(
    ("hit", "kept"),
    [
        (_hit("Pay the deposit before Friday, and ask Dee.", score=1.0), False),
        (_hit("The monitoring asks each service every minute.", score=0.5), True),
        (_hit("The monitoring asks each service every minute.", score=0.1), False),
        (_hit("Unsere Überwachung fragt jede Minute nach.", score=0.9, by="meaning"), True),
        (_hit("Order the flyers.", score=0.4, by="meaning"), False),
        (_hit("See version.txt", score=1.2, by="exact"), True),
        (_hit("A task of the booking service, with a version", "Tasks", "Example: order the flyers"), False),
    ],
)
def test_a_passage_is_told_where_it_has_to_do_with_the_page(hit: Hit, kept: bool) -> None:
    best = _hit("The booking service runs on one machine.", score=1.0)
    assert filter_related(HEALTH, [best, hit]) == ([best, hit] if kept else [best])


def test_scripts_without_spaces_are_compared_too() -> None:
    hits = [_hit("商店街の地図とお店の一覧"), _hit("来月の会議の議事録")]
    assert filter_related("商店街のサイト、お店の地図", hits) == hits[:1]
