"""How much of what answers a question stands in the first words of what is found: figures that may not fall.

The workspace is small and made for this (`tests/fixtures/workspace`); nothing was tuned on it. Figures on larger
collections come from `bench retrieval`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from shared.backends.local.search.embedder import local_embedder
from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.core.knowledge.chunking import cut
from shared.mind.search import Hit, search
from shared.ports.knowledge import Embedder, Knowledge, KnownPage
from tests.support.builders.workspace_pages import Question, workspace_pages, workspace_questions
from tests.support.parts import require

pytestmark = pytest.mark.xdist_group("search-quality")

TOKEN = re.compile(r"\w+|[^\w\s]")
UNANSWERABLE = (
    "What is the wifi password?", "Who won the football match?", "How do I file a patent?",
    "What is the capital of Peru?", "When does the swimming pool open?", "How many employees are in Tokyo?",
    "What is our policy on cryptocurrency?", "Who is the head of marketing?", "Which printer prints in colour?",
    "How do I renew my passport?", "What does the elevator company charge?", "When is the next solar eclipse?",
    "Is there a crèche for children?", "What is the recipe for croissants?", "How do I install Kubernetes?",
    "Who painted the mural?", "What is the share price?", "Where can I donate blood?",
    "Which bank do we use for mortgages?", "Do we have a subscription to the opera?",
)  # fmt: skip


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    made = LocalKnowledge(Path(tmp_path_factory.mktemp("workspace"))).open_for("bakery")
    for page in workspace_pages():
        made.replace(KnownPage(page.id, page.title), cut(page))
    return made


@pytest.fixture(scope="module")
def embedder(knowledge: Knowledge) -> Embedder:
    require("vector-model")
    found = local_embedder()
    assert found is not None
    chunks = knowledge.list_without_vectors(found.id, limit=1000)
    vectors = found.embed([chunk.text for chunk in chunks], "document")
    knowledge.add_vectors({chunk.key: vector for chunk, vector in zip(chunks, vectors, strict=True)}, found.id)
    return found


def first(hits: Sequence[Hit], budget: int) -> Iterator[str]:
    """Yield the texts that stand in the first tokens, words or marks, the last one cut at the edge."""
    for hit in hits:
        ends = [match.end() for match in TOKEN.finditer(hit.chunk.text)][:budget]
        if ends:
            yield hit.chunk.text[: ends[-1]]
        budget -= len(ends)


def evidence(knowledge: Knowledge, embedder: Embedder | None, budget: int) -> Mapping[str, float]:
    """Return the mean share of the evidence that is there, by kind of question."""
    shares: dict[str, list[float]] = defaultdict(list)
    for question in workspace_questions():
        texts = [*first(search(knowledge, embedder, asked(question), limit=30), budget)]
        there = [any(each in text for text in texts) for each in question.evidence]
        shares[question.kind].append(sum(there) / len(there))
    return {kind: sum(found) / len(found) for kind, found in shares.items()}


def asked(question: Question) -> str:
    """Return what is searched for: of a follow-up, what was asked before too."""
    return f"{question.before} {question.text}".strip()


def test_the_workspace_is_what_it_says() -> None:
    texts = [chunk.text for page in workspace_pages() for chunk in cut(page)]
    kinds = [question.kind for question in workspace_questions()]
    assert len(workspace_pages()) >= 30
    assert len(kinds) == 100
    assert set(kinds) == {"direct", "paraphrase", "table", "several", "followup"}
    for question in workspace_questions():
        assert all(any(each in text for text in texts) for each in question.evidence), question.text


def test_words_alone_find_what_is_asked_with_the_pages_words(knowledge: Knowledge) -> None:
    found = evidence(knowledge, None, 250)
    assert found["direct"] >= 0.97
    assert found["table"] >= 0.95
    assert found["several"] >= 0.9
    assert found["followup"] >= 0.93
    assert found["paraphrase"] >= 0.2


def test_meaning_finds_what_is_asked_in_other_words_and_loses_nothing(knowledge: Knowledge, embedder: Embedder) -> None:
    found = evidence(knowledge, embedder, 250)
    assert found["direct"] >= 0.97
    assert found["table"] >= 0.95
    assert found["several"] >= 0.9
    assert found["followup"] >= 0.93
    assert found["paraphrase"] >= 0.8


def test_what_went_before_is_what_makes_a_follow_up_findable(knowledge: Knowledge) -> None:
    alone, with_it = [], []
    for question in workspace_questions():
        if question.kind == "followup":
            for text, results in ((question.text, alone), (asked(question), with_it)):
                texts = [*first(search(knowledge, None, text, limit=30), 250)]
                results.append(any(question.evidence[0] in each for each in texts))
    assert sum(alone) < sum(with_it)  # in so small a workspace much is found by chance
    assert sum(with_it) >= 0.85 * len(with_it)


def test_what_is_not_in_the_workspace_scores_below_what_is(knowledge: Knowledge) -> None:
    def best(text: str) -> float:
        return max((each.score for each in knowledge.words(text, limit=1)), default=0.0)

    there = [best(each.text) for each in workspace_questions() if each.kind in ("direct", "table")]
    absent = [best(each) for each in UNANSWERABLE]
    above = sum(one > other for one in there for other in absent) / (len(there) * len(absent))
    assert above >= 0.9
