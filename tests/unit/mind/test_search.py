"""Words and meaning are fused by their scores; names are found to the letter; dates decide between equals alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.core.errors import Unavailable
from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import vector_key
from shared.mind.search import exact_parts, fuse, search
from shared.ports.knowledge import Knowledge, KnownPage, Nearest, Scored, Vector

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class ByHand:
    """An embedder whose vectors are given."""

    id, dimensions = "hand/2", 2

    def __init__(self, vectors: Mapping[str, Vector], *, down: bool = False) -> None:
        self.vectors, self.down = vectors, down

    def embed(self, texts: Sequence[str], kind: str) -> list[Vector]:
        if self.down:
            raise Unavailable("vertex", "no answer")
        return [self.vectors[text] for text in texts]


@pytest.fixture
def knowledge(tmp_path: Path) -> Knowledge:
    return LocalKnowledge(tmp_path).open_for("acme")


def put(
    knowledge: Knowledge, texts: Mapping[str, str], *, edited: str = "", vectors: Mapping[str, Vector] | None = None
) -> None:
    for name, text in texts.items():
        chunk = Chunk(name, name, text, (name,), 0, name, vector_key(text), edited_at=edited)
        made = {chunk.key: vectors[name]} if vectors else {}
        knowledge.replace(KnownPage(name, name), [chunk], made, "hand/2" if made else "")


def found(knowledge: Knowledge, query: str, embedder: ByHand | None = None, **more: object) -> list[tuple[str, str]]:
    return [(hit.chunk.id, hit.by) for hit in search(knowledge, embedder, query, **more)]  # type: ignore[arg-type]


def test_scores_are_fused_half_and_half() -> None:
    words = [Scored("a", 10.0), Scored("b", 5.0)]
    near = Nearest((Scored("b", 0.9), Scored("c", 0.5), Scored("a", 0.1)), 0.1)
    assert fuse(words, near) == pytest.approx({"a": 0.5, "b": 0.75, "c": 0.25})


def test_one_list_alone_keeps_its_order() -> None:
    words = [Scored("a", 10.0), Scored("b", 5.0)]
    assert fuse(words, Nearest()) == {"a": 1.0, "b": 0.5}
    assert fuse([], Nearest((Scored("a", 0.9), Scored("b", 0.5)), 0.1)) == pytest.approx({"a": 1.0, "b": 0.5})
    assert fuse([], Nearest()) == {}
    assert fuse([], Nearest((Scored("a", 0.3),), 0.3)) == {"a": 1.0}  # one chunk in all


def test_meaning_finds_what_shares_no_word(knowledge: Knowledge) -> None:
    texts = {"leave": "twenty days of annual leave", "menu": "soup on monday", "days": "opening days"}
    put(knowledge, texts, vectors={"leave": [1.0, 0.0], "menu": [0.0, 1.0], "days": [0.6, 0.8]})
    embedder = ByHand({"how long may I go on holiday": [0.98, 0.199]})
    assert found(knowledge, "how long may I go on holiday") == []
    assert found(knowledge, "how long may I go on holiday", embedder)[0] == ("leave", "meaning")


def test_nothing_is_asked_for_an_index_with_nothing_in_it(knowledge: Knowledge) -> None:
    assert found(knowledge, "how long may I go on holiday", ByHand({})) == []


def test_an_embedder_that_does_not_answer_leaves_the_words(knowledge: Knowledge) -> None:
    put(knowledge, {"a": "the office cat"})
    assert found(knowledge, "cat", ByHand({}, down=True)) == [("a", "words")]


def test_a_name_is_found_to_the_letter_before_everything_else(knowledge: Knowledge) -> None:
    texts = {f"p{at}": f"OPS tickets and more OPS tickets number {at}" for at in range(20)}
    put(knowledge, {**texts, "hit": "a long story that mentions OPS-1234 once among a great many other words " * 3})
    assert found(knowledge, "what about OPS tickets like OPS-1234?")[0] == ("hit", "exact")
    assert found(knowledge, 'the phrase "among a great many"')[0] == ("hit", "exact")


def test_a_name_that_is_everywhere_pins_nothing(knowledge: Knowledge) -> None:
    put(knowledge, {f"p{at}": f"COVID-19 rule {at}, with more words than one needs" for at in range(12)})
    put(knowledge, {"best": "rules for masks: the masks of the COVID pandemic"})
    assert found(knowledge, "masks COVID-19 rules")[0] == ("best", "words")


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("what is OPS-1234 about", ["OPS-1234"]),
        ('who said "good morning everyone"?', ["good morning everyone"]),
        ("see https://example.org/a?b=1.", ["https://example.org/a?b=1"]),
        ("where is max_retries and parseConfig set", ["max_retries", "parseConfig"]),
        ("open settings.toml", ["settings.toml"]),
        ("what changed in v2.1.0", ["v2.1.0"]),
        ("how do I call run()", ["run()"]),
        ("what does `make check` do", ["make check"]),
        ("When is the office open on Monday-Friday?", []),
        ("state-of-the-art e-mail and/or iPhone", []),
        ("", []),
    ],
)
def test_what_is_meant_to_the_letter(query: str, parts: list[str]) -> None:
    assert exact_parts(query) == parts


def test_of_equals_the_newer_comes_first_and_a_better_one_stays_first(knowledge: Knowledge) -> None:
    put(knowledge, {"old": "the parking rules of the office"}, edited="2019-01-01T00:00:00Z")
    put(knowledge, {"new": "the parking rules of the office"}, edited="2026-11-20T00:00:00Z")
    put(knowledge, {"undated": "the parking rules of the office, with some more words about parking rules"}, edited="?")
    order = [name for name, _ in found(knowledge, "parking rules", now=NOW)]
    assert order.index("new") < order.index("old")
    put(knowledge, {"other": "rules for something else, one word alike"}, edited="2026-11-22T00:00:00Z")
    assert [name for name, _ in found(knowledge, "parking rules", now=NOW)][-1] == "other"


def test_nothing_is_found_for_nothing(knowledge: Knowledge) -> None:
    put(knowledge, {"a": "the office cat"})
    assert found(knowledge, "") == []
    assert found(knowledge, "   ", ByHand({})) == []


COPIED = "the pump of the red bicycle is behind the third door on the left"


def test_a_longer_question_that_is_copied_finds_where_it_was_copied_from(knowledge: Knowledge) -> None:
    """`other` says the same words in fewer, but not in this order."""
    put(knowledge, {"source": f"Notes. {COPIED}. More of it.", "other": "bicycle pump door left third red behind"})
    put(knowledge, {f"filler{number}": f"Nothing about number {number}" for number in range(20)})
    assert found(knowledge, COPIED)[0][0] == "source"
    shuffled = " ".join(sorted(COPIED.split()))
    assert found(knowledge, shuffled)[0][0] == "other"  # without the order there is nothing to tell a copy by
