"""What a page is taken for follows from all of it, is said first with its reasons, and is asked where it is thin."""

from __future__ import annotations

import pytest

from tests.unit.offline import pages
from tests.unit.offline.judging.held_out import ASK, PAGES, REFUSE, SERVICE, SITE
from tests.unit.offline.judging.judged import outcome, page_of
from tests.unit.offline.judging.more_pages import MORE


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
