"""Somebody is invited by mail or as a person of Notion, opens the link, shows who they are, presses, and is in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests

from shared.app.approval.approvals import approval_token
from shared.app.engine.deps import Deps
from shared.app.people.membership import welcome
from shared.core.people.members import person_id
from shared.core.run.events import RunOpened
from shared.core.run.reducer import reduce
from shared.core.run.run import Limits, StepSpec, Trigger, WaitKind
from shared.ports import Commit
from tests.functions.people.conftest import BEN, CLEO
from tests.functions.people.test_mail_link import Reader
from tests.functions.people.test_signing_in import Terminal, ask, members, owner_key
from tests.support.rigs.house import Neighbourhood

pytestmark = pytest.mark.xdist_group("signing_in")


class Guest(Reader):
    """A browser of somebody who is invited."""

    def accept(self, page: requests.Response, **changed: str | None) -> requests.Response:
        (mark,) = re.findall(r'name="form" value="([0-9a-f]*)"', page.text)
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.url, "form": mark, **changed}
        data = {"decision": "accept", "form": headers.pop("form")}
        sent = {name: value for name, value in headers.items() if value is not None}
        return self.http.post(page.url, data=data, headers=sent, timeout=20)

    def receive_invitation(self, address: str) -> str:
        self.house.wait("the invitation", lambda: any("invites you" in each for each in self.mails(address)))
        (text,) = [each for each in self.mails(address) if "invites you" in each]
        (link,) = re.findall(r"https?://\S+/invitations/\S+", text)
        return urlsplit(link).path

    def sign_in_by_mail(self, address: str, target: str) -> requests.Response:
        count = len([each for each in self.mails(address) if "/sign-in/mail/" in each])
        self.ask(address, target)
        self.house.wait("the link", lambda: len([m for m in self.mails(address) if "/sign-in/mail/" in m]) > count)
        (link,) = re.findall(r"https?://\S+", [m for m in self.mails(address) if "/sign-in/mail/" in m][-1])
        return self.open(self.press_link(urlsplit(link).path).headers["Location"])


def _send(house: Neighbourhood, body: Mapping[str, str], key: str = "") -> dict[str, Any]:
    made = ask(house, key or owner_key(house), "POST", "/v1/invitations", json=body)
    assert made.status_code == 201, made.text
    return dict(made.json())


def test_an_address_is_invited_and_who_proves_it_is_in_and_who_proves_another_asks(house: Neighbourhood) -> None:
    sent = _send(house, {"address": "Gil@Example.test", "role": "admin"})
    guest, other = Guest(house), Guest(house)
    path = guest.receive_invitation("gil@example.test")
    assert sent["link"].endswith(path)
    page = guest.open(path)
    assert ("invites gil@example.test" in page.text, "Sign in to accept" in page.text) == (True, True)
    shown = other.sign_in_by_mail("mallory@example.test", path)
    assert urlsplit(shown.url).path == path
    assert "Join the team" not in shown.text
    refused = other.accept(shown)
    assert "The team was asked" in refused.text
    mallory = members(house, owner_key(house))["mallory"]
    assert (mallory["role"], mallory["note"]) == ("", "came with the invitation of gil@example.test")
    page = guest.sign_in_by_mail("gil@example.test", path)
    assert "Join the team" in page.text
    for changed in (
        {"form": "0" * 64},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": None},
    ):
        assert guest.accept(page, **changed).status_code == 403, changed
    done = guest.accept(page)
    assert (urlsplit(done.url).path, "admin of Demo" in done.text) == ("/account", True)
    assert guest.open(path).status_code == 409
    assert members(house, owner_key(house))["gil"]["role"] == "admin"
    entries = ask(house, owner_key(house), "GET", "/v1/audit?limit=500").json()["entries"]
    (entry,) = [each for each in entries if each["what"] == "InvitationAccepted"]
    assert (entry["by"], sent["id"] in entry["about"], entry["address"]) == ("gil", True, "127.0.0.1")
    assert path.rpartition(".")[2] not in json.dumps(entries)


def test_who_is_signed_in_as_another_shows_the_address_too_and_joins_as_who_is_meant(house: Neighbourhood) -> None:
    """An owner of Demo opens an invitation of Demo for another address of theirs."""
    sent, guest = _send(house, {"address": "work@example.test", "role": "viewer"}), Guest(house)
    path = urlsplit(sent["link"]).path
    page = guest.sign_in(path)
    (way,) = re.findall(r'href="(/sign-in[?]next=[^"]+)"', page.text)
    assert ("Ask to join" in page.text, unquote(way).endswith(path)) == (True, True)
    assert guest.accept(page).status_code == 409  # in the team already
    page = guest.sign_in_by_mail("work@example.test", path)
    assert "viewer of Demo" in guest.accept(page).text


def test_a_person_of_notion_is_invited_and_is_in_once_they_have_signed_in_there(
    house: Neighbourhood, as_person: Callable[[str], None]
) -> None:
    people = ask(house, owner_key(house), "GET", "/v1/notion-people").json()["people"]
    ben = next(each for each in people if each["name"] == BEN["name"])
    sent = _send(house, {"notion": ben["id"], "role": "viewer"})
    path = urlsplit(sent["link"]).path
    as_person(CLEO["email"])
    cleo = Guest(house)
    assert "The team was asked" in cleo.accept(cleo.sign_in(path)).text
    as_person(BEN["email"])
    guest = Guest(house)
    page = guest.sign_in(path)
    assert urlsplit(page.url).path.startswith(f"{path}/")
    assert Guest(house).open(urlsplit(page.url).path).status_code == 401  # in another browser
    assert cleo.open(urlsplit(page.url).path).status_code == 401
    assert "viewer of Demo" in guest.accept(page).text
    assert members(house, owner_key(house))[BEN["name"]]["role"] == "viewer"
    again = ask(house, owner_key(house), "POST", "/v1/invitations", json={"notion": ben["id"], "role": "viewer"})
    assert (again.status_code, "already" in again.json()["detail"]) == (409, True)


def test_a_body_cannot_widen_the_role_and_bad_ones_are_named(
    house: Neighbourhood, as_person: Callable[[str], None]
) -> None:
    admin = _admin(house, as_person)
    for body, status in (
        ({"address": "x@example.test", "role": "owner"}, 403),
        ({"address": "x@example.test", "role": "owner", "maker": "p-1"}, 400),
        ({"address": "x@example.test", "role": "viewer", "by": "Ada"}, 400),
        ({"address": "x@example.test", "role": ["viewer"]}, 400),
        ({"address": "x@example.test"}, 400),
        ({"address": "x", "role": "viewer"}, 400),
        ({"role": "viewer"}, 400),
        ({"address": "x@example.test", "notion": "0" * 32, "role": "viewer"}, 400),
        ({"notion": "0" * 32, "role": "viewer"}, 404),
    ):
        assert ask(house, admin, "POST", "/v1/invitations", json=body).status_code == status, body
    sent = _send(house, {"address": "boss@example.test", "role": "owner"})
    for method, path in (("POST", f"/v1/invitations/{sent['id']}/resend"), ("DELETE", f"/v1/invitations/{sent['id']}")):
        assert ask(house, admin, method, path).status_code == 403


def _admin(house: Neighbourhood, as_person: Callable[[str], None]) -> str:
    """Return the key of an admin, Cleo."""
    as_person(CLEO["email"])
    Terminal(house).open(Terminal(house).begin()["open"])
    owner = owner_key(house)
    cleo = members(house, owner)[CLEO["name"]]["id"]
    assert ask(house, owner, "POST", f"/v1/members/{cleo}", json={"role": "admin"}).status_code == 200
    return Terminal(house).sign_in()


def test_the_terminal_shows_the_team_invites_and_makes_keys(house: Neighbourhood, tmp_path: Path) -> None:
    (tmp_path / "owner.key").write_text(owner_key(house))
    (tmp_path / "house.json").write_text(json.dumps({"url": house.house.url}))

    def run(*words: str) -> str:
        whole = [sys.executable, "-m", "shared", *words, "--data", str(tmp_path)]
        done = subprocess.run(whole, capture_output=True, text=True, check=False, timeout=30)
        return done.stdout + done.stderr

    made = run("invite", "hana@example.test", "--role", "viewer")
    assert "Invited hana@example.test as viewer until " in made
    (name,) = re.findall(r"inv-[0-9a-f]{24}", made.splitlines()[0])
    (first,) = re.findall(r"http\S+", made)
    (second,) = re.findall(r"http\S+", run("invite", "--again", name))
    assert [requests.get(each, timeout=10).status_code for each in (first, second)] == [409, 200]
    assert BEN["name"] in run("invite", "--people")
    assert "nobody is called 'Nobody' in Notion" in run("invite", "--notion", "Nobody")
    accounts = run("keys", "accounts", "--add", "Deployer", "--role", "member", "--scope", "read")
    (account,) = re.findall(r"sa-[0-9a-f]{12}", accounts)
    (key,) = re.findall(r"ww_\S+", run("keys", "make", "nightly", "--account", account, "--days", "9"))
    assert ask(house, key, "GET", "/v1/whoami").json()["scopes"] == ["read"]
    shown = run("team")
    for words in ("Demo", "People:", "hana@example.test", "Deployer", "nightly (sa-"):
        assert words in shown
    (rotated,) = re.findall(r"ww_\S+", run("keys", "rotate", key.split(".")[1]))
    assert "Revoked" in run("keys", "revoke", key.split(".")[1])
    assert [ask(house, each, "GET", "/v1/whoami").status_code for each in (key, rotated)] == [401, 200]
    assert "Revoked the one for hana@example.test" in run("invite", "--revoke", name)
    assert requests.get(second, timeout=10).status_code == 409


def _wait_for_approval(deps: Deps, tenant: str, name: str, by: str) -> None:
    """Store a run that waits for its approval; nothing else is done with it."""
    gate = StepSpec("approve", "approval.ask", "Approve", lane="", gate=WaitKind.APPROVAL)
    opened = RunOpened(deps.clock.now(), tenant, name, Trigger("page", name, f"Site of {by}", by), Limits(), (gate,))
    run, _ = reduce(None, opened)
    deps.store.commit(Commit(run, (opened,), (), "", f"{name}.0"))


def test_what_waited_for_who_has_left_is_told_to_the_owners_alone_and_with_its_links(house: Neighbourhood) -> None:
    deps, tenant, owner = house.house.wired.deps, house.home.tenant, owner_key(house)
    ids = {}
    for name in ("Ida Example", "Jon Example"):
        identity = f"notion:{name}"
        ids[name] = person_id(identity)
        welcome(deps, tenant, identity, name, founds=False)
        assert ask(house, owner, "POST", f"/v1/members/{ids[name]}", json={"role": "member"}).status_code == 200
    _wait_for_approval(deps, tenant, "run-ida", "Ida Example")
    loaded = deps.store.load_run(tenant, "run-ida")
    assert loaded is not None
    theirs = f"/approvals/{approval_token(deps, loaded.run, ids['Ida Example'])}"
    holder = Guest(house)
    assert holder.open(theirs).status_code == 200
    for name, person in ids.items():
        assert ask(house, owner, "DELETE", f"/v1/members/{person}").json() == {"removed": person}, name

    def told() -> list[dict[str, Any]]:
        return [mail for mail in house.look("ses", "/_outbox") if "What waited for" in mail["subject"]]

    house.wait("the owners' mail", lambda: told() != [])
    house.calm()
    (mail,) = told()  # nothing waited for Jon
    assert (mail["subject"], mail["to"]) == ("What waited for Ida Example waits for you", ["ada@example.test"])
    (link,) = re.findall(r"https?://\S+/approvals/\S+", mail["text"])
    for pressed in (
        holder.post(theirs, decision="approve", reason=""),
        Guest(house).post(urlsplit(link).path, decision="approve", reason=""),
    ):
        assert pressed.status_code == 403, pressed.text  # who has left is nobody, and the owners' is pressed signed in
    ada = Guest(house)
    ada.sign_in()
    assert ada.post(urlsplit(link).path, decision="deny", reason="").status_code == 200
    entries = ask(house, owner, "GET", "/v1/audit?limit=500").json()["entries"]
    (out,) = [each for each in entries if each["what"] == "MemberOut" and ids["Ida Example"] in each["about"]]
    assert (out["by"], out["address"], out["key"]) == ("a program's", "127.0.0.1", owner.split(".")[1])
    assert (out["before"], out["after"]) == ({"role": "member"}, {"role": ""})
