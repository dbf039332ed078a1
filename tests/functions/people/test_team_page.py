"""The pages of a team's people and of how one is told: forms that do what the API does, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests

from shared.app.people.invitations import Whom, invite
from shared.app.people.membership import members_of, welcome
from shared.core.people.members import PLACE
from shared.core.people.sessions import SESSIONS
from shared.ports import Put
from tests.functions.people.conftest import BEN
from tests.functions.people.test_invited import Guest
from tests.functions.people.test_signing_in import ask, members, owner_key
from tests.support.rigs.house import Neighbourhood

pytestmark = pytest.mark.xdist_group("signing_in")


class Host(Guest):
    """A browser on the page of the people."""

    def send(self, path: str, act: str, mark: str | None = None, **fields: str) -> requests.Response:
        headers = {"Sec-Fetch-Site": fields.pop("site", "same-origin"), "Origin": self.url, "Accept": "text/html"}
        known = mark if mark is not None else self.read_mark()
        data = {"act": act, "form": known, **fields}
        return self.http.post(self.url + path, data=data, headers=headers, timeout=20)

    def read_mark(self) -> str:
        return str((re.findall(r'name="form" value="([0-9a-f]{64})"', self.open("/account").text) or [""])[0])

    def grow_old(self) -> None:
        """Let the sign-in be eleven minutes ago."""
        deps, (tenant, session, _) = self.house.house.wired.deps, self.cookie.split(".")
        doc = deps.store.get(tenant, SESSIONS, session)
        team = deps.store.get(tenant, *PLACE)
        assert doc is not None
        assert team is not None
        at = (deps.clock.now() - timedelta(minutes=11)).isoformat()
        people = {each: {**body, "since": at} for each, body in team.body["people"].items()}
        deps.store.put(tenant, Put(SESSIONS, session, {**doc.body, "at": at}, doc.version))
        deps.store.put(tenant, Put(*PLACE, {**team.body, "people": people}, team.version))


@pytest.fixture
def owner(house: Neighbourhood) -> Host:
    browser = Host(house)
    browser.sign_in()
    return browser


def link_of(page: requests.Response) -> str:
    (link,) = re.findall(r"<pre>(\S+)</pre>", page.text)
    return urlsplit(link).path


def find_id(page: str, name: str) -> str:
    (line,) = [each for each in page.split("<li>") if each.startswith(name)]
    (found,) = set(re.findall(r'value="((?:p|inv)-[0-9a-f]{24})"', line))
    return str(found)


def test_somebody_is_invited_again_and_not_any_more(house: Neighbourhood, owner: Host) -> None:
    made = owner.send("/team", "invite", address="Fay@Example.test", role="admin")
    first = link_of(made)
    assert "fay@example.test is invited as admin" in made.text
    assert owner.receive_invitation("fay@example.test") == first
    shown = owner.open("/team").text
    assert first not in shown  # it was shown once
    name = find_id(shown, "fay@example.test as admin")
    second = link_of(owner.send("/team", "resend", invitation=name))
    assert (owner.open(first).status_code, owner.open(second).status_code) == (409, 200)
    assert "fay@" not in owner.send("/team", "revoke", invitation=name).text
    assert owner.open(second).status_code == 409
    entries = ask(house, owner_key(house), "GET", "/v1/audit?limit=500").json()["entries"]
    told = [each for each in entries if each.get("about") == name]
    assert [each["what"] for each in told] == ["PersonInvited", "InvitationResent", "InvitationRevoked"]
    assert all(each["actor"].startswith("person:p-") and each["address"] for each in told)


@pytest.mark.parametrize(("address", "says"), [("nobody", "address"), ("", "address"), ("fay@example.test", "already")])
def test_what_is_refused_is_said_above_what_was_typed(owner: Host, address: str, says: str) -> None:
    if says == "already":
        owner.send("/team", "invite", address=address, role="viewer")
    answer = owner.send("/team", "invite", address=address, role="viewer")
    assert answer.status_code in (400, 409)
    (alert,) = re.findall(r'<p role="alert"><strong>(.*?)</strong>', answer.text)
    assert says in alert
    assert f'name="address" value="{address}"' in answer.text
    assert '<option value="viewer" selected>' in answer.text


def test_who_asks_is_let_in_given_a_role_and_taken_out_on_the_second_press(
    house: Neighbourhood, owner: Host, as_person: Callable[[str], None]
) -> None:
    as_person(BEN["email"])
    ben = Host(house)
    ben.sign_in()
    shown = owner.open("/team").text
    person = find_id(shown, BEN["name"])
    assert "Who asks to join" in shown
    assert "Ben Example, viewer" in owner.send("/team", "role", member=person, role="viewer").text
    ben.sign_in()
    assert "Invite</button>" not in ben.open("/team").text  # a viewer looks on
    for act, fields in (
        ("invite", {"address": "x@example.test", "role": "viewer"}),
        ("role", {"member": person, "role": "owner"}),
    ):
        assert ben.send("/team", act, **fields).status_code == 403
    assert "Ben Example, admin" in owner.send("/team", "role", member=person, role="admin").text
    ben.sign_in()
    assert ben.send("/team", "role", member=person, role="owner").status_code == 403  # nobody raises themselves
    asked = owner.send("/team", "remove", member=person)
    assert "Take Ben Example out of the team?" in asked.text
    assert members(house, owner_key(house))["Ben Example"]["role"] == "admin"
    assert "Ben Example" not in owner.send("/team", "remove-sure", member=person).text
    assert "Sign in" in ben.open("/team").text
    assert owner.send("/team", "remove", member=person).status_code == 409


def test_of_another_team_nothing_is_seen_or_changed(house: Neighbourhood, owner: Host) -> None:
    deps, theirs = house.house.wired.deps, "t-fedcba987654321001234567"
    person = welcome(deps, theirs, "notion:somebody", "Somebody Else", founds=True)
    (member,) = members_of(deps, theirs).people
    name, link = invite(deps, theirs, Whom("gus@example.test", "mail:x"), "owner", "Somebody Else", member)
    shown = owner.open("/team").text
    assert not any(each in shown for each in (person.name, "gus@example.test"))
    for act, fields in (
        ("role", {"member": member, "role": "viewer"}), ("remove", {"member": member}),
        ("remove-sure", {"member": member}), ("resend", {"invitation": name}), ("revoke", {"invitation": name}),
    ):  # fmt: skip
        assert owner.send("/team", act, **fields).status_code in (404, 409), act
    assert members_of(deps, theirs).role_of(member) == "owner"
    assert owner.open(urlsplit(link).path).status_code == 200


@pytest.mark.parametrize("path", ["/team", "/told"])
def test_a_form_counts_from_our_own_page_alone(owner: Host, path: str) -> None:
    act, fields = ("invite", {"address": "h@example.test"}) if path == "/team" else ("address", {"address": "h@e.test"})
    assert owner.send(path, act, mark="0" * 64, **fields).status_code == 403
    assert owner.send(path, act, site="same-site", **fields).status_code == 403
    assert "h@e" not in owner.open(path).text


def test_a_sign_in_of_long_ago_changes_nobody(house: Neighbourhood, owner: Host) -> None:
    owner.grow_old()
    shown = owner.open("/team").text
    assert "Show once more that it is you" in shown
    assert 'name="act"' not in shown
    assert "Ida" not in members(house, owner_key(house))
    answer = owner.send("/team", "invite", address="ida@example.test")
    assert urlsplit(answer.url).path == "/sign-in"
    assert not any("invites you" in each for each in owner.mails("ida@example.test"))


def test_how_one_is_told_is_chosen_and_tried(house: Neighbourhood, owner: Host) -> None:
    shown = owner.send("/told", "address", address="ada.told@example.test").text
    assert "A link was sent to ada.told@example.test" in shown
    path = owner.receive("ada.told@example.test")
    assert owner.post(path, decision="confirm").status_code == 200
    assert "Mail: to ada.told@example.test" in owner.open("/told").text
    sent = owner.send("/told", "test", channel="email")
    query = f"/told?{urlsplit(sent.url).query}"
    assert "?test=test-" in query
    house.wait("the test message", lambda: "on its way" not in owner.open(query).text)
    assert "The last test message" in owner.open("/told").text
    assert any("There is nothing you need to do" in each for each in owner.mails("ada.told@example.test"))
    assert "Tell me by mail" in owner.send("/told", "off", channel="email").text
    refused = owner.send("/told", "test", channel="email")
    assert (refused.status_code, "they are not told by email" in refused.text) == (409, True)
    assert "Send a test message" in owner.send("/told", "on", channel="email").text


def test_from_the_set_up_one_comes_back_to_it(owner: Host) -> None:
    made = owner.send("/team", "invite", address="joy@example.test", back="/setup")
    assert 'href="/setup"' in made.text
    assert urlsplit(owner.send("/told", "off", channel="email", back="/setup").url).path == "/setup"
    assert owner.send("/told", "off", channel="email", back="//evil.example").status_code == 400
