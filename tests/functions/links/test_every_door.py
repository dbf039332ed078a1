"""Every door that a link or a signature opens: what was made for another door, is changed or is nobody's opens none.

The doors are the router's: a new one is red here until it is told what is pressed there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from typing import Any

import pytest

from shared.app.api.route import Route
from shared.app.api.routes import ROUTES
from shared.app.approval.approvals import approval_token
from shared.app.notify.mail_choices import confirm_url, unsubscribe_url
from shared.app.people.invitations import Whom, invite
from shared.app.people.login import Proven, login_token
from shared.app.people.mail_links import link_token
from shared.app.ship.roll_back import rollback_url
from shared.core.people.members import person_id
from shared.core.run import events as ev
from shared.core.run.run import StepSpec
from shared.ports import SYSTEM, Put, Secret
from tests.functions.conftest import MINE, OTHER, Service

LINKS = [route for route in ROUTES if not route.needs_key and {"token", "login"} & set(route.parts)]
SIGNED = [route for route in ROUTES if route.permission == "slack signature"]
PRESSES = {  # what is pressed at a door
    "take_confirmation": {"decision": "confirm"},
    "end_mails": {},
    "take_invitation": {"decision": "accept", "form": "0" * 64},
    "take_shown": {"decision": "accept", "form": "0" * 64},
    "take_mail_link": {"act": "sign-in"},
    "take_login": {"decision": "agree"},
    "take_answer": {"decision": "approve"},
    "take_rollback": {"decision": "rollback"},
}
GARBAGE = ("x.y", f"{'A' * 40}.{'0' * 64}", "0" * 64, f"{MINE}.inv-{'a' * 24}.{'0' * 64}")
LIVE = {"system": "vercel", "project": "prj", "deployment": "dpl-2", "previous": "dpl-1", "url": "https://club.example"}


@pytest.fixture
def genuine(service: Service) -> dict[str, str]:
    """A link of each kind that we sign, by the beginning of the path that it opens."""
    deps = service.deps
    for name in ("oauth-state-key", "notice-link-key", "invitation-link-key"):
        deps.secrets.set(name, Secret(f"{name} of the tests"))
    opened = service.opened(MINE, "run-live", StepSpec("promote", "site.promote"))
    live = service.save(opened, ev.StepSucceeded(opened.at, "promote", 1, LIVE))
    whom = Whom("her", "mail:her", "her@example.test")
    return {
        "/approvals": approval_token(deps, service.waiting(), "lin"),
        "/rollbacks": _last(rollback_url(deps, live, "lin")),
        "/invitations": _last(invite(deps, MINE, whom, "viewer", "Ada", "")[1]),
        "/unsubscribe": _last(unsubscribe_url(deps, MINE, "lin", "ended")),
        "/confirm-mail": _last(confirm_url(deps, MINE, "lin", "a" * 32, deps.clock.now())),
        "/sign-in/mail": link_token(deps.secrets.get("approval-link-key"), "ab" * 32),
        "/login": login_token(deps, Proven(MINE, person_id("notion:ada"), "ab" * 32)),
    }


def _last(url: str) -> str:
    assert url.startswith("http://localhost/"), url
    return url.rpartition("/")[2]


def _ask(service: Service, route: Route, token: str) -> Any:
    parts = {"token": token, "login": token, "browser": "ab" * 32}
    path = re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], route.path)
    if route.method == "GET":
        return service.call("GET", path, key="")
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    given = {"json": {}} if route.id == "end_mails" else {"data": PRESSES[route.id]}
    return service.call("POST", path, key="", headers=headers, **given)


def _kept(service: Service) -> str:
    store = service.deps.store
    docs = [
        [team, kind, doc.id, doc.body]
        for team in (MINE, OTHER, SYSTEM)
        for kind in store.kinds(team)
        for doc in store.list_docs(team, kind, limit=500)
    ]
    runs = [[run.id, run.seq, run.status.value] for run in store.list_runs(MINE)]
    entries = [entry.body for team in (MINE, OTHER) for entry in store.audit(team, limit=500)]
    return json.dumps([docs, runs, entries], default=str, sort_keys=True)


@pytest.mark.parametrize("route", LINKS, ids=lambda route: f"{route.method} {route.path}")
def test_no_link_opens_a_door_that_it_was_not_made_for(service: Service, genuine: dict[str, str], route: Route) -> None:
    own = next((front for front in genuine if route.path.startswith(f"{front}/")), "")
    foreign = {front: token for front, token in genuine.items() if front != own or route.path.count("{") > 1}
    changed = [genuine[own][:-1] + ("0" if genuine[own][-1] != "0" else "1")] if own else []
    before = _kept(service)
    for token in (*GARBAGE, *foreign.values(), *changed):
        answer = _ask(service, route, token)
        assert answer.status_code in (401, 403, 404, 409), (token, answer.status_code, answer.text)
    assert _kept(service) == before


def _sign(body: bytes, stamp: str, secret: str = "slack-signing-secret of the tests") -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("route", SIGNED, ids=lambda route: route.path)
def test_no_signed_door_takes_what_is_forged_old_or_changed(service: Service, route: Route) -> None:
    now, body = int(time.time()), json.dumps({"type": "url_verification", "challenge": "c"}).encode()
    service.deps.store.put(MINE, Put("notes", "one", {"a": 1}))
    before, fresh = _kept(service), str(now)
    forged = [
        {},
        {"X-Slack-Request-Timestamp": fresh},
        {"X-Slack-Signature": _sign(body, fresh)},
        *({"X-Slack-Request-Timestamp": each, "X-Slack-Signature": _sign(body, each)}
          for each in (str(now - 301), str(now + 330), "soon", "", "é")),
        {"X-Slack-Request-Timestamp": fresh, "X-Slack-Signature": _sign(body, fresh, "another")},
        {"X-Slack-Request-Timestamp": fresh, "X-Slack-Signature": _sign(body + b" ", fresh)},
        {"X-Slack-Request-Timestamp": fresh, "X-Slack-Signature": _sign(body, str(now - 1))},
        {"X-Slack-Request-Timestamp": fresh, "X-Slack-Signature": _sign(body, fresh).replace("v0=", "v1=")},
        {"X-Slack-Request-Timestamp": fresh, "X-Slack-Signature": _sign(body, fresh)[3:]},
    ]  # fmt: skip
    for headers in forged:
        answer = service.call("POST", route.path, key="", data=body, headers=headers)
        assert answer.status_code == 401, (headers, answer.text)
    assert _kept(service) == before


def test_each_link_opens_its_own_door(service: Service, genuine: dict[str, str]) -> None:
    fronts = [front for front in genuine if front != "/sign-in/mail"]  # of which only who asked has the other half
    opened = {front: service.call("GET", f"{front}/{genuine[front]}", key="").status_code for front in fronts}
    late = {"/login": 409, "/confirm-mail": 409}  # genuine, and who it is about has left, or asks for nothing
    assert opened == {**dict.fromkeys(fronts, 200), **late}


def test_each_door_is_among_them() -> None:
    assert {route.id for route in LINKS if route.method == "POST"} == PRESSES.keys()
    assert len(LINKS) >= 18
    assert len(SIGNED) >= 3
