"""Side by side: two runs that change one repository at once, and ten tenants who see nothing of each other."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.app.api.keys import create_key
from shared.app.tenants.settings_changes import change_settings
from shared.app.workspace.workspace_create import create_databases
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus
from shared.local.first_setup import Home
from shared.oauth import GrantTokens
from shared.ports import Secret
from shared.wiring.tools import wire_accounts
from tests.support.builders.made_up_secrets import letters
from tests.support.measures.ship_audit import histories, unauthorised
from tests.support.rigs.house import Neighbourhood

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ship_tenants")]
GIT = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
TENANTS = 10


@dataclass(frozen=True)
class Team:
    """One tenant: where it is at home, and what opens its things."""

    name: str
    home: Home
    key: str  # of its API
    github: str
    vercel: str
    page: str


def _unauthorised(house: Neighbourhood, *tenants: str) -> list[str]:
    journals = {system: house.look(system, "/_journal?effects=1") for system in ("github", "vercel")}
    return unauthorised(journals, histories(house.house.wired.deps.store, tenants))


def _output(run: Run, kind: str) -> dict[str, Any]:
    return dict(next(step.output for step in run.steps if step.spec.kind == kind))


def _clone(house: Neighbourhood, repository: str, branch: str, token: str, folder: Path) -> Path:
    """Clone a branch with git itself, with all that leads to it."""
    url = f"{house.house.simulators['github']}/{repository}.git".replace("://", f"://x:{token}@")
    asked = ["git", "clone", "-q", "--branch", branch, url, str(folder)]
    subprocess.run(asked, check=True, capture_output=True, env=GIT, timeout=60)
    return folder


def _files(house: Neighbourhood, run: Run) -> dict[str, bytes]:
    kept = json.loads(house.house.wired.deps.store.get_text(run.tenant, _output(run, "code.test")["work"]))["files"]
    return {name: text.encode() for name, text in kept.items()}


def test_two_runs_that_change_one_repository_at_once_lose_no_commit(house: Neighbourhood, tmp_path: Path) -> None:
    deps, tenant = house.house.wired.deps, house.home.tenant
    change_settings(deps, tenant, ship={"code": {"owner": "acme", "repository": "village"}})
    titles = ("The bakery", "The library")
    pages = [house.write(title) for title in titles]
    for page in pages:
        house.set_status(page, marks.PLAN_IT)
    for page in pages:
        house.planned(page)
    for page in pages:
        house.set_status(page, marks.APPROVED)
    house.wait("both ends", lambda: _ended(house, pages))
    runs = [house.ended(page) for page in pages]
    assert [(run.status, run.failure) for run in runs] == [(RunStatus.SUCCEEDED, "")] * 2
    made = [_output(run, "repository.propose_change") for run in runs]
    assert {one["repository"] for one in made} == {"acme/village"}
    assert len({one["number"] for one in made}) == len({one["branch"] for one in made}) == 2
    assert [effect["repo"] for effect in house.effects("github", "repo.create")].count("acme/village") == 1
    token = next(iter(house.look("github", "/_state")["tokens"]))
    for number, (run, one) in enumerate(zip(runs, made, strict=True)):
        clone = _clone(house, "acme/village", one["branch"], token, tmp_path / f"c{number}")
        head = subprocess.run(
            ["git", "-C", str(clone), "rev-parse", "HEAD"], capture_output=True, check=True, text=True
        )
        assert head.stdout.strip() == one["commit"]
        wanted = _files(house, run)
        assert {name: (clone / name).read_bytes() for name in wanted} == wanted
        assert titles[number] in (clone / "site" / "index.html").read_text(encoding="utf-8")
    change_settings(deps, tenant, ship={})
    assert _unauthorised(house, tenant) == []


def _ended(house: Neighbourhood, pages: list[str]) -> bool:
    for page in pages:
        house.agreed(page)
    return all(house.run(page).status.final for page in pages)


# --- ten tenants ------------------------------------------------------------------------------------------------------


def _settle(house: Neighbourhood, number: int) -> Team:
    """Connect somebody else with a workspace, a forge, a host and a page of their own."""
    name = f"Team {number}"
    person = {"name": f"{name} Example", "email": f"team{number}@example.test"}
    seeded = house.control("notion", "/_seed", {"workspace": name, "people": [person]})
    house.configure("notion", authorize_as=person["email"])
    with requests.Session() as browser:
        url = f"{house.house.functions['oauth-callback']}/start"
        landed = browser.get(url, params={"provider": "notion"}, timeout=10)
    house.configure("notion", authorize_as=None)
    tenant = landed.url.partition("tenant=")[2]
    deps, accounts = house.house.wired.deps, wire_accounts()
    settings = create_databases(deps, accounts, tenant, str(seeded["home_page_id"]))
    owner, github, vercel = f"team-{number}", letters(f"github {number}", 40), letters(f"vercel {number}", 40)
    house.control("github", "/_seed", {"token": github, "login": f"workwright-{number}", "org": owner})
    house.control("vercel", "/_seed", {"token": vercel, "user": f"maker-{number}"})
    for system, token in (("github", github), ("vercel", vercel)):
        accounts.keep(tenant, system, GrantTokens(Secret(token), None, {}), {})
    change_settings(deps, tenant, people=[], ship={"code": {"owner": owner}, "site": {"watch_s": 0}})
    user = next(str(one["id"]) for one in seeded["people"] if one["email"] == person["email"])
    home = Home(tenant, user, str(settings["ideas_data_source"]), str(settings["ideas_database"]))
    page = house.write(f"Notices of {owner}", home)
    return Team(owner, home, create_key(deps, tenant, "owner", name), github, vercel, page)


@pytest.fixture(scope="module")
def teams(house: Neighbourhood) -> Iterator[list[Team]]:
    """Yield ten tenants whose pages were all planned, built and put live at the same time."""
    settled = [_settle(house, number) for number in range(TENANTS)]
    for team in settled:
        house.set_status(team.page, marks.PLAN_IT, team.home.person)
    agreed: set[str] = set()
    for team in settled:
        house.wait(f"the end of {team.name}", lambda team=team: _goes_on(house, settled, agreed)[team.name])  # type: ignore[misc]
    yield settled
    assert _unauthorised(house, house.home.tenant, *(team.home.tenant for team in settled)) == []


def _goes_on(house: Neighbourhood, teams: list[Team], agreed: set[str]) -> dict[str, bool]:
    """Agree, each with a key of their own, to what is asked; return whose run has ended and been told."""
    ended = {}
    for team in teams:
        runs = house.runs(team.page, team.home.tenant)
        ended[team.name] = bool(runs) and runs[-1].status.final and any(n.startswith("run_") for n in runs[-1].notices)
        asked = runs[-1].asked if runs else ""
        if asked and asked not in agreed:
            agreed.add(asked)
            answer = _call(house, team, "POST", f"/v1/runs/{runs[-1].id}/approve", {"plan_hash": asked})
            assert answer.status_code == 200, answer.text
    return ended


def _call(house: Neighbourhood, team: Team, method: str, path: str, body: Any = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {team.key}"}
    return requests.request(method, house.house.url + path, json=body, headers=headers, timeout=10)


def _run(house: Neighbourhood, team: Team) -> Run:
    (run,) = house.house.wired.deps.store.list_runs(team.home.tenant)
    return run


def test_ten_tenants_at_once_all_go_live_each_with_its_own(house: Neighbourhood, teams: list[Team]) -> None:
    state, sites = house.look("github", "/_state")["repos"], house.look("vercel", "/_state")
    for team in teams:
        run = _run(house, team)
        assert (run.status, run.failure, run.trigger.page) == (RunStatus.SUCCEEDED, "", team.page)
        mine = [repo for name, repo in state.items() if name.startswith(f"{team.name}/")]
        assert len(mine) == 1
        assert {name for name in (other.name for other in teams) if name in json.dumps(mine)} == {team.name}
        deployed = [one for one in sites["deployments"].values() if one["ownerId"] == f"usr_maker-{team.name[5:]}"]
        assert [one["meta"]["workwright-run"] for one in deployed] == [run.id]
        shown = requests.get(str(run.facts["site"]), timeout=10).text
        assert {name for name in (other.name for other in teams) if name in shown} == {team.name}


BODIES = {
    "answer": {"text": "again"},
    "approve": {"plan_hash": "0" * 64},
    "rework": {"wish": "bluer"},
    "feedback": {"thumb": "up"},
}


def test_the_key_of_one_tenant_finds_nothing_of_another_at_any_route(house: Neighbourhood, teams: list[Team]) -> None:
    described = requests.get(f"{house.house.url}/openapi.json", timeout=10).json()["paths"]
    routes = [(method.upper(), path) for path, calls in described.items() if "{run}" in path for method in calls]
    assert len(routes) >= 10
    for team, other in zip(teams, [*teams[1:], teams[0]], strict=True):
        run = _run(house, other)
        listed = _call(house, team, "GET", "/v1/runs").json()["runs"]
        assert [each["id"] for each in listed] == [_run(house, team).id]
        for method, path in routes if team is teams[0] else routes[:1]:
            asked = path.format(run=run.id, step="test", n="1")
            answer = _call(house, team, method, asked, BODIES.get(path.rpartition("/")[2]))
            assert answer.status_code == 404, (method, asked, answer.text)
            assert other.name not in answer.text
        assert _run(house, other) == run


def test_no_tenants_token_reaches_another_ones_things(house: Neighbourhood, teams: list[Team]) -> None:
    """What the systems outside have seen: every write of a run came with the token of its own tenant."""
    effects = [effect for entry in house.look("github", "/_journal?effects=1") for effect in entry["effects"]]
    told = {(effect["repo"].partition("/")[0], effect["by"]) for effect in effects if {"repo", "by"} <= set(effect)}
    mine = {(team.name, f"workwright-{team.name[5:]}") for team in teams}
    assert mine <= told
    assert {each for each in told if each[0].startswith("team-")} == mine
    deps = house.house.wired.deps
    for team, other in zip(teams, [*teams[1:], teams[0]], strict=True):
        sealed = deps.store.get(other.home.tenant, "grants", "github")
        assert sealed is not None
        with pytest.raises(ValueError, match="does not open"):
            deps.secrets.open(team.home.tenant, "github.access", sealed.body["access"])
