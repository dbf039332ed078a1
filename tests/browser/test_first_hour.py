"""A second team on the running house, in a real browser: from the consent to a first approved plan, counted in clicks.

No page of ours needs a script. The limits are those that a newcomer is promised: twelve clicks and three minutes.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.core.run.run import RunStatus
from tests.support.measures.browser import PHONE, Browser, Tab
from tests.support.measures.page_measures import contrast, overflow
from tests.support.rigs.house import Neighbourhood, open_house

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser-first-hour")]

GARDENERS = {"name": "Gita Garden", "email": "gita@garden.test"}
MAX_CLICKS, MAX_S = 12, 180.0
_SHOTS = os.environ.get("WORKWRIGHT_SHOTS", "")  # a folder for pictures, to look at


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    """Yield a house with a team in it, at whose Notion another workspace asks for consent as a person sees it."""
    with open_house(tmp_path_factory.mktemp("house")) as opened:
        opened.control("notion", "/_seed", {"workspace": "Garden", "people": [GARDENERS]})
        opened.configure("notion", auto_approve=False)
        yield opened


@dataclass
class Newcomer:
    """Somebody before a tab, whose clicks are counted."""

    tab: Tab
    clicks: int = 0
    began: float = field(default_factory=time.monotonic)

    def text(self) -> str:
        return str(self.tab.run("document.body?.innerText ?? ''"))  # a page that is being loaded has no body yet

    def wait(self, words: str) -> None:
        """Wait until the page says so; where work is under way it looks again by itself."""
        while words not in self.text():
            assert time.monotonic() - self.began < MAX_S, f"no {words!r} in {self.text()}"
            time.sleep(0.1)

    def click(self, words: str, leads_to: str = "") -> None:
        """Press the link or button with these words, and wait for the page after it."""
        self.wait(words)
        self.tab.run(
            f"[...document.querySelectorAll('a,button')].find(one => one.innerText.includes({json.dumps(words)}))"
            ".setAttribute('data-next', '')"
        )
        self.clicks += 1
        with self.tab.loading():
            self.tab.click("[data-next]")
        if leads_to:
            self.wait(leads_to)

    def choose(self, select: str, words: str) -> None:
        """Choose from a list: one click more."""
        self.clicks += 1
        self.tab.run(
            f"(() => {{ const one = document.querySelector({json.dumps(select)});"
            f"one.value = [...one.options].find(each => each.text.includes({json.dumps(words)})).value; }})()"
        )

    def look(self, name: str) -> None:
        """See that people can read the page on a phone; take a picture where they are wanted."""
        assert overflow(self.tab) <= 0, name
        assert contrast(self.tab).ratio >= 4.5, name  # WCAG 2.2, 1.4.3
        if _SHOTS:
            self.tab.screenshot(Path(_SHOTS) / f"{name}.png")


def test_from_the_consent_to_a_first_approved_plan(house: Neighbourhood, browser: Browser) -> None:
    who, team = GARDENERS["name"], "Garden"
    with browser.tab(PHONE) as tab:
        person = Newcomer(tab)
        tab.open(f"{house.house.url}/account")
        _connect(person, who, team)
        _settle(person)
        tab.open(f"{house.house.url}/account")  # it can be left …
        tab.open(f"{house.house.url}/setup")  # … and gone on with
        _plan_and_approve(person, who)
        assert person.clicks <= MAX_CLICKS, person.clicks
        assert time.monotonic() - person.began < MAX_S
        assert tab.seen.trouble == []
        tab.open(f"{house.house.url}/setup")
        person.wait("You have decided about your first plan")
        person.look("9-done")
        for path, words in (("/team", "Invite somebody"), ("/told", "Mail: no address yet")):
            tab.open(f"{house.house.url}{path}")
            person.wait(words)
            person.look(path.strip("/"))
    run = house.house.wired.deps.store.list_runs(_tenant_of(house, team))[0]
    assert run.status not in (RunStatus.AWAITING_APPROVAL, RunStatus.PLANNING)
    assert [step.output["by"] for step in run.steps if step.output.get("by")] == [who]


def _connect(person: Newcomer, who: str, team: str) -> None:
    person.look("1-sign-in")
    person.click("Sign in with Notion", "would like to connect")
    person.choose("select[name=person]", who)
    person.click("Allow access", f"owner of {team}")
    person.look("2-account")


def _settle(person: Newcomer) -> None:
    person.click("Set up your team", "Where Workwright writes")
    person.look("3-set-up")
    person.click("Look at the shared pages")
    person.wait("Use “Workspace home”")
    person.look("4-choose")
    person.click("Use “Workspace home”")
    person.wait("Invite a colleague")
    person.look("5-people")
    person.click("Go on", "Keep these limits")
    person.look("5-limits")
    person.click("Keep these limits", "Leave it for later")
    person.look("6-code")
    person.click("Leave it for later", "Try the example")


def _plan_and_approve(person: Newcomer, who: str) -> None:
    person.click("Try the example")
    person.wait("Read the plan")
    person.look("7-plan")
    person.click("Read the plan", "Approve")
    assert f"decided by {who}" in person.text()
    person.look("8-approval")
    person.click("Approve", "The work begins now")


def _tenant_of(house: Neighbourhood, team: str) -> str:
    store = house.house.wired.deps.store
    named = {each: store.get(each, "settings", "tenant") for each in store.tenants()}
    return next(each for each, doc in named.items() if doc is not None and doc.body.get("name") == team)
