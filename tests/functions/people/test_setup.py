"""The guided set-up over HTTP: what stands in the way is said with the way out, and only an owner goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from shared.app.api.keys import create_key
from shared.app.intake.open_by_hand import open_for_text
from shared.app.people.first_steps import try_example
from shared.app.workspace.workspace_order import load_setup, order_databases
from shared.core.people.actor import Actor, ActorKind
from shared.core.run.run import Run
from shared.ports import SYSTEM
from shared.ports.documents import tenant_settings
from shared.wiring.tools import wire_tools
from tests.functions.people.test_browser_session import Browser
from tests.functions.people.test_signing_in import ask, let_in, owner_key
from tests.support.ports.dying import Died
from tests.support.rigs.house import Neighbourhood

pytestmark = pytest.mark.xdist_group("signing_in")
Founds = Callable[..., tuple["Guided", str, str]]


class Guided(Browser):
    """A browser on the page of the set-up."""

    def do(self, act: str, **fields: str) -> requests.Response:
        (mark, *_) = re.findall(r'name="form" value="([0-9a-f]{64})"', self.open("/account").text) or [""]
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.url}
        data = {"act": act, "form": mark, **fields}
        return self.http.post(f"{self.url}/setup", data=data, headers=headers, timeout=20)


@pytest.fixture
def found_team(house: Neighbourhood, as_person: Callable[[str], None]) -> Founds:
    """Return what founds a team of another workspace: its owner's browser, its id and its bot."""

    def found(name: str, plan: str = "plus") -> tuple[Guided, str, str]:
        mail = f"{name.lower()}@example.test"
        people = [{"name": f"Owner of {name}", "email": mail}, {"name": f"Second of {name}", "email": f"2.{mail}"}]
        house.control("notion", "/_seed", {"workspace": name, "plan": plan, "people": people})
        as_person(mail)
        browser = Guided(house)
        assert f"owner of {name}" in browser.sign_in().text
        tenant = browser.cookie.partition(".")[0]
        bots = house.house.wired.deps.store.list_docs(SYSTEM, "bots")
        return browser, tenant, next(doc.id for doc in bots if doc.body["tenant"] == tenant)

    return found


def _ask_doctor(house: Neighbourhood, browser: Guided) -> list[dict[str, Any]]:
    """Return what the team's doctor finds, asked with a key of its owner."""
    key = create_key(house.house.wired.deps, browser.cookie.partition(".")[0], "owner", "of the tests")
    return list(ask(house, key, "GET", "/v1/doctor").json()["checks"])


@contextmanager
def limited_plan(house: Neighbourhood, blocks: int) -> Iterator[None]:
    """Let the connection be one for which the limit of free plans counts, and that limit be so many blocks."""
    secrets = house.house.wired.deps.secrets
    connection: dict[str, Any] = {
        "client_id": secrets.get("notion-client-id").reveal(),
        "client_secret": secrets.get("notion-client-secret").reveal(),
        "redirect_uris": [house.house.functions["oauth-callback"]],
        "auto_approve": True,
    }
    house.control("notion", "/_seed", {"integration": {**connection, "limited": True}})
    house.configure("notion", free_block_limit=blocks)
    try:
        yield
    finally:
        house.configure("notion", free_block_limit=1000)
        house.control("notion", "/_seed", {"integration": connection})


def wait_for(house: Neighbourhood, browser: Guided, words: str) -> str:
    house.wait(words, lambda: words in browser.open("/setup").text)
    return browser.open("/setup").text


def test_what_is_not_shared_or_not_allowed_is_said_with_the_way_out(house: Neighbourhood, found_team: Founds) -> None:
    browser, _, bot = found_team("Orchard")
    page = str(house.control("notion", "/_seed", {"workspace": "Orchard"})["home_page_id"])
    house.control("notion", "/_grant/unshare", {"bot_id": bot, "page_id": page})
    browser.do("look")
    assert "add Workwright, and look again" in wait_for(house, browser, "No page of your Notion is shared")
    house.control("notion", "/_grant/share", {"bot_id": bot, "page_id": page})
    browser.do("look")
    wait_for(house, browser, "Use “Workspace home”")
    house.control("notion", "/_grant/unshare", {"bot_id": bot, "page_id": page})
    browser.do("place", page=page)
    assert "Choose another page" in wait_for(house, browser, "is not shared with Workwright any more")
    browser.do("anew")
    assert "Choose another page" not in wait_for(house, browser, "No page of your Notion is shared")
    house.control("notion", "/_grant/share", {"bot_id": bot, "page_id": page})
    browser.do("place", page=page)
    wait_for(house, browser, "are in your Notion")


def test_rights_that_the_connection_lacks_are_named_at_the_first_look(house: Neighbourhood, found_team: Founds) -> None:
    browser, _, bot = found_team("Vineyard")
    page = str(house.control("notion", "/_seed", {"workspace": "Vineyard"})["home_page_id"])
    allowed = ["read_content", "update_content", "read_comments", "read_users"]
    house.control("notion", "/_grant/allow", {"bot_id": bot, "capabilities": allowed})
    try:
        for act in ({"act": "look"}, {"act": "place", "page": page}):
            browser.do(**act)
            text = wait_for(house, browser, "lacks “Insert content” and “Insert comments”")
            assert "write plans and results into pages or answer in comments" in text
            assert "switches on “Insert content” and “Insert comments” under Capabilities" in text
            assert 'value="look">Look again' in text
            assert "Use “Workspace home”" not in text
        (found,) = [each for each in _ask_doctor(house, browser) if each["name"] == "rights"]
        assert (found["state"], "Insert comments" in found["detail"]) == ("missing", True)
    finally:
        house.control("notion", "/_grant/allow", {"bot_id": bot, "capabilities": None})
    browser.do("look")
    wait_for(house, browser, "are in your Notion")
    assert "rights" not in {each["name"] for each in _ask_doctor(house, browser)}


def test_a_guest_is_told_that_they_are_one(house: Neighbourhood, as_person: Callable[[str], None]) -> None:
    guest = {"name": "Gus Guest", "email": "gus@example.test", "guest": True}
    host = {"name": "Hal Host", "email": "hal@example.test"}
    house.control("notion", "/_seed", {"workspace": "Hostel", "people": [host, guest]})
    as_person(guest["email"])
    browser = Guided(house)
    browser.sign_in()
    browser.do("look")
    assert "made a member and connect it again" in wait_for(house, browser, "You are a guest of this workspace")


def test_a_plan_that_allows_no_more_blocks_is_said_and_gone_on_from(house: Neighbourhood, found_team: Founds) -> None:
    """The free plan of a workspace of two has room for two of the four databases, and then for the others."""
    browser, tenant, _ = found_team("Allotment", plan="free")
    page = str(house.control("notion", "/_seed", {"workspace": "Allotment"})["home_page_id"])
    with limited_plan(house, 2):
        browser.do("place", page=page)
        text = wait_for(house, browser, "The plan of your workspace in Notion allows no more blocks")
    assert "Settings › Plans" in text
    browser.do("look")
    wait_for(house, browser, "are in your Notion")
    assert len(tenant_settings(house.house.wired.deps.store, tenant).more["databases"]) == 4


def test_the_workspace_is_named_so_that_a_wrong_one_is_seen(
    house: Neighbourhood, found_team: Founds, as_person: Callable[[str], None]
) -> None:
    browser, _, bot = found_team("Quarry")
    assert "the workspace “Quarry”" in browser.open("/setup").text
    assert "Not the workspace you meant?" in browser.open("/setup").text
    house.control("notion", "/_grant/revoke", {"bot_id": bot})
    browser.do("look")
    text = wait_for(house, browser, "Notion is not connected")
    assert "choose the workspace “Quarry” there: another one has, or gets, a team of its own" in text
    other = {"name": "Owner of Mine", "email": "mine@example.test"}
    house.control("notion", "/_seed", {"workspace": "Mine", "people": [other]})
    as_person(other["email"])
    (way,) = re.findall(r'<a class="act" href="([^"]+)">Connect Notion again', text)
    browser.http.get(way.replace("&amp;", "&"), timeout=20)
    assert "choose the workspace “Quarry”" in browser.open("/setup").text  # what was connected is another team's
    as_person("quarry@example.test")
    browser.http.get(way.replace("&amp;", "&"), timeout=20)
    assert "Notion is connected: the workspace “Quarry”" in browser.open("/setup").text


def test_the_example_is_written_once_whoever_dies_or_presses_twice(house: Neighbourhood, found_team: Founds) -> None:
    browser, tenant, _ = found_team("Meadow")
    page = str(house.control("notion", "/_seed", {"workspace": "Meadow"})["home_page_id"])
    browser.do("place", page=page)
    wait_for(house, browser, "are in your Notion")
    deps = house.house.wired.deps

    def die(point: str) -> None:
        if point == "first-hour.after/run":
            raise Died(point)

    def write(markdown: str, request: str) -> Run:
        return open_for_text(
            deps, wire_tools(), tenant, markdown, "", Actor(ActorKind.PERSON, "p-1", "Owner of Meadow"), request
        )

    with pytest.raises(Died):
        try_example(replace(deps, crash_point=die), tenant, write)
    assert "Keep these limits" in browser.do("later", step="people").text
    assert "Leave it for later" in browser.do("limits", day="12,50").text
    assert "Try the example" in browser.do("later", step="code").text
    for _ in range(2):
        browser.do("example")
    wait_for(house, browser, "Read the plan")
    assert len(deps.store.list_runs(tenant)) == 1
    doc = deps.store.get(tenant, "settings", "tenant")
    assert doc is not None
    assert doc.body["budget"]["day"] == 12_500_000


def test_what_is_left_in_the_middle_is_gone_on_with_elsewhere(house: Neighbourhood, found_team: Founds) -> None:
    """The process that takes the order dies before it is handed on; another browser of the same person goes on."""
    browser, tenant, _ = found_team("Pasture")
    page = str(house.control("notion", "/_seed", {"workspace": "Pasture"})["home_page_id"])

    def die(point: str) -> None:
        if point == "databases.after/wish":
            raise Died(point)

    with pytest.raises(Died):
        order_databases(replace(house.house.wired.deps, crash_point=die), tenant, page.replace("-", ""), {}, {})
    other = Guided(house)
    other.sign_in()
    assert "Workwright is asking Notion" in other.open("/setup").text
    other.do("look", seen="1")
    wait_for(house, other, "are in your Notion")
    assert "Invite a colleague" in browser.open("/setup").text
    browser.do("later", step="people")
    assert "Keep these limits" in other.open("/setup").text


def test_of_two_at_once_none_undoes_what_they_did_not_see(house: Neighbourhood, found_team: Founds) -> None:
    first, tenant, _ = found_team("Terrace")
    second = Guided(house)
    second.sign_in()
    page = str(house.control("notion", "/_seed", {"workspace": "Terrace"})["home_page_id"])
    with ThreadPoolExecutor(2) as pool:
        pressed = list(pool.map(lambda each: each.do("place", page=page, seen="0"), (first, second)))
    late = [each for each in pressed if "Somebody else has changed this meanwhile" in each.text]
    assert ([each.status_code for each in late], len(pressed)) == ([409], 2)
    wait_for(house, second, "are in your Notion")
    settings = tenant_settings(house.house.wired.deps.store, tenant)
    assert len({each["database"] for each in settings.more["databases"].values()}) == 4
    first.do("later", step="people")
    (seen,) = re.findall(r'name="seen" value="([0-9.x]+)"', second.open("/setup").text)
    first.do("limits", day="10", seen=seen)
    refused = second.do("limits", month="100", seen=seen)
    assert (refused.status_code, "changed this meanwhile" in refused.text) == (409, True)
    kept = tenant_settings(house.house.wired.deps.store, tenant).budget or {}
    assert (kept["day"], kept["month"]) == (10_000_000, 250_000_000)


def test_the_set_up_of_another_team_is_out_of_reach(house: Neighbourhood, found_team: Founds) -> None:
    (browser, tenant, _), (other, theirs, _) = found_team("Heath"), found_team("Moor")
    page = str(house.control("notion", "/_seed", {"workspace": "Moor"})["home_page_id"])
    (mark, *_) = re.findall(r'name="form" value="([0-9a-f]{64})"', other.open("/account").text)
    for path, act in (("/setup", "look"), ("/team", "invite"), ("/told", "off")):
        assert browser.open(f"{path}/{theirs}").status_code == 404
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": browser.url}
        data = {"act": act, "form": mark}  # the mark of their session
        assert browser.http.post(browser.url + path, data=data, headers=headers, timeout=20).status_code == 403
    assert browser.do("look", tenant=theirs).status_code == 400
    browser.do("place", page=page)
    wait_for(house, browser, "is not shared with Workwright")
    assert not any("Moor" in each for each in (browser.open("/setup").text, browser.open("/team").text))
    assert load_setup(house.house.wired.deps, theirs).number == 0
    assert load_setup(house.house.wired.deps, tenant).number == 1


def test_who_is_no_owner_looks_on(house: Neighbourhood, as_person: Callable[[str], None]) -> None:
    colleague = {"name": "Eve Example", "email": "eve@example.test"}
    house.control("notion", "/_seed", {"workspace": "Demo", "people": [colleague]})
    as_person(colleague["email"])
    browser = Guided(house)
    assert urlsplit(browser.sign_in().url).path == "/asked"
    let_in(house, "Eve Example", "admin")
    browser.sign_in()
    assert "An owner of your team goes on from here" in browser.open("/setup").text
    assert browser.do("limits", day="1").status_code == 403
    assert "Sign in" in Guided(house).open("/setup").text


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "limits", "day": "-1"}, {"act": "limits", "day": "1e9"}, {"act": "limits", "month": "0"},
        {"act": "burn"}, {"act": "place", "page": "../.."},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_its_field(house: Neighbourhood, fields: dict[str, str]) -> None:
    browser = Guided(house)
    browser.sign_in()
    answer = browser.do(**fields)
    assert answer.status_code in (400, 409)
    assert next((name for name in ("day", "month", "page") if name in fields), "act") in answer.text


def test_programs_see_the_same(house: Neighbourhood) -> None:
    found: dict[str, Any] = ask(house, owner_key(house), "GET", "/v1/setup").json()
    assert [each["name"] for each in found["steps"]] == ["notion", "place", "people", "limits", "code", "example"]
    states = {each["name"]: each["state"] for each in found["steps"]}
    assert (states["notion"], states["place"], states["code"]) == ("done", "done", "done")
    assert found["page"] == f"{house.house.url}/setup"
