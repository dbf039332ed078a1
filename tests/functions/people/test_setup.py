"""The guided set-up over HTTP: what stands in the way is said with the way out, and only an owner goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from shared.app.intake.open_by_hand import open_for_text
from shared.app.people.first_steps import try_example
from shared.core.people.actor import Actor, ActorKind
from shared.core.run.run import Run
from shared.ports import SYSTEM
from shared.wiring.tools import wire_tools
from tests.functions.people.test_browser_session import Browser
from tests.functions.people.test_signing_in import ask, let_in, owner_key
from tests.support.ports.dying import Died
from tests.support.rigs.house import Neighbourhood

pytestmark = pytest.mark.xdist_group("signing_in")
Founds = Callable[[str], tuple["Guided", str, str]]


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

    def found(name: str) -> tuple[Guided, str, str]:
        mail = f"{name.lower()}@example.test"
        house.control("notion", "/_seed", {"workspace": name, "people": [{"name": f"Owner of {name}", "email": mail}]})
        as_person(mail)
        browser = Guided(house)
        assert f"owner of {name}" in browser.sign_in().text
        tenant = browser.cookie.partition(".")[0]
        bots = house.house.wired.deps.store.list_docs(SYSTEM, "bots")
        return browser, tenant, next(doc.id for doc in bots if doc.body["tenant"] == tenant)

    return found


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
    house.control("notion", "/_grant/allow", {"bot_id": bot, "capabilities": ["read_content", "update_content"]})
    browser.do("place", page=page)
    assert "the connection may not insert content" in wait_for(house, browser, "did not let it be done")
    house.control("notion", "/_grant/allow", {"bot_id": bot, "capabilities": None})
    browser.do("place", page=page)
    wait_for(house, browser, "are in your Notion")


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
