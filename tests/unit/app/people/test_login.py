"""A terminal's sign-in: what a browser has proven counts for ten minutes, for a member, and opens one key once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.app.api.keys import PEPPER, caller_of
from shared.app.connections.connect_tickets import STATE_KEY
from shared.app.people.login import (
    Proven,
    agree,
    code_of,
    login_token,
    read_login_token,
    trade_secret,
)
from shared.app.people.membership import give_role, take_out, welcome
from shared.core.errors import BadSignature, Conflicting
from shared.core.people.logins import LOGINS
from shared.core.people.members import person_id
from shared.ports import SYSTEM, Secret
from tests.support.rigs.small_house import TENANT, SmallHouse

ADA, BEN = "notion:u-ada", "notion:u-ben"
KNOWN = bytes(range(32))
DIGEST = hashlib.sha256(KNOWN).hexdigest()
PROVEN = Proven(TENANT, person_id(ADA), DIGEST)


@pytest.fixture
def team(house: Callable[..., SmallHouse]) -> SmallHouse:
    made = house()
    for name in (PEPPER, STATE_KEY):
        made.secrets.set(name, Secret(f"{name} of the tests"))
    welcome(made.deps, TENANT, ADA, "Ada", founds=True)
    return made


def test_what_a_browser_has_proven_counts_for_ten_minutes(team: SmallHouse) -> None:
    token = login_token(team.deps, PROVEN)
    team.clock.move(minutes=9, seconds=59)
    assert read_login_token(team.deps, token) == PROVEN
    team.clock.move(seconds=1)
    with pytest.raises(Conflicting, match="has expired"):
        read_login_token(team.deps, token)


def test_a_token_under_another_key_is_none_of_ours(team: SmallHouse) -> None:
    token = login_token(team.deps, PROVEN)
    team.secrets.set(STATE_KEY, Secret("another word"))
    with pytest.raises(BadSignature):
        read_login_token(team.deps, token)


def test_who_agreed_and_waited_too_long_has_to_begin_again(team: SmallHouse) -> None:
    agree(team.deps, PROVEN)
    team.clock.move(minutes=10, seconds=1)
    with pytest.raises(Conflicting, match="has expired"):
        trade_secret(team.deps, KNOWN.hex(), "late")
    assert trade_secret(team.deps, KNOWN.hex(), "late") is None
    assert team.deps.store.list_docs(TENANT, "api_keys") == []


def test_the_secret_opens_one_key_in_the_persons_name(team: SmallHouse) -> None:
    agree(team.deps, PROVEN)
    agree(team.deps, PROVEN)  # pressed twice
    assert trade_secret(team.deps, DIGEST, "who knows the hash alone") is None
    traded = trade_secret(team.deps, KNOWN.hex(), "terminal")
    assert traded is not None
    who = caller_of(team.deps, f"Bearer {traded['key']}")
    assert (who.tenant, who.role, who.name, who.person) == (TENANT, "owner", "Ada", person_id(ADA))
    assert traded["until"] == (team.clock.now() + timedelta(days=30)).isoformat()
    assert trade_secret(team.deps, KNOWN.hex(), "again") is None


def test_who_asks_to_join_or_has_left_agrees_to_nothing(team: SmallHouse) -> None:
    welcome(team.deps, TENANT, BEN, "Ben", founds=False)
    ben = Proven(TENANT, person_id(BEN), DIGEST)
    with pytest.raises(Conflicting, match="not in this team, or not yet"):
        agree(team.deps, ben)
    give_role(team.deps, TENANT, ben.person, "member", "Ada")
    agree(team.deps, ben)
    take_out(team.deps, TENANT, ben.person, "Ada")
    with pytest.raises(Conflicting, match="not in this team"):
        trade_secret(team.deps, KNOWN.hex(), "too late")
    assert team.deps.store.list_docs(TENANT, "api_keys") == []


def test_sign_ins_that_nobody_used_are_forgotten(team: SmallHouse) -> None:
    for _ in range(3):
        agree(team.deps, Proven(TENANT, person_id(ADA), secrets.token_hex(32)))
    team.clock.move(minutes=11)
    agree(team.deps, PROVEN)
    assert [doc.id for doc in team.deps.store.list_docs(SYSTEM, LOGINS)] == [DIGEST]


def test_the_code_follows_from_the_hash_alone() -> None:
    # computed by itself: base 20 of the first 16 bytes, the lowest place first
    number = int.from_bytes(hashlib.sha256(b"login-code:" + DIGEST.encode()).digest()[:16], "big")
    signs = "".join("BCDFGHJKLMNPQRSTVWXZ"[number // 20**place % 20] for place in range(8))
    assert code_of(DIGEST) == f"{signs[:4]}-{signs[4:]}"
    assert len({code_of(secrets.token_hex(32)) for _ in range(500)}) == 500
