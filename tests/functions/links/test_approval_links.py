"""The approval link: opening decides nothing, answering decides once, and nothing forged or stale counts."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.approval.approvals import approval_token
from shared.app.engine.engine import record
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Run, RunStatus, StepSpec, WaitKind
from shared.ports import Secret
from tests.functions.conftest import BUILD, GATE, MINE, OTHER, Service


def _token(service: Service, run: Run) -> str:
    token = approval_token(service.deps, run)
    assert token.count(".") == 1
    return token


def _status(service: Service, run: Run, tenant: str = MINE) -> RunStatus:
    loaded = service.deps.store.load_run(tenant, run.id)
    assert loaded is not None
    return loaded.run.status


def _answer(service: Service, token: str, decision: str = "approve", **more: Any) -> Any:
    headers = more.pop("headers", {})
    return service.call(
        "POST", f"/approvals/{token}", key="", data={"decision": decision, **more}, headers=headers
    )  # a dict as data is sent as a form


def test_opening_shows_the_question_and_decides_nothing(service: Service) -> None:
    run = service.waiting()
    for _ in range(2):
        page = service.call("GET", f"/approvals/{_token(service, run)}", key="")
        assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "Write the &lt;script&gt;site&lt;/script&gt;" in page.text
    assert "A &lt;b&gt;club&lt;/b&gt; site" in page.text
    assert "Ada &lt;Example&gt;" in page.text
    written = next(step for step in run.steps if step.spec.title.startswith("Write the"))
    assert f'<p class="quiet">{written.spec.kind} {{' in page.text  # what is approved, whatever its title says
    assert run.plan_hash[:12] in page.text
    assert "<script" not in page.text
    gate = run.step("approve")
    assert gate is not None
    assert gate.wait is not None
    assert gate.wait.until is not None
    assert f"{gate.wait.until:%H:%M}" in page.text
    assert _status(service, run) == RunStatus.AWAITING_APPROVAL


def test_yes_begins_the_work(service: Service) -> None:
    run = service.waiting()
    page = _answer(service, _token(service, run))
    assert page.status_code == 200
    assert "Approved" in page.text
    assert _status(service, run) == RunStatus.EXECUTING


def test_no_ends_the_run_with_the_reason(service: Service) -> None:
    run = service.waiting()
    page = _answer(service, _token(service, run), "deny", reason="<i>too dear</i>")
    assert "Denied" in page.text
    loaded = service.deps.store.load_run(MINE, run.id)
    assert loaded is not None
    assert loaded.run.status == RunStatus.CANCELLED
    assert loaded.run.cancel.endswith(": <i>too dear</i>")


def _forged(change: Callable[[list[Any]], None]) -> Callable[[str], str]:
    """Return what changes a token's content and keeps its signature."""

    def forge(token: str) -> str:
        payload, _, signature = token.partition(".")
        fields = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        change(fields)
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode() + "." + signature

    return forge


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: "x",
        lambda token: "x.y",
        lambda token: token + "0",
        lambda token: token[:-1],
        lambda token: token.partition(".")[0],
        lambda token: token.partition(".")[0] + ".",
        lambda token: "." + token.partition(".")[2],
        lambda token: token.upper(),
        lambda token: token.replace(".", "é."),
        lambda token: token + "%00",
        _forged(lambda fields: fields.__setitem__(0, OTHER)),
        _forged(lambda fields: fields.__setitem__(1, "run-else")),
        _forged(lambda fields: fields.__setitem__(2, "build")),
        _forged(lambda fields: fields.__setitem__(3, "0" * 64)),
        _forged(lambda fields: fields.__setitem__(4, "2999-01-01T00:00:00+00:00")),
    ],
)
def test_a_forged_link_opens_and_decides_nothing(service: Service, forge: Callable[[str], str]) -> None:
    run, foreign = service.waiting(), service.waiting(OTHER)
    token = forge(_token(service, run))
    for page in (service.call("GET", f"/approvals/{token}", key=""), _answer(service, token)):
        assert (page.status_code, page.mimetype) == (401, "text/html")
        assert "not valid" in page.text
    assert _status(service, run) == RunStatus.AWAITING_APPROVAL
    assert _status(service, foreign, OTHER) == RunStatus.AWAITING_APPROVAL


def test_a_link_signed_with_an_older_key_is_refused(service: Service) -> None:
    run = service.waiting()
    token = _token(service, run)
    service.deps.secrets.set("approval-link-key", Secret("another one"))
    assert _answer(service, token).status_code == 401
    assert _status(service, run) == RunStatus.AWAITING_APPROVAL


def _expired(service: Service) -> tuple[Run, str]:
    opened = service.opened(MINE, "run-old", GATE, BUILD)
    run = service.save(replace(opened, at=opened.at - timedelta(days=8)))  # a question is open for seven
    return run, _token(service, run)


def _decided(service: Service) -> tuple[Run, str]:
    run = service.waiting()
    token = _token(service, run)
    record(service.deps, MINE, run.id, acts.ApprovalGranted(service.deps.clock.now(), "approve", run.plan_hash, "Bo"))
    return run, token


def _ended(service: Service) -> tuple[Run, str]:
    run = service.waiting()
    token = _token(service, run)
    record(service.deps, MINE, run.id, acts.CancelRequested(service.deps.clock.now(), "Bo"))
    return run, token


def _changed(service: Service) -> tuple[Run, str]:
    """The page was edited: planned anew under the next revision, with a gate and a plan of its own."""
    run = service.waiting()
    token, now = _token(service, run), service.deps.clock.now()
    record(service.deps, MINE, run.id, acts.PageChanged(now, "Ada"))
    second = StepSpec("approve-2", "approval.ask", "Approve", lane="", gate=WaitKind.APPROVAL)
    build = StepSpec("build-2", "test.step", depends_on=("approve-2",))
    after = record(service.deps, MINE, run.id, ev.PlanProposed(now, "plan-2", 1, (second, build)))
    assert after.status == RunStatus.AWAITING_APPROVAL
    assert after.plan_hash != run.plan_hash
    return run, token


@pytest.mark.parametrize("stale", [_expired, _decided, _ended, _changed])
@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_a_stale_link_says_so_and_decides_nothing(
    service: Service, stale: Callable[[Service], tuple[Run, str]], decision: str
) -> None:
    run, token = stale(service)
    before = service.deps.store.load_run(MINE, run.id)
    for page in (service.call("GET", f"/approvals/{token}", key=""), _answer(service, token, decision)):
        assert (page.status_code, page.mimetype) == (409, "text/html")
        assert "closed" in page.text
    assert service.deps.store.load_run(MINE, run.id) == before


def test_the_second_use_says_who_decided(service: Service) -> None:
    run = service.waiting()
    token = _token(service, run)
    assert _answer(service, token).status_code == 200
    again = _answer(service, token, "deny")
    assert again.status_code == 409
    assert "already been decided by Lin Example" in again.text
    assert _status(service, run) == RunStatus.EXECUTING


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 200),
        ({}, 200),
    ],
)
def test_an_answer_comes_from_the_page_itself(service: Service, headers: dict[str, str], status: int) -> None:
    run = service.waiting()
    page = _answer(service, _token(service, run), headers=headers)
    assert page.status_code == status
    assert (_status(service, run) == RunStatus.EXECUTING) == (status == 200)


def test_the_page_lets_its_own_form_say_where_it_came_from(service: Service) -> None:
    """Under `no-referrer` browsers send `Origin: null` with a form, and the answer would be refused."""
    page = service.call("GET", f"/approvals/{_token(service, service.waiting())}", key="")
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ("decision=maybe", "application/x-www-form-urlencoded", 400),
        ("", "application/x-www-form-urlencoded", 415),
        ("reason=x", "application/x-www-form-urlencoded", 400),
        ("decision=approve&decision=deny", "application/x-www-form-urlencoded", 400),
        ("decision=approve&force=1", "application/x-www-form-urlencoded", 400),
        ('{"decision":"approve"}', "application/json", 415),
        ("decision=approve&reason=" + "x" * 501, "application/x-www-form-urlencoded", 400),
        ("decision=approve&reason=" + "x" * 70_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_an_unclear_answer_decides_nothing(service: Service, data: str, kind: str, status: int) -> None:
    run = service.waiting()
    path = f"/approvals/{_token(service, run)}"
    page = service.call("POST", path, key="", data=data, content_type=kind if data else None)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert _status(service, run) == RunStatus.AWAITING_APPROVAL
