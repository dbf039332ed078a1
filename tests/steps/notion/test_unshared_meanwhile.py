"""Pages are unshared while a run works: it ends or waits with a word on what to do, and goes on once, and only once."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests

from shared.app.api.run.retry import retry_run
from shared.app.approval.approvals import asked_now, decide
from shared.app.connections.connect_account import resume_waiting
from shared.app.tenants.settings_changes import change_settings
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.core.run.run import Run, RunStatus
from shared.integrations.notion.client.client import Notion
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.local.simulators.slack.simulator import SlackSimulator
from tests.integrations.conftest import Served
from tests.steps.notion.test_a_plan_in_notion import Scripted
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse

ADA = {"id": "ada", "role": "owner", "slack": "C1", "channels": ["slack"]}
LINE = "We repair bicycles on Saturdays."


def written(name: str, page: str, after: str = "") -> dict[str, Any]:
    return {
        "id": name,
        "kind": "notion.append_blocks",
        "title": f"Write the {name} word",
        "depends_on": [after] if after else [],
        "input": {"page": page, "markdown": f"The {name} word."},
    }


@dataclass
class Team:
    """A desk with a run that waits for its approval, the other page that it is to write to, and the owner's Slack."""

    desk: Desk
    page: str
    other: str
    slack: Served
    model: Scripted

    @property
    def run(self) -> Run:
        """Return the page's latest run."""
        return self.desk.run_of(self.page)

    def place(self, what: str) -> str:
        """Return the id of what is taken away."""
        found = self.desk.as_person("GET", f"/v1/data_sources/{self.desk.source}")
        places = {"page": self.page, "other": self.other, "table": str(found["parent"]["database_id"])}
        return places[what]

    def has_seen(self, page: str) -> None:
        """Have the map of the workspace know a page, as it knows all that is shared."""
        connect = self.desk.house.accounts.connect_for(TENANT)
        WorkspaceMap(self.desk.house.deps, TENANT, connect(Notion)).refresh(page)

    def bot(self) -> str:
        """Return the id of our own bot."""
        (bot,) = requests.get(f"{self.desk.url}/_state", timeout=10).json()["bots"]
        return str(bot)

    def grant(self, verb: str, page: str = "") -> None:
        """Have a person share a page with the connection, take it back, or end the connection."""
        order = {"bot_id": self.bot(), "page_id": page}
        requests.post(f"{self.desk.url}/_grant/{verb}", json=order, timeout=10).raise_for_status()

    def unshare_while_writing(self, page: str) -> None:
        """Take the page back at the moment in which it is written to."""
        order = {"method": "PATCH", "path": f"/v1/blocks/{page}/children", "grant": "unshare"}
        order |= {"bot_id": self.bot(), "page_id": page}
        requests.post(f"{self.desk.url}/_faults", json=order, timeout=10).raise_for_status()

    def asked(self) -> int:
        """Return how many calls Notion has had."""
        journal = requests.get(f"{self.desk.url}/_journal", timeout=10).json()
        return sum(each["path"].startswith("/v1/") for each in journal)

    def approve(self) -> None:
        """Approve by the link that people were sent, and let half a day pass."""
        decide(self.desk.house.deps, asked_now(self.run), approve=True, by="Ada", via="link")
        self.rest()

    def rest(self) -> None:
        """Work, and let half a day pass."""
        self.desk.house.work()
        self.desk.house.pass_time(timedelta(hours=12), timedelta(hours=2))

    def texts(self, page: str) -> list[str]:
        """Return the paragraphs that people see on a page."""
        found = self.desk.as_person("GET", f"/v1/blocks/{page}/children")["results"]
        return [each["paragraph"]["rich_text"][0]["plain_text"] for each in found if each["type"] == "paragraph"]

    def told(self) -> str:
        """Return the last message to the owner."""
        return json.dumps(self.slack.simulator.state["channels"]["C1"][-1]["text"], ensure_ascii=False)


@pytest.fixture
def team(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Team:
    notion, slack = served(NotionSimulator()), served(SlackSimulator())
    slack.control("/_config", {"rate_limit": 0})
    slack.control("/_seed", {"token": "word-of-slack", "channels": ["C1"], "users": []})
    model = Scripted([])
    desk = settle_in(house(endpoints={"notion": notion.url, "slack": f"{slack.url}/api"}, model=model), notion.url)
    desk.house.connect("slack", "word-of-slack")
    change_settings(desk.house.deps, TENANT, people=[ADA])
    page, other = desk.write_idea(), desk.write_idea("Another page")
    steps = [written("first", "{page}"), written("second", other, "first"), written("third", "{page}", "second")]
    model.steps = deepcopy(steps)
    desk.set_status(page, "Plan it")
    desk.tell(page)
    return Team(desk, page, other, slack, model)


def all_is_written_once(team: Team) -> bool:
    return (team.texts(team.page), team.texts(team.other)) == (
        [LINE, "The first word.", "The third word."],
        [LINE, "The second word."],
    )


@pytest.mark.parametrize("what", ["page", "other", "table"])
def test_what_is_unshared_ends_the_run_with_what_to_do_and_shared_again_it_goes_on(team: Team, what: str) -> None:
    place = team.place(what)
    team.has_seen(team.other)
    if what == "other":
        team.unshare_while_writing(place)  # the first word is written by then
    else:
        team.grant("unshare", place)  # while it waits for its approval
    team.approve()
    asked = team.asked()
    team.rest()
    assert team.asked() == asked  # nobody asks on and on
    assert team.run.status == RunStatus.FAILED
    assert "not shared with this connection" in team.run.failure
    assert len(team.model.prompts) == 1  # no other plan would change anything
    assert "share that page or table with the connection again" in team.told()
    assert f"workwright retry {team.run.id}" in team.told()
    assert team.desk.house.queue.dead_letters(TENANT) == []
    team.grant("share", place)
    house = team.desk.house
    retry_run(house.deps, lambda: house.tools, TENANT, team.run.id, "Ada")
    team.rest()
    assert team.run.status == RunStatus.SUCCEEDED
    assert all_is_written_once(team)
    assert team.desk.status(team.page) == "Done"


def test_a_page_that_nobody_had_seen_is_planned_around_once_and_a_retry_may_write_to_it_after_all(team: Team) -> None:
    team.unshare_while_writing(team.other)
    team.approve()
    assert (team.run.status, team.run.replans) == (RunStatus.FAILED, 1)  # the planner knew no other way
    assert "share that page or table with the connection again" in team.told()
    team.grant("share", team.other)
    team.model.steps = [{**step, "depends_on": []} for step in team.model.steps[1:]]  # what is done is no part of it
    house = team.desk.house
    retry_run(house.deps, lambda: house.tools, TENANT, team.run.id, "Ada")
    team.rest()
    team.approve()
    assert team.run.status == RunStatus.SUCCEEDED
    assert (sorted(team.texts(team.page)), team.texts(team.other)) == (
        sorted([LINE, "The first word.", "The third word."]),
        [LINE, "The second word."],
    )


def test_a_connection_that_was_ended_is_waited_for_and_goes_on_by_itself(team: Team) -> None:
    team.grant("revoke")
    team.approve()
    asked = team.asked()
    team.rest()
    assert team.asked() == asked
    assert team.run.status == RunStatus.EXECUTING
    assert "Notion no longer lets us in. Reconnect it, and the run goes on." in team.told()
    token = requests.post(f"{team.desk.url}/_seed", json={"internal": True}, timeout=10).json()["token"]
    team.desk.house.connect("notion", token)
    resume_waiting(team.desk.house.deps, TENANT, "notion")
    team.rest()
    assert team.run.status == RunStatus.SUCCEEDED
    assert all_is_written_once(team)


def test_a_right_that_was_taken_away_ends_the_run_too_and_given_back_it_goes_on(team: Team) -> None:
    body = {"object": "error", "status": 403, "code": "restricted_resource", "message": "No."}
    path = f"/v1/blocks/{team.other}/children"
    fault = {"method": "PATCH", "path": path, "status": 403, "body": body, "times": 1000}
    requests.post(f"{team.desk.url}/_faults", json=fault, timeout=10).raise_for_status()
    team.approve()
    assert (team.run.status, len(team.model.prompts)) == (RunStatus.FAILED, 1)
    assert "switch that on under Capabilities" in team.told()
    assert team.desk.status(team.page) == "Failed"
    requests.delete(f"{team.desk.url}/_faults", timeout=10).raise_for_status()
    house = team.desk.house
    retry_run(house.deps, lambda: house.tools, TENANT, team.run.id, "Ada")
    team.rest()
    assert all_is_written_once(team)
