"""Accounts and webhooks over the API: a token that works is kept, a webhook is made at the simulated GitLab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from functions_framework import create_app

from shared.app.connections.connect_tickets import find_tenant
from shared.app.connections.connections import connect_link
from shared.app.intake.accept_forge_delivery import KEY
from shared.app.people.sessions import Place, open_session
from shared.core.documents.hook import KIND as HOOKS
from shared.core.errors import BadSignature
from shared.local.simulators._server import serve
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from shared.ports import SYSTEM, Put, Secret
from shared.wiring import tools, wire
from tests.functions.conftest import MINE, OTHER, ROOT, Service
from tests.support.ports.moved_clock import MovedClock
from tests.support.rigs.house import forget_wiring

WORD = "gl-word-" + "1"


@pytest.fixture
def gitlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the address of a simulated GitLab, which the service that is made after it will know."""
    simulator = GitLabSimulator(tmp_path / "gitlab")
    server = serve(simulator)
    monkeypatch.setenv("WORKWRIGHT_GITLAB_URL", simulator.base_url)
    monkeypatch.setenv("WORKWRIGHT_GITLAB_HOSTS", simulator.base_url.replace("127.0.0.1", "localhost"))
    _post(simulator.base_url, "/_seed", {"username": "ada", "token": WORD, "group": "acme"})
    yield simulator.base_url
    server.shutdown()


@pytest.fixture
def desk(gitlab: str, service: Service) -> Service:
    service.deps.secrets.set(KEY, Secret("a key of the tests"))
    service.deps.secrets.set("oauth-state-key", Secret("another key of the tests"))
    return service


def _post(url: str, path: str, body: Any) -> Any:
    answer = requests.post(url + path, json=body, timeout=10)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def _as_ada(url: str, method: str, path: str, body: Any = None) -> Any:
    return _post(url, "/_as_person", {"user": "ada", "method": method, "path": path, "body": body})


def test_a_token_that_works_is_kept_and_another_is_named(desk: Service, gitlab: str) -> None:
    refused = desk.call("POST", "/v1/connections", json={"system": "gitlab", "token": "wrong"})
    assert refused.status_code == 409
    assert "does not accept this token: it is not complete, or belongs to another GitLab." in refused.json["detail"]
    made = desk.call("POST", "/v1/connections", json={"system": "gitlab", "token": WORD})
    assert made.json == {"system": "gitlab", "connected": True, "as": "ada", "connect_url": "", "note": ""}
    grant = desk.deps.store.get(MINE, "grants", "gitlab")
    assert grant is not None
    assert WORD not in str(grant.body)
    for role in ("admin", "member", "viewer"):
        assert desk.call("POST", "/v1/connections", key=role, json={"system": "gitlab"}).status_code == 403


def test_a_token_that_may_do_little_is_kept_with_a_note_of_what_is_missing(desk: Service, gitlab: str) -> None:
    _post(gitlab, "/_seed", {"username": "ada", "token": "reads", "scope": "read_api"})
    _post(gitlab, "/_seed", {"username": "ada", "token": "old", "expires_at": 1})
    made = desk.call("POST", "/v1/connections", json={"system": "gitlab", "token": "reads"}).json
    assert made["connected"]
    assert "lacks the scope “api”" in made["note"]
    refused = desk.call("POST", "/v1/connections", json={"system": "gitlab", "token": "old"})
    assert (refused.status_code, "no longer accepts this token: “Token is expired." in refused.json["detail"]) == (
        409,
        True,
    )
    sent = desk.call("POST", "/v1/connections", json={"system": "gitlab", "token": "gh" + "p_1"})
    assert "it was not sent" in sent.json["detail"]


def test_a_host_of_ones_own_must_be_one_the_operator_allows(desk: Service, gitlab: str) -> None:
    other = "http://127.0.0.1:9"
    refused = desk.call("POST", "/v1/connections", json={"system": "gitlab", "token": WORD, "host": other})
    assert refused.status_code == 409
    assert "WORKWRIGHT_GITLAB_HOSTS" in refused.json["detail"]
    allowed = gitlab.replace("127.0.0.1", "localhost")
    made = desk.call("POST", "/v1/connections", json={"system": "gitlab", "token": WORD, "host": allowed})
    assert made.json["connected"]
    http = tools.wire_accounts().http_for(MINE, "gitlab")
    assert http.call("GET", "/api/v4/user").json["username"] == "ada"
    assert http._base == allowed


def test_a_link_is_for_one_system_and_for_ten_minutes(desk: Service, gitlab: str) -> None:
    link = str(desk.call("POST", "/v1/connections", json={"system": "gitlab"}).json["connect_url"])
    ticket = link.partition("&ticket=")[2]
    assert find_tenant(desk.deps, ticket, "gitlab", "") == ""  # nobody has agreed in this browser
    payload, _, mac = ticket.partition(".")
    for wrong, provider in (
        (f"A{payload[1:]}.{mac}", "gitlab"),
        (ticket, "notion"),
        (f"{ticket}0", "gitlab"),
        ("x", ""),
    ):
        with pytest.raises(BadSignature):
            find_tenant(desk.deps, wrong, provider, "")
    later = replace(desk.deps, clock=MovedClock(desk.deps.clock.now() + timedelta(minutes=11)))
    with pytest.raises(BadSignature, match="no longer valid"):
        find_tenant(later, ticket, "gitlab", "")
    answer = desk.call("POST", "/v1/connections", json={"system": "vercel"})
    assert (answer.status_code, answer.json["detail"]) == (409, "Vercel cannot be connected by a link.")


def _door() -> Any:
    """Return a browser at the function where consents begin and end."""
    return create_app("oauth_callback", str(ROOT / "functions" / "oauth-callback" / "main.py")).test_client()  # type: ignore[no-untyped-call]


def _begin(door: Any, link: str) -> str:
    """Open a link; return the path of the page of ours that it leads to."""
    begun = door.get("/start?" + link.partition("?")[2])
    path = urlsplit(begun.headers["Location"]).path
    assert path.startswith("/connect/")
    return path


def _signed_in(desk: Service, person: str, name: str, role: str, tenant: str = MINE) -> dict[str, str]:
    """Return the header of a browser in which somebody of a team is signed in."""
    now = desk.deps.clock.now()
    people = {person: {"name": name, "identity": f"notion:{person}", "since": now.isoformat(), "role": role}}
    desk.deps.store.put(tenant, Put("members", "team", {"people": people}))
    session = open_session(desk.deps, tenant, person, Place(), kept=False)
    name = "__Host-workwright-session" if desk.deps.public_url.startswith("https://") else "workwright-session"
    return {"Cookie": f"{name}={session.cookie}"}


def _lead_on(page: str) -> str:
    [link] = re.findall(r'class="act" href="([^"]+)"', page)
    return unescape(str(link))


ADA, EVE = f"p-{'a' * 24}", f"p-{'e' * 24}"


def _link_of(desk: Service, person: str) -> str:
    return connect_link(desk.deps, MINE, "gitlab", person)


def test_who_asked_sees_what_to_whom_and_as_whom_and_goes_on(desk: Service, gitlab: str) -> None:
    for name in ("gitlab-client-id", "gitlab-client-secret"):
        desk.deps.secrets.set(name, Secret("word"))
    door, signed_in = _door(), _signed_in(desk, ADA, "Ada Example", "owner")
    path = _begin(door, _link_of(desk, ADA))
    stranger = desk.call("GET", path, key="")
    assert (stranger.status_code, "/sign-in?next=%2Fconnect%2F" in stranger.headers["Location"]) == (303, True)
    page = desk.call("GET", path, key="", headers=signed_in)
    assert f"You connect GitLab to the team {MINE} as Ada Example." in page.text
    on = door.get("/start?" + _lead_on(page.text).partition("?")[2])
    assert "code_challenge=" in on.headers["Location"]


def test_somebody_who_is_sent_the_link_cannot_connect_their_account_with_it(desk: Service, gitlab: str) -> None:
    victim = _signed_in(desk, EVE, "Eve", "owner", OTHER)
    refused = desk.call("GET", _begin(_door(), _link_of(desk, ADA)), key="", headers=victim)
    assert (refused.status_code, "/start" in refused.text) == (403, False)
    assert "whoever sent it to you would use yours" in refused.text


def test_what_one_browser_was_given_begins_nothing_in_another(desk: Service, gitlab: str) -> None:
    signed_in = _signed_in(desk, ADA, "Ada Example", "owner")
    page = desk.call("GET", _begin(_door(), _link_of(desk, ADA)), key="", headers=signed_in)
    query = _lead_on(page.text).partition("?")[2]
    elsewhere = _door()
    for _ in range(2):  # without a cookie, and with that of another beginning
        answer = elsewhere.get(f"/start?{query}")
        assert (answer.status_code, "Location" in answer.headers) == (401, False)
        _begin(elsewhere, _link_of(desk, ADA))


@pytest.mark.parametrize(("person", "role", "status"), [(EVE, "owner", 403), (ADA, "admin", 403), (ADA, "owner", 200)])
def test_another_owner_and_who_is_owner_no_more_are_led_nowhere(
    desk: Service, gitlab: str, person: str, role: str, status: int
) -> None:
    signed_in = _signed_in(desk, person, "Somebody", role)
    assert desk.call("GET", _begin(_door(), _link_of(desk, ADA)), key="", headers=signed_in).status_code == status


def test_a_programs_link_is_taken_by_an_owner_who_is_signed_in_alone(desk: Service, gitlab: str) -> None:
    link = str(desk.call("POST", "/v1/connections", json={"system": "gitlab"}).json["connect_url"])
    path = _begin(_door(), link)
    assert desk.call("GET", path, key="").status_code == 303
    assert desk.call("GET", path, key="", headers=_signed_in(desk, EVE, "Eve", "owner", OTHER)).status_code == 403
    assert desk.call("GET", path, key="", headers=_signed_in(desk, ADA, "Ada", "owner")).status_code == 200


def test_the_operators_link_needs_no_sign_in_and_says_whose_it_is(desk: Service, gitlab: str) -> None:
    page = desk.call("GET", _begin(_door(), _link_of(desk, "operator")), key="")
    assert page.status_code == 200
    assert f"to the team {MINE} as the operator of this machine" in page.text


def test_an_owner_walks_through_gitlabs_consent(desk: Service, gitlab: str) -> None:
    """The browser's way: our link, GitLab's consent, back with a code, and a proof of who began."""
    back = wire().settings.door_url("oauth-callback")
    app = {"client_id": "ww", "client_secret": "word", "redirect_uris": [back], "username": "ada"}
    _post(gitlab, "/_seed", {"application": app})
    for name, value in (("gitlab-client-id", "ww"), ("gitlab-client-secret", "word")):
        desk.deps.secrets.set(name, Secret(value))
    door = _door()
    page = desk.call("GET", _begin(door, _link_of(desk, "operator")), key="")
    begun = door.get("/start?" + _lead_on(page.text).partition("?")[2])
    assert "code_challenge=" in begun.headers["Location"]
    consented = requests.get(begun.headers["Location"], allow_redirects=False, timeout=10)
    done = door.get("/?provider=gitlab&" + consented.headers["Location"].partition("?")[2])
    assert done.status_code == 303
    assert tools.wire_accounts().systems(MINE)["connected"] == ["gitlab"]
    http = tools.wire_accounts().http_for(MINE, "gitlab")
    _post(gitlab, "/_clock", {"offset_s": 7300})  # two hours later the token is renewed, and both are new
    assert http.call("GET", "/api/v4/user").json["username"] == "ada"
    again = tools.wire_accounts().http_for(MINE, "gitlab")
    assert again.call("GET", "/api/v4/user").json["username"] == "ada"
    _post(gitlab, "/_clock", {"offset_s": 14_700})
    assert again.call("GET", "/api/v4/user").json["username"] == "ada"


def test_a_webhook_is_made_once_set_up_at_gitlab_and_taken_away(desk: Service, gitlab: str) -> None:
    desk.call("POST", "/v1/connections", json={"system": "gitlab", "token": WORD})
    space = _as_ada(gitlab, "GET", "/namespaces/acme")
    _as_ada(gitlab, "POST", "/projects", {"name": "shop", "path": "shop", "namespace_id": space["id"]})
    wanted = {"system": "gitlab", "repository": "acme/shop"}
    made = desk.call("POST", "/v1/hooks", json=wanted).json
    assert desk.call("POST", "/v1/hooks", json=wanted).json["id"] == made["id"]
    assert (made["ready"], made["secret"], made["todo"]) == (True, "", "")
    (there,) = _as_ada(gitlab, "GET", "/projects/acme%2Fshop/hooks")
    assert (there["url"], there["signing_token_present"], there["token_present"]) == (made["url"], True, True)
    door = desk.deps.store.get(SYSTEM, HOOKS, made["id"])
    assert door is not None
    assert (door.body["tenant"], door.body["signed"]) == (MINE, True)
    assert desk.call("DELETE", f"/v1/hooks/{made['id']}", key="foreign owner").status_code == 404
    gone = desk.call("DELETE", f"/v1/hooks/{made['id']}").json
    assert gone == {"removed": made["id"], "left": ""}
    assert _as_ada(gitlab, "GET", "/projects/acme%2Fshop/hooks") == []
    assert desk.deps.store.get(SYSTEM, HOOKS, made["id"]) is None


def test_what_a_person_has_to_do_is_said_and_secrets_are_shown_once(desk: Service) -> None:
    hub = desk.call("POST", "/v1/hooks", json={"system": "github", "repository": "acme/shop"}).json
    assert len(hub["secret"]) == 64
    assert "content type application/json" in hub["todo"]
    cel = desk.call("POST", "/v1/hooks", json={"system": "vercel"}).json
    assert (cel["ready"], cel["secret"]) == (False, "")
    given = desk.call("POST", f"/v1/hooks/{cel['id']}/secret", json={"secret": "vercel-word"}).json
    assert given["ready"]
    listed = desk.call("GET", "/v1/hooks", key="viewer")
    assert {each["system"] for each in listed.json["hooks"]} == {"github", "vercel"}
    assert hub["secret"] not in listed.text
    assert "vercel-word" not in listed.text
    assert desk.call("GET", "/v1/hooks", key="foreign owner").json["hooks"] == []
    no = desk.call("POST", f"/v1/hooks/{hub['id']}/secret", json={"secret": "mine"})
    assert (no.status_code, no.json["detail"]) == (409, "We choose the secret of a webhook for GitHub ourselves.")


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"system": "gitlab"}, 409, "repository"),
        ({"system": "vercel", "repository": "acme/shop"}, 409, "repository"),
        ({"system": "gitlab", "repository": "shop"}, 400, "repository"),
        ({"system": "gitlab", "repository": "../shop"}, 409, "gitlab"),
        ({"system": "bitbucket"}, 400, "system"),
        ({"system": "gitlab", "repository": "acme/shop"}, 409, "could not be created there"),  # not connected
    ],
)
def test_what_is_wrong_is_named(desk: Service, body: dict[str, str], status: int, named: str) -> None:
    answer = desk.call("POST", "/v1/hooks", json=body)
    assert answer.status_code == status
    assert named in answer.json["detail"]
    assert answer.json["way_out"]
    forget_wiring()
