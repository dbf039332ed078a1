"""The preview's address on the approval page can be opened, and can do nothing but lead there; so can a live site's."""

from __future__ import annotations

import re
from html import unescape

import pytest

from shared.app.api.pages.page_html import link
from shared.app.approval.approvals import approval_token
from shared.app.engine.engine import open_run, record
from shared.app.ship.roll_back import rollback_url
from shared.core.run import events as ev
from shared.core.run.run import Run, StepSpec, WaitKind
from tests.functions.conftest import MINE, Service

SAFE = [
    "https://club-git-main.vercel.example/",
    "https://club.example:8443/a?b=1&c=2#d",
    "http://127.0.0.1:41234/preview/",
    "http://localhost:8080",
    "http://club.localhost:8080/",
    "http://[::1]:8080/",
    'https://club.example/"><script>alert(1)</script>',
]
NOT_SAFE = [
    "http://club.example/",  # not by TLS, and not on this machine
    "http://127.0.0.1.example/",
    "http://localhost.example/",
    "javascript:alert(1)",
    "JavaScript://club.example/%0aalert(1)",
    "java\nscript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "vbscript:msgbox(1)",
    "//club.example/",
    "https:club.example",
    "https://club.example@elsewhere.example/",
    "https://elsewhere.example\\@club.example/",
    "https://club.example/\x01",
    "https://[club.example/",
    "https://",
    "club.example",
]


def _asking(service: Service, preview: str) -> Run:
    """Return a run that waits for somebody to let its preview go live."""
    verify = StepSpec("verify", "site.verify", lane="deploy")
    gate = StepSpec("production", "approval.ask", depends_on=("verify",), lane="", gate=WaitKind.APPROVAL)
    promote = StepSpec("promote", "site.promote", "Put it live", depends_on=("production",), lane="deploy")
    open_run(service.deps, service.opened(MINE, "run-asks", verify, gate, promote))
    shown = {"binds": "b1" * 32, "url": preview, "checked": 3}
    return record(service.deps, MINE, "run-asks", ev.StepSucceeded(service.deps.clock.now(), "verify", 1, shown))


def test_the_preview_can_be_opened_from_the_page_that_asks(service: Service) -> None:
    run = _asking(service, "https://club.example/?a=1&b=2")
    page = service.call("GET", f"/approvals/{approval_token(service.deps, run)}", key="").text
    (anchor,) = [each for each in re.findall(r"<a [^>]*>[^<]*</a>", page) if "club.example" in each]
    assert 'href="https://club.example/?a=1&amp;b=2"' in anchor
    assert {"noopener", "noreferrer"} <= set(re.search(r'rel="([^"]*)"', anchor)[1].split())  # type: ignore[index]
    assert ">https://club.example/?a=1&amp;b=2<" in anchor


def test_where_no_changes_are_known_none_are_offered(service: Service) -> None:
    run = _asking(service, "https://club.example/")
    page = service.call("GET", f"/approvals/{approval_token(service.deps, run)}", key="").text
    assert "The changes" not in page


def test_a_preview_with_another_address_is_text(service: Service) -> None:
    run = _asking(service, "javascript:alert('preview')")
    page = service.call("GET", f"/approvals/{approval_token(service.deps, run)}", key="").text
    assert "The preview: javascript:alert(&#x27;preview&#x27;)" in page
    assert "href" not in page


def test_what_is_live_can_be_opened_from_the_page_that_takes_it_back(service: Service) -> None:
    live = {"system": "vercel", "project": "prj_1", "deployment": "dpl_2", "previous": "dpl_1"}
    opened = service.opened(MINE, "run-live", StepSpec("promote", "site.promote", lane="deploy"), page="page-1")
    facts = {"site": "https://club.example"}
    run = service.save(opened, ev.StepSucceeded(opened.at, "promote", 1, live, facts=facts))
    path = rollback_url(service.deps, run).partition("/rollbacks/")[2]
    page = service.call("GET", f"/rollbacks/{path}", key="").text
    assert (
        'Live now: <a rel="noopener noreferrer nofollow" href="https://club.example">https://club.example</a>' in page
    )


@pytest.mark.parametrize("address", SAFE)
def test_an_address_on_the_web_or_on_this_machine_is_a_link(address: str) -> None:
    made = link(address, "Look <here>")
    (href,) = re.findall(r'^<a rel="noopener noreferrer nofollow" href="([^"]*)">Look &lt;here&gt;</a>$', made)
    assert unescape(href) == address


@pytest.mark.parametrize("address", NOT_SAFE)
def test_any_other_address_is_text(address: str) -> None:
    made = link(address, "Look")
    assert "<" not in made
    assert unescape(made) == address
