"""Accounts and webhooks over the API: a token that works is kept, a webhook is made at the simulated GitLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from functions_framework import create_app

from shared.app.connections.connect_account import ticket_tenant
from shared.app.intake.accept_forge_delivery import KEY
from shared.core.documents.hook import KIND as HOOKS
from shared.core.errors import BadSignature
from shared.local.simulators._server import serve
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from shared.ports import SYSTEM, Secret
from shared.wiring import tools, wire
from tests.functions.conftest import MINE, ROOT, Service
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


def test_a_link_connects_for_one_tenant_for_ten_minutes(desk: Service, gitlab: str) -> None:
    link = str(desk.call("POST", "/v1/connections", json={"system": "gitlab"}).json["connect_url"])
    ticket = link.partition("&ticket=")[2]
    assert ticket_tenant(desk.deps, ticket, "gitlab") == MINE
    other = ticket.replace(MINE, "t-somebody-else")
    for wrong, provider in ((other, "gitlab"), (ticket, "notion"), (ticket + "0", "gitlab"), ("x", "gitlab")):
        with pytest.raises(BadSignature):
            ticket_tenant(desk.deps, wrong, provider)
    answer = desk.call("POST", "/v1/connections", json={"system": "vercel"})
    assert (answer.status_code, answer.json["detail"]) == (409, "Vercel cannot be connected by a link.")


def test_an_owner_walks_through_gitlabs_consent(desk: Service, gitlab: str) -> None:
    """The browser's way: our link, GitLab's consent, back with a code, and a proof of who began."""
    back = wire().settings.door_url("oauth-callback")
    app = {"client_id": "ww", "client_secret": "word", "redirect_uris": [back], "username": "ada"}
    _post(gitlab, "/_seed", {"application": app})
    for name, value in (("gitlab-client-id", "ww"), ("gitlab-client-secret", "word")):
        desk.deps.secrets.set(name, Secret(value))
    link = str(desk.call("POST", "/v1/connections", json={"system": "gitlab"}).json["connect_url"])
    door = create_app("oauth_callback", str(ROOT / "functions" / "oauth-callback" / "main.py")).test_client()  # type: ignore[no-untyped-call]
    begun = door.get("/start?" + link.partition("?")[2])
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
