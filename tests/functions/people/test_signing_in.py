"""Who connects a workspace owns its team; colleagues ask, are let in, sign in from a terminal, and are taken out."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from shared.app.api.keys import create_key
from shared.core.people.members import person_id
from shared.ports import SYSTEM
from tests.functions.people.conftest import BEN, CLEO
from tests.support.rigs.house import Neighbourhood

pytestmark = pytest.mark.xdist_group("signing_in")


class Terminal:
    """A terminal that signs in, with a browser beside it; both speak HTTP alone."""

    def __init__(self, house: Neighbourhood) -> None:
        self.url = house.house.url
        self.secret = secrets.token_bytes(32)
        self.browser = requests.Session()

    def begin(self) -> dict[str, Any]:
        body = {"digest": hashlib.sha256(self.secret).hexdigest()}
        begun: dict[str, Any] = requests.post(f"{self.url}/v1/login", json=body, timeout=10).json()
        return begun

    def open(self, address: str) -> requests.Response:
        """Open what the terminal showed, and go with Notion wherever that leads, as a browser does."""
        page = self.browser.get(address, timeout=20, headers={"Accept": "text/html"})
        ways = re.findall(r'href="([^"]+login=[0-9a-f]{64})"', page.text)
        return self.browser.get(unescape(ways[0]), timeout=20, headers={"Accept": "text/html"}) if ways else page

    def press(self, page: requests.Response, **headers: str) -> requests.Response:
        """Press the button on that page."""
        here = urlsplit(page.url)
        sent = {"Sec-Fetch-Site": "same-origin", "Origin": f"{here.scheme}://{here.netloc}", **headers}
        return self.browser.post(page.url, data={"decision": "agree"}, headers=sent, timeout=10)

    def trade(self, **changed: str) -> requests.Response:
        body = {"secret": self.secret.hex(), "device": "terminal of the test", **changed}
        return requests.post(f"{self.url}/v1/login/key", json=body, timeout=10)

    def sign_in(self) -> str:
        """Go all the way; return the key."""
        page = self.open(self.begin()["open"])
        assert self.press(page).status_code == 200, page.text
        traded = self.trade().json()
        assert traded["state"] == "done"
        return str(traded["key"])


def ask(house: Neighbourhood, key: str, method: str, path: str, **given: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return requests.request(method, house.house.url + path, headers=headers, timeout=10, **given)


def members(house: Neighbourhood, key: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in ask(house, key, "GET", "/v1/members").json()["members"]}


def owner_key(house: Neighbourhood) -> str:
    return create_key(house.house.wired.deps, house.home.tenant, "owner", "a program's")


def mails(house: Neighbourhood) -> list[dict[str, Any]]:
    return [mail for mail in house.look("ses", "/_outbox") if "Ben Example asks to join" in mail["subject"]]


def revoked(house: Neighbourhood) -> int:
    return sum(each["path"] == "/v1/oauth/revoke" for each in house.look("notion", "/_journal"))


def let_in(house: Neighbourhood, name: str, role: str = "member") -> str:
    """Let somebody in who has asked; return their id."""
    key = owner_key(house)
    person = str(members(house, key)[name]["id"])
    assert ask(house, key, "POST", f"/v1/members/{person}", json={"role": role}).status_code == 200
    return person


def test_who_connected_the_workspace_owns_its_team_and_signs_in(house: Neighbourhood) -> None:
    key = Terminal(house).sign_in()
    who = ask(house, key, "GET", "/v1/whoami").json()
    assert (who["tenant"], who["role"], who["team"]) == (house.home.tenant, "owner", "Demo")
    assert who["person"] == person_id(f"notion:{house.home.person}")
    assert members(house, key)[who["name"]]["you"] is True


def test_a_colleague_asks_gets_nothing_and_is_let_in(house: Neighbourhood, as_person: Callable[[str], None]) -> None:
    deps, tenant = house.house.wired.deps, house.home.tenant
    grant, bots = deps.store.get(tenant, "grants", "notion"), len(deps.store.list_docs(SYSTEM, "bots"))
    as_person(BEN["email"])
    before = revoked(house)
    terminal = Terminal(house)
    page = terminal.open(terminal.begin()["open"])
    assert urlsplit(page.url).path == "/asked"
    assert terminal.trade().json() == {"state": "waiting"}
    after = deps.store.get(tenant, "grants", "notion")
    assert (after, len(deps.store.list_docs(SYSTEM, "bots"))) == (grant, bots)
    assert revoked(house) == before + 1  # what Ben gave is given back: his team's grant is enough
    terminal.open(terminal.begin()["open"])  # who asks twice has asked once
    house.wait("the owners' mail", lambda: mails(house) != [])
    house.calm()
    (mail,) = mails(house)
    assert mail["to"] == ["ada@example.test"]
    shown = members(house, owner_key(house))["Ben Example"]
    assert f"workwright members --set {shown['id']} member" in mail["text"]
    assert (shown["role"], shown["asks"]) == ("", True)
    person = let_in(house, "Ben Example")
    key = Terminal(house).sign_in()
    who = ask(house, key, "GET", "/v1/whoami").json()
    assert (who["person"], who["role"], who["tenant"]) == (person, "member", tenant)
    assert ask(house, key, "GET", "/v1/audit").status_code == 403


def test_a_key_follows_its_persons_role_and_ends_with_them(
    house: Neighbourhood, as_person: Callable[[str], None]
) -> None:
    as_person(CLEO["email"])
    terminal = Terminal(house)
    terminal.open(terminal.begin()["open"])
    person = let_in(house, "Cleo Example", "admin")
    key, owner = Terminal(house).sign_in(), owner_key(house)
    assert ask(house, key, "GET", "/v1/audit").status_code == 200
    ask(house, owner, "POST", f"/v1/members/{person}", json={"role": "viewer"})
    assert ask(house, key, "GET", "/v1/audit").status_code == 403
    ask(house, owner, "POST", f"/v1/members/{person}", json={"role": "owner"})
    assert ask(house, key, "GET", "/v1/whoami").json()["role"] == "admin"  # never more than the key was made for
    assert ask(house, owner, "DELETE", f"/v1/members/{person}").status_code == 200
    assert ask(house, key, "GET", "/v1/whoami").status_code == 401
    entries = ask(house, owner, "GET", "/v1/audit?limit=500").json()["entries"]
    told = [(each["what"], each["by"], each["about"]) for each in entries if person in each.get("about", "")]
    assert told == [
        ("AskedToJoin", "Cleo Example", person),
        ("RoleGiven", "a program's", f"Cleo Example ({person}): asked to join → admin"),
        ("SignedIn", "Cleo Example", f"{person}, terminal of the test"),
        ("RoleGiven", "a program's", f"Cleo Example ({person}): admin → viewer"),
        ("RoleGiven", "a program's", f"Cleo Example ({person}): viewer → owner"),
        ("MemberOut", "a program's", f"Cleo Example ({person}), owner"),
    ]
    assert ask(house, owner, "GET", "/v1/audit/verify").json()["whole"] is True
    listed = ask(house, owner, "GET", "/v1/keys").json()["keys"]
    assert [each["revoked_at"] is not None for each in listed if each["person"] == person] == [True]


def test_nobody_gives_or_takes_more_than_they_have(house: Neighbourhood, as_person: Callable[[str], None]) -> None:
    founder = Terminal(house).sign_in()
    first = ask(house, founder, "GET", "/v1/whoami").json()["person"]
    as_person(CLEO["email"])
    terminal = Terminal(house)
    terminal.open(terminal.begin()["open"])
    person = let_in(house, "Cleo Example", "admin")
    admin = Terminal(house).sign_in()
    for method, path, given in (
        ("POST", f"/v1/members/{person}", {"json": {"role": "owner"}}),
        ("POST", f"/v1/members/{first}", {"json": {"role": "viewer"}}),
        ("DELETE", f"/v1/members/{first}", {}),
    ):
        assert ask(house, admin, method, path, **given).status_code == 403, (method, path)
    last = ask(house, founder, "DELETE", f"/v1/members/{first}")
    assert (last.status_code, "last owner" in last.json()["detail"]) == (409, True)
    assert ask(house, founder, "POST", f"/v1/members/{first}", json={"role": "admin"}).status_code == 409
    assert ask(house, owner_key(house), "POST", "/v1/leave").status_code == 409  # a program's key is nobody's
    assert ask(house, founder, "POST", "/v1/leave").status_code == 409
    assert ask(house, admin, "POST", "/v1/leave").json() == {"removed": person}
    assert ask(house, admin, "GET", "/v1/whoami").status_code == 401


def test_a_link_signs_nobody_in_until_a_person_presses_and_then_once(house: Neighbourhood) -> None:
    terminal = Terminal(house)
    begun = terminal.begin()
    page = terminal.open(begun["open"])
    assert urlsplit(page.url).path.startswith("/login/")
    assert re.findall(r"<strong>(.*?)</strong>", page.text) == [begun["code"]]
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", begun["code"])
    assert terminal.open(page.url).status_code == 200  # a scanner that opens it
    assert terminal.trade().json() == {"state": "waiting"}
    assert terminal.press(page, **{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}).status_code == 403
    assert terminal.trade().json() == {"state": "waiting"}
    assert terminal.press(page).status_code == 200
    assert terminal.trade(secret=secrets.token_hex(32)).json() == {"state": "waiting"}
    assert terminal.trade().json()["state"] == "done"
    assert terminal.trade().json() == {"state": "waiting"}


@pytest.mark.parametrize("change", ["first letter", "another person", "no signature", "nonsense"])
def test_a_forged_link_signs_nobody_in(house: Neighbourhood, change: str) -> None:
    terminal = Terminal(house)
    page = terminal.open(terminal.begin()["open"])
    base, _, token = page.url.rpartition("/")
    payload, _, mac = token.partition(".")
    forged = {
        "first letter": ("B" if payload[0] == "A" else "A") + payload[1:] + "." + mac,
        "another person": payload[::-1] + "." + mac,
        "no signature": payload,
        "nonsense": "%C3%A9.%C3%A9",
    }[change]
    assert terminal.open(f"{base}/{forged}").status_code == 401


@pytest.mark.parametrize("login", ["x", "A" * 64, "0" * 63, "0" * 64 + "1", "%0a" + "0" * 64])
def test_a_hash_that_is_none_begins_nothing(house: Neighbourhood, login: str) -> None:
    url = f"{house.house.functions['oauth-callback']}/start?provider=notion&login={login}"
    assert requests.get(url, allow_redirects=False, timeout=10).status_code == 400


def test_the_terminal_itself_signs_in_says_who_is_there_and_lists_the_team(
    house: Neighbourhood, as_person: Callable[[str], None], tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    command = [sys.executable, "-m", "shared"]
    with subprocess.Popen(
        [*command, "login", "--url", house.house.url, "--data", str(folder)], stdout=subprocess.PIPE, text=True
    ) as typed:
        assert typed.stdout is not None
        shown = [typed.stdout.readline().strip() for _ in range(3)]
        browser = Terminal(house)
        page = browser.open(shown[1])
        assert shown[2].rpartition(" ")[2] in page.text
        assert browser.press(page).status_code == 200
        last = typed.stdout.read()
        assert typed.wait(20) == 0
    assert re.match(r"Signed in as .+ \(owner\) until 20\d\d-\d\d-\d\d\.\nTry: workwright runs --data ", last)
    assert (folder / "owner.key").stat().st_mode & 0o777 == 0o600

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        whole = [*command, *words, "--data", str(folder)]
        return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=30)

    assert run("whoami").stdout.endswith(": owner of Demo\n")
    listed = json.loads(run("members", "--json").stdout)["members"]
    assert [each["role"] for each in listed if each["you"]] == ["owner"]
    refused = run("members", "--set", listed[0]["id"], "king")
    assert (refused.returncode, "is not a role; use one of owner, admin" in refused.stderr) == (2, True)
    as_person("dora@example.test")
    house.control("notion", "/_seed", {"workspace": "Demo", "people": [{"name": "Dora", "email": "dora@example.test"}]})
    other = Terminal(house)
    other.open(other.begin()["open"])
    assert "To let somebody in: workwright members --set p-" in run("members").stdout
    dora = next(each["id"] for each in json.loads(run("members", "--json").stdout)["members"] if each["asks"])
    assert f"{dora}  viewer" in run("members", "--set", dora, "viewer").stdout
    assert dora not in run("members", "--remove", dora).stdout


def test_no_key_goes_over_an_open_line_and_no_installations_folder_is_overwritten(
    house: Neighbourhood, tmp_path: Path
) -> None:
    def run(url: str, folder: Path) -> str:
        whole = [sys.executable, "-m", "shared", "login", "--url", url, "--data", str(folder)]
        done = subprocess.run(whole, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 2
        return done.stderr

    assert "must begin with https://" in run("http://workwright.example.com", tmp_path)
    assert "must begin with https://" in run("workwright.example.com", tmp_path)
    assert "name another one with --data" in run(house.house.url, house.house.data)
