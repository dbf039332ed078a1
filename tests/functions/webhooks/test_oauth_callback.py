"""oauth-callback over HTTP: a browser that starts, comes back, and every way in which that can be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from shared.core.run.run import derive_id
from shared.oauth_state import sign_state
from tests.support.rigs.house import Neighbourhood, open_house

pytestmark = pytest.mark.xdist_group("oauth_callback")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    """Yield a settled house that leaves everything in its queue."""
    with open_house(tmp_path_factory.mktemp("house"), working=False) as opened:
        yield opened


class Browser:
    """Goes one step at a time and keeps its cookies."""

    def __init__(self, house: Neighbourhood) -> None:
        self.url = house.house.functions["oauth-callback"]
        self.cookie = ""

    def get(self, url: str) -> requests.Response:
        headers = {"Cookie": f"workwright-oauth={self.cookie}"} if self.cookie else {}
        return requests.get(url, headers=headers, allow_redirects=False, timeout=10)

    def start(self) -> str:
        """Begin; return where the provider is."""
        answer = self.get(f"{self.url}/start?provider=notion")
        assert answer.status_code == 303
        self.cookie = answer.cookies["workwright-oauth"]
        return answer.headers["Location"]

    def consent(self) -> dict[str, str]:
        """Begin and agree; return what the provider sends back."""
        back = self.get(self.start())
        assert back.headers["Location"].startswith(f"{self.url}?")
        return {key: values[0] for key, values in parse_qs(urlsplit(back.headers["Location"]).query).items()}

    def back(self, query: dict[str, str]) -> requests.Response:
        """Come back with the provider's answer."""
        return self.get(f"{self.url}?{urlencode(query)}")


def _refused(answer: requests.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == f"urn:workwright:{code}"
    assert told["detail"]
    assert told["way_out"]


def test_it_starts_with_a_state_and_a_cookie_that_scripts_cannot_read(house: Neighbourhood) -> None:
    browser = Browser(house)
    answer = browser.get(f"{browser.url}/start?provider=notion")
    to = urlsplit(answer.headers["Location"])
    assert f"{to.scheme}://{to.netloc}{to.path}" == f"{house.house.simulators['notion']}/v1/oauth/authorize"
    asked = parse_qs(to.query)
    assert asked["client_id"] == ["workwright-demo"]
    assert asked["redirect_uri"] == [browser.url]
    assert (asked["response_type"], asked["owner"]) == (["code"], ["user"])
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert answer.cookies["workwright-oauth"] not in answer.headers["Location"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_connecting_again_keeps_the_tenant_and_takes_the_new_tokens(house: Neighbourhood) -> None:
    store, tenant = house.house.wired.deps.store, house.home.tenant
    before, settings = store.get(tenant, "grants", "notion"), store.get(tenant, "settings", "tenant")
    browser = Browser(house)
    done = browser.back(browser.consent())
    assert done.status_code == 303
    assert done.headers["Location"] == f"{house.house.url}/connected?tenant={tenant}"
    after = store.get(tenant, "grants", "notion")
    assert before is not None
    assert after is not None
    assert after.body["status"] == "connected"
    assert after.body["access"] != before.body["access"]
    assert store.get(tenant, "settings", "tenant") == settings
    assert tenant == derive_id("t-", house.bot)


def test_a_callback_without_the_browsers_cookie_is_refused(house: Neighbourhood) -> None:
    query = Browser(house).consent()
    _refused(Browser(house).back(query), 401, "bad_signature")


def test_a_callback_in_somebody_elses_browser_is_refused(house: Neighbourhood) -> None:
    victim, attacker = Browser(house), Browser(house)
    victim.start()
    _refused(victim.back(attacker.consent()), 401, "bad_signature")


@pytest.mark.parametrize("change", ["first letter", "last letter", "empty", "no signature", "nonsense"])
def test_a_state_that_is_not_ours_is_refused(house: Neighbourhood, change: str) -> None:
    browser = Browser(house)
    query = browser.consent()
    state = query["state"]
    made = {
        "first letter": ("B" if state[0] == "A" else "A") + state[1:],
        "last letter": state[:-1] + ("B" if state[-1] == "A" else "A"),
        "empty": "",
        "no signature": state.rpartition(".")[0],
        "nonsense": "é.é",
    }
    if change == "last letter":  # the last character of base64 may hold bits that do not count
        made[change] = state[:-2] + ("BB" if state[-2] == "A" else "AA")
    _refused(browser.back({**query, "state": made[change]}), 401, "bad_signature")


@pytest.mark.parametrize("provider", ["gitlab", "slack"])
def test_an_answer_at_another_providers_address_is_refused(house: Neighbourhood, provider: str) -> None:
    """The code of one provider is handed to no other, whoever mixes them up."""
    browser = Browser(house)
    query = browser.consent()
    _refused(browser.back({**query, "provider": provider}), 401, "bad_signature")
    assert browser.back(query).status_code == 303  # and where it belongs it still counts


def test_an_expired_state_is_refused(house: Neighbourhood) -> None:
    from datetime import timedelta

    browser = Browser(house)
    query, deps = browser.consent(), house.house.wired.deps
    old = sign_state(
        deps.secrets.get("oauth-state-key"), provider="notion", target="/connected", nonce="n-1",
        cookie=browser.cookie, now=deps.clock.now() - timedelta(hours=2),
    )  # fmt: skip
    _refused(browser.back({**query, "state": old}), 401, "bad_signature")


def test_an_answer_counts_once(house: Neighbourhood) -> None:
    browser = Browser(house)
    query = browser.consent()
    assert browser.back(query).status_code == 303
    _refused(browser.back(query), 409, "conflict")


def test_a_code_that_was_used_before_is_refused_clearly(house: Neighbourhood) -> None:
    first, second = Browser(house), Browser(house)
    code = first.consent()["code"]
    fresh = second.consent()
    assert second.back(fresh).status_code == 303
    third = Browser(house)
    _refused(third.back({**third.consent(), "code": fresh["code"]}), 400, "malformed_request")
    assert code != fresh["code"]
    grant = house.house.wired.deps.store.get(house.home.tenant, "grants", "notion")
    assert grant is not None
    assert grant.body["status"] == "connected"


def test_a_provider_that_is_down_is_told_as_such(house: Neighbourhood) -> None:
    browser = Browser(house)
    query = browser.consent()
    house.disturb("notion", path="/v1/oauth/token", status=503, times=20)
    try:
        answer = browser.back(query)
    finally:
        house.soothe("notion")
    _refused(answer, 502, "provider_unavailable")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        pytest.param({}, 400, "malformed_request", id="nothing"),
        pytest.param({"code": "c"}, 400, "malformed_request", id="no state"),
        pytest.param({"provider": "nobody", "code": "c", "state": "s"}, 404, "not_found", id="an unknown provider"),
    ],
)
def test_a_malformed_answer_is_refused(house: Neighbourhood, query: dict[str, str], status: int, code: str) -> None:
    answer = Browser(house).back(query)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:workwright:{code}")


def test_a_person_who_says_no_is_told_how_to_begin_again(house: Neighbourhood) -> None:
    browser = Browser(house)
    state = parse_qs(urlsplit(browser.start()).query)["state"][0]
    _refused(browser.back({"error": "access_denied", "state": state}), 400, "malformed_request")
    _refused(browser.back({"state": state}), 400, "malformed_request")  # neither yes nor no


def test_no_answer_leads_anywhere_but_home(house: Neighbourhood) -> None:
    browser = Browser(house)
    query = {**browser.consent(), "target": "https://evil.example/", "redirect": "//evil.example"}
    assert browser.back(query).headers["Location"].startswith(f"{house.house.url}/connected?")
