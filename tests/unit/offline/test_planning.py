"""A plan says what the page asks for, all of it, and which steps lead there."""

from __future__ import annotations

import pytest

from shared.app.planning.plan_proposal import Proposal
from shared.backends.offline.model import OfflineModel
from shared.core.models.model_errors import Refused
from shared.core.page import Page
from shared.core.run.run import NOTHING
from shared.ports.model import Model, ModelRequest
from tests.unit.offline.pages import KINDS, block, page, plan, row, table

BAKERY = page(
    "Bakery on the corner",
    block("heading_1", "Opening"),
    block("to_do", "Order flour", checked=True),
    block("heading_1", "Bread"),
    table(row("Loaf", "Price"), row("Rye", "4 €")),
    block("heading_1", "Empty so far"),
)


def test_it_is_a_model_that_costs_nothing() -> None:
    model: Model = OfflineModel()
    request = ModelRequest("plan", "reason", "", "ignored", {}, {"page": {"id": "1", "title": "", "blocks": []}})
    assert (model.name, model.estimate(request), model.complete(request).usage) == ("offline", NOTHING, NOTHING)


def test_a_task_without_rules_is_refused() -> None:
    with pytest.raises(Refused, match="no rules for the task 'poem'"):
        OfflineModel().complete(ModelRequest("poem", "quick", "", "", {}))


def test_every_block_with_content_is_a_requirement_and_headings_group() -> None:
    found = plan(BAKERY)["requirements"]
    assert [(item["id"], item["text"], item["source"]) for item in found] == [
        ("R1", "Order flour", "to_do"),
        ("R2", "Rye 4 €", "table_row"),
        ("R3", "Empty so far", "heading_1"),
    ]
    known = {one.id for one in BAKERY.walk()}
    assert all(item["block"] in known for item in found)


def test_a_long_page_is_not_cut() -> None:
    long = page("Long", *(block("paragraph", f"line {number}") for number in range(300)))
    assert [item["text"] for item in plan(long)["requirements"]] == [f"line {number}" for number in range(300)]


def test_more_than_one_plan_holds_is_a_question_and_not_a_cut() -> None:
    answer = plan(page("Huge", *(block("paragraph", "line") for _ in range(2001))))
    assert answer["steps"] == []
    assert "2001" in answer["questions"][0]
    assert Proposal.model_validate(answer).requirements == []


@pytest.mark.parametrize(
    "empty",
    [
        page(""),
        page("Only a title"),
        page(
            "Blank", block("paragraph", " \n\u200b\u00a0"), block("divider"), block("column_list", "", block("column"))
        ),
    ],
    ids=["nothing", "title only", "white space"],
)
def test_a_page_without_content_is_a_question(empty: Page) -> None:
    answer = plan(empty)
    assert answer["questions"][0].rstrip(".").count("?") == 1
    assert empty.title in answer["questions"][0]
    assert (answer["steps"], answer["requirements"], answer["summary"]) == ([], [], "")
    Proposal.model_validate(answer)


def test_the_steps_of_a_whole_plan() -> None:
    answer = plan(BAKERY)
    steps = {step["id"]: (step["kind"], step["input"], step["depends_on"]) for step in answer["steps"]}
    assert steps == {
        "generate": ("code.generate", {"artifact": "static_site"}, []),
        "test": ("code.test", {}, ["generate"]),
        "open_pull_request": (
            "repository.propose_change",
            {"title": "Bakery on the corner: site", "branch": "workwright/bakery-on-the-corner"},
            ["test"],
        ),
        "deploy": ("site.deploy", {"project": "bakery-on-the-corner"}, ["test"]),
        "verify": ("site.verify", {}, ["deploy"]),
        "watch_checks": ("repository.watch_checks", {}, ["open_pull_request"]),
        "promote": ("site.promote", {}, ["verify", "watch_checks"]),
        "watch": ("site.watch", {}, ["promote"]),
        "merge": ("repository.merge_change", {}, ["watch"]),
    }
    title = "Write the 4 pages and style sheet of ‘Bakery on the corner’: Opening, Bread, Empty so far"
    assert answer["steps"][0]["title"] == title


@pytest.mark.parametrize(
    ("missing", "needs"),
    [
        ({"site.verify"}, {"promote": ["deploy", "watch_checks"]}),
        ({"repository.watch_checks"}, {"promote": ["verify", "open_pull_request"], "merge": ["watch"]}),
        ({"repository.propose_change", "repository.watch_checks"}, {"promote": ["verify"]}),
        ({"code.test"}, {"open_pull_request": ["generate"], "deploy": ["generate"]}),
        ({"site.deploy"}, {"verify": ["test"], "promote": ["verify", "watch_checks"]}),
        ({"site.deploy", "site.verify", "site.promote"}, {"open_pull_request": ["test"]}),
        ({"site.verify", "site.deploy"}, {"promote": ["watch_checks"]}),
    ],
)
def test_a_kind_that_is_not_there_is_left_out_and_wired_around(missing: set[str], needs: dict[str, list[str]]) -> None:
    steps = plan(BAKERY, tuple(kind for kind in KINDS if kind not in missing))["steps"]
    assert {step["kind"] for step in steps} == set(KINDS) - missing
    assert {step["id"]: step["depends_on"] for step in steps if step["id"] in needs} == needs


def test_without_any_kind_there_is_a_question() -> None:
    answer = plan(BAKERY, ())
    assert answer["steps"] == []
    assert answer["questions"][0].endswith("?")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Bäckerei “Krümel” & Co.", "backerei-krumel-co"),
        ("Школьный день", "shkolnyy-den"),
        ("Straße", "strasse"),
        ("x" * 300, "x" * 48),
    ],
)
def test_names_are_readable_in_any_address(title: str, name: str) -> None:
    assert plan(page(title, block("paragraph", "text")))["name"] == name


def test_a_title_without_letters_we_can_spell_still_has_a_steady_name() -> None:
    first, second = (plan(page(title, block("paragraph", "متن")))["name"] for title in ("شب شعر", "شب شعر"))
    assert first == second
    assert first.startswith("village-")
    assert plan(page("جشن", block("paragraph", "متن")))["name"] != first
