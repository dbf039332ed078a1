"""Somebody signs in with a link by mail: once, in time, and only in the browser that asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests

from shared.app.people.identities import find_person
from shared.app.people.membership import give_role, take_out, welcome
from shared.core.people.identities import mail_identity
from shared.core.people.mail_links import LINK_ASKS, MAIL_LINKS
from shared.core.people.members import person_id
from shared.ports import SYSTEM, Put
from tests.functions.people.test_browser_session import COOKIE, Browser
from tests.support.rigs.house import Neighbourhood

pytestmark = pytest.mark.xdist_group("signing_in")


class Reader(Browser):
    """A browser whose owner also reads mail."""

    def __init__(self, house: Neighbourhood) -> None:
        super().__init__(house)
        self.house = house
        for doc in house.house.wired.deps.store.list_docs(SYSTEM, LINK_ASKS):  # each test has its own hour
            house.house.wired.deps.store.put(SYSTEM, Put(LINK_ASKS, doc.id, None))

    def post(self, path: str, **fields: str) -> requests.Response:
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.url, "Accept": "text/html"}
        return self.http.post(self.url + path, data=fields, headers=headers, timeout=20, allow_redirects=False)

    def ask(self, address: str, target: str = "/account") -> requests.Response:
        return self.post("/sign-in/mail", address=address, next=target)

    def mails(self, address: str) -> list[str]:
        outbox = requests.get(f"{self.house.house.simulators['ses']}/_outbox", timeout=10).json()
        return [each["text"] for each in outbox if each["to"] == [address]]

    def receive(self, address: str, count: int = 1) -> str:
        """Wait for the mail, and return the path of its link."""
        self.house.wait("the mail", lambda: len(self.mails(address)) >= count)
        (link,) = re.findall(r"https?://\S+", self.mails(address)[-1])
        return urlsplit(link).path

    def press_link(self, path: str) -> requests.Response:
        return self.post(path, act="sign-in")


@pytest.fixture
def reader(house: Neighbourhood) -> Reader:
    return Reader(house)


@pytest.fixture
def member(house: Neighbourhood) -> Callable[[str], str]:
    """Return what puts somebody who is known by an address into the team."""

    def make(address: str, tenant: str = "") -> str:
        deps, identity = house.house.wired.deps, mail_identity(address)
        welcome(deps, tenant or house.home.tenant, identity, address.partition("@")[0], founds=False)
        give_role(deps, tenant or house.home.tenant, person_id(identity), "member", "the test")
        return person_id(identity)

    return make


def test_a_member_signs_in_with_the_link_once(reader: Reader, member: Callable[[str], str]) -> None:
    member("eve@example.test")
    page = reader.open("/sign-in")
    assert 'action="/sign-in/mail"' in page.text
    assert "on its way" in reader.ask("Eve@Example.TEST", "/setup").text
    path = reader.receive("eve@example.test")
    for _ in range(3):  # opening changes nothing
        assert "Sign in to Workwright?" in reader.open(path).text
    assert reader.cookie == ""
    gone = reader.press_link(path)
    assert (gone.status_code, gone.headers["Location"]) == (303, "/setup")
    assert reader.is_signed_in()
    again = Reader.press_link(reader, path)
    assert again.status_code == 409
    assert "was used" in again.text


def test_nothing_of_the_link_is_kept_but_what_needs_the_key(reader: Reader, member: Callable[[str], str]) -> None:
    member("finn@example.test")
    reader.ask("finn@example.test")
    secret = reader.receive("finn@example.test").rpartition(".")[2]
    assert len(secret) == 64
    assert secret not in str(reader.house.house.wired.deps.store.list_docs(SYSTEM, MAIL_LINKS))
    forged = "/sign-in/mail/" + reader.receive("finn@example.test").rpartition("/")[2].replace(secret, "0" * 64)
    assert [reader.open(forged).status_code, reader.press_link(forged).status_code] == [401, 401]


def test_a_scanner_and_another_browser_change_nothing(reader: Reader, member: Callable[[str], str]) -> None:
    member("gil@example.test")
    reader.ask("gil@example.test")
    path = reader.receive("gil@example.test")
    other = Reader(reader.house)
    assert "another browser" in other.open(path).text
    assert other.press_link(path).status_code == 401
    other.http.cookies.set("workwright-mail", "guessed")
    assert other.press_link(path).status_code == 401
    assert not other.is_signed_in()
    assert reader.press_link(path).status_code == 303
    assert reader.is_signed_in()


def test_an_attackers_link_signs_a_victims_browser_in_to_nothing(reader: Reader, member: Callable[[str], str]) -> None:
    """The attacker asks for a link to their own address, and has the victim open it: no session of theirs there."""
    member("mallory@example.test")
    reader.ask("mallory@example.test")
    path = reader.receive("mallory@example.test")
    victim = Reader(reader.house)
    victim.ask("victim@example.test")
    assert victim.press_link(path).status_code == 401
    assert victim.cookie == ""


def test_a_link_ends_after_a_quarter_of_an_hour(reader: Reader, member: Callable[[str], str]) -> None:
    member("hana@example.test")
    reader.ask("hana@example.test")
    path = reader.receive("hana@example.test")
    store = reader.house.house.wired.deps.store
    link = store.get(SYSTEM, MAIL_LINKS, path.rpartition("/")[2].partition(".")[0])
    assert link is not None
    early = (reader.house.house.wired.deps.clock.now() - timedelta(minutes=15)).isoformat()
    store.put(SYSTEM, Put(MAIL_LINKS, link.id, {**link.body, "at": early}))
    assert "older than 15 minutes" in reader.press_link(path).text
    assert not reader.is_signed_in()


def test_a_stranger_gets_the_same_answer_and_hears_afterwards_what_to_do(
    reader: Reader, member: Callable[[str], str]
) -> None:
    member("ida@example.test")
    known, unknown = reader.ask("ida@example.test"), reader.ask("nobody@example.test")
    assert known.text.replace("ida@", "nobody@") == unknown.text
    assert (known.status_code, {*known.headers}) == (unknown.status_code, {*unknown.headers})
    shown = reader.press_link(reader.receive("nobody@example.test"))
    assert shown.headers["Location"].startswith("/sign-in/team")
    page = reader.open(shown.headers["Location"])
    assert "no team knows you" in page.text
    assert "Ask an owner" in page.text
    assert not reader.is_signed_in()


def test_three_links_an_hour_go_to_one_address(reader: Reader) -> None:
    answers = [reader.ask(address) for address in ("jo@example.test", "JO@example.test", " jo@example.test ") * 2]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429, 429]
    assert 3000 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert reader.ask("kai@example.test").status_code == 200


def test_twenty_links_an_hour_go_to_one_network_and_a_refused_ask_sends_none(reader: Reader) -> None:
    answers = [reader.ask(f"l{n}@example.test").status_code for n in range(21)]
    assert answers == [200] * 20 + [429]
    reader.receive("l19@example.test")
    assert reader.mails("l20@example.test") == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # a sibling's host
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in/mail", "/sign-in/mail/x.y", "/sign-in/team"])
def test_a_form_of_another_site_counts_nowhere(reader: Reader, headers: dict[str, str], path: str) -> None:
    fields = {"/sign-in/mail": {"address": "a@example.test"}, "/sign-in/team": {"team": "t-1"}}
    data = fields.get(path, {"act": "sign-in"})
    assert reader.http.post(reader.url + path, data=data, headers=headers, timeout=10).status_code == 403
    assert reader.mails("a@example.test") == []


def test_who_is_in_two_teams_chooses_and_no_other(reader: Reader, member: Callable[..., str]) -> None:
    deps = reader.house.house.wired.deps
    person = member("mia@example.test")
    deps.store.put("t-second", Put("settings", "tenant", {"name": "The second"}))
    member("mia@example.test", "t-second")
    reader.ask("mia@example.test", "/setup")
    shown = reader.press_link(reader.receive("mia@example.test"))
    page = reader.open(shown.headers["Location"])
    assert "The second" in page.text
    assert reader.cookie == ""
    assert reader.post("/sign-in/team", team="t-third").status_code == 409
    entered = reader.post("/sign-in/team", team="t-second", next="//evil.example")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/account")
    assert reader.cookie.startswith("t-second.")
    assert person == find_person(deps, mail_identity("mia@example.test"))


def test_an_address_is_added_with_a_fresh_session_and_the_mail(reader: Reader, house: Neighbourhood) -> None:
    reader.sign_in()
    store, tenant = house.house.wired.deps.store, house.home.tenant
    mine = reader.cookie.split(".")[1]
    session = store.get(tenant, "sessions", mine)
    assert session is not None
    old = (house.house.wired.deps.clock.now() - timedelta(minutes=10)).isoformat()
    store.put(tenant, Put("sessions", mine, {**session.body, "at": old}))
    team = store.get(tenant, "members", "team")
    assert team is not None
    people = {each: {**body, "since": old} for each, body in team.body["people"].items()}
    store.put(tenant, Put("members", "team", {**team.body, "people": people}))
    stale = reader.press("add-mail", address="ada2@example.test")
    assert stale.headers["Location"] == "/sign-in?again=yes&next=%2Faccount"
    assert reader.mails("ada2@example.test") == []
    assert "once more" in reader.open(stale.headers["Location"]).text
    assert reader.press("slack-code").headers["Location"] == stale.headers["Location"]
    reader.sign_in()
    assert reader.cookie.split(".")[1] != mine  # new after it
    assert store.get(tenant, "sessions", mine) is None
    assert "on its way" in reader.press("add-mail", address="ada2@example.test").text
    path = reader.receive("ada2@example.test")
    assert "Add this address?" in reader.open(path).text
    cookie, reader.http.cookies[COOKIE] = reader.cookie, "gone"
    assert reader.press_link(path).status_code == 409  # nobody is signed in: the proof alone adds nothing
    reader.http.cookies.clear()
    reader.http.cookies.set(COOKIE, cookie)
    reader.press("add-mail", address="ada2@example.test")
    assert reader.press_link(reader.receive("ada2@example.test", 2)).status_code == 303
    assert "ada2@example.test" in reader.open("/account").text
    reader.http.cookies.clear()
    reader.ask("ada2@example.test")
    reader.press_link(reader.receive("ada2@example.test", 3))
    assert "owner of Demo" in reader.open("/account").text
    reader.press("drop-identity", identity=mail_identity("ada2@example.test"))
    assert "ada2@example.test" not in reader.open("/account").text


def test_each_sign_in_has_a_new_session_and_ends_the_one_before(reader: Reader, member: Callable[[str], str]) -> None:
    member("pia@example.test")
    before = []
    for count in (1, 2):
        reader.ask("pia@example.test")
        reader.press_link(reader.receive("pia@example.test", count))
        before.append(reader.cookie)
    assert before[0] != before[1]
    assert reader.is_signed_in()
    stale = requests.get(f"{reader.url}/account", cookies={COOKIE: before[0]}, timeout=10, allow_redirects=False)
    assert stale.status_code == 303


def test_an_address_is_added_to_nobody_but_who_asked(reader: Reader, member: Callable[[str], str]) -> None:
    member("quin@example.test")
    reader.sign_in()
    reader.press("add-mail", address="new@example.test")
    path, asker = reader.receive("new@example.test"), reader.http.cookies.get("workwright-mail")
    reader.ask("quin@example.test")
    reader.press_link(reader.receive("quin@example.test"))  # somebody else signs in, in the same browser
    reader.http.cookies.pop("workwright-mail")
    reader.http.cookies.set("workwright-mail", str(asker))
    assert reader.press_link(path).status_code == 409
    address = mail_identity("new@example.test")
    assert find_person(reader.house.house.wired.deps, address) == person_id(address)


def test_what_another_member_signs_in_with_is_not_added(reader: Reader, member: Callable[[str], str]) -> None:
    other = member("nils@example.test")
    reader.sign_in()
    reader.press("add-mail", address="nils@example.test")
    refused = reader.press_link(reader.receive("nils@example.test"))
    assert refused.status_code == 409
    assert find_person(reader.house.house.wired.deps, mail_identity("nils@example.test")) == other


def test_who_was_taken_out_comes_in_no_more(reader: Reader, member: Callable[[str], str]) -> None:
    deps, tenant = reader.house.house.wired.deps, reader.house.home.tenant
    person = member("ola@example.test")
    reader.ask("ola@example.test")
    path = reader.receive("ola@example.test")
    take_out(deps, tenant, person, "the test")
    pressed = reader.press_link(path)
    assert pressed.status_code == 303, pressed.text
    assert pressed.headers["Location"].startswith("/sign-in/team")
    assert reader.cookie == ""
