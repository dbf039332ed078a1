"""What a page keeps back is asked about, left out where that is wanted, and never published by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.backends.offline.judging.understanding import understand
from shared.core.page import ANSWER, WISH, Block, Span
from tests.unit.offline import pages
from tests.unit.offline.judging.held_out import ASK, SITE
from tests.unit.offline.judging.judged import outcome, page_of

PRIVATE = [
    "# Price plan\n\nInternal use only\n\n- Cuts go up\n",
    "# Draft: our new statutes\n\n- Members pay in May\n",
    "# Umzug\n\n- Wir ziehen um\n- Vertraulich, bitte nicht weitergeben\n",
    "# Projet\n\nÀ usage interne, ne pas diffuser.\n\n- Budget revu\n",
    "# Plan\n\nBorrador: no publicar todavía\n\n- Abrimos en mayo\n",
    "# Orçamento\n\nUso interno, não divulgar\n\n- Cortes\n",
    "# Смета\n\nНе публиковать, черновик\n\n- Ремонт\n",
    "# 预算\n\n内部资料，请勿外传\n\n- 搬家\n",
    "# 計画\n\n社外秘、公開しないでください\n\n- 移転\n",
    "# خطة\n\nمسودة، لا تنشر\n\n- الانتقال\n",
    "# Toplantı\n\nTaslak, paylaşmayın\n\n- Taşınma\n",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_what_is_private_by_its_words_is_asked_about_and_not_published(text: str) -> None:
    page = page_of(text)
    assert (outcome(page)[0], understand(page).judgement.taken_for) == (ASK, "private")
    assert outcome(replace(page, blocks=(*page.blocks, Block("c", ANSWER, (Span("publish"),)))))[0] == SITE


OURS = [
    "Only for us, not for the page",
    "Just between us",
    "Not for the website",
    "For us only",
    "Nur für uns",
    "Kasse (nur für uns)",
    "Nicht für die Webseite",
    "Entre nous, pas pour le site",
    "Solo para nosotros",
    "Só para nós",
    "Solo per noi",
    "Только для нас",
    "仅供我们自己",
    "サイトには載せない",
]


@pytest.mark.parametrize("heading", OURS)
def test_a_section_that_is_only_for_those_who_wrote_it_is_asked_about_and_left_out(heading: str) -> None:
    text = f"# Fair\n\nStalls on the green, Saturday from 12:00.\n\n## {heading}\n\nThe safe key is with Desmond\n"
    text += "\n## Music\n\nA band plays from 19:00.\n"
    kind, asked = outcome(page_of(text))
    assert (kind, "“without”" in asked["questions"][0]) == (ASK, True)
    kind, answer = outcome(page_of(text, (ANSWER, "without")))
    assert kind == SITE
    made = str(answer["requirements"]) + str(pages.files(pages.code(page_of(text, (ANSWER, "without")), answer)))
    assert ("Desmond" in made, "A band plays" in made) == (False, True)


def test_a_line_that_is_only_for_those_who_wrote_it_is_left_out_too() -> None:
    text = "# Fair\n\nStalls on the green, 12:00.\n\n- Just for us: the band wants 900\n- Cakes from 9:00\n"
    assert outcome(page_of(text))[0] == ASK
    assert "900" not in str(outcome(page_of(text, (ANSWER, "without")))[1]["requirements"])


@pytest.mark.parametrize(
    "text",
    [
        "# Ferry\n\n- Crossing 4 €, 9:00 to 17:00\n- Dogs are not on the page, they pay nothing\n",
        "# Practice\n\nOpen 9:00 to 12:00.\n\n## What must not be on the site\n\nNo cookies.\n",
        "# Bar\n\n- Draft beer 4 €\n- Draught cider 5 €\n",
        "# Doors\n\nWe build internal doors in oak and ash.\n",
        "# Secret garden\n\nOpen on Sundays, 10:00 to 16:00.\n",
        "# Travel\n\nBy public transport: line 4.\n",
        "# Internat am See\n\nPlatz für vierzig Kinder.\n",
    ],
)
def test_everyday_words_keep_nothing_back(text: str) -> None:
    assert outcome(page_of(text))[0] == SITE


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("Status: Draft", SITE),
        ("Status (idea): Draft", SITE),
        ("Stage: draft", SITE),
        ("Visibility: internal only", ASK),
    ],
)
def test_a_column_tells_how_far_the_page_is_or_that_it_is_private(column: str, kind: str) -> None:
    name, _, value = column.partition(": ")
    assert outcome(replace(page_of("# Hall\n\nBenches and a stage.\n"), properties={name: value}))[0] == kind


def test_without_leaves_out_only_what_is_marked() -> None:
    text = "# Fair\n\nStalls on the green.\n\n## Team\n\nConfidential: the mayor pays\n\n## Music\n\nA band.\n"
    assert "“without”" in outcome(page_of(text))[1]["questions"][0]
    kind, answer = outcome(page_of(text, (ANSWER, "Without, please.")))
    assert kind == SITE
    assert "mayor" not in str(answer["requirements"]) + str(
        pages.files(pages.code(page_of(text, (ANSWER, "without")), answer))
    )


@pytest.mark.parametrize(
    "text",
    [
        "# Fair\n\nInternal use only, do not publish.\n\nStalls on the green. The mayor pays.\n",
        "# Confidential: the fair\n\nStalls on the green, every Saturday. We bake.\n\nThe mayor pays.\n",
    ],
    ids=["first line", "title"],
)
@pytest.mark.parametrize("said", [("without",), ("publish", "without"), ("without it, please", "without")])
def test_without_what_is_all_of_the_page_nothing_remains_and_nothing_is_published(
    text: str, said: tuple[str, ...]
) -> None:
    kind, answer = outcome(page_of(text, *((ANSWER, word) for word in said)))
    assert kind == ASK
    assert "the whole page" in answer["questions"][0]
    assert "“without”" not in answer["questions"][0]


def test_without_leaves_out_every_line_that_is_marked_however_many_and_alike() -> None:
    lines = "".join(f"## Part {at}\n\nWords of part {at}.\n\nConfidential: the mayor pays {at}\n\n" for at in range(8))
    alike = "## Internal use\n\nFirst wage.\n\n## Music\n\nA band.\n\n## Internal use\n\nSecond wage.\n"
    page = page_of(f"# Fair\n\nStalls on the green, every Saturday at nine.\n\n{lines}{alike}", (ANSWER, "without"))
    kind, answer = outcome(page)
    assert kind == SITE
    shown = str(answer["requirements"]) + str(pages.files(pages.code(page, answer)))
    assert "A band" in shown
    assert "mayor" not in shown
    assert "wage" not in shown


def test_what_is_marked_as_secret_stays_out_until_somebody_says_otherwise() -> None:
    text = "# Party\n\nCake at four.\n\n<details>\n<summary>Secret</summary>\n\nIt is a bicycle.\n\n</details>\n"
    answer = pages.plan(page_of(text))
    assert "Left out, because it is marked as secret" in answer["summary"]
    assert "bicycle" not in str(pages.files(pages.code(page_of(text), answer)))
    shown = page_of(text, (WISH, "no, show all"))
    assert "bicycle" in str(pages.files(pages.code(shown, pages.plan(shown))))
