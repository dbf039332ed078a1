"""A link is for one person: what it may do follows from who that is now, and nobody else decides as them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.app.api.keys import create_key, make_key
from shared.app.approval.approvals import approval_token
from shared.app.engine.engine import open_run, record
from shared.app.people.identities import Shown, link_identity
from shared.app.people.membership import take_out
from shared.app.people.sessions import Place
from shared.app.people.sessions import _open as open_session
from shared.app.people.told_places import list_told
from shared.core.documents.codec import to_body
from shared.core.people.identities import mail_identity
from shared.core.people.members import Member, Members, person_id
from shared.core.people.sessions import Session
from shared.core.run import events as ev
from shared.core.run.run import Run, RunStatus, StepSpec, WaitKind
from shared.ports import Put
from tests.functions.conftest import GATE, MINE, OTHER, Service

ADA, BEN, VERA = (person_id(f"notion:{name}") for name in ("ada", "ben", "vera"))
BINDS = "b1" * 32


@pytest.fixture
def team(service: Service) -> Service:
    """A team of an owner, a member and a viewer, of whom the settings know one by her account in a system too."""
    now = service.deps.clock.now() - timedelta(minutes=1)
    people = {
        ADA: Member("Ada Example", "notion:ada", now, "owner"),
        BEN: Member("Ben Example", "notion:ben", now, "member"),
        VERA: Member("Vera Example", "notion:vera", now, "viewer"),
    }
    service.deps.store.put(MINE, Put("members", "team", to_body(Members(people))))
    told = [{"id": "ada", "name": "Ada E.", "email": "ada@team.test", "notion_user": "ada"}]
    service.deps.store.put(MINE, Put("settings", "tenant", {"people": told}))
    return service


def _release(service: Service) -> Run:
    gate = StepSpec("release", "approval.ask", depends_on=("review",), lane="", gate=WaitKind.APPROVAL)
    push = StepSpec("push", "repository.propose_change", "Open it", depends_on=("release",), lane="deploy")
    review = StepSpec("review", "release.review")
    open_run(service.deps, service.opened(MINE, "run-asks", review, gate, push))
    return record(
        service.deps, MINE, "run-asks", ev.StepSucceeded(service.deps.clock.now(), "review", 1, {"binds": BINDS})
    )


def _press(service: Service, token: str, decision: str = "approve", cookie: str = "") -> Any:
    name = "__Host-workwright-session" if service.deps.public_url.startswith("https://") else "workwright-session"
    headers = {"Cookie": f"{name}={cookie}"} if cookie else {}
    return service.call("POST", f"/approvals/{token}", key="", data={"decision": decision}, headers=headers)


def _sign_in(service: Service, person: str, name: str, role: str) -> str:
    now = service.deps.clock.now()
    member = Member(name, "", now, role)
    return open_session(service.deps, MINE, member, Session(person, role, "", now, now), Place()).cookie


def _status(service: Service, run: Run) -> RunStatus:
    loaded = service.deps.store.load_run(MINE, run.id)
    assert loaded is not None
    return loaded.run.status


def _entry(service: Service, what: str) -> Any:
    entries = service.call("GET", "/v1/audit").json["entries"]
    return next(each for each in entries if each["what"] == what)


def test_the_recipient_decides_about_a_plan_and_is_named(team: Service) -> None:
    token = approval_token(team.deps, team.waiting(), ADA)
    shown = team.call("GET", f"/approvals/{token}", key="")
    assert "decided by Ada Example" in shown.text
    assert _press(team, token).status_code == 200
    entry = _entry(team, "ApprovalGranted")
    assert (entry["by"], entry["actor"]) == ("Ada Example", f"person:{ADA}")
    assert _press(team, token).status_code == 409  # replayed


def test_what_leaves_needs_a_sign_in(team: Service) -> None:
    run = _release(team)
    token = approval_token(team.deps, run, ADA)
    shown = team.call("GET", f"/approvals/{token}", key="").text
    assert f'href="/sign-in?next=%2Fapprovals%2F{token}"' in shown
    answer = _press(team, token)
    assert (answer.status_code, "sign in" in answer.text) == (403, True)
    assert _status(team, run) == RunStatus.AWAITING_APPROVAL
    assert _press(team, token, cookie=_sign_in(team, ADA, "Ada Example", "owner")).status_code == 200
    assert _entry(team, "ApprovalGranted")["actor"] == f"person:{ADA}"


def test_a_plan_that_removes_something_needs_a_sign_in_too(team: Service) -> None:
    trash = StepSpec("trash", "notion.trash_page", "Remove it", depends_on=(GATE.id,), undoable=True)
    run = open_run(team.deps, team.opened(MINE, "run-asks", GATE, trash))
    assert _press(team, approval_token(team.deps, run, ADA)).status_code == 403
    assert _press(team, approval_token(team.deps, run, ADA), "deny").status_code == 200  # that is never for good


@pytest.mark.parametrize(("person", "name", "role", "status"), [
    (BEN, "Ben Example", "member", 200), (VERA, "Vera Example", "viewer", 403),
])  # fmt: skip
def test_who_is_signed_in_decides_as_themselves_by_a_forwarded_link(
    team: Service, person: str, name: str, role: str, status: int
) -> None:
    token = approval_token(team.deps, team.waiting(), ADA)
    assert _press(team, token, cookie=_sign_in(team, person, name, role)).status_code == status
    if status == 200:
        assert _entry(team, "ApprovalGranted")["actor"] == f"person:{BEN}"


@pytest.mark.parametrize("recipient", [BEN, VERA, "nobody", "", "ben"])
def test_a_link_of_who_left_or_only_looks_is_worth_nothing(team: Service, recipient: str) -> None:
    run = team.waiting()
    token = approval_token(team.deps, run, recipient)
    bound = [{"id": "ben", "name": "Ben", "email": "ben@team.test", "notion_user": "ben"}]
    team.deps.store.put(MINE, Put("settings", "tenant", {"people": bound}))
    take_out(team.deps, MINE, BEN, "Ada Example")
    for decision in ("approve", "deny"):
        assert _press(team, token, decision).status_code == 403
    assert team.call("GET", f"/approvals/{token}", key="").status_code == 200
    assert _status(team, run) == RunStatus.AWAITING_APPROVAL


@pytest.mark.parametrize("listed", [
    {"id": BEN, "name": "Ben"}, {"id": "b", "email": "Ben@Team.test"}, {"id": "b", "name": "B", "member": BEN},
])  # fmt: skip
def test_who_is_listed_by_id_or_by_a_confirmed_address_is_the_member_and_ends_with_them(
    team: Service, listed: dict[str, str]
) -> None:
    link_identity(team.deps, BEN, MINE, Shown(mail_identity("ben@team.test")))
    other = {"id": "lin", "name": "Lin", "email": "lin@team.test"}  # who is nobody's
    team.deps.store.put(MINE, Put("settings", "tenant", {"people": [other, listed]}))
    run = team.waiting()
    token = approval_token(team.deps, run, listed["id"])
    assert "decided by Ben Example" in team.call("GET", f"/approvals/{token}", key="").text
    take_out(team.deps, MINE, BEN, "Ada Example")
    assert [_press(team, token, decision).status_code for decision in ("approve", "deny")] == [403, 403]
    settings = team.deps.store.get(MINE, "settings", "tenant")
    assert settings is not None
    assert [each["id"] for each in list_told(team.deps, MINE, settings.body)] == ["lin"]
    assert "decided by Lin" in team.call("GET", f"/approvals/{approval_token(team.deps, run, 'lin')}", key="").text


def test_a_link_counts_in_its_own_team_and_time_alone(team: Service) -> None:
    run = team.waiting()
    token = approval_token(team.deps, run, ADA)
    foreign = approval_token(team.deps, team.waiting(tenant=OTHER), ADA)
    assert _press(team, foreign, cookie=_sign_in(team, ADA, "Ada Example", "owner")).status_code == 403
    payload, _, mac = token.partition(".")
    assert _press(team, f"{payload[:-2]}AA.{mac}").status_code == 401


def test_two_have_to_be_two_people_however_they_come(team: Service) -> None:
    ship = {"approvals": {"four_eyes": True, "production": "with_release"}}
    team.deps.store.put(MINE, Put("settings", "tenant", {"ship": ship}))
    run = _release(team)  # asked for by “Ada <Example>”
    keys = {who: make_key(team.deps, MINE, "member", "a laptop", person=who)[1] for who in (ADA, BEN)}
    program = create_key(team.deps, MINE, "owner", "a build")
    body = {"plan_hash": BINDS}
    assert run.trigger.by
    assert team.call("POST", "/v1/runs/run-asks/approve", key=program, json=body).status_code == 403
    assert team.call("POST", "/v1/runs/run-asks/approve", key=keys[BEN], json=body).status_code == 200
    assert _entry(team, "ApprovalGranted")["actor"] == f"person:{BEN}"


def test_without_members_the_person_who_is_told_decides(service: Service) -> None:
    run = _release(service)
    assert _press(service, approval_token(service.deps, run, "lin")).status_code == 200
    assert _entry(service, "ApprovalGranted")["by"] == "Lin Example"


def test_what_waits_for_me_is_what_i_may_decide_now(team: Service) -> None:
    rules = {"ship": {"approvals": {"four_eyes": True}}}
    team.deps.store.put(MINE, Put("settings", "tenant", rules))
    _release(team)
    keys = {who: make_key(team.deps, MINE, role, "a laptop", person=who)[1] for who, role in (
        (BEN, "member"), (VERA, "viewer"))}  # fmt: skip
    program = create_key(team.deps, MINE, "owner", "a build")

    def waiting(key: str) -> list[str]:
        return [each["id"] for each in team.call("GET", "/v1/runs?group=waiting&for=me", key=key).json["runs"]]

    assert (waiting(keys[BEN]), waiting(keys[VERA]), waiting(program)) == (["run-asks"], [], [])
    assert team.call("POST", "/v1/runs/run-asks/approve", key=keys[BEN], json={"plan_hash": BINDS}).status_code == 200
    assert waiting(keys[BEN]) == []
