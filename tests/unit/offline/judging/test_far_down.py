"""What says that a page is not for everybody counts wherever it stands: far down, deep in a sentence, behind a dot."""

from __future__ import annotations

import time

import pytest

from shared.backends.offline.judging.understanding import understand
from shared.backends.offline.sentence_ends import sentences_of
from shared.core.page import Block, Page, Span
from tests.unit.offline.judging.judged import page_of

PUBLIC = "# Bicycle club\n\nWe repair bicycles on Saturdays. Everybody is welcome.\n\n## Prices\n\n"
MARKS = [
    "Please do not publish this page.",
    "Internal only.",
    "Strictly confidential.",
    "Das ist vertraulich.",
    "Ne pas publier.",
    "No publicar.",
    "请勿公开。",
]


def _taken_for(text: str) -> str:
    return understand(page_of(text)).judgement.taken_for


def _tours(number: int) -> str:
    return "".join(f"Tour {n} goes to the mill at number {n} of the long road.\n\n" for n in range(number))


def test_without_a_mark_it_is_for_everybody() -> None:
    assert _taken_for(PUBLIC + _tours(3)) != "private"


@pytest.mark.slow
def test_a_mark_at_the_end_of_a_very_long_page_counts() -> None:
    long = PUBLIC + _tours(2_000)
    assert len(long) > 105_000
    assert _taken_for(long + MARKS[0] + "\n") == "private"


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_deep_in_a_sentence_that_does_not_end_counts(mark: str) -> None:
    for words in (80, 400):
        sentence = "and then we ride to the mill " * words
        assert _taken_for(f"{PUBLIC}{sentence}– {mark}\n") == "private", words


@pytest.mark.parametrize(
    "text",
    [
        "Lunch is 3.50. Internal: the prices of next year.",  # what follows a price begins a sentence
        "See club.example. Internal: the prices of next year.",
        "A ride takes two hours.Internal: the prices of next year.",
        "Come along!Internal: the prices of next year.",
        "Все приходят.Внутренний документ",
        "Come at 7 p.m. or later. Internal: the prices of next year.",
    ],
)
def test_a_mark_that_begins_a_sentence_counts_however_the_one_before_ends(text: str) -> None:
    assert _taken_for(f"{PUBLIC}{text}\n") == "private"


def test_marks_of_drafts_count_at_the_top_alone_and_a_part_of_a_long_sentence_has_no_end() -> None:
    for words in range(245, 275, 5):
        filler = "a " * (words * 3) + "we pour draft " + "b " * 400
        assert _taken_for(f"# Bicycle club\n\nWe repair bicycles. {filler}\n") != "private", words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It costs 3.50 or v1.2.3 at club.example/a.b. Then", ["It costs 3.50 or v1.2.3 at club.example/a.b.", "Then"]),
        ("We open soon.Come in!Really?Yes", ["We open soon.", "Come in!", "Really?", "Yes"]),
        ("Write to ada@club.example or see Node.js and U.S.A. news", None),
        ("一。二！三？四", ["一。", "二！", "三？", "四"]),
        ("Really?! Well...  ", ["Really?!", "Well..."]),
        ("a\n\n\nb", ["a", "b"]),
        ("", []),
    ],
)
def test_sentences_end_where_people_end_them(text: str, sentences: list[str] | None) -> None:
    found = list(sentences_of(text))
    if sentences is None:
        assert found[0].startswith("Write to ada@club.example or see Node.js and U.S.A.")
    else:
        assert found == sentences


def _seconds(page: Page) -> float:
    begun = time.process_time()
    understand(page)
    return time.process_time() - begun


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["yayın", "(draft ", "nur intern", "Ab.", "... "])
def test_hostile_lines_take_time_that_grows_as_they_do(unit: str) -> None:
    """Compare the least of three rounds, of which one that is short enough will do: what else runs here only adds."""
    small, large = (
        Page("p", "Hostile", (Block("b", "paragraph", (Span(unit * (letters // len(unit))),)),))
        for letters in (4_000, 64_000)
    )
    most = 64 * max(min(_seconds(small) for _ in range(3)), 0.001)
    assert any(_seconds(large) < most for _ in range(3))
