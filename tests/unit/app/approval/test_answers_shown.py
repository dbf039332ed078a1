"""What a model is shown of its own answers and of people's: each beside what it is about, and nothing that is past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shared.core.run.run import RunStatus
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.desks.plan_comments import say
from tests.support.ports.planner_in_hand import Json, PlannerInHand, comment, plan_of
from tests.support.rigs.small_desk import settle_in
from tests.support.rigs.small_house import SmallHouse

TRASH: Json = {"id": "old", "kind": "notion.trash_page", "title": "Take the old page away", "depends_on": [],
               "input": {"page": "{page}"}}  # fmt: skip
FOUND: Json = {"severity": "high", "where": "old", "problem": "Nobody asked for it.", "mend": "Ask first."}


def test_an_answer_stands_beside_the_question_it_answers(
    house: Callable[..., SmallHouse], served: Callable[[Any], Served]
) -> None:
    notion = served(NotionSimulator())
    model = PlannerInHand([plan_of(questions=["Which page is the old one?"]), plan_of(comment("tell", "hello"))])
    desk = settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url)
    behind = datetime.now(UTC) - desk.house.clock.now()  # the simulated Notion has the machine's clock
    desk.house.clock.move(seconds=behind.total_seconds() + 120)
    page = desk.write_idea("Club")
    desk.set_status(page, "Plan it")
    desk.tell(page)
    say(desk, page, "The one of last spring.")
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    first, second = (request.prompt for request in model.asked_for("plan"))
    assert "We asked" not in first
    assert "We asked: Which page is the old one?\nPeople answered: The one of last spring." in second
    assert second.count("The one of last spring.") == 1


def test_what_was_wrong_with_an_answer_is_told_with_that_answer_and_not_after_the_critic(
    house: Callable[..., SmallHouse], served: Callable[[Any], Served]
) -> None:
    notion = served(NotionSimulator())
    bad = plan_of({**TRASH, "after": []})
    critic = [{"verdict": "mend", "findings": [FOUND]}, {"verdict": "ok", "findings": []}]
    model = PlannerInHand([bad, plan_of(TRASH), plan_of(comment("tell", "hello"))], {"agent.critic": critic})
    desk = settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url)
    page = desk.write_idea("Club")
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    first, again, after_critic = model.asked_for("plan")
    assert first.messages == ()
    said, told = again.messages
    assert (said.role, told.role) == ("assistant", "user")
    assert '"after"' in said.text
    assert "unknown field 'after'; known: id, kind, title, why, input, depends_on" in told.text
    assert after_critic.messages == ()
    assert "'after'" not in after_critic.prompt
    assert "your last answer" not in after_critic.prompt
    assert "Nobody asked for it." in after_critic.prompt
