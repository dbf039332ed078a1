"""What a key is for: each route with each scope, made from the router; nobody gives a key more than they have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.app.api.keys import create_key, make_key
from shared.app.api.route import NEEDS, Route
from shared.core.people.scopes import ALL_SCOPES
from shared.core.run.run import StepStatus
from shared.ports import Put
from tests.functions.api.test_api_access import BODIES, KEYED, _path, prepare_things
from tests.functions.conftest import MINE, OTHER, Service

# Written by hand from what scopes are for, not read from the code: the permissions that need each.
FOR = {
    "read": {"runs.read", "contexts.read", "preferences.read", "usage.read", "audit.read", "queue.read",
             "members.read", "databases.read", "connections.read", "planning.read", "knowledge.read", "models.read",
             "pause.read", "made.read", "tenant.read", "origins.read", "ship.read", "notifications.read",
             "agents.read", "settings.read", "policy.read"},
    "run": {"runs.open", "feedback.give", "knowledge.ask", "agents.ask", "chat"},
    "decide": {"runs.decide", "chat", "accounts.link"},
    "steer": {"runs.steer", "queue.replay", "pause.change", "made.take_away", "sites.take_down", "chat"},
    "settings": {"preferences.change", "budget.change", "keys.own", "keys.manage", "members.manage", "members.leave",
                 "databases.manage", "connections.manage", "planning.change", "knowledge.change", "models.change",
                 "tenant.export", "tenant.delete", "sessions.own", "origins.change", "endpoints.manage",
                 "ship.change", "settings.change", "policy.change", "accounts.link", "notifications.own",
                 "notifications.change"},
}  # fmt: skip
FREE = {"whoami"}  # whoever holds a key may know whose it is


def _key(service: Service, *scopes: str, role: str = "owner", **given: Any) -> str:
    return make_key(service.deps, MINE, role, "scoped", scopes=scopes, **given)[1]


def _id(key: str) -> str:
    return key.split(".")[1]


@pytest.mark.parametrize("route", KEYED, ids=lambda route: f"{route.method} {route.path}")
def test_without_its_scope_no_route_answers_and_without_decide_none_approves(service: Service, route: Route) -> None:
    assert sum(route.permission in known for known in FOR.values()) or route.permission in FREE, "say what it needs"
    names = prepare_things(service, MINE)
    order = sorted(ALL_SCOPES, key=lambda each: (route.permission not in FOR[each], each != "decide"))
    for scope in order:  # what is refused first, then the one call that is carried out: without `decide`
        key = _key(service, *(each for each in ALL_SCOPES if each != scope))
        body = BODIES.get(route.id, {}) if route.method != "GET" else None
        answer = service.call(route.method, _path(route, names), key=key, json=body)
        refused = answer.status_code == 403 and "his key has not the scope" in answer.json["detail"]
        assert refused == (route.permission in FOR[scope]), scope
        if scope == "decide" and (loaded := service.deps.store.load_run(MINE, "run-waits")):
            gate = loaded.run.step("approve")
            assert gate is not None
            assert gate.status != StepStatus.SUCCEEDED
        if not refused:
            break  # the others that are not needed are not either; what was done cannot be done again


def test_each_permission_needs_what_was_written_by_hand() -> None:
    held = {name: frozenset(scope for scope in FOR if name in FOR[scope]) for name in NEEDS}
    assert held == dict(NEEDS)


@pytest.mark.parametrize("scopes", [["read", "decide"], ["decide"], list(ALL_SCOPES)])
def test_a_crafted_body_gives_no_scope_that_its_maker_has_not(service: Service, scopes: list[str]) -> None:
    narrow = _key(service, "read", "settings")
    answer = service.call("POST", "/v1/keys", key=narrow, json={"name": "wider", "scopes": scopes})
    assert (answer.status_code, "your key has not the scope" in answer.json["detail"].lower()) == (403, True)
    body = {"name": "wider", "role": "viewer", "scopes": scopes}
    assert service.call("POST", "/v1/service-accounts", key=narrow, json=body).status_code == 403
    made = service.call("POST", "/v1/keys", key=narrow, json={"name": "as wide as mine"}).json
    assert made["scopes"] == ["read", "settings"]
    wide = _id(service.keys["owner"])
    assert service.call("POST", f"/v1/keys/{wide}/rotate", key=narrow, json={}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": "decide"},
        {"scopes": [["decide"]]},
        {"scopes": None},
        {"person": f"p-{'a' * 24}"},
        {"days": 0},
        {"days": 366},
        {"days": "9"},
        {"role": "king"},
        {"account": "sa-1"},
    ],
)
def test_a_body_that_does_not_fit_makes_no_key(service: Service, body: dict[str, Any]) -> None:
    before = service.call("GET", "/v1/keys").json
    assert service.call("POST", "/v1/keys", json={"name": "odd", **body}).status_code == 400
    assert service.call("GET", "/v1/keys").json["keys"] == before["keys"]


def test_a_key_ends_by_itself_and_a_year_is_the_most(service: Service) -> None:
    now = service.deps.clock.now()

    def end(body: dict[str, Any]) -> str:
        return str(service.call("POST", "/v1/keys", json={"name": "k", **body}).json["expires_at"])

    assert end({})[:10] == (now + timedelta(days=90)).date().isoformat()
    assert end({"days": 365})[:10] == (now + timedelta(days=365)).date().isoformat()


@pytest.fixture
def account(service: Service) -> Callable[..., str]:
    """Return what makes a service account and returns its id."""

    def make(**body: Any) -> str:
        made = service.call("POST", "/v1/service-accounts", json={"name": "Deployer", "role": "member", **body})
        assert made.status_code == 201, made.text
        return str(made.json["id"])

    return make


def test_an_accounts_keys_act_in_its_name_within_its_role_and_scopes_and_end_with_it(
    service: Service, account: Callable[..., str]
) -> None:
    known = account(name="Ada Example", scopes=["read", "run"])
    made = service.call("POST", "/v1/keys", json={"name": "nightly", "account": known}).json
    assert (made["account"], made["role"], made["scopes"]) == (known, "member", ["read", "run"])
    who = service.call("GET", "/v1/whoami", key=made["key"]).json
    assert (who["name"], who["account"], who["person"]) == ("Ada Example (service account)", known, "")
    for beyond in ({"role": "admin"}, {"scopes": ["decide"]}):
        body = {"name": "more", "account": known, **beyond}
        assert service.call("POST", "/v1/keys", json=body).status_code == 403, beyond
    # whatever was stored: at each call the account counts too
    wide = make_key(service.deps, MINE, "owner", "stored wider", account=known)[1]
    who = service.call("GET", "/v1/whoami", key=wide).json
    assert (who["role"], who["scopes"]) == ("member", ["read", "run"])
    gone = service.call("DELETE", f"/v1/service-accounts/{known}").json
    assert gone == {"removed": known, "keys": 2}
    assert service.call("GET", "/v1/whoami", key=made["key"]).status_code == 401
    entries = service.call("GET", "/v1/audit").json["entries"]
    assert [each["what"] for each in entries] == ["ServiceAccountMade", "ApiKeyMade", "ServiceAccountRemoved"]
    assert {each["address"] for each in entries} == {"127.0.0.1"}
    assert made["key"] not in str(entries)


def test_a_key_of_an_account_that_is_gone_opens_nothing_although_it_was_not_revoked(service: Service) -> None:
    orphan = make_key(service.deps, MINE, "owner", "orphan", account=f"sa-{'e' * 12}")[1]
    foreign = f"sa-{'b' * 12}"
    prepare_things(service, OTHER)
    theirs = make_key(service.deps, MINE, "viewer", "of another team's account", account=foreign)[1]
    for key in (orphan, theirs):
        assert service.call("GET", "/v1/whoami", key=key).status_code == 401
    assert service.call("POST", "/v1/keys", json={"name": "x", "account": foreign}).status_code == 404


def test_an_admin_makes_and_removes_no_account_above_them_and_no_key_for_one(
    service: Service, account: Callable[..., str]
) -> None:
    high = account(role="owner")
    body = {"name": "me too", "role": "owner"}
    assert service.call("POST", "/v1/service-accounts", key="admin", json=body).status_code == 403
    assert service.call("DELETE", f"/v1/service-accounts/{high}", key="admin").status_code == 403
    for role in ("owner", "viewer"):
        given = {"name": "k", "account": high, "role": role}
        assert service.call("POST", "/v1/keys", key="admin", json=given).status_code == 403
    for role in ("member", "viewer"):
        low = _key(service, *ALL_SCOPES, role=role)
        assert service.call("POST", "/v1/keys", key=low, json={"name": "k", "account": high}).status_code == 403
    assert service.call("POST", "/v1/service-accounts", json={"name": "DEPLOYER", "role": "viewer"}).status_code == 409


def test_a_replaced_key_works_for_a_day_more_and_the_new_one_may_do_the_same(service: Service) -> None:
    made = service.call("POST", "/v1/keys", json={"name": "nightly", "role": "member", "days": 30, "scopes": ["run"]})
    old = made.json
    new = service.call("POST", f"/v1/keys/{old['id']}/rotate", json={}).json
    assert [new[name] for name in ("name", "role", "scopes")] == ["nightly", "member", ["run"]]
    listed = {each["id"]: each for each in service.call("GET", "/v1/keys").json["keys"]}
    now = service.deps.clock.now()
    assert listed[old["id"]]["expires_at"][:16] == (now + timedelta(days=1)).isoformat()[:16]
    assert listed[new["id"]]["expires_at"][:10] == (now + timedelta(days=30)).date().isoformat()
    for key in (old["key"], new["key"]):
        assert service.call("GET", "/v1/whoami", key=key).status_code == 200
    service.call("DELETE", f"/v1/keys/{old['id']}")
    assert service.call("POST", f"/v1/keys/{old['id']}/rotate", json={}).status_code == 409


def test_a_persons_key_is_replaced_by_themselves_alone(service: Service) -> None:
    """Whoever else could would hold a key in their name."""
    person = f"p-{'a' * 24}"
    ada = {"name": "Ada", "identity": "notion:u-1", "since": "2026-11-21T09:00:00+00:00", "role": "member"}
    service.deps.store.put(MINE, Put("members", "team", {"people": {person: ada}}))
    key = _key(service, *ALL_SCOPES, role="member", person=person)
    for other in ("owner", "admin", _key(service, *ALL_SCOPES, role="owner", person=f"p-{'b' * 24}")):
        answer = service.call("POST", f"/v1/keys/{_id(key)}/rotate", key=other, json={})
        assert answer.status_code in (401, 403), other
    made = service.call("POST", f"/v1/keys/{_id(key)}/rotate", key=key, json={})
    assert (made.status_code, made.json["person"]) == (201, person)
    listed = service.call("GET", "/v1/keys", key=key).json["keys"]
    assert {each["person"] for each in listed} == {person}  # to a member their own


def test_a_key_of_before_there_were_scopes_does_what_its_role_may(service: Service) -> None:
    key = create_key(service.deps, MINE, "owner", "of an older version")
    stored = service.deps.store.get(MINE, "api_keys", _id(key))
    assert stored is not None
    assert not {"scopes", "account", "person"} & stored.body.keys()  # as an older version writes it
    assert service.call("GET", "/v1/whoami", key=key).json["scopes"] == list(ALL_SCOPES)
    assert service.call("POST", "/v1/budget", key=key, json={"day": 5_000_000}).status_code == 200
