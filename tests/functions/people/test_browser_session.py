"""Somebody signs in with a browser: what opens a session, what does not, and what ends it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from shared.app.people.membership import give_role, take_out
from shared.core.people.members import person_id
from tests.functions.people.conftest import DAN
from tests.functions.people.test_signing_in import Terminal, ask, let_in, owner_key
from tests.support.rigs.house import Neighbourhood

pytestmark = pytest.mark.xdist_group("signing_in")
COOKIE = "workwright-session"


class Browser:
    """A browser without scripts: it keeps cookies, follows links, and sends forms as browsers do."""

    def __init__(self, house: Neighbourhood) -> None:
        self.url, self.http = house.house.url, requests.Session()
        self.http.headers["User-Agent"] = "Example Browser"

    def open(self, path: str, *, follow: bool = True) -> requests.Response:
        return self.http.get(self.url + path, timeout=20, allow_redirects=follow, headers={"Accept": "text/html"})

    def sign_in(self, target: str = "/account", keep: str = "") -> requests.Response:
        return self.open(f"/sign-in/notion?next={quote(target, safe='')}{keep}")

    def begin(self) -> str:
        """Go as far as the address that Notion's answer leads to; return it."""
        page = self.open("/sign-in/notion?next=/account", follow=False)
        while not urlsplit(page.headers["Location"]).path.startswith("/signed-in/"):
            page = self.http.get(page.headers["Location"], timeout=20, allow_redirects=False)
        return urlsplit(page.headers["Location"]).path

    def press(self, act: str, page: requests.Response | None = None, **changed: Any) -> requests.Response:
        shown = page or self.open("/account")
        (mark, *_) = re.findall(r'name="form" value="([0-9a-f]{64})"', shown.text) or [""]
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.url, **changed.pop("headers", {})}
        sent = {name: value for name, value in headers.items() if value is not None}
        data = {"act": act, "form": mark, **changed}
        return self.http.post(f"{self.url}/account", data=data, headers=sent, timeout=10, allow_redirects=False)

    @property
    def cookie(self) -> str:
        return str(self.http.cookies.get(COOKIE) or "")

    def is_signed_in(self) -> bool:
        return self.open("/account", follow=False).status_code == 200


@pytest.fixture
def browser(house: Neighbourhood) -> Browser:
    return Browser(house)


def test_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back(browser: Browser) -> None:
    page = browser.open("/account")
    assert urlsplit(page.url).path == "/sign-in"
    assert "Sign in with Notion" in page.text
    assert browser.cookie == ""  # the page alone begins nothing
    (way, _) = re.findall(r'href="(/sign-in/notion[^"]*)"', page.text)
    shown = browser.open(way.replace("&amp;", "&"))
    assert urlsplit(shown.url).path == "/account"
    assert "owner of Demo" in shown.text
    assert "Example Browser" in shown.text


def test_the_cookie_is_out_of_reach_and_the_address_says_nothing(browser: Browser, house: Neighbourhood) -> None:
    answered = browser.sign_in()
    opened = next(each for each in answered.history if COOKIE in each.headers.get("Set-Cookie", ""))
    given = opened.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(given.split("; "))
    assert "Domain" not in given
    assert "Max-Age" not in given  # it ends with the browser
    assert browser.cookie not in answered.url + answered.text
    kept = house.house.wired.deps.store.list_docs(house.home.tenant, "sessions")
    assert browser.cookie.rpartition(".")[2] not in str(kept)  # a keyed hash alone is kept


def test_on_a_device_that_one_keeps_it_lasts_for_two_weeks(browser: Browser) -> None:
    answered = browser.sign_in(keep="&keep=yes")
    given = next(
        each.headers["Set-Cookie"] for each in answered.history if COOKIE in each.headers.get("Set-Cookie", "")
    )
    (seconds,) = re.findall(r"Max-Age=(\d+)", given)
    assert 12 * 3600 - 60 < int(seconds) <= 12 * 3600  # renewed by use, up to 14 days: tests/unit/app/people


def test_a_sign_in_counts_once_and_in_the_browser_that_began_it(browser: Browser, house: Neighbourhood) -> None:
    path = browser.begin()
    stranger = Browser(house)
    assert stranger.open(path).status_code == 401  # whoever else opens it, an attacker's victim say
    stranger.begin()
    assert stranger.open(path).status_code == 401
    assert not stranger.is_signed_in()
    assert urlsplit(browser.open(path).url).path == "/account"
    assert browser.open(path).status_code == 409
    payload, _, mac = path.rpartition("/")[2].partition(".")
    for forged in (f"{payload}.{'0' * 64}", payload, f"{payload[::-1]}.{mac}", "%C3%A9.%C3%A9"):
        assert browser.open(f"/signed-in/{forged}").status_code == 401


def test_a_session_that_somebody_planted_is_not_taken_over(browser: Browser) -> None:
    planted = "t-0123456789abcdef01234567.0123456789ab." + "0" * 64
    browser.http.cookies.set(COOKIE, planted, domain="127.0.0.1", path="/")
    assert not browser.is_signed_in()
    browser.sign_in()
    first = browser.cookie
    browser.sign_in()
    assert browser.cookie not in (planted, first)  # made anew with each sign-in, and the old one is worth nothing
    stranger = requests.get(f"{browser.url}/account", cookies={COOKIE: first}, allow_redirects=False, timeout=10)
    assert stranger.status_code == 303


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}},
        {"headers": {"Sec-Fetch-Site": "same-site", "Origin": "https://sibling.workwright.example"}},
        {"headers": {"Sec-Fetch-Site": "none"}},
        {"headers": {"Sec-Fetch-Site": None, "Origin": None}},
        {"headers": {"Sec-Fetch-Site": None, "Origin": "null"}},
        {"headers": {"Sec-Fetch-Site": None, "Origin": "https://evil.example"}},
        {"form": ""},
        {"form": "0" * 64},
    ],
)
def test_a_form_that_is_not_ours_changes_nothing(browser: Browser, changed: dict[str, Any]) -> None:
    browser.sign_in()
    assert browser.press("end-all", **changed).status_code == 403
    assert browser.is_signed_in()


def test_a_form_of_another_session_is_not_ours(browser: Browser, house: Neighbourhood) -> None:
    browser.sign_in()
    other = Browser(house)
    other.sign_in()
    assert browser.press("sign-out", other.open("/account")).status_code == 403
    assert browser.is_signed_in()


def test_signing_out_ends_it_here_there_or_everywhere(browser: Browser, house: Neighbourhood) -> None:
    others = [Browser(house) for _ in range(3)]
    for each in (browser, *others):
        each.sign_in()
    ids = [each.cookie.split(".")[1] for each in others]
    assert browser.press("end", session=ids[0]).status_code == 303
    assert [each.is_signed_in() for each in (browser, *others)] == [True, False, True, True]
    old = others[1].cookie
    assert others[1].press("sign-out").status_code == 303
    assert others[1].cookie == ""
    others[1].http.cookies.set(COOKIE, old, domain="127.0.0.1", path="/")
    assert not others[1].is_signed_in()  # the cookie itself is worth nothing
    assert browser.press("end", session="0" * 12).status_code == 404
    assert browser.press("end-all").status_code == 303
    assert not others[2].is_signed_in()
    deps = house.house.wired.deps
    assert deps.store.list_docs(house.home.tenant, "sessions") == []
    key = owner_key(house)
    entries = ask(house, key, "GET", "/v1/audit?limit=500").json()["entries"]
    ours = [each for each in entries if each["what"] in ("SignedIn", "SignedOut", "SessionEnded")][-4:]
    assert [(each["what"], each["about"].partition(", ")[2]) for each in ours] == [
        ("SignedIn", "browser"),
        ("SessionEnded", ids[0]),
        ("SignedOut", "browser"),
        ("SignedOut", "everywhere"),
    ]
    assert {each["address"] for each in ours} == {"127.0.0.1"}


def test_the_terminal_lists_and_ends_ones_own_sessions_alone(browser: Browser, house: Neighbourhood) -> None:
    browser.sign_in()
    key, session = Terminal(house).sign_in(), browser.cookie.split(".")[1]
    listed = ask(house, key, "GET", "/v1/sessions").json()["sessions"]
    assert session in [each["id"] for each in listed]
    assert listed[0]["browser"] == "Example Browser"
    program = owner_key(house)
    assert ask(house, program, "GET", "/v1/sessions").json() == {"sessions": []}
    assert ask(house, program, "DELETE", f"/v1/sessions/{session}").status_code == 404
    assert browser.is_signed_in()
    assert ask(house, key, "DELETE", f"/v1/sessions/{session}").json() == {"ended": 1}
    assert not browser.is_signed_in()
    browser.sign_in()
    assert ask(house, key, "DELETE", "/v1/sessions").json()["ended"] >= 1
    assert not browser.is_signed_in()


def test_a_session_follows_the_role_and_ends_with_its_person(
    house: Neighbourhood, as_person: Callable[[str], None], browser: Browser
) -> None:
    deps, tenant = house.house.wired.deps, house.home.tenant
    as_person(DAN["email"])
    assert urlsplit(browser.sign_in().url).path == "/asked"
    assert not browser.is_signed_in()
    person = let_in(house, "Dan Example", "admin")
    assert "admin of Demo" in browser.sign_in().text
    before = browser.cookie
    give_role(deps, tenant, person, "viewer", "the test")
    assert "viewer of Demo" in browser.open("/account").text
    assert browser.cookie != before  # a new one with the new role; the old one is worth nothing
    assert (
        requests.get(f"{browser.url}/account", cookies={COOKIE: before}, allow_redirects=False, timeout=9).status_code
        == 303
    )
    assert browser.is_signed_in()
    take_out(deps, tenant, person, "the test")
    assert not browser.is_signed_in()
    assert [doc for doc in deps.store.list_docs(tenant, "sessions") if doc.body["person"] == person] == []
    assert person != person_id(f"notion:{house.home.person}")


def test_another_name_of_this_machine_leads_to_the_right_one_and_a_strangers_is_refused(browser: Browser) -> None:
    port = urlsplit(browser.url).port
    for host, status in ((f"localhost:{port}", 303), (f"rebound.example:{port}", 421)):
        if host == urlsplit(browser.url).netloc:
            continue
        asked = requests.get(f"{browser.url}/account", headers={"Host": host}, allow_redirects=False, timeout=10)
        assert asked.status_code == status, host
        assert status != 303 or asked.headers["Location"] == f"{browser.url}/account"
