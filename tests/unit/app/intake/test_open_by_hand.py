"""A run is opened because somebody asks for it, not because a page changed: once, for an idea, or for a text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.app.api.exchange import ApiRequest
from shared.app.api.keys import PEPPER, create_key
from shared.app.api.router import Api
from shared.app.intake.open_page_run import page_record
from shared.core.run.run import RunStatus
from shared.ports import Secret
from tests.support.ports.dying import Died
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT

TEXT = "# Bicycle market\n\nOn Saturday from 10 to 14, at the fire station.\n\n- bring your own table\n"


@pytest.fixture
def ask(desk: Desk) -> Callable[..., Any]:
    """Return what asks the API in the name of a member, or of another role."""
    desk.house.secrets.set(PEPPER, Secret("a pepper of the tests"))
    keys = {role: create_key(desk.house.deps, TENANT, role, f"a {role}") for role in ("member", "viewer")}

    def ask(body: dict[str, Any], *, role: str = "member", name: str = "") -> tuple[int, dict[str, Any]]:
        headers = {"authorization": f"Bearer {keys[role]}", "content-type": "application/json"}
        headers |= {"idempotency-key": name} if name else {}
        asked = ApiRequest("POST", "/v1/runs", {}, headers, json.dumps(body).encode())
        reply = Api(desk.house.deps, lambda: desk.house.tools).answer(asked)
        return reply.status, json.loads(reply.text)

    return ask


def rows(desk: Desk) -> list[dict[str, Any]]:
    """Return the ideas, without the example that the database came with."""
    listed = desk.as_person("POST", f"/v1/data_sources/{desk.source}/query", {})["results"]
    return [row for row in listed if not _title(row).startswith("Example")]


def _title(row: dict[str, Any]) -> str:
    return "".join(each["plain_text"] for each in row["properties"]["Name"]["title"])


def test_a_text_becomes_a_page_with_a_plan(desk: Desk, ask: Callable[..., Any]) -> None:
    status, run = ask({"markdown": TEXT})
    assert (status, run["title"], run["by"]) == (200, "Bicycle market", "a member")
    (row,) = rows(desk)
    assert _title(row) == "Bicycle market"
    written = desk.as_person("GET", f"/v1/blocks/{row['id']}/children")["results"]
    assert [each["type"] for each in written[:2]] == ["paragraph", "bulleted_list_item"]
    desk.house.work()
    assert desk.house.run(run["id"]).status == RunStatus.AWAITING_APPROVAL
    assert desk.status(row["id"]) == "Plan ready"
    desk.set_status(row["id"], "Approved")
    desk.tell(row["id"])  # and in Notion it is a run like any other
    assert desk.house.run(run["id"]).status != RunStatus.AWAITING_APPROVAL


def test_a_page_of_ideas_gets_its_run_once(desk: Desk, ask: Callable[..., Any]) -> None:
    page = desk.write_idea("Bicycle club")
    status, run = ask({"page": f"https://www.notion.so/Bicycle-club-{page.replace('-', '')}?pvs=4"})
    assert (status, run["title"]) == (200, "Bicycle club")
    (opened,) = [each for each in desk.house.store.audit(TENANT) if each.body["what"] == "RunOpened"]
    assert (opened.body["by"], opened.body["actor"].partition(":")[0]) == (
        "a member",
        "service",
    )  # a key that is nobody's
    assert ask({"page": page})[1]["id"] == run["id"]  # while it is under way it is that run
    assert page_record(desk.house.deps, TENANT, page).generation == 1


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 409, "one of 'page' and 'markdown'"),
        ({"page": "0" * 32, "markdown": "Bread"}, 409, "one of 'page' and 'markdown'"),
        ({"markdown": " \n"}, 409, "'markdown' says nothing"),
        ({"markdown": "Bread", "title": "a\nb"}, 400, "'title'"),
        ({"page": "nonsense"}, 400, "'page'"),
        ({"page": "f" * 32}, 404, "shows us no page"),
    ],
)
def test_what_cannot_be_opened_is_refused_by_its_field(
    desk: Desk, ask: Callable[..., Any], body: dict[str, Any], status: int, says: str
) -> None:
    answered, problem = ask(body)
    assert (answered, says in problem["detail"]) == (status, True), problem
    assert rows(desk) == []


def test_a_page_elsewhere_in_the_trash_or_before_there_are_ideas_is_none(desk: Desk, ask: Callable[..., Any]) -> None:
    status, problem = ask({"page": desk.home})
    assert (status, "not a row of Ideas" in problem["detail"]) == (409, True)
    page = desk.write_idea()
    desk.as_person("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    assert ask({"page": page})[0] in (404, 409)
    assert ask({"markdown": TEXT}, role="viewer")[0] == 403
    desk.house.settle()
    status, problem = ask({"markdown": TEXT})
    assert (status, "no Ideas in Notion yet" in problem["detail"]) == (409, True)
    desk.house.revoke("notion")
    assert "not connected" in ask({"markdown": TEXT})[1]["detail"]


def test_a_death_anywhere_leaves_one_page_and_one_run(desk: Desk, ask: Callable[..., Any]) -> None:
    points: list[str] = []
    desk.house.crash_point = points.append
    ask({"markdown": TEXT}, name="the-first")
    assert len(points) >= 3
    assert "opened.after/page" in points
    for number, _ in enumerate(points):
        reached = 0

        def die(point: str, number: int = number) -> None:
            nonlocal reached
            reached += 1
            if reached == number + 1:
                raise Died(point)

        before = len(rows(desk))
        desk.house.crash_point = die
        with pytest.raises(Died):
            ask({"markdown": TEXT}, name=f"killed-at-{number}")
        desk.house.crash_point = lambda point: None
        desk.house.clock.move(minutes=15)  # after which no lease is held and no request can still arrive
        status, run = ask({"markdown": TEXT}, name=f"killed-at-{number}")
        assert status == 200, (points[number], run)
        assert len(rows(desk)) == before + 1, points[number]
        assert ask({"markdown": TEXT}, name=f"killed-at-{number}") == (200, run)
        assert len(rows(desk)) == before + 1
