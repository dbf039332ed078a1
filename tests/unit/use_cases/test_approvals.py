"""A token decides exactly what it was made for, once; anything else is refused as the caller's mistake."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.app.approval.approvals import approval_token, approval_url, asked_now, decide, read_token
from shared.app.engine.engine import open_run, record
from shared.core.errors import BadSignature, Conflicting, NotThere, RequestError
from shared.core.run import acts
from shared.core.run.run import Run, RunStatus
from shared.ports import Secret
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.local_ports import Ports

KEY = "key-of-these-tests"


@pytest.fixture
def waiting(ports: Ports) -> Run:
    ports.deps.secrets.set("approval-link-key", Secret(KEY))
    return open_run(ports.deps, replace(opened(gate("approve"), spec("build", "approve")), at=ports.clock.now()))


def signed(payload: bytes, key: str = KEY) -> str:
    """Sign any payload as the house does, from its description: HMAC-SHA256 over "approval." and base64url."""
    text = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    return f"{text}.{hmac.new(key.encode(), b'approval.' + text.encode(), hashlib.sha256).hexdigest()}"


def fields_of(run: Run) -> list[Any]:
    wait = run.steps[0].wait
    assert wait is not None
    assert wait.until is not None
    return [run.tenant, run.id, "approve", run.plan_hash, wait.until.isoformat()]


def test_a_token_says_what_it_asks_and_approves_it(ports: Ports, waiting: Run) -> None:
    token = approval_token(ports.deps, waiting)
    assert token == signed(json.dumps(fields_of(waiting)).encode())
    assert approval_url(ports.deps, waiting).endswith(f"/approvals/{token}")
    asked = read_token(ports.deps, token)
    assert asked == asked_now(waiting)
    after = decide(ports.deps, asked, approve=True, by="Mira", via="link")
    assert after.status == RunStatus.EXECUTING
    assert after.steps[0].output["by"] == "Mira"


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda t, r: "", id="nothing"),
        pytest.param(lambda t, r: ".", id="a dot"),
        pytest.param(lambda t, r: t[:-1], id="cut off"),
        pytest.param(lambda t, r: t[: len(t) // 2], id="half of it"),
        pytest.param(lambda t, r: t.partition(".")[0], id="no signature"),
        pytest.param(lambda t, r: t + "0", id="one letter more"),
        pytest.param(lambda t, r: "!" + t[1:], id="another first letter"),
        pytest.param(lambda t, r: "ä" * 50 + "." + "ß" * 64, id="letters that are no base64"),
        pytest.param(lambda t, r: "\ud800." + "\udfff", id="halves of characters"),
        pytest.param(lambda t, r: t + "." + t, id="twice"),
        pytest.param(lambda t, r: signed(json.dumps(fields_of(r)).encode(), "other key"), id="another key"),
        pytest.param(lambda t, r: signed(json.dumps(fields_of(r)).encode(), ""), id="no key"),
        pytest.param(lambda t, r: signed(b"\xff\xfe"), id="ours, but no text"),
        pytest.param(lambda t, r: signed(b"{"), id="ours, but no JSON"),
        pytest.param(lambda t, r: signed(b"null"), id="ours, but null"),
        pytest.param(lambda t, r: signed(b"7"), id="ours, but a number"),
        pytest.param(lambda t, r: signed(b"{}"), id="ours, but an object"),
        pytest.param(lambda t, r: signed(json.dumps(fields_of(r)[:4]).encode()), id="ours, but a field short"),
        pytest.param(lambda t, r: signed(json.dumps([*fields_of(r), "ada", 1]).encode()), id="ours, but a field long"),
        pytest.param(lambda t, r: signed(json.dumps([*fields_of(r)[:4], "soon"]).encode()), id="ours, no time"),
        pytest.param(lambda t, r: signed(json.dumps([*fields_of(r)[:4], None]).encode()), id="ours, time is null"),
        pytest.param(
            lambda t, r: signed(json.dumps([*fields_of(r)[:4], "2999-01-01T00:00:00"]).encode()), id="ours, no zone"
        ),
    ],
)
def test_what_is_no_token_of_ours_is_refused(ports: Ports, waiting: Run, forge: Callable[[str, Run], str]) -> None:
    with pytest.raises(BadSignature) as refused:
        read_token(ports.deps, forge(approval_token(ports.deps, waiting), waiting))
    assert refused.value.status == 401
    assert refused.value.way_out
    assert ports.run().status == RunStatus.AWAITING_APPROVAL


def test_a_signature_for_another_purpose_is_none(ports: Ports, waiting: Run) -> None:
    payload = approval_token(ports.deps, waiting).partition(".")[0]
    other = hmac.new(KEY.encode(), payload.encode(), hashlib.sha256).hexdigest()
    with pytest.raises(BadSignature):
        read_token(ports.deps, f"{payload}.{other}")


def test_a_token_is_too_old_after_its_time(ports: Ports, waiting: Run) -> None:
    token = approval_token(ports.deps, waiting)
    ports.clock.move(days=7, seconds=-1)
    read_token(ports.deps, token)
    ports.clock.move(seconds=1)
    with pytest.raises(Conflicting, match="expired"):
        read_token(ports.deps, token)


def test_it_decides_once_and_the_first_decision_stands(ports: Ports, waiting: Run) -> None:
    asked = read_token(ports.deps, approval_token(ports.deps, waiting))
    decide(ports.deps, asked, approve=True, by="Mira", via="link")
    for approve, by in ((True, "Mira"), (True, "Bo"), (False, "Mira")):
        with pytest.raises(Conflicting, match="already been decided by Mira"):
            decide(ports.deps, asked, approve=approve, by=by, via="link")
    assert ports.run().status == RunStatus.EXECUTING


def test_a_denial_ends_the_run_and_cannot_be_turned_into_a_yes(ports: Ports, waiting: Run) -> None:
    asked = read_token(ports.deps, approval_token(ports.deps, waiting))
    assert decide(ports.deps, asked, approve=False, by="Bo", via="link", reason="late").cancel == "denied by Bo: late"
    with pytest.raises(Conflicting, match="already been decided by Bo"):
        decide(ports.deps, asked, approve=True, by="Mira", via="link")


def test_a_changed_plan_makes_it_void(ports: Ports, waiting: Run) -> None:
    asked = read_token(ports.deps, approval_token(ports.deps, waiting))
    after = record(ports.deps, "t-1", "run-1", acts.PageChanged(ports.clock.now(), "Ada"))
    assert approval_token(ports.deps, after) == ""
    assert approval_url(ports.deps, after).endswith("/v1/runs/run-1")
    with pytest.raises(Conflicting, match="plan has changed"):
        decide(ports.deps, asked, approve=True, by="Mira", via="link")


def test_an_ended_run_takes_no_decision(ports: Ports, waiting: Run) -> None:
    asked = asked_now(waiting)
    record(ports.deps, "t-1", "run-1", acts.CancelRequested(ports.clock.now(), "Ada"))
    with pytest.raises(Conflicting, match="the run has ended: cancelled"):
        decide(ports.deps, asked, approve=True, by="Mira", via="link")
    with pytest.raises(Conflicting, match="does not wait"):
        asked_now(ports.run())


def test_the_time_can_run_out_between_opening_and_deciding(ports: Ports, waiting: Run) -> None:
    asked = asked_now(waiting)
    ports.clock.move(days=7)
    with pytest.raises(Conflicting, match="time for this approval has run out"):
        decide(ports.deps, asked, approve=True, by="Mira", via="link")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"tenant": "t-2"}, NotThere),
        ({"run": "run-2"}, NotThere),
        ({"gate": "build"}, Conflicting),
        ({"gate": "nowhere"}, Conflicting),
        ({"plan_hash": "0" * 64}, Conflicting),
        ({"plan_hash": ""}, Conflicting),
    ],
)
def test_what_was_asked_about_something_else_decides_nothing(
    ports: Ports, waiting: Run, change: dict[str, str], error: type[RequestError]
) -> None:
    with pytest.raises(error):
        decide(ports.deps, replace(asked_now(waiting), **change), approve=True, by="Mira", via="link")
    assert ports.run().status == RunStatus.AWAITING_APPROVAL


def test_a_run_of_another_tenant_under_the_same_name_is_not_touched(ports: Ports, waiting: Run) -> None:
    other = replace(opened(gate("approve"), spec("build", "approve")), tenant="t-2", at=ports.clock.now())
    foreign = open_run(ports.deps, other)
    asked = read_token(ports.deps, approval_token(ports.deps, foreign))
    decide(ports.deps, asked, approve=True, by="Mira", via="link")
    assert ports.run("t-2").status == RunStatus.EXECUTING
    assert ports.run("t-1").status == RunStatus.AWAITING_APPROVAL


def test_tokens_of_any_text_are_refused_as_the_callers_mistake(ports: Ports, waiting: Run) -> None:
    @given(st.text(st.characters()) | st.binary().map(signed))
    def check(token: str) -> None:
        with pytest.raises(BadSignature):
            read_token(ports.deps, token)

    check()
    assert ports.clock.now() + timedelta(days=7) == asked_now(waiting).expires_at
