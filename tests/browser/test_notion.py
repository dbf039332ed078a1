"""The simulated Notion as a person uses it: quiet, readable pages, and forms that change what the API reads back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from shared.local.simulators._server import Simulator
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.support.measures.browser import DESKTOP, PHONE, Browser, Tab
from tests.support.measures.page_measures import contrast, overflow

pytestmark = pytest.mark.xdist_group("browser-notion")

Json = dict[str, Any]
RUN = "alert(1);window.ran=true"
MARKUP = f'<script>{RUN}</script><img src=x onerror="{RUN}"></title></textarea><svg onload="{RUN}">"\'><b>'
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 3
COLOURS = ("default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")


class Workspace:
    """A simulated Notion with one table of ideas, and the API to look behind its pages."""

    def __init__(self, url: str) -> None:
        self.url = url
        requests.post(f"{url}/_config", json={"rate_limit": 0}, timeout=10)
        seeded = requests.post(
            f"{url}/_seed",
            json={"workspace": MARKUP, "people": [{"name": MARKUP, "email": "ada@example.test"}], "internal": True},
            timeout=10,
        ).json()
        self._token, self.home = seeded["token"], seeded["home_page_id"]
        options = [{"name": colour.title(), "color": colour} for colour in COLOURS]
        columns = {
            "Name": {"title": {}},
            "Status": {"select": {"options": [{"name": "Idea"}, {"name": "Plan it"}, *options]}},
            "Note": {"rich_text": {}},
            MARKUP[:100]: {"checkbox": {}},
            "When": {"date": {}},
        }
        body = {
            "parent": {"page_id": self.home},
            "title": words(MARKUP),
            "initial_data_source": {"properties": columns},
        }
        self.table = self.call("POST", "/v1/databases", body)
        self.source = self.table["data_sources"][0]["id"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Make an API call."""
        headers = {"Authorization": f"Bearer {self._token}", "Notion-Version": "2026-03-11"}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page(self, title: str, *children: Json, status: str = "Idea") -> str:
        """Make a page of the table and return its id."""
        properties = {"Name": {"title": words(title)}, "Status": {"select": {"name": status}}}
        body = {"parent": {"data_source_id": self.source}, "properties": properties, "children": list(children)}
        return str(self.call("POST", "/v1/pages", body)["id"])

    def status(self, page: str) -> str:
        """Return the page's status as the API tells it."""
        return str(self.call("GET", f"/v1/pages/{page}")["properties"]["Status"]["select"]["name"])

    def blocks(self, page: str) -> list[Json]:
        """Return the page's blocks as the API tells them."""
        return list(self.call("GET", f"/v1/blocks/{page}/children")["results"])


def words(text: str) -> list[Json]:
    return [{"text": {"content": text}}]


def block(kind: str, text: str, **fields: Any) -> Json:
    return {"type": kind, kind: {"rich_text": words(text), **fields}}


@pytest.fixture(scope="module")
def workspace(served: Callable[[Simulator], str]) -> Iterator[Workspace]:
    simulator = NotionSimulator()
    url = served(simulator)
    yield Workspace(url)
    simulator.stop()


@pytest.fixture(scope="module")
def hostile(workspace: Workspace) -> str:
    """Return a page that tries to run something wherever words or addresses are taken."""
    orders = {"text": {"content": "press me", "link": {"url": f"javascript:{RUN}"}}}
    kinds = ("paragraph", "heading_1", "heading_2", "bulleted_list_item", "toggle", "quote", "callout")
    page = workspace.page(
        MARKUP,
        *(block(kind, MARKUP) for kind in kinds),
        block("to_do", MARKUP, checked=True),
        block("to_do", LONG, checked=False),
        block("code", MARKUP + "x" * 200, language="html"),
        {"paragraph": {"rich_text": [orders]}},
        {"bookmark": {"url": f"javascript:{RUN}"}},
        {"image": {"external": {"url": "https://elsewhere.example/x.png"}, "caption": words(MARKUP)}},
        {"table": {"table_width": 2, "children": [{"table_row": {"cells": [words(MARKUP), words(LONG)]}}] * 2}},
    )
    workspace.call("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": words(MARKUP)})
    for colour in COLOURS:
        workspace.page(f"A {colour} one", status=colour.title())
    return page


def quiet(tab: Tab, url: str) -> None:
    """Fail unless the tab kept to the address and ran nothing."""
    assert tab.seen.trouble == []
    assert [asked for asked in tab.seen.requests if not asked.startswith(f"{url}/")] == []
    assert tab.run("window.ran === undefined") is True
    assert tab.run("document.querySelectorAll('script, img, svg, iframe, main b').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_pages_full_of_markup_are_quiet_fit_and_can_be_read(
    browser: Browser, workspace: Workspace, hostile: str, size: tuple[int, int], scheme: str
) -> None:
    with browser.tab(size, scheme) as tab:
        for path in ("/", f"/p/{hostile}", f"/p/{workspace.home}", f"/p/{workspace.table['id']}", "/p/nowhere"):
            tab.open(workspace.url + path)
            tab.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert overflow(tab) <= 0, path
            least = contrast(tab)
            assert least.ratio >= 4.5, f"{path}: {least.words}"
            if path != "/p/nowhere":
                assert MARKUP in tab.run("document.body.textContent")
                quiet(tab, workspace.url)
        tab.seen.console.remove("error: Failed to load resource: the server responded with a status of 404 (NOT FOUND)")
        quiet(tab, workspace.url)


def choose(tab: Tab, label: str, option: str) -> None:
    """Choose an option of a list by typing its first letters, as one does by keyboard."""
    tab.run(
        f"[...document.querySelectorAll('label')].find((one) => one.textContent === {label!r}).control.focus()",
    )
    for letter in option.split()[0]:  # a space would open the list
        tab.letter(letter)
    chosen = tab.run("document.activeElement.selectedOptions[0].textContent")
    assert chosen == option


def test_a_status_changed_by_hand_is_what_the_api_reads(browser: Browser, workspace: Workspace) -> None:
    page = workspace.page("A garden site")
    assert workspace.status(page) == "Idea"
    with browser.tab(PHONE) as tab:
        tab.open(f"{workspace.url}/p/{page}")
        choose(tab, "Status", "Plan it")
        assert workspace.status(page) == "Idea"  # choosing alone changes nothing
        with tab.loading():
            tab.click("form:has(option[value='Plan it']) button")
        assert workspace.status(page) == "Plan it"
        assert tab.run("document.querySelector('option[value=\"Plan it\"]').selected") is True
        assert tab.run("location.pathname") == f"/p/{page}"
        quiet(tab, workspace.url)


def test_a_comment_written_on_the_page_is_there(browser: Browser, workspace: Workspace) -> None:
    page = workspace.page("Ask me")
    said = f"First line {MARKUP}\nsecond line"
    with browser.tab(PHONE) as tab:
        tab.open(f"{workspace.url}/p/{page}")
        tab.click("form:has(button[value=comment]) textarea")
        tab.type(said)
        with tab.loading():
            tab.click("button[value=comment]")
        assert tab.run("document.querySelector('.comment .words').textContent") == said
        quiet(tab, workspace.url)
    listed = workspace.call("GET", f"/v1/comments?block_id={page}")["results"]
    assert ["".join(part["plain_text"] for part in one["rich_text"]) for one in listed] == [said]


def test_an_empty_comment_is_not_sent(browser: Browser, workspace: Workspace) -> None:
    page = workspace.page("Say something")
    with browser.tab() as tab:
        tab.open(f"{workspace.url}/p/{page}")
        tab.click("button[value=comment]")
        assert tab.run("document.activeElement.validity.valueMissing") is True
    assert workspace.call("GET", f"/v1/comments?block_id={page}")["results"] == []


def test_a_to_do_is_shown_and_ticked(browser: Browser, workspace: Workspace) -> None:
    page = workspace.page("List", block("to_do", "sign painted", checked=True), block("to_do", "oven", checked=False))
    with browser.tab(PHONE) as tab:
        tab.open(f"{workspace.url}/p/{page}")
        shown = "[...document.querySelectorAll('.todo')].map((one) => [one.querySelector('.words').textContent,"
        shown += "one.querySelector('button').textContent, one.querySelector('button').ariaLabel])"
        assert tab.run(shown) == [["sign painted", "✓", "Mark as open"], ["oven", "", "Mark as done"]]
        with tab.loading():
            tab.click(".todo + .todo button")
        assert [row[1] for row in tab.run(shown)] == ["✓", "✓"]
        with tab.loading():
            tab.click(".todo button")
        assert [row[1] for row in tab.run(shown)] == ["", "✓"]
    assert [one["to_do"]["checked"] for one in workspace.blocks(page)] == [False, True]


def test_lines_written_on_the_page_become_blocks(browser: Browser, workspace: Workspace) -> None:
    page = workspace.page("Grow")
    with browser.tab() as tab:
        tab.open(f"{workspace.url}/p/{page}")
        tab.click("form:has(button[value=append]) textarea")
        tab.type("# Bread\n- [ ] bake it")
        with tab.loading():
            tab.click("button[value=append]")
        assert tab.run("document.querySelector('article').innerText.trim().split(/\\n+/)") == ["Bread", "bake it"]
    assert [one["type"] for one in workspace.blocks(page)] == ["heading_1", "to_do"]


def test_a_new_row_is_made_from_the_table(browser: Browser, workspace: Workspace) -> None:
    with browser.tab(PHONE) as tab:
        tab.open(f"{workspace.url}/p/{workspace.table['id']}")
        tab.click("input[name=title]")
        tab.type("Made by hand")
        with tab.loading():
            tab.press("Enter")
        assert "Made by hand" in tab.run("document.querySelector('tbody').innerText")
        quiet(tab, workspace.url)


def test_a_mention_of_a_page_and_its_address_lead_to_it_here_and_not_to_the_real_notion(
    browser: Browser, workspace: Workspace
) -> None:
    there = workspace.page("There")
    bare = there.replace("-", "")
    mention = {"type": "mention", "mention": {"type": "page", "page": {"id": there}}}
    typed = [
        {"type": "text", "text": {"content": "typed", "link": {"url": url}}}
        for url in (f"https://www.notion.so/acme/There-{bare}?pvs=4", f"https://app.notion.com/p/{there}#{bare}")
    ]
    other = {"type": "text", "text": {"content": "help", "link": {"url": "https://www.notion.so/help"}}}
    page = workspace.page("Here", block("paragraph", "", rich_text=[mention, *typed, other]))
    with browser.tab() as tab:
        tab.open(f"{workspace.url}/p/{page}")
        links = tab.run("[...document.querySelectorAll('main p.words a')].map(a => a.getAttribute('href'))")
        assert links == [f"/p/{there}"] * 3 + ["https://www.notion.so/help"]
        with tab.loading():
            tab.click("main p.words a")
        assert tab.run("location.pathname") == f"/p/{there}"
