"""Invitations: for one person, once, for a week; whoever else comes asks, and no link outlives its maker."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.app.api.keys import PEPPER, caller_of, make_key
from shared.app.people.identities import Shown, claim
from shared.app.people.invitations import (
    Whom,
    accept,
    invitation_link,
    invitations_of,
    invite,
    open_link,
    revoke_invitation,
    send_again,
)
from shared.app.people.membership import give_role, members_of, take_out, welcome
from shared.core.errors import BadSignature, Busy, Conflicting, NotThere, TooMany, Unauthenticated
from shared.core.people.identities import mail_identity
from shared.core.people.invitations import MAX_A_DAY, MAX_OPEN
from shared.core.people.members import person_id
from shared.ports import Clock, Secret
from tests.support.ports.dying import Died
from tests.support.rigs.small_house import TENANT, SmallHouse

ADA, EVE = "notion:u-ada", Shown("notion:u-eve", "Eve")
BEN = Shown(mail_identity("ben@example.com"), "Ben", "ben@example.com")
FOR_BEN = Whom("ben@example.com", BEN.identity, "ben@example.com")
FOR_CLEO, CLEO = Whom("Cleo", "notion:u-cleo"), Shown("notion:u-cleo", "Cleo")


@pytest.fixture
def team(house: Callable[..., SmallHouse]) -> SmallHouse:
    """Return a house whose team has the owner Ada."""
    built = house()
    built.secrets.set(PEPPER, Secret("a pepper of the tests"))
    welcome(built.deps, TENANT, ADA, "Ada", founds=True)
    return built


def _invite(team: SmallHouse, whom: Whom = FOR_BEN, role: str = "member") -> tuple[str, str]:
    """Return the id of an invitation that Ada makes, and the token of its link."""
    name, link = invite(team.deps, TENANT, whom, role, "Ada", person_id(ADA))
    return name, link.rpartition("/")[2]


def _press(team: SmallHouse, token: str, shown: Shown = BEN) -> str:
    """Return the role that who presses has then; "" for who asks."""
    return accept(team.deps, open_link(team.deps, token), shown, {}).role


@pytest.mark.parametrize(("whom", "shown"), [(FOR_BEN, BEN), (FOR_CLEO, CLEO)])
def test_who_is_meant_is_let_in_and_the_link_is_worth_nothing_afterwards(
    team: SmallHouse, whom: Whom, shown: Shown
) -> None:
    _, token = _invite(team, whom)
    opened = open_link(team.deps, token)
    assert _press(team, token, shown) == "member"
    assert members_of(team.deps, TENANT).people[person_id(shown.identity)].by == "Ada"
    with pytest.raises(Conflicting, match="is not open"):
        _press(team, token, EVE)
    with pytest.raises(NotThere):
        accept(team.deps, opened, EVE, {})  # the page was open before
    assert person_id(EVE.identity) not in members_of(team.deps, TENANT).people


@pytest.mark.parametrize(
    "shown",
    [
        EVE,
        Shown("google:1", "Ben", "ben@example.com"),  # says so, and is no proof of the address
        Shown("notion:ben@example.com", "Ben", "ben@example.com"),
        Shown(mail_identity("ben@example.com.evil.example"), "Ben", "ben@example.com"),
        Shown(mail_identity("ben+x@example.com"), "Ben"),
    ],
)
def test_who_is_not_meant_asks_with_a_note_and_the_link_stays_good_for_who_is(team: SmallHouse, shown: Shown) -> None:
    _, token = _invite(team)
    assert _press(team, token, shown) == ""
    member = members_of(team.deps, TENANT).people[person_id(shown.identity)]
    assert (member.asks, member.note) == (True, "came with the invitation of ben@example.com")
    assert _press(team, token, shown) == ""  # again
    assert _press(team, token) == "member"
    let_in = give_role(team.deps, TENANT, person_id(shown.identity), "viewer", "Ada")
    assert let_in.note == ""


def test_two_who_press_at_once_use_it_once(team: SmallHouse) -> None:
    _, token = _invite(team)
    opened, ends = open_link(team.deps, token), list[str]()
    start = threading.Barrier(2)

    def press(shown: Shown) -> None:
        start.wait()
        try:
            ends.append(accept(team.deps, opened, shown, {}).role)
        except (NotThere, Conflicting, Busy):
            ends.append("refused")

    both = [threading.Thread(target=press, args=(BEN,)), threading.Thread(target=press, args=(BEN,))]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(ends) == ["member", "refused"]


class ActingClock:
    """A clock that does something when it is first looked at: what somebody else does at that very moment."""

    def __init__(self, clock: Clock, act: Callable[[], None]) -> None:
        self._clock, self._acts = clock, [act]

    def now(self) -> datetime:
        if self._acts:
            self._acts.pop()()
        return self._clock.now()


def test_what_is_revoked_while_somebody_presses_lets_nobody_in(team: SmallHouse) -> None:
    name, token = _invite(team)
    opened = open_link(team.deps, token)
    clock = ActingClock(team.deps.clock, lambda: revoke_invitation(team.deps, TENANT, name))
    claim(team.deps, BEN, TENANT)
    with pytest.raises(NotThere):
        accept(replace(team.deps, clock=clock), opened, BEN, {})
    assert person_id(BEN.identity) not in members_of(team.deps, TENANT).people


def test_revoked_sent_anew_late_and_forged_links_are_worth_nothing(team: SmallHouse) -> None:
    name, first = _invite(team)
    second = send_again(team.deps, TENANT, name).rpartition("/")[2]
    assert second != first
    tampered = second[:-1] + ("0" if second[-1] != "0" else "1")
    other = second.replace(TENANT, "t-2", 1)
    for token in (first, tampered, other):
        with pytest.raises(Conflicting, match="is not open"):
            open_link(team.deps, token)
    for token in (name, "", "..", "_system.x.y", second.rpartition(".")[0], "é.é.é", f"{second}\n"):
        with pytest.raises(BadSignature):
            open_link(team.deps, token)
    open_link(team.deps, second)
    team.clock.move(seconds=timedelta(days=7).total_seconds() - 1)
    opened = open_link(team.deps, second)
    team.clock.move(seconds=1)
    with pytest.raises(Conflicting):
        open_link(team.deps, second)
    with pytest.raises(NotThere):
        accept(team.deps, opened, BEN, {})
    again, token = _invite(team)
    revoke_invitation(team.deps, TENANT, again)
    with pytest.raises(Conflicting):
        open_link(team.deps, token)
    assert invitations_of(team.deps, TENANT) == {}


def test_what_is_kept_does_not_open_the_link(team: SmallHouse) -> None:
    name, token = _invite(team)
    stored = team.store.get(TENANT, "invitations", "team")
    assert stored is not None
    assert token.rpartition(".")[2] not in str(stored.body)
    before = invitation_link(team.deps, TENANT, name, invitations_of(team.deps, TENANT)[name])
    team.secrets.set("approval-link-key", Secret("another key"))
    assert invitation_link(team.deps, TENANT, name, invitations_of(team.deps, TENANT)[name]) != before


def test_an_invitation_gives_no_more_than_its_maker_may_give_when_it_is_accepted(team: SmallHouse) -> None:
    welcome(team.deps, TENANT, EVE.identity, "Eve", founds=False)
    eve = person_id(EVE.identity)
    give_role(team.deps, TENANT, eve, "owner", "Ada")
    _, link = invite(team.deps, TENANT, FOR_BEN, "owner", "Eve", eve)
    for role in ("admin", "member", "viewer"):
        give_role(team.deps, TENANT, eve, role, "Ada")
        with pytest.raises(Conflicting, match="may not let anybody in as owner"):
            _press(team, link.rpartition("/")[2])
    give_role(team.deps, TENANT, eve, "member", "Ada")
    _, low = invite(team.deps, TENANT, FOR_CLEO, "viewer", "Eve", eve)
    with pytest.raises(Conflicting):
        _press(team, low.rpartition("/")[2], CLEO)  # members let nobody in
    with pytest.raises(Conflicting, match="already"):
        _press(team, link.rpartition("/")[2], EVE)


def test_with_somebody_go_their_keys_what_they_made_and_what_would_let_them_in_again(team: SmallHouse) -> None:
    _, token = _invite(team, role="admin")
    assert _press(team, token) == "admin"
    ben = person_id(BEN.identity)
    _, key = make_key(team.deps, TENANT, "admin", "a terminal", person=ben)
    _, made = invite(team.deps, TENANT, FOR_CLEO, "viewer", "Ben", ben)
    _, back = _invite(team)  # for his address once more
    _, stays = _invite(team, Whom("dan@example.com", "mail:dan"))
    take_out(team.deps, TENANT, ben, "Ada")
    for each in (made.rpartition("/")[2], back):
        with pytest.raises(Conflicting):
            open_link(team.deps, each)
    with pytest.raises(Unauthenticated):
        caller_of(team.deps, f"Bearer {key}")
    assert open_link(team.deps, stays).invitation.to == "dan@example.com"


def test_although_we_die_before_they_are_revoked_what_somebody_made_who_left_is_worth_nothing(
    team: SmallHouse,
) -> None:
    _, token = _invite(team, role="admin")
    _press(team, token)
    ben = person_id(BEN.identity)
    _, made = invite(team.deps, TENANT, FOR_CLEO, "viewer", "Ben", ben)

    def die(point: str) -> None:
        raise Died(point)

    with pytest.raises(Died, match=r"members\.after/out"):
        take_out(replace(team.deps, crash_point=die), TENANT, ben, "Ada")
    with pytest.raises(Conflicting, match="may not let anybody in"):
        _press(team, made.rpartition("/")[2], CLEO)


def test_so_many_are_open_and_so_many_a_day_at_most(team: SmallHouse) -> None:
    names = [_invite(team, Whom(f"{n}", f"mail:{n}"))[0] for n in range(MAX_OPEN)]
    with pytest.raises(Conflicting, match="50 invitations are open"):
        _invite(team)
    with pytest.raises(Conflicting, match="invited already"):
        _invite(team, Whom("7", "mail:7"))
    for n in range(MAX_A_DAY - MAX_OPEN):
        send_again(team.deps, TENANT, names[n])
    with pytest.raises(TooMany):
        send_again(team.deps, TENANT, names[0])
    revoke_invitation(team.deps, TENANT, names[0])
    with pytest.raises(TooMany):
        _invite(team)
    team.clock.move(seconds=timedelta(days=1).total_seconds())
    _invite(team)
