"""A box stands on the line of its words: on a site that was built, and on the page of the simulated Notion."""

from __future__ import annotations

import pytest

from tests.browser.sites import SiteServer, site_of
from tests.support.measures.browser import DESKTOP, PHONE, Browser
from tests.unit.offline.pages import block, page

pytestmark = pytest.mark.xdist_group("browser-sites")

# Of each box: how far its middle is from the middle of the first line of its words, in pixels.
MIDDLES = """[...document.querySelectorAll("%s")].map(box => {
  const middle = it => it.top + it.height / 2;
  const words = document.createRange();
  words.selectNodeContents(box.parentElement.querySelector("span"));
  return middle(box.getBoundingClientRect()) - middle(words.getClientRects()[0]);
})"""
LONG = "Flour for the first week, sugar, salt, and everything else that nobody thinks of until it is missing. " * 3


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_on_a_site_each_box_is_in_the_middle_of_its_first_line(browser: Browser, size: tuple[int, int]) -> None:
    todos = [block("to_do", "Sign painted"), block("to_do", LONG), block("to_do", "Oven", checked=True)]
    site = site_of(page("Before we open", block("heading_2", "To do"), *todos))
    with SiteServer({"tasks": site}) as server, browser.tab(size) as tab:
        off = tab.open(f"{server.url}/tasks/index.html").run(MIDDLES % ".tasks input")
    assert len(off) == 3
    assert all(abs(each) < 1.5 for each in off), off
