"""A page that neither asks for anything nor says what others would look for is asked about; everyday pages are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.backends.offline.judging.judgement import Judgement
from shared.backends.offline.judging.talk.comments import choice_of
from shared.backends.offline.judging.talk.questions import question_of
from shared.backends.offline.judging.thinness import THIN
from shared.backends.offline.judging.understanding import understand
from shared.core.approval.decision_words import declines
from shared.core.page import ANSWER, EARLIER, Block, Page, Span, page_from_data, page_to_data
from tests.unit.offline import pages
from tests.unit.offline.judging.held_out import ASK, SERVICE, SITE
from tests.unit.offline.judging.judged import outcome, page_of
from tests.unit.offline.judging.thin_pages import HELD_OUT, LOOKED_AT

MAX_ASKED_WRONGLY = 0.03
MIN_ASKED = 0.9
LINE = "# Lighthouse\n\nThe old one, with the dent.\n"


def earlier(word: str) -> Block:
    """Return an answer that was given about an earlier plan of the page."""
    return Block("c-earlier", ANSWER, (Span(word),), extra={EARLIER: True})


@pytest.mark.parametrize("corpus", [LOOKED_AT, HELD_OUT], ids=["looked at", "held out"])
def test_thin_pages_are_asked_about_and_clear_ones_are_not(corpus: tuple[tuple[str, str], ...]) -> None:
    thin = [text for label, text in corpus if label == THIN]
    clear = [text for label, text in corpus if label != THIN]
    silent = [text for text in thin if outcome(page_of(text))[0] != ASK]
    wrongly = [text for text in clear if understand(page_of(text)).judgement.taken_for == THIN]
    assert len(wrongly) <= MAX_ASKED_WRONGLY * len(clear), wrongly
    assert len(silent) <= (1 - MIN_ASKED) * len(thin), silent


@pytest.mark.parametrize(("label", "text"), [pair for pair in LOOKED_AT if pair[0] != THIN])
def test_clear_pages_come_to_what_they_are(label: str, text: str) -> None:
    assert outcome(page_of(text))[0] == label


def test_there_are_enough_pages_of_both_kinds() -> None:
    for corpus in (LOOKED_AT, HELD_OUT):
        assert min(sum(label == THIN for label, _ in corpus), sum(label != THIN for label, _ in corpus)) >= 50


def test_a_thin_page_is_a_question_and_not_a_site() -> None:
    kind, answer = outcome(page_of(LINE))
    assert (kind, answer["summary"], answer["requirements"]) == (ASK, "", [])
    (question,) = answer["questions"]
    assert "‘Lighthouse’" in question
    assert [word for word in ("site", "service", "tool", "nothing") if f"“{word}”" not in question] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# Garten\n\nErde, Wasser, Geduld, müde\n", ("Seite", "Dienst", "Werkzeug", "nichts")),
        ("# Pensée\n\nÊtre là.\n", ("site", "service", "outil", "rien")),
        ("# Mañana\n\nalgo con barcos\n", ("sitio", "servicio", "herramienta", "nada")),
        ("# Não sei\n\nalgo com barcos\n", ("site", "serviço", "ferramenta", "nada")),
        ("# 雨\n\n茶，猫\n", ("网站", "服务", "工具", "不用")),
    ],
    ids=["de", "fr", "es", "pt", "zh"],
)
def test_it_asks_in_the_language_of_the_page_and_knows_its_own_choices(text: str, words: tuple[str, ...]) -> None:
    (question,) = outcome(page_of(text))[1]["questions"]
    assert [word for word in words if f"“{word}”" not in question] == []
    assert [choice_of(word) for word in words[:3]] == ["site", "service", "tool"]
    assert declines(words[3], question)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "zh"])
def test_the_question_is_there_in_six_languages(language: str) -> None:
    asked = question_of(Judgement(THIN, asked=True), "X", language, (), partly=False)
    assert language == "en" or asked != question_of(Judgement(THIN, asked=True), "X", "en", (), partly=False)


@pytest.mark.parametrize(
    ("said", "kind", "first"),
    [
        ("site", SITE, "Taken for a page to publish, because somebody has said so in a comment."),
        ("a service, please", SERVICE, "Taken for a service to build, because somebody has said so in a comment."),
        ("Tool", SERVICE, "Taken for a tool to build, because somebody has said so in a comment."),
    ],
)
def test_one_word_answers_it(said: str, kind: str, first: str) -> None:
    found, answer = outcome(page_of(LINE, (ANSWER, said)))
    assert found == kind
    assert answer["summary"].startswith(first)
    assert said not in [one["text"] for one in answer["requirements"]]


def test_a_tool_has_commands_and_a_service_addresses(tmp_path: Path) -> None:
    for word, endpoints, verbs in (("tool", 0, ["add", "list", "show", "delete"]), ("service", 5, [])):
        page = page_of(LINE, (ANSWER, word))
        answer = pages.code(page, pages.plan(page))
        readme = pages.files(answer)["README.md"]
        assert [verb for verb in verbs if f"python3 app.py {verb}" not in readme] == []
        assert ("python3 app.py serve" in readme) == bool(endpoints)
        (tmp_path / word).mkdir()
        pages.run_suite(answer, tmp_path / word)


def test_an_answer_about_an_earlier_plan_still_counts_and_frees_nothing_that_is_private() -> None:
    page = page_of(LINE)
    later = Page(page.id, page.title, (*page.blocks, earlier("service")))
    assert outcome(later)[0] == SERVICE
    assert page_from_data(page_to_data(later)) == later
    changed = page_of(LINE + "\nInternal only, do not publish.\n")
    for word in ("site", "publish", "without"):
        again = Page(changed.id, changed.title, (*changed.blocks, earlier(word)))
        assert understand(again).judgement.taken_for == "private"
        assert outcome(again)[0] == ASK


def test_an_earlier_answer_that_was_no_choice_is_not_complained_about() -> None:
    page = page_of(LINE)
    (question,) = pages.plan(Page(page.id, page.title, (*page.blocks, earlier("lovely"))))["questions"]
    assert "lovely" not in question


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "# Bicycle club\n\nWe repair bicycles on Saturdays.\n",
            "speaks for a business or a group (“We repair bicycles on",
        ),
        ("# Walk\n\n1. Start at the mill\n2. Follow the signs\n", "goes step by step (“Start at the mill”)"),
    ],
)
def test_a_plan_says_what_makes_the_page_one_for_readers(text: str, why: str) -> None:
    summary = outcome(page_of(text))[1]["summary"]
    assert summary.startswith("Taken for a page to publish, because it ")
    assert why in summary.partition(". Build")[0]


@pytest.mark.parametrize(
    ("line", "taken_for"),
    [
        ("A site that says hello to everybody", SITE),
        ("- [ ] A small website about our choir", SITE),
        ("Webseite für den Chor", SITE),
        ("Un site pour la chorale", SITE),
        ("The site of the camp was wet", ASK),
        ("Old website, the dent in it", ASK),
    ],
)
def test_a_line_that_names_the_site_that_is_to_be_asks_for_it(line: str, taken_for: str) -> None:
    assert outcome(page_of(f"# Hello\n\n{line}\n"))[0] == taken_for
