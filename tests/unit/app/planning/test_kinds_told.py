"""Which kinds of steps a planner is told of: the core, and of hundreds of others the few that its page speaks of."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.app.intake.page_view import PageView
from shared.app.planning.plan_checking import validate_plan
from shared.app.planning.plan_critique import _list_planner_parts
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.planner_facts.plan_context import Known
from shared.app.planning.planner_facts.plan_families import AGENTS, CODE, NOTION, families_for
from shared.app.planning.planner_facts.plan_fitting import (
    MAX_FURTHER,
    MAX_TOKENS,
    core_kinds,
    fitting_kinds,
    further_table,
)
from shared.app.planning.planner_facts.plan_kinds import kinds_notes, kinds_table
from shared.app.planning.planner_facts.plan_request import PLAN_PROMPT_TOKENS, PlanRequest
from shared.backends.offline.model import OfflineModel
from shared.bench.prompts.prompts_pages import PLACES, TEXTS, page_of
from shared.core.models.model_errors import InvalidOutput
from shared.core.models.token_bound import estimate_tokens
from shared.core.page import Block, Page, Span
from shared.core.run.run import StepSpec
from shared.mind.context import Part, assemble
from shared.mind.page_text import page_words
from shared.mind.structured import ask, schema_of
from shared.ports.model import ModelRequest
from shared.steps import KINDS
from shared.steps._kind import StepKind
from tests.fixtures.step_kinds.slack_post_message import SLACK_POST_MESSAGE
from tests.support.builders.further_kinds import further_kind, further_kinds
from tests.support.builders.proposals import a_proposal
from tests.support.builders.runs import begin
from tests.support.ports.local_ports import tools_with

Kinds = Mapping[str, StepKind]
CONNECTED = ("notion", "github", "vercel", "slack", "acme", "motion")
MAX_REQUEST = 4000 + MAX_TOKENS + 200  # tokens: of the page and the core, and of what is told besides
SAY = SLACK_POST_MESSAGE
IDLE = further_kind("motion.move_meeting", "Postpone appointments of somebody's calendar.")


def parts_with(kinds: Kinds, page: Page, known: Known | None = None, feedback: str = "") -> list[Part]:
    tools = replace(tools_with(settings={"connected": CONNECTED}), kinds=kinds)
    known = known or Known(places=PLACES)
    return PlanRequest(PageView(page, "hash"), tools, begin()[0], known, feedback=feedback).make_parts()


def request_with(kinds: Kinds, page: Page) -> ModelRequest:
    tools = replace(tools_with(settings={"connected": CONNECTED}), kinds=kinds)
    known = Known(places=PLACES)
    context = assemble(parts_with(kinds, page), budget=60_000)
    made = PlanRequest(PageView(page, "hash"), tools, begin()[0], known).make_request(schema_of(Proposal))
    return replace(made(context.prompt), stable=context.stable)


def text_of(kinds: Kinds, page: Page) -> str:
    asked = request_with(kinds, page)
    return "\n".join([asked.system, asked.stable, asked.prompt])


def further_of(kinds: Kinds, page: Page, **known: Any) -> str:
    return "".join(part.text for part in parts_with(kinds, page, Known(**known)) if "further" in part.source)


def page_saying(text: str) -> Page:
    return Page("p", "Thursday", (Block("b", "paragraph", (Span(text),)),))


def with_more(page: Page) -> dict[str, StepKind]:
    """Return all kinds, 100 of a system that nobody connected, and 100 that this page does not speak of."""
    spoken = " ".join(page_words(page).split()[:40])
    return {**KINDS, **further_kinds(100, "elsewhere", spoken), **further_kinds(100, "acme", "Xylem flum quorx.")}


@pytest.mark.parametrize("name", TEXTS)
def test_200_kinds_that_are_not_connected_or_not_spoken_of_change_no_letter_of_a_request(name: str) -> None:
    page = page_of(name)
    assert text_of(with_more(page), page) == text_of(KINDS, page)


@pytest.mark.parametrize("name", ["a site", "command-line tool", "overdue tasks"])
def test_200_kinds_change_nothing_in_a_plan(name: str) -> None:
    page, made = page_of(name), []
    for kinds in (KINDS, with_more(page)):
        answer, _ = ask(OfflineModel(), request_with(kinds, page), Proposal)
        tools = replace(tools_with(settings={"connected": CONNECTED}), kinds=kinds)
        proposal, specs = validate_plan(answer.model_dump(), tools, begin()[0])
        made.append((proposal.model_dump_json(), specs))
    assert made[0] == made[1]


@pytest.mark.parametrize("name", TEXTS)
def test_200_kinds_of_a_connected_system_that_fit_a_little_leave_a_request_in_its_budget(name: str) -> None:
    page = page_of(name)
    core = " ".join(kind.purpose for kind in KINDS.values()).lower()
    words = {word for word in page_words(page).lower().split() if word.isalpha() and word not in core}
    word = max(words, key=lambda each: (len(each), each))
    kinds = {**KINDS, **further_kinds(200, "acme", f"Flum the {word} and quorx what comes of it, with xylem behind.")}
    plain, told = text_of(KINDS, page), text_of(kinds, page)
    further = further_of(kinds, page)
    assert "acme.zzz_000{channel: string, text: string}: Flum the" in further
    assert further.count("acme.zzz_") == MAX_FURTHER
    assert estimate_tokens(further) <= MAX_TOKENS + 200
    assert len(told) - len(plain) < len(further) + 40
    assert len(told) / 4 <= MAX_REQUEST
    assert request_with(kinds, page).stable == request_with(KINDS, page).stable  # what plans share stays shared


def test_choosing_among_hundreds_takes_no_time() -> None:
    page = page_of("API from meeting notes")
    kinds = {**KINDS, **further_kinds(400, "acme", "Flum the van and quorx what comes of it.")}
    begun = time.process_time()
    fitting_kinds(kinds, page_words(page))
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Tell everybody in Slack that we are open.",
        "When it is done, leave two messages for the drivers.",
        "Schreib danach eine Nachricht an die Fahrer.",
        "Напиши сообщение водителям.",
    ],
)
def test_what_a_page_speaks_of_is_told_with_fields_and_purpose(text: str) -> None:
    kinds = {**KINDS, SAY.name: SAY, IDLE.name: IDLE}
    said = further_of(kinds, page_saying(text))
    assert "slack.post_message{channel: string, text: string}: Post a message in a Slack channel." in said
    assert IDLE.name not in said


@pytest.mark.parametrize("text", ["Write the opening times on a page.", "Set what is late to Blocked.", "Order bread."])
def test_a_page_that_speaks_of_nothing_further_is_told_of_nothing_further(text: str) -> None:
    assert further_of({**KINDS, SAY.name: SAY, IDLE.name: IDLE}, page_saying(text)) == ""


def test_what_fits_best_comes_first_and_each_system_stands_together() -> None:
    kinds = KINDS | {each.name: each for each in (
        further_kind("acme.invoice", "Write an invoice."),
        further_kind("motion.appointment", "Make appointments."),
        further_kind("acme.invoice_reminder", "Remind a customer of an invoice that is overdue."),
    )}  # fmt: skip
    found = fitting_kinds(kinds, "Remind every customer of the overdue invoice, and make an appointment.")
    assert [kind.name for kind in found] == ["acme.invoice_reminder", "acme.invoice", "motion.appointment"]
    mixed = [found[0], found[2], found[1]]
    lines = further_table(mixed, 60_000).splitlines()[1:]
    assert [line.partition("{")[0] for line in lines] == ["acme.invoice_reminder", "acme.invoice", "motion.appointment"]


def test_a_kind_of_a_core_system_is_not_told_because_that_system_is_named() -> None:
    kinds = {**KINDS, "notion.flum": further_kind("notion.flum", "Flum a page in Notion.", "notion")}
    assert further_of(kinds, page_saying("Write the opening times into Notion.")) == ""
    assert "notion.flum{" in further_of(kinds, page_saying("Flum all of them in Notion."))


@pytest.mark.parametrize(
    "known",
    [
        {"answered": "steps[0].input: text: is missing\nslack.post_message takes {channel, text}"},
        {"last_plan": json.dumps({"steps": [{"kind": "slack.post_message"}]})},
        {"findings": ("steps[1]: slack.post_message would be shorter",)},
        {"asked": "Tell the drivers in Slack"},
    ],
)
def test_what_is_called_by_name_or_in_an_answer_of_people_is_told(known: dict[str, Any]) -> None:
    kinds, page = {**KINDS, SAY.name: SAY}, page_saying("Order bread.")
    assert further_of(kinds, page) == ""
    assert "slack.post_message{channel: string" in further_of(kinds, page, **known)


def test_what_has_no_room_is_told_by_name() -> None:
    kinds = list(further_kinds(20, "acme", "Post " + "what the drivers need " * 20).values())
    told = further_table(kinds, 60_000).splitlines()
    assert told[-1].startswith("By name alone, for there is no room to say more: acme.zzz_")
    assert sum(line.startswith("acme.") for line in told) >= 2
    assert further_table(kinds[:1], 100).splitlines()[1:] == [
        "By name alone, for there is no room to say more: acme.zzz_000."
    ]


def refused(kinds: Kinds, step: Mapping[str, Any]) -> str:
    tools = replace(tools_with(settings={"connected": ("notion", "github", "slack")}), kinds=kinds)
    with pytest.raises(InvalidOutput) as found:
        validate_plan(
            a_proposal([{"id": "tell", "title": "Tell", "why": "…", "depends_on": [], **step}]), tools, begin()[0]
        )
    return str(found.value)


def test_a_kind_that_was_not_told_is_taken_and_a_wrong_input_is_told_its_fields() -> None:
    kinds = {**KINDS, SAY.name: SAY}
    tools = replace(tools_with(settings={"connected": ("notion", "slack")}), kinds=kinds)
    step = {"id": "tell", "kind": SAY.name, "title": "Tell", "why": "…", "depends_on": []}
    given = {"channel": "C0123456789", "text": "Open."}
    _, specs = validate_plan(a_proposal([{**step, "input": given}]), tools, begin()[0])
    assert [dict(spec.input) for spec in specs if spec.kind == SAY.name] == [given]
    said = refused(kinds, {**step, "input": {"to": "everybody"}})
    assert "slack.post_message takes channel: a text" in said
    assert "unknown; use one of" not in said


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("motion.move_meeting", "this team has not connected motion; leave it out, and say among the assumptions"),
        ("site.deploy", "this team has not connected Vercel or "),
        ("release.rollback", "is unknown; use one of"),
        ("agent.turn", "our code adds it where it is needed; leave it out"),
    ],
)
def test_a_kind_that_a_team_cannot_have_is_answered_by_its_name_with_the_reason(kind: str, why: str) -> None:
    said = refused({**KINDS, IDLE.name: IDLE}, {"kind": kind, "input": {}})
    assert f"steps[0].kind '{kind}'" in said
    assert why in said
    assert ("exists, but" in said) == (kind != "release.rollback")


def test_families_are_guessed_for_kinds_of_known_families_alone() -> None:
    assert families_for("Set all tasks to done", [*KINDS, SAY.name]).names == {NOTION}


@pytest.mark.parametrize(
    ("families", "most"),
    [({CODE}, 3_000), ({NOTION}, 6_500), ({CODE, NOTION}, 7_500), ({AGENTS}, 7_500), ({AGENTS, CODE, NOTION}, 14_500)],
)
def test_the_core_is_told_in_little_where_a_page_needs_these_families(families: set[str], most: int) -> None:
    """Every request for such a page pays for it: four characters are about one token.

    Where it is red because of a new kind, that kind is no core one: leave `core` away, and give it `words`.
    """
    core = core_kinds(KINDS).values()
    told = kinds_table(core, PLAN_PROMPT_TOKENS, families), kinds_notes(core, families, PLAN_PROMPT_TOKENS)
    lines = told[0].split("\n")
    agents = AGENTS in families
    assert all(any(line.startswith(kind.name) for line in lines) for kind in core if agents or "code" in kind.name)
    assert max(map(len, lines)) < 2_000
    assert len("\n".join(told)) < most
    assert told[1]


def test_only_what_a_plan_can_hold_is_core() -> None:
    assert [kind.name for kind in core_kinds(KINDS).values() if not kind.plannable] == []
    assert [kind.name for kind in KINDS.values() if kind.core and kind.words] == []


def test_a_critic_is_told_of_the_kinds_that_its_planner_was_told_of() -> None:
    kinds, page = {**KINDS, SAY.name: SAY, IDLE.name: IDLE}, page_saying("Tell the drivers in Slack.")

    def seen(kinds: Kinds, page: Page) -> str:
        parts = _list_planner_parts(parts_with(kinds, page), kinds, [StepSpec("tell", "notion.comment")])
        return next(part.text for part in parts if part.source.startswith("kinds"))

    assert "slack.post_message{channel, text}" in seen(kinds, page)
    assert IDLE.name not in seen(kinds, page)
    assert seen(kinds, page_saying("Order bread.")) == seen(KINDS, page_saying("Order bread."))
