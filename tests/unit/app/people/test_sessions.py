"""A session's ends, its renewal by use, and where a browser may be sent after signing in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.app.api.keys import PEPPER
from shared.app.people.login import Proven
from shared.app.people.membership import give_role, take_out, welcome
from shared.app.people.sessions import (
    Place,
    SignedIn,
    find_session,
    hand_over,
    hash_browser,
    list_sessions,
    take_over,
)
from shared.app.tenants.operator_secrets import change
from shared.core.errors import BadSignature, Conflicting
from shared.core.people.members import person_id
from shared.core.people.sessions import HOME, choose_target
from shared.ports import Secret
from tests.support.ports.dying import Died
from tests.support.rigs.small_house import TENANT, SmallHouse

ADA, BEN = "notion:u-ada", "notion:u-ben"
STATE_KEY = "oauth-state-key"


@pytest.fixture
def team(house: Callable[..., SmallHouse]) -> SmallHouse:
    made = house()
    for name in (PEPPER, STATE_KEY):
        made.secrets.set(name, Secret(f"{name} of the tests"))
    welcome(made.deps, TENANT, ADA, "Ada", founds=True)
    return made


def token(team: SmallHouse, who: str = ADA, kept: bool = False) -> str:
    return hand_over(team.deps, Proven(TENANT, person_id(who), hash_browser("mine")), "/runs/run-1", kept)


def sign_in(team: SmallHouse, who: str = ADA, kept: bool = False) -> SignedIn:
    signed_in, target = take_over(team.deps, token(team, who, kept), "mine", Place("Browser", "198.51.100.7"))
    assert target == "/runs/run-1"
    return signed_in


@pytest.mark.parametrize(
    ("kept", "idle", "whole"),
    [(False, timedelta(minutes=30), timedelta(hours=12)), (True, timedelta(hours=12), timedelta(days=14))],
)
def test_it_ends_unused_and_at_last_in_any_case(
    team: SmallHouse, kept: bool, idle: timedelta, whole: timedelta
) -> None:
    cookie = sign_in(team, kept=kept).cookie
    team.clock.move(seconds=idle.total_seconds())
    assert find_session(team.deps, cookie) is None
    cookie, used = sign_in(team, kept=kept).cookie, timedelta()
    while (used := used + idle - timedelta(minutes=1)) < whole:
        team.clock.move(seconds=(idle - timedelta(minutes=1)).total_seconds())
        assert find_session(team.deps, cookie) is not None, used
    team.clock.move(seconds=(idle - timedelta(minutes=1)).total_seconds())
    assert find_session(team.deps, cookie) is None


def test_a_sign_in_must_be_finished_within_a_minute(team: SmallHouse) -> None:
    late, in_time = token(team), token(team)
    team.clock.move(seconds=59)
    take_over(team.deps, in_time, "mine", Place())
    team.clock.move(seconds=1)
    with pytest.raises(Conflicting, match="has expired"):
        take_over(team.deps, late, "mine", Place())


@pytest.mark.parametrize("cookie", ["", "another", hash_browser("mine"), hashlib.sha256(b"mine").hexdigest()])
def test_another_browser_opens_nothing(team: SmallHouse, cookie: str) -> None:
    with pytest.raises(BadSignature, match="another browser"):
        take_over(team.deps, token(team), cookie, Place())
    assert list_sessions(team.deps, TENANT, person_id(ADA)) == []


def test_who_only_asks_or_has_left_is_not_signed_in(team: SmallHouse) -> None:
    welcome(team.deps, TENANT, BEN, "Ben", founds=False)
    with pytest.raises(Conflicting, match="not in this team"):
        sign_in(team, BEN)
    give_role(team.deps, TENANT, person_id(BEN), "member", "Ada")
    cookie = sign_in(team, BEN).cookie
    assert find_session(team.deps, cookie) is not None

    def die(point: str) -> None:
        raise Died(point)

    with pytest.raises(Died, match=r"members\.after/out"):
        take_out(replace(team.deps, crash_point=die), TENANT, person_id(BEN), "Ada")
    assert find_session(team.deps, cookie) is None  # from the moment on at which they are no member any more
    team.clock.move(seconds=1)
    welcome(team.deps, TENANT, BEN, "Ben", founds=False)
    give_role(team.deps, TENANT, person_id(BEN), "member", "Ada")
    assert find_session(team.deps, cookie) is None  # nor after they have come again
    assert find_session(team.deps, sign_in(team, BEN).cookie) is not None


def test_the_twenty_first_browser_signs_out_the_one_unused_for_longest(team: SmallHouse) -> None:
    cookies = []
    for _ in range(21):
        cookies.append(sign_in(team, kept=True).cookie)
        team.clock.move(seconds=1)
    assert [find_session(team.deps, each) is not None for each in cookies] == [False] + [True] * 20
    assert len(list_sessions(team.deps, TENANT, person_id(ADA))) == 20


def test_a_changed_secret_signs_nobody_out(team: SmallHouse) -> None:
    cookie = sign_in(team).cookie
    change(team.deps, PEPPER)
    team.clock.move(minutes=2)
    assert find_session(team.deps, cookie) is not None
    team.secrets.set(f"{PEPPER}-before", Secret("forgotten"))  # it is kept under the new one from now on
    assert find_session(team.deps, cookie) is not None


@pytest.mark.parametrize("path", ["/account", "/v1/runs", "/approvals/eyJ0.abc_-~", "/runs/run-1", "/a/b/c/"])
def test_a_page_of_ours_is_where_one_goes(path: str) -> None:
    assert choose_target(path) == path


@pytest.mark.parametrize(
    "given",
    [
        "", "/", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example",
        "/\\/evil.example", "https://evil.example", "https:/evil.example", "https:evil.example", "http:evil.example",
        "//evil.example/%2f..", "/%2f%2fevil.example", "%2f%2fevil.example", "/%5cevil.example", "/%09/evil.example",
        "/\t/evil.example", "/\n/evil.example", "/\r\nLocation: https://evil.example", "/.//evil.example",
        "/./evil.example", "/../evil.example", "/a/..//evil.example", "/..;/evil.example", "javascript:alert(1)",
        "JaVaScRiPt:alert(1)", "data:text/html,x", "evil.example", ".evil.example", "@evil.example",
        "/@evil.example", "//user@evil.example", "/?next=//evil.example", "/account?next=//evil.example",
        "/#//evil.example", "/account#@evil.example", "/ /evil.example", " //evil.example", "\u2028//evil.example",
        "//\u3002evil.example", "/\u2215evil.example", "//[::1]", "//127.0.0.1", "//0x7f.1", "/a//evil.example",
        "/account\x00", "/" + "a" * 3000, "//evil%E3%80%82example", "/;@evil.example", "/,evil.example", "/account\n",
    ],
)  # fmt: skip
def test_nothing_else_is(given: str) -> None:
    assert choose_target(given) == HOME
