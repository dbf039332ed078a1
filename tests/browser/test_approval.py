"""The approval page as a person meets it: opening it decides nothing, one press decides, a plan's words stay words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from functions_framework import create_app
from werkzeug.serving import make_server

from shared.app.approval.approvals import approval_token, approval_url
from shared.app.engine.engine import open_run, record
from shared.core.run.events import PlanProposed, RunOpened, StepSucceeded
from shared.core.run.run import Limits, Run, RunStatus, StepSpec, Trigger, WaitKind
from shared.ports import Secret
from shared.wiring import wire
from tests.browser.shown import RUN, keeps_quiet
from tests.functions.conftest import MINE, ROOT, Service
from tests.support.measures.browser import DESKTOP, PHONE, Browser
from tests.support.measures.page_measures import contrast, overflow

pytestmark = pytest.mark.xdist_group("browser-approval")

MARKUP = f'<script>{RUN}</script><img src=x onerror="{RUN}"></title></main><form action="https://elsewhere.example">'
LONG = "Straßenverkehrszulassungsverordnungsänderungsbeschluss" * 3


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Serve the function `api` on a loopback port, on a folder of its own."""
    server = make_server("127.0.0.1", 0, lambda environ, start: [], threaded=True)
    monkeypatch.setenv("WORKWRIGHT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKWRIGHT_PUBLIC_URL", f"http://127.0.0.1:{server.server_port}")
    wire.cache_clear()
    wired = wire()
    for name in ("api-key-pepper", "approval-link-key", "slack-signing-secret"):
        wired.deps.secrets.set(name, Secret(f"{name} of the tests"))
    server.app = create_app("api", str(ROOT / "functions" / "api" / "main.py"))  # type: ignore[no-untyped-call]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield Service(server.app, wired.deps)
    server.shutdown()
    server.server_close()
    assert wired.local_store is not None
    wired.local_store.close()
    wire.cache_clear()


def waiting(service: Service, page_url: str = "https://notion.example/page") -> Run:
    """Return a run that waits for approval of a plan full of markup."""
    now = service.deps.clock.now()
    opened = RunOpened(now, MINE, "run-waits", Trigger("page", "page-1", f"A {MARKUP} site", MARKUP), Limits(), ())
    gate = StepSpec("approve", "approval.ask", "Approve", lane="", gate=WaitKind.APPROVAL)
    steps = tuple(
        StepSpec(f"step-{number}", "code.generate", title, depends_on=("approve",))
        for number, title in enumerate((f"Write {MARKUP}", LONG, "Test it"))
    )
    output = {"summary": f"What is wanted: {MARKUP} {LONG}", "page_url": page_url}
    return service.save(opened, PlanProposed(now, "plan", 1, (gate, *steps), output))


def releasing(service: Service) -> Run:
    """Return a run that waits for approval of what leaves: a change of very long lines."""
    review = StepSpec("review", "release.review", lane="execute-step")
    gate = StepSpec("release", "approval.ask", depends_on=("review",), lane="", gate=WaitKind.APPROVAL)
    opened = service.opened(MINE, "run-releases", review, gate)
    open_run(service.deps, opened)
    line = f'+<li><a href="#part">{"A line that is long, " * 20}{LONG}</a></li>'
    diff = service.deps.store.put_text(MINE, "\n".join(["+++ b/index.html", *[line] * 30]))
    targets = ["A change to a repository of its own in the account acme (private) on GitHub", f"A preview of {LONG}"]
    shown = {"binds": "b1" * 32, "diff": diff, "stat": {"files": 1, "added": 30}, "targets": targets}
    return record(service.deps, MINE, opened.run, StepSucceeded(opened.at, "review", 1, shown))


def now(service: Service, run: Run) -> RunStatus:
    loaded = service.deps.store.load_run(MINE, run.id)
    assert loaded is not None
    return loaded.run.status


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_question_is_quiet_fits_and_can_be_read(
    browser: Browser, service: Service, size: tuple[int, int], scheme: str
) -> None:
    run = waiting(service)
    with browser.tab(size, scheme) as tab:
        tab.open(approval_url(service.deps, run))
        shown = tab.run("document.querySelector('main').innerText")
        for words in (f"A {MARKUP} site", f"Write {MARKUP}", LONG, "Test it", "Approve", "Deny"):
            assert words in shown
        assert overflow(tab) <= 0
        assert contrast(tab).ratio >= 4.5
        assert tab.run("document.querySelectorAll('form').length") == 1
        keeps_quiet(tab, service.deps.public_url)
    assert now(service, run) == RunStatus.AWAITING_APPROVAL


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_changes_fit_when_they_are_opened(browser: Browser, service: Service, size: tuple[int, int]) -> None:
    run = releasing(service)
    with browser.tab(size) as tab:
        tab.open(f"{service.deps.public_url}/approvals/{approval_token(service.deps, run)}")
        tab.click("summary")
        assert tab.run("document.querySelector('pre').getBoundingClientRect().height") > 300
        assert overflow(tab) <= 0
        assert contrast(tab).ratio >= 4.5
        keeps_quiet(tab, service.deps.public_url)


def test_opening_the_link_again_and_again_decides_nothing(browser: Browser, service: Service) -> None:
    run = waiting(service)
    with browser.tab() as tab:
        for _ in range(3):
            tab.open(approval_url(service.deps, run))
            tab.run("document.querySelector('input').focus()")
    assert now(service, run) == RunStatus.AWAITING_APPROVAL


@pytest.mark.parametrize(
    ("button", "status", "said"),
    [("approve", RunStatus.EXECUTING, "Approved."), ("deny", RunStatus.CANCELLED, "Denied.")],
)
def test_one_press_decides(browser: Browser, service: Service, button: str, status: RunStatus, said: str) -> None:
    run = waiting(service)
    with browser.tab(PHONE) as tab:
        tab.open(approval_url(service.deps, run))
        tab.click("input[name=reason]")
        tab.type(MARKUP)
        with tab.loading():
            tab.click(f"button[value={button}]")
        assert tab.run("document.querySelector('h1').textContent").startswith(said)
        assert (overflow(tab), contrast(tab).ratio >= 4.5) == (0, True)
        keeps_quiet(tab, service.deps.public_url)
    assert now(service, run) == status


def test_a_link_that_was_answered_says_so(browser: Browser, service: Service) -> None:
    run = waiting(service)
    with browser.tab() as tab:
        tab.open(approval_url(service.deps, run))
        with tab.loading():
            tab.click("button[value=approve]")
        tab.open(approval_url(service.deps, run))
        assert tab.run("document.querySelectorAll('button').length") == 0
        assert "already been decided" in tab.run("document.body.innerText")
    assert now(service, run) == RunStatus.EXECUTING


def test_a_form_on_another_site_cannot_decide(browser: Browser, service: Service) -> None:
    run = waiting(service)
    action = approval_url(service.deps, run)
    form = f'<form method="post" action="{action}"><button name="decision" value="approve">A prize</button></form>'
    with browser.tab() as tab:
        tab.open("data:text/html," + form)
        with tab.loading():
            tab.click("button")
        assert "not accepted" in tab.run("document.querySelector('h1').textContent")
    assert now(service, run) == RunStatus.AWAITING_APPROVAL


@pytest.mark.parametrize("address", [f"javascript:{RUN}", f"data:text/html,{MARKUP}", 'https://x.example/"><script>'])
def test_the_link_to_the_page_leads_to_the_web_or_nowhere(browser: Browser, service: Service, address: str) -> None:
    run = waiting(service, address)
    with browser.tab() as tab:
        tab.open(approval_url(service.deps, run))
        protocols = tab.run("[...document.links].map((one) => one.protocol)")
        assert protocols == (["https:"] if address.startswith("https") else [])
        keeps_quiet(tab, service.deps.public_url)


@pytest.mark.parametrize("path", ["/", "/connected", "/approvals/forged", "/nowhere"])
def test_the_other_pages_are_readable_too(browser: Browser, service: Service, path: str) -> None:
    for scheme in ("light", "dark"):
        with browser.tab(PHONE, scheme) as tab:
            tab.open(service.deps.public_url + path)
            assert (overflow(tab), contrast(tab).ratio >= 4.5) == (0, True)
            assert (tab.seen.dialogs, tab.seen.exceptions) == ([], [])
