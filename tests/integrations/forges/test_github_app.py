"""Tokens of a GitHub App: for one repository, kept within one tenant, renewed in time, lost where access is lost."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.auth import jwt

from shared.app.connections.connections import connect_installation
from shared.app.connections.revoke import revoke_grant
from shared.app.intake.accept_forge_delivery import note_installation
from shared.core.documents.grant import Grant
from shared.core.errors import Conflicting, Missing, NotAllowed, Rejected, Unauthorized
from shared.integrations.forge import Author
from shared.integrations.github.app import ID, KEY
from shared.integrations.github.app_claim import claim
from shared.integrations.github.client import GitHub
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Put, Secret
from tests.integrations.conftest import Served
from tests.support.descriptions.github_description import of_exchange
from tests.support.rigs.small_house import TENANT, SmallHouse

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
WORD = "word-of-" + "ada"
AUTHOR = Author("Workwright", "agent@example.test")


@pytest.fixture
def sim(served: Callable[[Any], Served], tmp_path: Path) -> Served:
    started = served(GitHubSimulator(tmp_path / "github"))
    app = {"app_id": 7, "installation_id": 42, "org": "acme", "login": "ada", "public_key": PUBLIC}
    started.control(
        "/_seed", [{"login": "ada", "token": WORD, "org": "acme"}, app | {"repositories": ["shop", "club"]}]
    )
    person = GitHub(started.http("github", WORD))
    for name in ("shop", "club", "private"):
        person.ensure_repository("acme", name)
    return started


@pytest.fixture
def asked() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def house(sim: Served, tmp_path: Path, asked: list[dict[str, Any]]) -> Any:
    made = SmallHouse(tmp_path / "house", endpoints={"github": sim.url})
    made.accounts.trace = asked.append
    made.secrets.set(ID, Secret("7"))
    made.secrets.set(KEY, Secret(PEM))
    install(made, TENANT)
    same_time(made, sim)
    yield made
    made.close()
    assert [problem for exchange in asked for problem in of_exchange(exchange)] == []


def same_time(house: SmallHouse, sim: Served) -> None:
    sim.control("/_clock", {"offset_s": (house.clock.now() - datetime.now(UTC)).total_seconds()})


def install(house: SmallHouse, tenant: str, installation: int = 42) -> None:
    house.accounts.keep(tenant, "github", GrantTokens(Secret("app"), None, {}), {"installation": installation})


def minted(asked: list[dict[str, Any]]) -> list[Any]:
    return [each["body"] for each in asked if each["url"].endswith("/access_tokens") and each["status"] == 201]


def github(house: SmallHouse, scope: str = "acme/shop", tenant: str = TENANT) -> GitHub:
    return house.accounts.connect_for(tenant)(GitHub, scope=scope)


def test_the_claim_is_one_that_another_library_accepts() -> None:
    now = datetime.now(UTC)
    token = claim("7", Secret(PEM), now).reveal()
    said = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (said["iat"], said["iss"]) == (int(now.timestamp()) - 60, "7")
    assert 0 < said["exp"] - now.timestamp() <= 600
    # google-auth asks for an audience only where one is given, and checks the signature and both times
    read = jwt.decode(token, certs=PUBLIC, clock_skew_in_seconds=0)  # type: ignore[no-untyped-call]
    assert read["iss"] == "7"


def test_a_token_reaches_its_repository_and_may_do_no_more_than_is_needed(
    house: SmallHouse, asked: list[dict[str, Any]]
) -> None:
    client = github(house)
    base = client.head("acme", "shop", "main")
    (wanted,) = minted(asked)
    assert wanted["repositories"] == ["shop"]
    assert wanted["permissions"] == {
        "contents": "write", "pull_requests": "write", "issues": "write", "checks": "read", "statuses": "read",
        "metadata": "read",
    }  # fmt: skip
    with pytest.raises(Exception, match="404"):
        client.head("acme", "club", "main")
    files: dict[str, Any] = {"base": base, "branch": "workwright/x", "expected_head": "", "message": "m"}
    files |= {"author": AUTHOR, "date": datetime(2026, 1, 1, tzinfo=UTC)}
    with pytest.raises(Rejected, match="not accessible by integration"):
        client.commit("acme", "shop", **files, files={".github/workflows/ci.yml": b"on: push"})
    assert client.commit("acme", "shop", **files, files={"a.txt": b"a"})
    with pytest.raises(NotAllowed, match="installation"):
        github(house, "acme/private").repository("acme", "private")
    with pytest.raises(NotAllowed, match="cannot create it"):
        github(house, "").ensure_repository("acme", "new")


def test_logs_are_read_where_the_app_has_been_given_that(
    house: SmallHouse, sim: Served, asked: list[dict[str, Any]]
) -> None:
    for scope in ("acme/shop", "acme/club"):
        github(house, scope).repository("acme", scope[5:])
    refused = [each for each in asked if each["url"].endswith("/access_tokens") and each["status"] == 422]
    assert len(refused) == 1  # it is asked for once
    more = {"app_id": 7, "installation_id": 43, "org": "acme", "login": "ada", "public_key": PUBLIC}
    sim.control("/_seed", more | {"permissions": {"actions": "read"}})
    install(house, "t-2", 43)
    github(house, tenant="t-2").repository("acme", "shop")
    assert [each["permissions"].get("actions") for each in minted(asked)] == [None, None, "read"]


def test_a_token_is_kept_until_five_minutes_before_its_end(
    house: SmallHouse, sim: Served, asked: list[dict[str, Any]]
) -> None:
    def after(minutes: float) -> int:
        house.clock.move(seconds=minutes * 60)
        same_time(house, sim)
        github(house).repository("acme", "shop")
        return len(minted(asked))

    assert [after(0), after(54), after(0.5), after(1)] == [1, 1, 1, 2]


def test_tokens_are_kept_apart_by_tenant_and_repository(house: SmallHouse, asked: list[dict[str, Any]]) -> None:
    install(house, "t-2")
    github(house).repository("acme", "shop")
    github(house).repository("acme", "shop")
    assert len(minted(asked)) == 1
    github(house, "acme/club").repository("acme", "club")
    github(house, tenant="t-2").repository("acme", "shop")
    assert [each["repositories"] for each in minted(asked)] == [["shop"], ["club"], ["shop"]]
    mine, theirs = set(house.accounts.list_held_tokens(TENANT)), set(house.accounts.list_held_tokens("t-2"))
    assert (len(mine), len(theirs), mine & theirs) == (2, 1, set())


def test_a_refused_token_is_asked_for_anew_once(house: SmallHouse, sim: Served, asked: list[dict[str, Any]]) -> None:
    github(house).repository("acme", "shop")
    sim.fault(status=401)
    assert github(house).repository("acme", "shop").name == "shop"
    assert len(minted(asked)) == 2
    sim.fault(status=401, path="/repos/*", times=2)
    with pytest.raises(Unauthorized):
        github(house).repository("acme", "shop")
    assert "github" not in house.accounts.systems(TENANT)["connected"]


def test_an_app_that_was_taken_out_is_a_lost_grant(house: SmallHouse) -> None:
    install(house, TENANT, 43)
    with pytest.raises(Unauthorized, match="no longer installed"):
        github(house).repository("acme", "shop")
    assert house.accounts.systems(TENANT)["connected"] == []


def test_a_wrong_key_of_the_operator_is_not_the_tenants_fault(house: SmallHouse) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    house.secrets.set(KEY, Secret(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()))
    with pytest.raises(Rejected, match=KEY):
        github(house).repository("acme", "shop")
    house.secrets.set(KEY, Secret("no key at all"))
    with pytest.raises(Rejected, match="PEM"):
        github(house).repository("acme", "shop")
    assert house.accounts.systems(TENANT)["connected"] == ["github"]


def test_a_personal_token_is_used_as_it_is(house: SmallHouse, asked: list[dict[str, Any]]) -> None:
    house.connect("github", WORD)
    assert github(house).ensure_repository("acme", "new").name == "new"
    assert minted(asked) == []


def test_an_installation_is_connected_by_whoever_rules_its_account(house: SmallHouse, sim: Served) -> None:
    member, stranger = "word-of-" + "member", "word-of-" + "stranger"
    people = [
        {"login": "mo", "token": member, "org": "acme", "role": "member"},
        {"login": "stranger", "token": stranger},
    ]
    sim.control("/_seed", people)
    for word in (member, stranger):
        with pytest.raises(Conflicting, match="does not administer"):
            connect_installation(house.deps, house.accounts, "t-9", 42, Secret(word))
    with pytest.raises(Conflicting, match="cannot be connected"):
        connect_installation(house.deps, house.accounts, "t-9", 43, Secret(WORD))
    assert house.accounts.systems("t-9")["connected"] == []
    found = connect_installation(house.deps, house.accounts, "t-9", 42, Secret(WORD))
    assert found == {"system": "github", "connected": True, "as": "acme (app)"}
    assert github(house, tenant="t-9").repository("acme", "shop").name == "shop"
    kept = house.store.get("t-9", "grants", "github")
    assert kept is not None
    assert house.secrets.open("t-9", "github.access", kept.body["access"]) != Secret(WORD)  # it was only shown


def test_the_app_is_uninstalled_for_the_last_team_of_an_account(house: SmallHouse, sim: Served) -> None:
    grant = Grant(public={"installation": 42})
    for tenant in (TENANT, "t-9"):
        note_installation(house.deps, tenant, 42)
    assert "another team" in revoke_grant(house.deps, house.accounts, TENANT, "github", grant)
    assert house.accounts.app_tokens.account(42) == "acme"
    house.store.put(SYSTEM, Put("installations", "github-42", {"tenants": [TENANT]}))
    assert revoke_grant(house.deps, house.accounts, TENANT, "github", grant) == ""
    with pytest.raises(Missing):
        house.accounts.app_tokens.account(42)
    assert revoke_grant(house.deps, house.accounts, TENANT, "github", grant) == "", "once more is no matter"
