"""Two people connect the same workspace: two tenants, and neither sees anything of the other's."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from shared.accounts.providers import PROVIDERS
from shared.app.connections.connect_notion import connect_notion
from shared.app.engine.execute_step import execute_step
from shared.app.tenants.settings_changes import change_settings
from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.write_journal import noting
from shared.core.pages import marks
from shared.core.run.commands import Command
from shared.core.run.run import Run, RunStatus
from shared.integrations.notion.client.client import Notion
from shared.local.first_setup import Home
from shared.oauth import exchange
from shared.wiring.tools import wire_accounts, wire_tools
from tests.support.rigs.house import Neighbourhood

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("two_tenants")]

BEN = {"name": "Ben Example", "email": "ben@example.test"}


@pytest.fixture(scope="module")
def ben(house: Neighbourhood) -> Home:
    """Give a second person of the same workspace a team, as installations from before there were members have them.

    He has Ideas of his own under the same page.
    """
    seeded = house.control("notion", "/_seed", {"workspace": "Demo", "people": [BEN]})
    house.configure("notion", authorize_as=BEN["email"])
    deps, accounts, back = house.house.wired.deps, wire_accounts(), house.house.functions["oauth-callback"]
    client, secret = deps.secrets.get("notion-client-id").reveal(), deps.secrets.get("notion-client-secret")
    asked = {"client_id": client, "redirect_uri": back, "response_type": "code"}
    url = f"{house.house.simulators['notion']}/v1/oauth/authorize"
    code = requests.get(url, params=asked, allow_redirects=False, timeout=10).headers["Location"].partition("code=")[2]
    house.configure("notion", authorize_as=None)
    tokens = exchange(accounts.plain_http("notion"), PROVIDERS["notion"], client, secret, code, back)
    tenant = connect_notion(deps, accounts, tokens)
    settings = create_databases(deps, accounts, tenant, str(seeded["home_page_id"]))
    people = [{"id": "ben", **BEN, "role": "owner", "channels": ["email"]}]
    change_settings(deps, tenant, people=people, github_owner="acme")
    person = next(str(one["id"]) for one in seeded["people"] if one["email"] == BEN["email"])
    return Home(tenant, person, str(settings["ideas_data_source"]), str(settings["ideas_database"]))


def test_the_same_page_is_reported_to_both_and_planned_for_one(house: Neighbourhood, ben: Home) -> None:
    assert ben.tenant != house.home.tenant
    mine, his = house.write("Ada's idea"), house.write("Ben's idea", home=ben)
    house.set_status(mine, marks.PLAN_IT)
    house.set_status(his, marks.PLAN_IT, ben.person)
    house.planned(mine)
    house.wait("Ben's run", lambda: bool(house.runs(his, ben.tenant)))
    house.calm()
    delivered = house.look("notion", "/_deliveries")
    seen_by = {
        who["id"]
        for entry in delivered
        if entry["entity"]["id"] == mine
        for who in entry["event"]["accessible_by"]
        if who["type"] == "bot"
    }
    assert len(seen_by) == 2  # Notion tells of both bots; which of them it concerns is for us to know
    deps = house.house.wired.deps
    assert [run.trigger.page for run in deps.store.list_runs(ben.tenant)] == [his]
    assert [run.trigger.page for run in deps.store.list_runs(house.home.tenant)] == [mine]
    mails = house.look("ses", "/_outbox")
    assert {tuple(mail["to"]) for mail in mails if "Ada's idea" in mail["subject"]} == {("ada@example.test",)}
    assert {tuple(mail["to"]) for mail in mails if "Ben's idea" in mail["subject"]} <= {("ben@example.test",)}


def test_one_tenant_names_nothing_of_the_others(house: Neighbourhood, ben: Home) -> None:
    page = house.write("Ada's own")
    house.plan(page)
    house.calm()  # everybody is told, so that nothing but what is forged could change the run
    run = house.run(page)
    deps = house.house.wired.deps
    gate = next(step for step in run.steps if step.spec.gate)
    forged = Command("forged", "attempt", "execute-step", ben.tenant, run.id, "generate", attempt=1)
    assert house.call(forged).status_code == 204  # no such run of his: nothing to do
    assert house.call(replace(forged, tenant=house.home.tenant), path=f"/t/{ben.tenant}").status_code == 404
    execute_step(replace(forged, step=gate.id), deps, wire_tools())
    assert deps.store.load_run(ben.tenant, run.id) is None
    assert house.run(page) == run
    texts = [step.output["proposal"] for step in run.steps if step.spec.kind == "plan.propose"]
    with pytest.raises(KeyError):
        deps.store.get_text(ben.tenant, str(texts[0]))
    sealed = deps.store.get(house.home.tenant, "grants", "notion")
    assert sealed is not None
    with pytest.raises(ValueError, match="does not open"):
        deps.secrets.open(ben.tenant, "notion.access", sealed.body["access"])


def test_the_other_persons_bot_cannot_decide_for_this_tenant(house: Neighbourhood, ben: Home) -> None:
    page = house.write("Still Ada's")
    house.plan(page)
    house.calm()
    state = house.look("notion", "/_state")
    (his,) = [bot["id"] for bot in state["bots"].values() if bot["owner"] == ben.person]
    assert house.deliver(page, [{"id": his, "type": "bot"}])["accepted"] == 1  # foreign to Ada's tenant, his own to his
    house.calm()
    assert house.run(page).status == RunStatus.AWAITING_APPROVAL


def _as_a_step(house: Neighbourhood, run: Run, page: str) -> None:
    """Let a step of this run ask for a plan of that page, as the plan of a routine may say."""
    deps = house.house.wired.deps
    notion = wire_accounts().connect_for(run.tenant, noting(deps, run))(Notion)
    notion.update_page(page, {"Status": {"select": {"name": marks.PLAN_IT}}})


def test_two_agents_of_ours_that_wake_each_other_are_stopped_at_the_third_echo(house: Neighbourhood, ben: Home) -> None:
    """Each works on new rows of the other's table, so that no page has a history: only both ledgers know the chain."""
    mine = house.write("Ping")
    house.plan(mine)
    house.calm()
    run, homes, chain = house.run(mine), [ben, house.home], []
    for count in range(3):
        home = homes[count % 2]
        page = house.write(f"Echo {count}", home=home)
        house.calm()
        _as_a_step(house, run, page)
        house.wait("the echo", lambda page=page, home=home: bool(house.runs(page, home.tenant)))  # type: ignore[misc]
        house.calm()
        (run,) = house.runs(page, home.tenant)
        chain.append((run.depth, run.status))
    assert chain == [(1, RunStatus.AWAITING_APPROVAL), (2, RunStatus.AWAITING_APPROVAL), (3, RunStatus.FAILED)]
    assert "wake each other without end" in run.failure
    assert [text for text in house.comments(page) if "wake each other without end" in text] != []
    assert house.run(mine).id not in run.failure  # that there was a run, not which one
    _as_a_step(house, run, page)  # and an agent that goes on regardless
    house.calm()
    assert len(house.runs(page, home.tenant)) == 1
    house.set_status(page, marks.PLAN_IT, ben.person)
    house.wait("a person's run", lambda: len(house.runs(page, home.tenant)) == 2)
    assert house.runs(page, home.tenant)[-1].depth == 0
