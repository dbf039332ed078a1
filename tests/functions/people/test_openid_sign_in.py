"""Somebody signs in with a provider that says who they are, and what is forged, mixed up or replayed opens nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import requests

from shared.app.people.identities import Shown, link_identity
from shared.app.people.login import code_of
from shared.app.people.membership import give_role, welcome
from shared.core.people.identities import mail_identity
from shared.core.people.members import person_id
from tests.functions.people.test_browser_session import Browser
from tests.functions.people.test_mail_link import Reader
from tests.functions.people.test_signing_in import Terminal
from tests.functions.people.test_team_page import Host
from tests.support.rigs.house import Neighbourhood

pytestmark = pytest.mark.xdist_group("signing_in")
PROVIDER = "google_accounts"
EVA = {"name": "Eva Example", "email": "eva@example.test"}


@pytest.fixture(scope="module")
def eva(house: Neighbourhood) -> str:
    """Return the identity of somebody who is in the team by it."""
    accounts = house.control(PROVIDER, "/_seed", {"accounts": [EVA]})["accounts"]
    (sub,) = [each["sub"] for each in accounts if each["email"] == EVA["email"]]
    deps, identity = house.house.wired.deps, f"google:{sub}"
    welcome(deps, house.home.tenant, identity, "Eva", founds=False)
    give_role(deps, house.home.tenant, person_id(identity), "member", "the test")
    return identity


@pytest.fixture
def browser(house: Neighbourhood, eva: str) -> Browser:
    return Browser(house)


@pytest.fixture
def provider(house: Neighbourhood) -> Iterator[Callable[..., None]]:
    """Return what chooses how the provider answers from now on."""
    house.configure(PROVIDER, authorize_as=EVA["email"])
    yield lambda **config: house.configure(PROVIDER, **config)
    house.configure(PROVIDER, authorize_as=None, claims={}, names_itself=True)


def go(browser: Browser, address: str) -> str:
    """Follow one step; return where it leads."""
    return browser.http.get(address, timeout=20, allow_redirects=False).headers["Location"]


def come_back(browser: Browser) -> str:
    """Begin, and return the address at which the provider sends the browser back to us."""
    start = go(browser, f"{browser.url}/sign-in/by/google?next=/setup")
    return go(browser, go(browser, start))


def changed(address: str, **fields: str | None) -> str:
    """Return the address with other fields; None leaves one out."""
    parts = urlsplit(address)
    asked: dict[str, Any] = {name: values[0] for name, values in parse_qs(parts.query).items()} | fields
    left = {name: value for name, value in asked.items() if value is not None}
    return parts._replace(query=urlencode(left)).geturl()


def end(browser: Browser, address: str) -> requests.Response:
    return browser.http.get(address, timeout=20, headers={"Accept": "text/html"})


def test_a_member_signs_in(browser: Browser, provider: Callable[..., None]) -> None:
    assert "Sign in with Google" in browser.open("/sign-in").text
    asked = go(browser, go(browser, f"{browser.url}/sign-in/by/google?next=/setup"))
    fields = parse_qs(urlsplit(asked).query)
    assert (fields["code_challenge_method"], fields["response_type"]) == (["S256"], ["code"])
    assert fields["redirect_uri"][0].endswith("/oauth-callback/google")
    assert urlsplit(end(browser, go(browser, asked)).url).path == "/setup"
    assert "member of Demo" in browser.open("/account").text


def test_somebody_in_no_team_is_told_what_to_do(
    browser: Browser, provider: Callable[..., None], house: Neighbourhood
) -> None:
    stranger = {"name": "Sam", "email": "ada@example.test"}  # the owner's own address proves nothing here
    house.control(PROVIDER, "/_seed", {"accounts": [stranger]})
    provider(authorize_as="ada@example.test")
    assert "no team knows you" in end(browser, come_back(browser)).text
    assert not browser.is_signed_in()


def test_another_way_is_added_by_who_is_signed_in_and_then_leads_to_them(
    browser: Browser, provider: Callable[..., None], house: Neighbourhood
) -> None:
    house.control(PROVIDER, "/_seed", {"accounts": [{"name": "Ada", "email": "other@example.test"}]})
    provider(authorize_as="other@example.test")
    browser.sign_in()
    page = end(browser, come_back(browser))
    assert urlsplit(page.url).path == "/account"
    assert "Add Google, other@example.test" in page.text
    assert browser.press("add-shown", form="0" * 64).status_code == 403
    assert browser.press("add-shown").status_code == 303
    assert browser.press("add-shown").status_code == 409  # it was shown once
    later = Browser(house)
    end(later, come_back(later))
    assert "owner of Demo" in later.open("/account").text


def test_an_answer_counts_once(browser: Browser, provider: Callable[..., None]) -> None:
    back = come_back(browser)
    handed = go(browser, back)
    assert end(browser, back).status_code in (401, 409)
    assert go(browser, handed) == "/setup"
    first = browser.cookie
    assert end(browser, handed).status_code == 409
    assert browser.cookie == first


def test_an_answer_counts_in_no_other_browser(
    browser: Browser, provider: Callable[..., None], house: Neighbourhood
) -> None:
    back, victim = come_back(browser), Browser(house)
    assert end(victim, back).status_code == 401
    come_back(victim)  # it has cookies of its own now
    assert end(victim, back).status_code == 401
    handed = go(browser, back)
    assert end(victim, handed).status_code == 401
    assert not victim.is_signed_in()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"state": None}, 400),
        ({"state": "forged.state"}, 401),
        ({"code": None}, 400),
        ({"code": "another"}, 400),
        ({"iss": "https://evil.example"}, 401),
        ({"iss": None}, 401),  # the provider always names itself
        ({"error": "access_denied"}, 400),
    ],
)
def test_a_changed_answer_opens_nothing(
    browser: Browser, provider: Callable[..., None], fields: dict[str, str | None], status: int
) -> None:
    assert end(browser, changed(come_back(browser), **fields)).status_code == status
    assert not browser.is_signed_in()


def test_neither_providers_answer_counts_at_the_others_address(browser: Browser, provider: Callable[..., None]) -> None:
    ours = urlsplit(come_back(browser))
    assert end(browser, ours._replace(path="/oauth-callback/").geturl()).status_code == 401
    began = go(browser, f"{browser.url}/sign-in/notion?next=/account")
    theirs = urlsplit(go(browser, go(browser, began)))
    assert end(browser, theirs._replace(path="/oauth-callback/google").geturl()).status_code == 401
    assert not browser.is_signed_in()


def test_a_code_of_another_browser_is_worth_nothing_with_ones_own_state(
    browser: Browser, provider: Callable[..., None], house: Neighbourhood
) -> None:
    """Injection of a stolen code (RFC 9700, 4.5): the verifier is another one."""
    stolen = parse_qs(urlsplit(come_back(Browser(house))).query)["code"][0]
    assert end(browser, changed(come_back(browser), code=stolen)).status_code == 400
    assert not browser.is_signed_in()


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "another"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}, {"email_verified": False}],
)
def test_a_token_that_is_not_for_this_sign_in_opens_nothing(
    browser: Browser, provider: Callable[..., None], claims: dict[str, Any]
) -> None:
    provider(claims=claims)
    assert end(browser, come_back(browser)).status_code in (401, 409)
    assert not browser.is_signed_in()


def test_nobody_signs_in_with_a_provider_that_is_not_there(browser: Browser) -> None:
    assert browser.open("/sign-in/by/evil").status_code == 404


def test_a_terminal_goes_on_as_who_signed_in_with_google_or_by_mail_and_agreed(
    house: Neighbourhood, eva: str, provider: Callable[..., None]
) -> None:
    """The page that the terminal opened offers every way; whichever it was, its code is shown, and the press counts."""
    for way in ("Google", "mail"):
        terminal, reader = Terminal(house), Reader(house)
        path = urlsplit(terminal.begin()["open"]).path
        shown = reader.open(path)
        assert ("Sign in with Notion" in shown.text, "Sign in with Google" in shown.text) == (True, True)
        assert "Sign in there" not in shown.text
        if way == "Google":
            page = reader.open(f"/sign-in/by/google?next={quote(path, safe='')}")
        else:
            link_address(house, eva)
            reader.ask("eva.mail@example.test", path)
            page = reader.open(reader.press_link(reader.receive("eva.mail@example.test")).headers["Location"])
        assert (urlsplit(page.url).path, "You are Eva, member of Demo" in page.text) == (path, True)
        assert code_of(path.rpartition("/")[2]) in page.text
        assert terminal.trade().json() == {"state": "waiting"}
        (mark,) = re.findall(r'name="form" value="([0-9a-f]{64})"', page.text)
        assert reader.post(path, act="agree", form="0" * 64).status_code == 403
        assert Reader(house).post(path, act="agree", form=mark).headers["Location"].startswith("/sign-in?next=")
        assert terminal.trade().json() == {"state": "waiting"}
        assert "Your terminal goes on as Eva" in reader.post(path, act="agree", form=mark).text
        done = terminal.trade().json()
        assert (done["state"], done["name"], done["role"]) == ("done", "Eva", "member")


def test_a_terminal_does_not_go_on_as_who_signed_in_long_ago(
    house: Neighbourhood, eva: str, provider: Callable[..., None]
) -> None:
    terminal, browser = Terminal(house), Host(house)
    path = urlsplit(terminal.begin()["open"]).path
    browser.open("/sign-in/by/google?next=/account")
    browser.grow_old()
    assert "Sign in there" not in browser.open(path).text
    assert urlsplit(browser.send(path, "agree").url).path == "/sign-in"
    assert terminal.trade().json() == {"state": "waiting"}


def link_address(house: Neighbourhood, identity: str) -> None:
    """Let Eva sign in by mail too."""
    address = "eva.mail@example.test"
    shown = Shown(mail_identity(address), "Eva", address)
    link_identity(house.house.wired.deps, person_id(identity), house.home.tenant, shown)
