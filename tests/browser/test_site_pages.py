"""Generated sites in a real browser: quiet, readable, narrow enough, usable by keyboard, deaf to orders in a page."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from shared.core.page import Page, Span
from tests.browser.sites import NAMES, SiteServer, idea_pages, site_of
from tests.support.measures.browser import PHONE, Browser, Tab
from tests.support.measures.page_measures import contrast, overflow
from tests.unit.offline.pages import block, page, row, table

pytestmark = pytest.mark.xdist_group("browser-sites")

RUN = "alert(1);window.ran=true"
MARKUP = f'<script>{RUN}</script><img src=x onerror="{RUN}"></title><svg onload="{RUN}">" onfocus="{RUN}" autofocus="'
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 4


def hostile() -> Page:
    """Return a page that tries to run something at every place that takes words or an address."""
    orders = f"javascript:{RUN}"
    return page(
        MARKUP,
        block("paragraph", MARKUP),
        block("paragraph", (Span("press me", href=orders), Span(" or me", href=f"data:text/html,{MARKUP}"))),
        *(block(kind, MARKUP) for kind in ("heading_1", "to_do", "bulleted_list_item", "quote", "callout", "toggle")),
        block("code", MARKUP, language=f'html"><script>{RUN}</script>'),
        *(block(kind, url=orders, caption=MARKUP) for kind in ("image", "embed", "bookmark", "video")),
        block("image", url="https://elsewhere.example/x.png", caption="A picture"),
        table(row(MARKUP, orders), row(MARKUP, LONG)),
        Owner=MARKUP,
    )


def wide() -> Page:
    """Return a page with everything that could be wider than a phone."""
    cells = tuple(f"column {number}" for number in range(12))
    nested = block("bulleted_list_item", LONG)
    for depth in range(8):
        nested = block("bulleted_list_item", f"level {depth}", nested)
    columns = block("column_list", "", *(block("column", "", block("paragraph", LONG)) for _ in range(3)))
    code = block("code", "x = " + "y" * 300)
    return page(
        LONG,
        block("paragraph", LONG),
        block("heading_2", LONG),
        block("to_do", LONG),
        nested,
        columns,
        code,
        table(row(*cells)),
    )


@pytest.fixture(scope="module")
def sites() -> dict[str, dict[str, str]]:
    """Build all the sites once."""
    made = {**idea_pages(), "hostile": hostile(), "wide": wide()}
    return {name: site_of(one) for name, one in made.items()}


@pytest.fixture(scope="module")
def origin(sites: dict[str, dict[str, str]]) -> Iterator[str]:
    """Serve the sites."""
    with SiteServer(sites) as server:
        yield server.url


def html_paths(site: dict[str, str]) -> list[str]:
    """Return the pages of a site, the first one first."""
    return sorted((path for path in site if path.endswith(".html")), key=lambda path: (path != "index.html", path))


def strangers(tab: Tab, origin: str) -> list[str]:
    """Return the requests that went anywhere but to the site's own address."""
    return [url for url in tab.seen.requests if not url.startswith(f"{origin}/")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*NAMES, "hostile", "wide"])
def test_every_page_is_quiet_fits_a_phone_and_can_be_read(
    browser: Browser, sites: dict[str, dict[str, str]], origin: str, name: str, scheme: str
) -> None:
    with browser.tab(PHONE, scheme) as tab:
        for path in html_paths(sites[name]):
            tab.open(f"{origin}/{name}/{path}")
            assert overflow(tab) <= 0, path
            tab.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert overflow(tab) <= 0, f"{path} with everything unfolded"
            least = contrast(tab)
            assert least.texts >= 3
            assert least.ratio >= 4.5, f"{path}: {least.words}"
        assert tab.seen.trouble == []
        assert strangers(tab, origin) == []
        assert len(tab.seen.requests) >= 2  # the page and its style sheet, so the watching works


def test_the_dark_page_is_dark_and_the_light_one_light(browser: Browser, origin: str) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        with browser.tab(scheme=scheme) as tab:
            tab.open(f"{origin}/bakery-opening/index.html")
            found = tab.run("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
            grounds[scheme] = sum(found) / 3
    assert grounds["dark"] < 64 < 192 < grounds["light"]


def test_a_persian_page_reads_from_the_right(browser: Browser, origin: str) -> None:
    with browser.tab(PHONE) as tab:
        tab.open(f"{origin}/poetry-evening/index.html")
        assert tab.run("[document.documentElement.lang, document.documentElement.dir]") == ["fa", "rtl"]
        # The words of the first paragraph end up at the right edge of their box, as Persian is written.
        left, right = tab.run(
            "(() => { const one = document.querySelector('main p'), range = document.createRange();"
            "range.selectNodeContents(one); const box = one.getBoundingClientRect();"
            "const last = [...range.getClientRects()].at(-1);"
            "return [last.left - box.left, box.right - last.right]; })()"
        )
        assert right < 2 < left
        assert tab.run("getComputedStyle(document.querySelector('main ol')).listStyleType") == "persian"
    with browser.tab(PHONE) as tab:
        tab.open(f"{origin}/school-sports-day/index.html")
        assert tab.run("[document.documentElement.lang, document.documentElement.dir]") == ["de", "ltr"]


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_pages_that_are_there(
    browser: Browser, sites: dict[str, dict[str, str]], origin: str, name: str
) -> None:
    own = {f"/{name}/{path}" for path in html_paths(sites[name])}
    with browser.tab() as tab:
        for path in html_paths(sites[name]):
            tab.open(f"{origin}/{name}/{path}")
            links = tab.run("[...document.links].map((one) => [one.href, one.hash && !!document.getElementById("
                            "decodeURIComponent(one.hash.slice(1)))])")  # fmt: skip
            inside = [(urlsplit(href).path, there) for href, there in links if href.startswith(origin)]
            assert {target for target, _ in inside} <= own
            assert all(there is not False for _, there in inside)


def test_a_site_of_several_pages_is_walked_by_clicking(
    browser: Browser, sites: dict[str, dict[str, str]], origin: str
) -> None:
    count = len(html_paths(sites["bakery-opening"]))
    assert count > 2
    with browser.tab(PHONE) as tab:
        tab.open(f"{origin}/bakery-opening/index.html")
        with tab.loading():
            tab.click(".cards a")
        walked = [tab.run("location.pathname")]
        while tab.run("!!document.querySelector('.steps .next')"):
            with tab.loading():
                tab.click(".steps .next")
            walked.append(tab.run("location.pathname"))
        assert len(set(walked)) == len(walked) == count - 1
        assert tab.run("document.querySelector('.bar [aria-current]').pathname") == walked[-1]


def focus(tab: Tab, selector: str) -> None:
    """Press Tab until such an element has the focus."""
    for _ in range(100):
        tab.press("Tab")
        if tab.run(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"the Tab key never reaches {selector}")


def test_what_is_folded_opens_by_keyboard(browser: Browser, origin: str) -> None:
    with browser.tab(PHONE) as tab:
        tab.open(f"{origin}/poetry-evening/index.html")
        focus(tab, "details > summary")
        states = []
        for key in ("Enter", "Space"):
            tab.press(key)
            states.append(tab.run("document.activeElement.parentElement.open"))
        assert states == [True, False]


def test_the_first_tab_stop_leads_past_the_navigation(browser: Browser, origin: str) -> None:
    with browser.tab() as tab:
        tab.open(f"{origin}/bakery-opening/index.html")
        tab.press("Tab")
        assert tab.run("document.activeElement.className") == "skip"
        assert tab.run("document.activeElement.getBoundingClientRect().top") >= 0
        tab.press("Enter")
        tab.press("Tab")
        assert tab.run("document.querySelector('main').contains(document.activeElement)") is True


def test_what_has_the_focus_is_outlined(browser: Browser, origin: str) -> None:
    with browser.tab() as tab:
        tab.open(f"{origin}/bakery-opening/index.html")
        for selector in (".bar a", ".cards a", "footer *, summary, main a"):
            focus(tab, selector)
            assert tab.run("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2


def test_a_hostile_page_runs_nothing(browser: Browser, sites: dict[str, dict[str, str]], origin: str) -> None:
    with browser.tab() as tab:
        for path in html_paths(sites["hostile"]):
            tab.open(f"{origin}/hostile/{path}")
            kinds = tab.run("[...new Set([...document.links].map((one) => one.protocol))].sort()")
            assert set(kinds) <= {"http:", "https:"}
            assert tab.run("document.querySelectorAll('script, img, svg, iframe, object, embed').length") == 0
            assert MARKUP in tab.run("document.body.textContent")
            tab.run(
                "document.querySelectorAll('main summary, main label, main p, main li').forEach((one) => one.click())"
            )
        assert tab.run("window.ran === undefined") is True
        assert (tab.seen.dialogs, tab.seen.exceptions, strangers(tab, origin)) == ([], [], [])
