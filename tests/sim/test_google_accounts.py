"""The simulated OpenID provider is as strict as the specifications: codes, verifiers, addresses, clients."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from shared.local.simulators._server import serve
from shared.local.simulators.google_accounts import GoogleAccountsSimulator

BACK = "http://127.0.0.1:1/oauth-callback/google"
VERIFIER = "v" * 43
CLIENT = {"client_id": "us", "client_secret": "-".join(["a", "secret"]), "redirect_uris": [BACK]}
Ask = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def sim() -> Iterator[GoogleAccountsSimulator]:
    made = GoogleAccountsSimulator()
    server = serve(made)
    seed = {"client": CLIENT, "accounts": [{"name": "Ada", "email": "ada@example.test"}]}
    requests.post(f"{made.base_url}/_seed", json=seed, timeout=10)
    requests.post(f"{made.base_url}/_config", json={"authorize_as": "ada@example.test"}, timeout=10)
    yield made
    server.shutdown()
    server.server_close()


def authorize(sim: GoogleAccountsSimulator, **changed: Any) -> requests.Response:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": "us", "redirect_uri": BACK, "response_type": "code", "scope": "openid email", "state": "s",
        "nonce": "n", "code_challenge": challenge, "code_challenge_method": "S256", **changed,
    }  # fmt: skip
    return requests.get(f"{sim.base_url}/o/oauth2/v2/auth", params=asked, timeout=10, allow_redirects=False)


def code_of(sim: GoogleAccountsSimulator) -> str:
    return parse_qs(urlsplit(authorize(sim).headers["Location"]).query)["code"][0]


def redeem(sim: GoogleAccountsSimulator, code: str, **changed: Any) -> requests.Response:
    known = {name: CLIENT[name] for name in ("client_id", "client_secret")}
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return requests.post(f"{sim.base_url}/token", data={**asked, **known, **changed}, timeout=10)


def test_a_code_is_worth_a_token_once(sim: GoogleAccountsSimulator) -> None:
    code = code_of(sim)
    assert redeem(sim, code).json()["id_token"].count(".") == 2
    assert redeem(sim, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [{"code_verifier": "w" * 43}, {"code_verifier": ""}, {"redirect_uri": BACK + "/"}, {"client_secret": "no"}],
)
def test_another_verifier_address_or_client_gets_none(sim: GoogleAccountsSimulator, changed: dict[str, str]) -> None:
    answer = redeem(sim, code_of(sim), **changed)
    assert answer.status_code in (400, 401)
    assert "id_token" not in answer.json()


def test_a_code_ends_after_a_minute(sim: GoogleAccountsSimulator) -> None:
    code = code_of(sim)
    requests.post(f"{sim.base_url}/_clock", json={"offset_s": 60}, timeout=10)
    assert redeem(sim, code).status_code == 400
    requests.post(f"{sim.base_url}/_clock", json={"offset_s": 0}, timeout=10)


@pytest.mark.parametrize("changed", [{"redirect_uri": BACK + "/"}, {"redirect_uri": "https://evil.example"}])
def test_no_browser_is_sent_to_another_address(sim: GoogleAccountsSimulator, changed: dict[str, str]) -> None:
    answer = authorize(sim, **changed)
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


@pytest.mark.parametrize(
    "changed", [{"code_challenge_method": "plain"}, {"code_challenge": ""}, {"nonce": ""}, {"scope": "email"}]
)
def test_what_is_asked_without_proof_gets_no_code(sim: GoogleAccountsSimulator, changed: dict[str, str]) -> None:
    assert "error=invalid_request" in authorize(sim, **changed).headers["Location"]


def test_people_choose_an_account(sim: GoogleAccountsSimulator) -> None:
    requests.post(f"{sim.base_url}/_config", json={"authorize_as": None}, timeout=10)
    page = authorize(sim)
    assert (page.status_code, "ada@example.test" in page.text) == (200, True)
    requests.post(f"{sim.base_url}/_config", json={"authorize_as": "ada@example.test"}, timeout=10)
