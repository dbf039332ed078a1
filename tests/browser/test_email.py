"""The HTML part of an e-mail as a mail program shows it: no scripts, nothing fetched, a person's words as words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from shared.app.notify.messages import Message, message_for
from shared.core.run.events import PlanProposed
from shared.core.run.run import Run, StepSpec
from tests.browser.shown import RUN, keeps_quiet
from tests.browser.sites import SiteServer
from tests.support.builders.runs import T0, after, begin, gate
from tests.support.measures.browser import DESKTOP, PHONE, Browser
from tests.support.measures.page_measures import contrast, overflow

pytestmark = pytest.mark.xdist_group("browser-email")

FAR = "https://elsewhere.example/pixel.png"
MARKUP = (
    f'<script>{RUN}</script><img src="{FAR}" onerror="{RUN}"></title><style>body{{background:url({FAR})}}</style>'
    f'<link rel=stylesheet href="{FAR}"><meta http-equiv=refresh content="0;url={FAR}">"\'>'
)
# Titles are cut; what is left reads as it was written, with addresses that no mail program makes a link of.
SHOWN = MARKUP.partition("<link")[0].replace("https://elsewhere.example", "elsewhere[.]example")
LONG = "Hauptversammlungsteilnehmerverzeichnisaufbewahrungspflicht" * 3
PAGE, ACTION = "https://notion.example/page-1", "https://workwright.example/approvals/" + "x" * 160
TOPICS = ("approval_asked", "question_asked", "reconnect", "run_succeeded", "run_failed", "run_cancelled", "of_ours")


def told_of() -> Run:
    """Return a run in whose every text somebody put markup."""
    run, _ = begin()
    work = StepSpec("build", "code.generate", f"Write {MARKUP}", depends_on=("approve",))
    output = {"summary": f"{MARKUP} {LONG}"}
    run, _ = after(run, PlanProposed(T0, run.steps[0].id, 1, (gate("approve"), work), output))
    facts = {"question": MARKUP, "tests": 7, "sandbox": MARKUP, "model": MARKUP, "site": f"{PAGE}?{MARKUP}"}
    trigger = replace(run.trigger, title=f"{MARKUP} {LONG}")
    return replace(run, trigger=trigger, facts=facts, failure=f"{MARKUP} {LONG}", cancel=MARKUP)


def message(topic: str) -> Message:
    return message_for(topic, told_of(), run_url=f"{PAGE}/run", page_url=PAGE, approval_url=ACTION)


@pytest.fixture(scope="module")
def inbox() -> Iterator[str]:
    """Serve every message's HTML part, as a mail program would hand it to its window."""
    with SiteServer({"mail": {f"{topic}.html": message(topic).html for topic in TOPICS}}) as server:
        yield f"{server.url}/mail"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
@pytest.mark.parametrize("topic", TOPICS)
def test_a_message_fetches_nothing_and_runs_nothing(browser: Browser, inbox: str, topic: str, scripts: bool) -> None:
    with browser.tab(PHONE, scripts=scripts) as tab:
        tab.open(f"{inbox}/{topic}.html")
        assert tab.seen.requests == [f"{inbox}/{topic}.html"]
        assert SHOWN in tab.run("document.body.textContent")
        assert tab.run("document.querySelectorAll('link, body style, body meta, base, form').length") == 0
        keeps_quiet(tab, inbox)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_messages_fit_and_can_be_read(browser: Browser, inbox: str, size: tuple[int, int], scheme: str) -> None:
    with browser.tab(size, scheme) as tab:
        for topic in TOPICS:
            tab.open(f"{inbox}/{topic}.html")
            assert overflow(tab) <= 0, topic
            assert contrast(tab).ratio >= 4.5, topic


def test_what_one_is_asked_to_press_leads_where_it_says(browser: Browser, inbox: str) -> None:
    with browser.tab() as tab:
        tab.open(f"{inbox}/approval_asked.html")
        links = tab.run("[...document.links].map((one) => [one.textContent, one.href])")
        assert links == [["Look and decide", ACTION], ["Page", PAGE]]
        tab.open(f"{inbox}/run_succeeded.html")
        (site, *_) = tab.run("[...document.links].map((one) => one.href)")
        assert site.startswith(f"{PAGE}?{quote('<script>', safe='')}")
