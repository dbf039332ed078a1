"""Two owners decide at the same moment, one by the API, one behind a link: one decides, the other is told who did."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from shared.app.api.exchange import FORM, JSON, ApiReply, ApiRequest
from shared.app.api.keys import make_key
from shared.app.api.router import Api
from shared.app.approval.approvals import approval_token
from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run, record
from shared.app.people.sessions import Place
from shared.app.people.sessions import _open as open_session
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.core.documents.codec import to_body
from shared.core.people.members import Member, Members, person_id
from shared.core.people.sessions import Session
from shared.core.run import events as ev
from shared.core.run.run import Run, StepSpec, StepStatus, Trigger, WaitKind
from shared.ports import Put, Secret, Store
from tests.support.builders.runs import TENANT, gate, opened, spec
from tests.support.ports.moved_clock import MovedClock
from tests.support.ports.two_tenants import Tasks

ADA, BEN = person_id("notion:ada"), person_id("notion:ben")
NAME = "Ada Example"  # of both: only who they are tells them apart
BINDS = "c2" * 32
Press = Callable[[Api], ApiReply]


@pytest.fixture
def deps(store: Store, clock: MovedClock, tmp_path: Path) -> Deps:
    """A team of two owners of one name, where two different people have to agree."""
    (tmp_path / "secrets").mkdir()
    made = Deps(store, Tasks(), LocalSecrets(tmp_path / "secrets"), clock)  # type: ignore[arg-type]
    for name in ("api-key-pepper", "approval-link-key", "session-key"):
        made.secrets.set(name, Secret(f"{name} of the tests"))
    since = clock.now()
    people = {who: Member(NAME, "", since, "owner") for who in (ADA, BEN)}
    store.put(TENANT, Put("members", "team", to_body(Members(people))))
    store.put(TENANT, Put("settings", "tenant", {"ship": {"approvals": {"four_eyes": True}}}))
    return made


def _by_api(deps: Deps, person: str, act: str, run: Run) -> Press:
    _, key = make_key(deps, TENANT, "owner", "a laptop", person=person)
    asked = next(step.wait.what for step in run.steps if step.wait is not None)
    headers = {"authorization": f"Bearer {key}", "content-type": JSON}
    body = json.dumps({"plan_hash": asked} if act == "approve" else {}).encode()
    return lambda api: api.answer(ApiRequest("POST", f"/v1/runs/{run.id}/{act}", headers=headers, body=body))


def _by_link(deps: Deps, person: str, act: str, run: Run) -> Press:
    now, token = deps.clock.now(), approval_token(deps, run, person)
    session = Session(person, "owner", "", now, now)
    cookie = open_session(deps, TENANT, Member(NAME, "", now, "owner"), session, Place()).cookie
    headers = {"content-type": FORM, "sec-fetch-site": "same-origin", "origin": deps.public_url,
               "host": "127.0.0.1", "cookie": f"workwright-session={cookie}"}  # fmt: skip
    body = urlencode({"decision": act}).encode()
    return lambda api: api.answer(ApiRequest("POST", f"/approvals/{token}", headers=headers, body=body))


def _at_once(deps: Deps, *presses: Press) -> list[ApiReply]:
    """Press together: none saves before the other has read and checked too."""
    both = threading.Barrier(len(presses))

    def meet(point: str) -> None:
        if point.startswith("commit.before/Approval"):
            both.wait(20)

    api = Api(replace(deps, crash_point=meet))
    with ThreadPoolExecutor(len(presses)) as pool:
        return [each.result(60) for each in [pool.submit(press, api) for press in presses]]


def _run(deps: Deps) -> Run:
    loaded = deps.store.load_run(TENANT, "run-1")
    assert loaded is not None
    return loaded.run


def _decisions(deps: Deps) -> list[str]:
    return [str(each.body["actor"]) for each in deps.store.audit(TENANT) if each.body["what"].startswith("Approval")]


@pytest.mark.parametrize(("first", "second"), [("approve", "deny"), ("deny", "approve"), ("approve", "approve")])
def test_of_two_who_decide_at_once_one_does(deps: Deps, first: str, second: str) -> None:
    run = open_run(deps, replace(opened(gate("approve"), spec("build", "approve")), at=deps.clock.now()))
    answers = _at_once(deps, _by_api(deps, ADA, first, run), _by_link(deps, BEN, second, run))
    assert sorted(each.status for each in answers) == [200, 409]
    winner, late = (ADA, answers[1]) if answers[0].status == 200 else (BEN, answers[0])
    step = _run(deps).steps[0]
    assert step.output["actor"] == f"person:{winner}"
    assert (step.status == StepStatus.SUCCEEDED) is ((first if winner == ADA else second) == "approve")
    assert _decisions(deps) == [f"person:{winner}"]
    assert f"has already been decided by {NAME}: " in late.text
    assert f"{deps.clock.now():%d %B %Y, %H:%M} UTC" in late.text


def test_two_eyes_are_two_however_close_they_come(deps: Deps) -> None:
    """Both let it leave at once; who did may not let it go live, and the other one may."""
    production = StepSpec("production", "approval.ask", depends_on=("look",), lane="", gate=WaitKind.APPROVAL)
    specs = (spec("review", kind="release.review"), gate("release", "review"), spec("look", "release"), production)
    trigger = Trigger("page", "p", "Club", "Cy", (), None)
    open_run(deps, replace(opened(*specs, spec("live", "production"), trigger=trigger), at=deps.clock.now()))
    run = record(deps, TENANT, "run-1", ev.StepSucceeded(deps.clock.now(), "review", 1, {"binds": BINDS}))
    answers = _at_once(deps, _by_api(deps, ADA, "approve", run), _by_link(deps, BEN, "approve", run))
    assert sorted(each.status for each in answers) == [200, 409]
    run = record(deps, TENANT, "run-1", ev.StepSucceeded(deps.clock.now(), "look", 1, {"binds": BINDS[::-1]}))
    by_api, by_link = _by_api(deps, ADA, "approve", run), _by_link(deps, BEN, "approve", run)
    again, other = (by_api, by_link) if answers[0].status == 200 else (by_link, by_api)
    refused = again(Api(deps))
    assert (refused.status, "has approved what left" in refused.text) == (403, True)
    assert other(Api(deps)).status == 200
    assert len(set(_decisions(deps))) == 2
