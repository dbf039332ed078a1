"""Answers and wishes change the plan, and are never text of what is made."""

from __future__ import annotations

import pytest

from shared.core.models.model_errors import Refused
from shared.core.page import ANSWER, WISH, page_to_data
from tests.unit.offline import pages
from tests.unit.offline.judging.held_out import ASK, SERVICE, SITE
from tests.unit.offline.judging.judged import outcome, page_of

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
