"""Who may do what: every route with every role, on one's own things and on another tenant's. Made from the router."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from shared.app.api.route import PERMISSIONS, Route, check_routes
from shared.app.api.routes import ROUTES
from shared.app.chat.chat_memory import keep_chat, new_chat
from shared.app.code.snapshots import keep_snapshot
from shared.app.endpoints.team_endpoints import add_endpoint, send_test
from shared.app.intake.accept_forge_delivery import KEY
from shared.app.models.contexts import keep_context
from shared.app.models.model_keys import keep_key
from shared.app.people.invitations import Whom, invite
from shared.app.resources.inventory import find_made
from shared.core.code.worktree import Worktree
from shared.core.documents.hook import KIND as HOOKS
from shared.core.run.commands import Command
from shared.core.run.events import StepSucceeded
from shared.core.run.run import StepSpec, derive_id
from shared.integrations.notion.ids import normal_id
from shared.mind.context import Part, assemble
from shared.ports import Put, Secret
from tests.functions.conftest import MINE, OTHER, Service

# Written by hand from what roles are for, not read from the code: what each may do beside looking at runs.
MAY = {
    "owner": {"agents.read", "agents.ask", "chat", "feedback.give", "preferences.read", "preferences.change",
              "runs.read", "runs.decide", "runs.steer", "usage.read", "audit.read", "queue.read", "queue.replay",
              "budget.change", "keys.manage", "keys.own", "planning.read", "planning.change", "databases.read",
              "databases.manage", "settings.read", "settings.change", "contexts.read",
              "knowledge.ask", "knowledge.read", "knowledge.change", "models.read", "models.change",
              "ship.read", "ship.change", "policy.read", "policy.change", "origins.read", "origins.change",
              "connections.read", "connections.manage", "endpoints.manage",
              "pause.read", "pause.change", "tenant.read", "tenant.export", "tenant.delete",
              "made.read", "made.take_away", "sites.take_down", "members.read", "members.manage",
              "members.leave", "runs.open", "sessions.own", "whoami",
              "accounts.link", "notifications.own", "notifications.read", "notifications.change"},
    "admin": {"agents.read", "agents.ask", "knowledge.ask", "knowledge.read", "knowledge.change", "chat", "models.read",
              "feedback.give", "preferences.read", "preferences.change",
              "runs.read", "runs.decide", "runs.steer", "usage.read", "audit.read", "queue.read", "queue.replay",
              "keys.manage", "keys.own", "planning.read", "databases.read", "contexts.read", "ship.read",
              "origins.read", "policy.read", "policy.change", "settings.read", "settings.change",
              "connections.read", "pause.read", "pause.change", "tenant.read", "made.read", "made.take_away",
              "sites.take_down", "members.read", "members.manage", "members.leave", "runs.open", "sessions.own",
              "whoami", "accounts.link", "notifications.own", "notifications.read", "notifications.change"},
    "member": {"agents.read", "agents.ask", "knowledge.ask", "knowledge.read", "chat", "models.read",
              "feedback.give", "preferences.read", "preferences.change",
              "runs.read", "runs.decide", "runs.steer", "usage.read", "planning.read", "databases.read",
              "settings.read", "policy.read", "ship.read", "origins.read", "connections.read", "pause.read",
              "tenant.read", "made.read", "members.read", "members.leave", "keys.own", "runs.open", "sessions.own",
              "whoami", "accounts.link", "notifications.own", "notifications.read"},
    "viewer": {"agents.read",
              "knowledge.read", "models.read", "preferences.read", "runs.read", "usage.read", "planning.read",
              "settings.read", "policy.read", "databases.read", "ship.read", "origins.read", "connections.read",
              "pause.read",
              "tenant.read",
              "made.read", "members.read", "members.leave", "keys.own", "sessions.own", "whoami",
              "accounts.link", "notifications.own", "notifications.read"},
}  # fmt: skip
KEYED = [route for route in ROUTES if route.needs_key]
_SUMMARY = {"kind": "agent.ask", "input": {"agent": "summariser", "input": {"text": "Bread", "words": 20}}}
_SEQUENCE = {"members": [_SUMMARY, _SUMMARY]}
BODIES = {
    "answer": {"text": "again"},
    "ask_agent": {"input": {"text": "Bread", "words": 20}, "ceiling": 1_000_000},
    "ask_pattern": {"input": _SEQUENCE, "ceiling": 1_000_000},
    "ask": {"question": "Where?"},
    "continue_chat": {"text": "approve"},
    "give_feedback": {"thumb": "up"},
    "reword_preference": {"text": "Short"},
    "new_key": {"role": "viewer", "name": "made by the table"},
    "invite": {"role": "viewer", "address": "somebody@example.com"},
    "make_account": {"role": "viewer", "name": "made by the table"},
    "connect": {"system": "gitlab"},
    "delete_tenant": {"confirm": MINE},
    "make_hook": {"system": "vercel"},
    "add_endpoint": {"url": "https://receiver.example.com/hooks"},
    "order_replay": {"from": "2026-11-21T09:00:00Z"},
    "change_team_notifications": {"escalate_hours": 24},
    "order_channel_test": {"channel": "email"},
    "take_away": {"confirm": "Ideas"},
    "try_policy": {"run": "run-waits"},
    "take_site_down": {"confirm": "site.example"},
    "give_hook_secret": {"secret": "made-up-0123456789"},
    "change_member": {"role": "viewer"},
    "open_run": {"markdown": "Bread"},
    "rework": {"wish": "the colours"},
    "set_site_value": {"name": "forms", "value": "made-up"},
    "set_key": {"provider": "openai", "key": "made-up-0123456789"},
}
LETTER, LIKED = "run-waits.9.0", f"pref-{'a' * 24}"


def prepare_things(service: Service, tenant: str, role: str = "") -> dict[str, str]:
    """Give the tenant, and the key of the role, one thing of each kind a path can name; return their names."""
    service.waiting(tenant)
    service.deps.queue.bury(Command(LETTER, "attempt", "execute-step", tenant, "run-waits", "build", 1), "lost", 8)
    keep_key(service.deps, tenant, "xai", Secret("made-up-0123456789"), "the table")
    liked = {"text": "Short pages", "by": "rules", "sources": [], "at": "2026-11-21T09:00:00+00:00", "until": ""}
    service.deps.store.put(tenant, Put("preferences", LIKED, liked))
    _keep_context(service, tenant)
    viewer = _key_id(service, "viewer" if tenant == MINE else "foreign viewer")
    talks = _key_id(service, role if role and tenant == MINE else "foreign owner")
    chat = keep_chat(service.deps, tenant, new_chat(tenant, talks, "Ada Example", "2026-11-21T09:00:00+00:00", "1"))
    return {
        "run": "run-waits",
        "step": "build",
        "agent": "summariser",
        "pattern": "sequence",
        "n": "1",
        "letter": LETTER,
        "key": viewer,
        "chat": chat.id,
        "provider": "xai",
        "preference": LIKED,
        "hook": _hook(service, tenant),
        "made": _made(service, tenant),
        "member": _member(service, tenant),
        "account": _account(service, tenant),
        "invitation": _invitation(service, tenant),
        "recipient": _member(service, tenant),
        "session": "0" * 12,  # a program's key has none: tests/functions/people has them
        **_endpoint(service, tenant),
        **_set_up(service, tenant),
    }


def _set_up(service: Service, tenant: str) -> dict[str, str]:
    """Give the tenant a routine, a connection that was lost, and a site."""
    page, host, run = "1" * 32, "vercel", "run-live"
    service.deps.store.put(tenant, Put("routines", page, {"page": page}), Put("grants", "ses", {"status": "revoked"}))
    known = {"id": normal_id(page), "kind": "page", "title": "Bread"}
    service.deps.store.put(tenant, Put("map", known["id"], known))
    live = {"system": host, "project": "prj", "deployment": "dpl-1", "url": "https://site.example"}
    opened = service.opened(tenant, run, StepSpec("promote", "site.promote"))
    service.save(opened, StepSucceeded(opened.at, "promote", 1, live))
    body = {"state": "confirmed", "at": opened.at.isoformat(), "result": {}}
    service.deps.store.put(tenant, Put("effects", f"{run}.promote.promotion", body))
    return {"page": page, "system": "ses", "site": derive_id("site-", host, "prj")}


def _member(service: Service, tenant: str) -> str:
    member = "p-" + ("a" if tenant == MINE else "b") * 24
    viewer = {"name": "their viewer", "identity": "notion:u-1", "since": "2026-11-21T09:00:00+00:00", "role": "viewer"}
    service.deps.store.put(tenant, Put("members", "team", {"people": {member: viewer}}))
    return member


def _invitation(service: Service, tenant: str) -> str:
    whom = Whom("their guest", "mail:their-guest", "their.guest@example.com")
    return invite(service.deps, tenant, whom, "viewer", "their owner", "")[0]


def _account(service: Service, tenant: str) -> str:
    account = f"sa-{('a' if tenant == MINE else 'b') * 12}"
    body = {"name": "their screen", "role": "viewer", "made_at": "2026-11-21T09:00:00+00:00"}
    service.deps.store.put(tenant, Put("service-accounts", account, body))
    return account


def _made(service: Service, tenant: str) -> str:
    key = f"databases.{('a' if tenant == MINE else 'b') * 32}.ideas.database"
    body = {"state": "confirmed", "at": "2026-11-21T09:00:00+00:00", "name": key, "result": {"database": "d-1"}}
    service.deps.store.put(tenant, Put("effects", key, body))
    return find_made(service.deps, tenant).things[0].id


def _hook(service: Service, tenant: str) -> str:
    for name in (KEY, "oauth-state-key"):
        service.deps.secrets.set(name, Secret(f"{name} of the tests"))
    hook = ("a" if tenant == MINE else "b") * 32
    body = {"system": "vercel", "repository": "", "at": "2026-11-21T09:00:00+00:00"}
    service.deps.store.put(tenant, Put(HOOKS, hook, body))
    return hook


def _endpoint(service: Service, tenant: str) -> dict[str, str]:
    endpoint, _ = add_endpoint(service.deps, tenant, "https://example.com/told", (), "the table")
    return {"endpoint": endpoint.id, "delivery": send_test(service.deps, tenant, endpoint.id).partition(".")[2]}


def _keep_context(service: Service, tenant: str) -> None:
    loaded = service.deps.store.load_run(tenant, "run-waits")
    assert loaded is not None
    step = loaded.run.step("build")
    assert step is not None
    keep_context(service.deps, loaded.run, step, assemble([Part("page", "page p1", f"Bread of {tenant}")], budget=500))
    text = service.deps.store.put_text(tenant, Worktree({"a.py": tenant.encode()}).to_text())
    keep_snapshot(service.deps, loaded.run, step, 1, {"work": text})


def _key_id(service: Service, role: str) -> str:
    found = re.search(r"\.([0-9a-f]{12})\.", service.keys[role])
    assert found
    return found.group(1)


def _path(route: Route, names: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda part: names[part.group(1)], route.path)


def _call(service: Service, route: Route, names: dict[str, str], role: str) -> int:
    body = BODIES.get(route.id, {}) if route.method != "GET" else None
    return int(service.call(route.method, _path(route, names), key=role, json=body).status_code)


@pytest.mark.parametrize("route", KEYED, ids=lambda route: f"{route.method} {route.path}")
def test_who_may_not_is_refused_on_its_own(service: Service, route: Route) -> None:
    names = prepare_things(service, MINE)
    assert _call(service, route, names, "") == 401
    for role in [role for role in MAY if route.permission not in MAY[role]]:
        assert _call(service, route, names, role) == 403, role


@pytest.mark.parametrize(
    ("route", "role"),
    [
        pytest.param(route, role, id=f"{role} {route.method} {route.path}")
        for route in KEYED
        for role in MAY
        if route.permission in MAY[role]
    ],
)
def test_who_may_is_answered_on_its_own(service: Service, route: Route, role: str) -> None:
    status = _call(service, route, prepare_things(service, MINE, role), role)
    asks = (
        "answer",
        "retry",
        "ask",
        "open_run",
        "show_answer",
        "rework",
        "restore_work",
        "show_page",
        "rollback",
        "leave_team",
        "begin_link",
        "list_notion_people",
    )
    if route.id in asks:
        # it waits for approval, asks nothing, Notion is not connected, and a program's key is nobody's account
        assert status == 409
    elif route.id == "new_key" and role in ("member", "viewer"):
        assert status == 409  # this key belongs to nobody
    elif role == "member" and route.id in ("drop_key", "replace_key"):
        assert status == 403  # what is another's
    elif route.id in ("choose_notifications", "order_channel_test") and role in ("member", "viewer"):
        assert status == 403  # a program's key is nobody's own: tests/functions/people has people's
    elif route.id == "order_channel_test":
        assert status == 409  # they have given no address
    elif route.id in ("drop_session", "show_file"):
        assert status == 404  # with the key of a program no browser is signed in; no file is named
    else:
        assert status in (200, 201, 202)


_OURS = ({"agent"}, {"pattern"})  # what a path can name that belongs to no team


@pytest.mark.parametrize(
    "route",
    [r for r in KEYED if r.parts and set(r.parts) not in _OURS],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_another_tenants_things_are_not_there(service: Service, route: Route) -> None:
    names = prepare_things(service, OTHER)
    before = service.deps.store.load_run(OTHER, "run-waits")
    for role in MAY:
        answer = service.call(route.method, _path(route, names), key=role, json=BODIES.get(route.id, {}))
        assert answer.status_code == (404 if route.permission in MAY[role] else 403), role
        assert service.deps.store.load_run(OTHER, "run-waits") == before, role
        assert len(service.deps.queue.dead_letters(OTHER)) == 1, role
    assert service.call("GET", "/v1/runs", key="foreign viewer").status_code == 200


@pytest.mark.parametrize("route", [r for r in KEYED if not r.parts and r.method == "GET"], ids=lambda r: r.path)
def test_lists_hold_ones_own_alone(service: Service, route: Route) -> None:
    prepare_things(service, OTHER)
    service.call("POST", "/v1/runs/run-waits/approve", key="foreign owner")
    text = service.call("GET", route.path).text
    assert "run-waits" not in text
    assert "their" not in text or route.id == "list_all_patterns"  # which are described in words of ours


def test_every_route_says_who_may_use_it() -> None:
    assert {route.permission for route in ROUTES} <= set(PERMISSIONS)
    assert len({route.id for route in ROUTES}) == len(ROUTES)


def test_a_route_without_a_known_permission_does_not_start() -> None:
    with pytest.raises(ValueError, match="deny by default"):
        check_routes([replace(ROUTES[0], permission="")])
    with pytest.raises(ValueError, match="twice"):
        check_routes([ROUTES[0], ROUTES[0]])
