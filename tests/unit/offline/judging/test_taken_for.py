"""What a page is taken for follows from all of it, is said first with its reasons, and is asked where it is thin."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from shared.app.planning.plan_proposal import Proposal
from shared.backends.offline.judging.understanding import understand
from shared.core.errors import Refused
from shared.core.page import ANSWER, WISH, Block, Page, Span, page_to_data
from shared.integrations.notion.content.reading import read_written
from shared.integrations.notion.markdown.markdown import parse_markdown
from tests.unit.offline import pages
from tests.unit.offline.judging.held_out import ASK, PAGES, REFUSE, SERVICE, SITE
from tests.unit.offline.judging.more_pages import MORE

REFUSED = {"program", "repair", "notion", "beyond"}


def page_of(text: str, *comments: tuple[str, str]) -> Page:
    """Return the page of a Markdown text, with comments of a type behind it."""
    made, numbers = parse_markdown(text, name="page"), count(1)

    def numbered(block: Block) -> Block:
        return replace(block, id=f"b{next(numbers)}", children=tuple(map(numbered, block.children)))

    said = tuple(Block(f"c{at}", kind, (Span(words),)) for at, (kind, words) in enumerate(comments))
    return Page("p", made.title, (*(numbered(read_written(raw)) for raw in made.blocks), *said), made.properties)


def outcome(page: Page) -> tuple[str, dict[str, Any]]:
    """Return what became of the page in a word, and the whole answer."""
    answer = pages.plan(page)
    Proposal.model_validate(answer)
    assert bool(answer["questions"]) == (not answer["steps"])
    if answer["steps"]:
        return {"static_site": SITE, "python_service": SERVICE}[answer["artifact"]], answer
    return (REFUSE if understand(page).judgement.taken_for in REFUSED else ASK), answer


@pytest.mark.parametrize("name", PAGES)
def test_pages_no_rule_was_written_for_get_what_a_sensible_person_expects(name: str) -> None:
    expected, text = PAGES[name]
    assert outcome(page_of(text))[0] in expected


@pytest.mark.parametrize(("text", "expected"), MORE, ids=[text.partition("\n")[0][2:30] for text, _ in MORE])
def test_so_do_pages_of_a_few_lines(text: str, expected: str) -> None:
    assert outcome(page_of(text))[0] in expected.split(" or ")


def test_the_held_out_pages_are_of_many_kinds_and_languages() -> None:
    assert len(PAGES) >= 20
    assert {each for expected, _ in PAGES.values() for each in expected} == {SITE, SERVICE, ASK, REFUSE}


DIARY = "# 3 November\n\nSlept badly. Mum called, the biopsy is on Thursday.\n\nRan 5 km in the rain anyway.\n"
FAULT = "# Bug: export hangs\n\nExpected: the file downloads. Actual: it turns for ever.\n"
PANCAKES = "# Vegan pancakes\n\n200 g flour, 300 ml oat milk.\n\nStir, rest, and add 2 tbsp oil.\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [(DIARY, ASK), (FAULT, REFUSE), (PANCAKES, SITE)],
    ids=["a day alone", "a fault", "quantities"],
)
def test_a_day_a_fault_and_quantities_tell_what_a_page_is(text: str, expected: str) -> None:
    kind, answer = outcome(page_of(text))
    assert kind == expected
    if kind == SITE:
        assert answer["summary"].startswith("Taken for a recipe to publish, because it gives quantities (“200 g flour")


MEETING = """# Harbour office, minutes of 3 May

Present: Wanda, Idris, the new intern

- The coffee machine is back from repair
- Berths 4 to 9 are closed until the crane has gone
- Idris asks everybody to close the gate
- We need a small API so that the ferry's screen can show which berths are free
- Next time somebody brings cake
"""
SHELL = """# Anotações sobre o shell

Coisas que esqueço sempre na linha de comando.

- Precisamos abrir a linha de comando com Ctrl+Alt+T
- `grep -r palavra .` procura em todas as pastas
- `chmod +x script.sh` deixa executar
- O script roda com `./script.sh`
"""
PAPER = """# 论文摘要：用强化学习调度电梯

作者提出了一种新的调度方法，并与三种基线比较。

- 模型通过接口读取每层的呼叫
- 平均等待时间减少百分之十八
- 代码用命令行运行

不足：只在模拟环境中测试。
"""
NO_SITE = """# Do not build a website

We only want the shelves in the cellar sorted before winter. Anton has the key.
"""
OVERDUE = "# Set the status of all overdue tasks to Blocked\n\nOnly in our own table, please.\n"
RENAMER = """# Invoice renamer

A command-line tool that renames our scanned invoices. Keep it simple; it is for Maja's laptop.

- Renames every PDF to `YYYY-MM-DD_supplier_amount.pdf`
- Reads date, supplier and amount from the first page
- Moves files it is not sure about into `check/`
- Writes a list of what it has renamed
- Undo brings the old names back
- A dry run shows what would happen

| Field | Example |
|---|---|
| supplier | Nordwind GmbH |
| amount | 118.40 |
"""


def test_an_api_that_minutes_ask_for_in_their_fifth_line_is_a_service_and_the_minutes_are_not_published() -> None:
    kind, answer = outcome(page_of(MEETING))
    assert kind == SERVICE
    assert answer["summary"].startswith(
        "Taken for notes that ask for a service, because it asks for a program (“We need a"
    )
    assert [one["text"][:20] for one in answer["requirements"]] == ["We need a small API "]
    shown = pages.files(pages.code(page_of(MEETING), answer))["site/index.html"]
    assert "ferry" in shown
    assert not [word for word in ("Wanda", "coffee", "cake") if word in shown]


def test_names_of_those_who_took_part_are_not_published_with_the_addresses_they_agreed_on() -> None:
    text = "# Besprechung im März\n\nAnwesend: Olga, Jens\n\nKasse stimmt.\n\nWir brauchen eine API für die Kasse:"
    page = page_of(text + "\n\n- GET /mitglieder alle Mitglieder\n- POST /mitglieder mit Name und Ort\n")
    kind, answer = outcome(page)
    assert kind == SERVICE
    shown = str(pages.files(pages.code(page, answer)))
    assert ("/mitglieder" in shown, "Olga" in shown, "Kasse stimmt" in shown) == (True, False, False)


@pytest.mark.parametrize(("text", "language"), [(SHELL, "anotações"), (PAPER, "笔记")], ids=["shell", "paper"])
def test_notes_about_programs_ask_for_none(text: str, language: str) -> None:
    kind, answer = outcome(page_of(text))
    assert kind == ASK
    assert (answer["artifact"], language in answer["questions"][0]) == ("static_site", True)


def test_a_page_that_wants_no_website_gets_none() -> None:
    kind, answer = outcome(page_of(NO_SITE))
    assert kind == ASK
    assert "“Do not build a website”" in answer["questions"][0]


def test_work_in_notion_is_refused_in_words_that_say_what_would_do_it() -> None:
    kind, answer = outcome(page_of(OVERDUE))
    assert kind == REFUSE
    assert "notion.update_rows" in answer["questions"][0]
    assert "language model" in answer["questions"][0]


def test_a_tool_that_does_things_is_refused_in_words_however_many_words_of_records_stand_around_it() -> None:
    kind, answer = outcome(page_of(RENAMER))
    assert kind == REFUSE
    assert "language model" in answer["questions"][0]
    assert answer["requirements"] == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (
            "# Eggs\n\n- Ten eggs: 3.20 €\n- Thirty eggs: 9 €\n",
            "Taken for a price list to publish, because it names prices (“",
        ),
        (
            "# Hall\n\nBenches and a stage.\n",
            "Taken for a page to publish, because it is titled as a place, a group or an event is (“Hall”) and names",
        ),
        (
            "# Boats\n\nGET /boats lists the boats\n",
            "Taken for a service to build, because it names addresses to call (“GET /b",
        ),
    ],
)
def test_the_first_line_says_what_the_page_is_taken_for_and_why(text: str, first: str) -> None:
    answer = pages.plan(page_of(text))
    assert answer["summary"].startswith(first)
    assert answer["summary"].startswith(answer["analysis"]["asked"])


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


# --- answers and wishes -----------------------------------------------------------------------------------------------

NOTES = "# Notes from the workshop\n\n- Clamps are in drawer three\n- Saw needs a new blade\n"


@pytest.mark.parametrize(
    ("said", "kind"),
    [("site", SITE), ("Site, please!", SITE), ("A website", SITE), ("service", SERVICE), ("Seite", SITE),
     ("网站", SITE), ("Dienst bitte", SERVICE), ("whatever you like", ASK), ("not a site", ASK)],
)  # fmt: skip
def test_one_word_answers_the_question_and_is_never_text(said: str, kind: str) -> None:
    page = page_of(NOTES, (ANSWER, said))
    found, answer = outcome(page)
    assert found == kind
    if kind == ASK:
        assert answer["questions"][0].startswith(f"I could not read a choice in “{said}”.")
        return
    assert said not in [one["text"] for one in answer["requirements"]]
    assert answer["summary"].startswith("Taken for a")
    assert said not in str(pages.files(pages.code(page, answer))["site/index.html"]).replace("website", "")


def test_an_answer_to_a_page_that_says_nothing_is_its_content() -> None:
    kind, answer = outcome(page_of("# Choir\n", (ANSWER, "We sing on Tuesdays at eight.")))
    assert kind == SITE
    assert [one["text"] for one in answer["requirements"]] == ["We sing on Tuesdays at eight."]


JAM = "# Jam from the hill\n\n- Strawberry: 3.20 €\n- Quince: 4 €\n\n## Stall\n\nEvery Saturday by the fountain.\n"


@pytest.mark.parametrize(
    ("wish", "there", "gone"),
    [
        ("no, because it should also show the opening hours: Saturday 9 to 12", "Opening hours: Saturday 9 to 12", ""),
        ("No, it should also show who makes the jam.", "Who makes the jam: to follow", ""),
        ("nein, weil es auch die Zutaten zeigen soll", "Zutaten: to follow", ""),
        ("no, because it should say “Closed in August”", "Closed in August", ""),
        ("no, without the stall", "Quince: 4 €", "Every Saturday by the fountain."),
        ("please remove the strawberry line", "Quince: 4 €", "Strawberry: 3.20 €"),
    ],
)
def test_a_wish_changes_the_plan_and_is_never_text_of_the_site(wish: str, there: str, gone: str) -> None:
    page = page_of(JAM, (WISH, wish))
    kind, answer = outcome(page)
    texts = [one["text"] for one in answer["requirements"]]
    assert (kind, there in texts, gone in texts) == (SITE, True, False)
    assert texts != [one["text"] for one in pages.plan(page_of(JAM))["requirements"]]
    html = pages.files(pages.code(page, answer))["site/index.html"]
    assert (there in html, bool(gone) and gone in html) == (True, False)
    assert "because" not in html
    assert "should" not in html
    assert "as wished" in answer["summary"]


@pytest.mark.parametrize("wish", ["no, because we need a map", "no, the heading must be blue", "too long"])
def test_a_wish_without_a_rule_is_named_in_the_plan_and_printed_nowhere(wish: str) -> None:
    page = page_of(JAM, (WISH, wish))
    _, answer = outcome(page)
    assert f"Not in this plan, because there is no rule for it: “{wish}”" in answer["summary"]
    assert answer["requirements"] == pages.plan(page_of(JAM))["requirements"]
    assert wish not in str(pages.files(pages.code(page, answer)))


def test_a_wish_for_another_kind_of_thing_and_one_about_steps_are_followed() -> None:
    assert outcome(page_of(JAM, (WISH, "no, a service instead")))[0] == SERVICE
    answer = pages.plan(page_of(JAM, (WISH, "no, do not put it live")))
    assert "site.promote" not in [step["kind"] for step in answer["steps"]]
    assert "Steps were left out as wished" in answer["summary"]


def test_columns_that_were_pasted_in_as_lines_are_not_published() -> None:
    """As when somebody pastes Notion's own Markdown export into a page."""
    lines = (
        "Owner: Ada Lovelace\nCreated by: Ben Ali\nRoom: 4",
        "Status: Half done",
        "We sing on Tuesdays.",
        "Owner: us",
    )
    page = pages.page("Choir", *(pages.block("paragraph", line) for line in lines))
    answer = pages.plan(page)
    assert [one["text"] for one in answer["requirements"]] == ["We sing on Tuesdays.", "Owner: us"]
    assert "Ada" not in str(pages.files(pages.code(page, answer)))
    fair = pages.page("Fair", pages.block("paragraph", "When: Saturday\nWhere: the green"))
    assert [one["text"] for one in pages.plan(fair)["requirements"]] == ["When: Saturday Where: the green"]


@pytest.mark.parametrize(
    ("wish", "worked_in"),
    [
        ("no, it should also show a phone number: 0555 0100", True),
        ("no, without the stall", False),
        ("too blue", False),
    ],
)
def test_a_wish_about_finished_work_is_worked_in_where_it_only_adds(wish: str, worked_in: bool) -> None:
    page = page_of(JAM)
    given = {"page": page_to_data(page), "proposal": pages.plan(page), "files": []}
    asked = {**given, "feedback": f"Ada Example wants this to be different: {wish}"}
    if not worked_in:
        with pytest.raises(Refused, match="cannot repair"):
            pages.ask("code.repair", asked)
        return
    html = pages.files(pages.ask("code.repair", asked))["site/index.html"]
    assert "Phone number: 0555 0100" in html
    assert "should" not in html


# --- requirements and what is said of tests ---------------------------------------------------------------------------


def test_heads_of_tables_and_names_of_fields_are_no_requirements() -> None:
    text = "# Boats\n\nAn API.\n\n| Method | Path |\n|---|---|\n| GET | /boats |\n\n"
    text += "| Field | Type |\n|---|---|\n| name | text |\n\nFields: length, harbour\n\n- [ ] Nobody books twice\n"
    answer = pages.plan(page_of(text))
    assert [one["text"] for one in answer["requirements"]] == ["An API.", "GET /boats", "Nobody books twice"]
    assert "tests call what 1 of them names; for 2, the tests only look for the words" in answer["summary"]
    site = pages.plan(page_of("# Eggs\n\n| Size | Price |\n|---|---|\n| Small | 2 € |\n"))
    assert [one["text"] for one in site["requirements"]] == ["Small 2 €"]
    assert "covered" not in site["summary"] + answer["summary"]
    assert "the tests look for the words of each on the site" in site["summary"]
