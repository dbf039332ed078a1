"""OAuth: the whole dance with the simulated Notion, the shapes of token answers, and attacks on the state."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from shared import oauth, oauth_state
from shared.accounts.providers import PROVIDERS
from shared.core.errors import BadSignature, Rejected, Unauthorized
from shared.http_client import HttpClient
from shared.integrations.github.system import GITHUB
from shared.integrations.notion.client.client import Notion
from shared.integrations.slack.system import SLACK
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.oauth import authorize_url, exchange, refresh, refusal
from shared.oauth_state import sign_state, verify_state
from shared.ports import Secret
from tests.integrations.conftest import Served

CALLBACK = "http://127.0.0.1:9/callback"
CLIENT = "client-1"
WORD = Secret("word-" + "1")
KEY = Secret("state-key-" + "k" * 20)
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture
def sim(served: Callable[[Any], Served]) -> Served:
    started = served(NotionSimulator())
    integration = {
        "client_id": CLIENT, "client_secret": WORD.reveal(), "redirect_uris": [CALLBACK], "auto_approve": True,
    }  # fmt: skip
    started.control("/_seed", {"integration": integration})
    return started


@pytest.fixture
def provider(sim: Served) -> oauth.OAuthProvider:
    base = f"{sim.url}/v1/oauth"
    return replace(PROVIDERS["notion"], authorize_url=f"{base}/authorize", token_url=f"{base}/token")


def agree(provider: oauth.OAuthProvider, state: str) -> str:
    """Go where the browser goes; return the code."""
    there = requests.get(authorize_url(provider, CLIENT, CALLBACK, state), allow_redirects=False, timeout=10)
    back = parse_qs(urlsplit(there.headers["Location"]).query)
    assert back["state"] == [state]
    return back["code"][0]


def test_a_grant_is_made_used_and_renewed(sim: Served, provider: oauth.OAuthProvider) -> None:
    http = HttpClient("notion", sim.url, None)
    tokens = exchange(http, provider, CLIENT, WORD, agree(provider, "st&te"), CALLBACK)
    assert tokens.refresh is not None
    assert Notion(HttpClient("notion", sim.url, tokens.access)).me()["id"] == tokens.public["bot_id"]
    assert not {"access_token", "refresh_token"} & set(tokens.public)
    newer = refresh(http, provider, CLIENT, WORD, tokens.refresh)
    assert newer.access != tokens.access
    assert Notion(HttpClient("notion", sim.url, newer.access)).me()["id"] == tokens.public["bot_id"]
    with pytest.raises(Unauthorized):
        refresh(http, provider, CLIENT, WORD, tokens.refresh)


@pytest.mark.parametrize("style", ["envelope", "rfc6749"])
def test_a_grant_is_ended(sim: Served, provider: oauth.OAuthProvider, style: str) -> None:
    sim.control("/_config", {"oauth_error_style": style})
    http = HttpClient("notion", sim.url, None)
    tokens = exchange(http, provider, CLIENT, WORD, agree(provider, "s"), CALLBACK)
    notion = Notion(HttpClient("notion", sim.url, tokens.access))
    assert notion.me()["id"] == tokens.public["bot_id"]
    with pytest.raises(Rejected, match="invalid_client"):
        oauth.revoke(http, provider, CLIENT, Secret("wrong"), tokens.access)
    with pytest.raises(Rejected, match="does not have this endpoint"):
        oauth.revoke(http, GITHUB.oauth, CLIENT, WORD, tokens.access)
    assert notion.me()["id"] == tokens.public["bot_id"]
    oauth.revoke(http, provider, CLIENT, WORD, tokens.access)
    oauth.revoke(http, provider, CLIENT, WORD, tokens.access)
    with pytest.raises(Unauthorized):
        notion.me()
    assert tokens.refresh is not None
    with pytest.raises(Unauthorized):
        refresh(http, provider, CLIENT, WORD, tokens.refresh)


@pytest.mark.parametrize("style", ["envelope", "rfc6749"])
def test_a_code_works_once_and_only_with_our_secret(sim: Served, provider: oauth.OAuthProvider, style: str) -> None:
    sim.control("/_config", {"oauth_error_style": style})
    http = HttpClient("notion", sim.url, None)
    code = agree(provider, "s")
    with pytest.raises(Rejected, match="invalid_client"):
        exchange(http, provider, CLIENT, Secret("wrong"), code, CALLBACK)
    code = agree(provider, "s")
    exchange(http, provider, CLIENT, WORD, code, CALLBACK)
    with pytest.raises(Unauthorized, match="invalid_grant"):
        exchange(http, provider, CLIENT, WORD, code, CALLBACK)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"object": "error", "status": 400, "code": "invalid_grant", "message": "m"}, Unauthorized),
        ({"error": "invalid_grant", "error_description": "d"}, Unauthorized),
        ({"error": "bad_verification_code"}, Unauthorized),  # GitHub's word for it, with status 200
        ({"ok": False, "error": "invalid_code"}, Rejected),
        ({"error": "invalid_scope"}, Rejected),
        ({"ok": True, "access_token": "x"}, type(None)),
        ({"access_token": "x"}, type(None)),
        ("text", type(None)),
    ],
)
def test_every_style_of_refusal_is_read(body: Any, kind: type) -> None:
    assert type(refusal("x", body)) is kind


def test_the_authorise_address_carries_what_the_provider_wants() -> None:
    verifier = "v" * 43
    asked = parse_qs(urlsplit(authorize_url(GITHUB.oauth, "id", CALLBACK, "s", verifier=verifier)).query)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert asked["code_challenge"] == [challenge]
    assert (asked["scope"], asked["code_challenge_method"], asked["redirect_uri"]) == (["repo"], ["S256"], [CALLBACK])
    assert parse_qs(urlsplit(authorize_url(PROVIDERS["notion"], "id", CALLBACK, "s")).query)["owner"] == ["user"]
    assert "," in parse_qs(urlsplit(authorize_url(SLACK.oauth, "id", CALLBACK, "s")).query)["scope"][0]


def a_state(**changes: Any) -> str:
    asked: dict[str, Any] = {
        "provider": "notion", "target": "/done", "nonce": "n1", "cookie": "c1", "now": NOW, "tenant": "t1",
        "user": "u1",
    }  # fmt: skip
    return sign_state(KEY, **(asked | changes))


def check(state: str, key: Secret = KEY, **changes: Any) -> oauth_state.State:
    asked: dict[str, Any] = {"provider": "notion", "cookie": "c1", "now": NOW + timedelta(minutes=9)}
    return verify_state(key, state, **(asked | changes))


def test_a_state_comes_back_as_it_was_signed() -> None:
    found = check(a_state())
    assert (found.provider, found.tenant, found.user, found.target, found.nonce) == (
        "notion", "t1", "u1", "/done", "n1",
    )  # fmt: skip
    assert found.expires_at == NOW + timedelta(minutes=10)


def forged() -> str:
    body = base64.urlsafe_b64encode(json.dumps({"p": "notion", "x": 9e9}).encode()).rstrip(b"=").decode()
    return f"{body}.{a_state().split('.')[1]}"


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        pytest.param(a_state(), {"cookie": "other"}, id="another browser"),
        pytest.param(a_state(), {"cookie": ""}, id="no cookie"),
        pytest.param(a_state(), {"provider": "github"}, id="another provider"),
        pytest.param(a_state(), {"now": NOW + timedelta(minutes=10)}, id="expired"),
        pytest.param(a_state(), {"key": Secret("other")}, id="another key"),
        pytest.param(a_state(), {"key": Secret("")}, id="no key"),
        pytest.param(forged(), {}, id="tampered"),
        pytest.param(a_state()[:-2], {}, id="cut"),
        pytest.param("", {}, id="nothing"),
        pytest.param("żółw.żółw", {}, id="garbage"),
        pytest.param(a_state() + ".x", {}, id="more"),
    ],
)
def test_an_attack_on_the_state_is_refused(state: str, changes: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        check(state, **changes)
