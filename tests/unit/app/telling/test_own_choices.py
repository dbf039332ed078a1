"""People are told what they want, when they want it: kinds, priorities, quiet hours, digests that survive deaths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.app.notify.recipients import team_telling
from shared.core.errors import Conflicting, NotThere, Rejected, Unauthorized
from shared.core.notify.telling import KINDS
from tests.support.ports.dying import Died, dying_at
from tests.support.ports.local_ports import Ports
from tests.unit.app.telling.choosing_team import ADA, BEN, TENANT, ChoosingTeam

NIGHT = {"quiet_from": "08:00", "quiet_to": "12:00", "zone": "UTC"}  # the clock of these tests begins at 09:00 UTC


@pytest.mark.parametrize(
    ("asked", "ended", "failed"),
    [
        pytest.param({}, 1, 1, id="nothing chosen"),
        pytest.param({"off": ["ended"]}, 0, 1, id="a kind switched off"),
        pytest.param({"no_mail": ["ended"]}, 0, 1, id="no mail of a kind"),
        pytest.param({"priority": "high"}, 0, 1, id="what has high priority alone"),
        pytest.param({"off": list(KINDS)}, 0, 0, id="nothing at all"),
        pytest.param({"channels": []}, 0, 0, id="over nothing"),
    ],
)
def test_each_is_told_what_they_want(ports: Ports, asked: dict[str, Any], ended: int, failed: int) -> None:
    team = ChoosingTeam(ports, BEN)
    team.choose("ben", **asked)
    team.tell(team.ends("run-1"))
    assert len(team.arrived.mails) == ended
    team.tell(team.ends("run-2", failed=True))
    assert len(team.arrived.mails) == ended + failed


def test_one_persons_choice_is_nobody_elses(ports: Ports) -> None:
    team = ChoosingTeam(ports, ADA, BEN)
    team.choose("ben", off=list(KINDS))
    team.tell(team.ends())
    assert (len(team.arrived.posts), len(team.arrived.mails)) == (1, 0)


def test_quiet_hours_hold_back_and_end(ports: Ports) -> None:
    team = ChoosingTeam(ports, BEN)
    team.choose("ben", **NIGHT)
    command = team.ends()
    for _ in range(3):
        assert team.tell(command) == "1 wait for the end of quiet hours"
    assert team.later(hours=2, minutes=59) == []
    assert len(team.later(minutes=1)) == 1
    team.later(days=2)
    assert len(team.arrived.mails) == 1


@pytest.mark.parametrize(
    ("urgent", "sent"),
    [pytest.param(None, 1, id="the usual"), (["failed"], 1), (["live"], 0), ([], 0)],
)
def test_what_is_urgent_passes_quiet_hours_if_they_said_so(ports: Ports, urgent: list[str] | None, sent: int) -> None:
    team = ChoosingTeam(ports, BEN)
    team.choose("ben", **NIGHT, **({} if urgent is None else {"urgent": urgent}))
    team.tell(team.ends(failed=True))
    assert len(team.arrived.mails) == sent
    team.later(hours=3)
    assert len(team.arrived.mails) == 1


def test_quiet_hours_of_the_settings_go_on_until_somebody_chooses(ports: Ports) -> None:
    team = ChoosingTeam(ports, {**BEN, "quiet": {"from": "08:00", "to": "10:00", "zone": "UTC"}})
    assert team.tell(team.ends("run-1")) == "1 wait for the end of quiet hours"
    team.choose("ben", quiet_from="", quiet_to="")
    assert team.tell(team.ends("run-2")) == "email:sent"


def test_hours_without_an_end_are_refused(ports: Ports) -> None:
    team = ChoosingTeam(ports, BEN)
    with pytest.raises(Conflicting, match="quiet_to"):
        team.choose("ben", quiet_from="22:00")
    with pytest.raises(NotThere, match="nobody"):
        team.choose("eve", off=["ended"])


def _gather(team: ChoosingTeam) -> None:
    team.choose("ada", digest_at="12:00", zone="UTC")
    for run in ("run-1", "run-2"):
        assert team.tell(team.ends(run)) == "1 wait for a digest"


def test_a_digest_tells_all_of_it_once_at_its_time(ports: Ports) -> None:
    team = ChoosingTeam(ports, ADA)
    _gather(team)
    assert team.later(hours=2, minutes=59) == []
    team.later(minutes=1)
    ((_, text),) = team.arrived.posts
    assert "Your digest: 2 messages" in text
    assert "Bakery run-1" in text
    assert "Bakery run-2" in text
    team.later(days=3)
    assert len(team.arrived.posts) == 1


def test_what_is_urgent_is_told_at_once_beside_a_digest(ports: Ports) -> None:
    team = ChoosingTeam(ports, ADA)
    team.choose("ada", digest_at="12:00")
    assert team.tell(team.ends(failed=True)) == "slack:sent"


def test_what_comes_after_a_digest_is_for_the_next(ports: Ports) -> None:
    team = ChoosingTeam(ports, ADA)
    _gather(team)
    team.later(hours=3)
    team.tell(team.ends("run-3"))
    team.later(hours=23)
    assert len(team.arrived.posts) == 1
    team.later(hours=1)
    assert "Bakery run-3" in team.arrived.posts[1][1]
    assert "Bakery run-1" not in team.arrived.posts[1][1]


@pytest.mark.parametrize("number", range(1, 30))
def test_a_death_at_any_point_of_gathering_and_sending_tells_each_exactly_once(ports: Ports, number: int) -> None:
    """The task of who died comes again, as the queue does it; what Slack may have is looked up there."""
    team, passed = ChoosingTeam(ports, ADA), list[str]()
    dies = dying_at(number, passed)
    team.choose("ada", digest_at="12:00", zone="UTC")
    for command in (team.ends("run-1"), team.ends("run-2")):
        _until_done(team, command, dies)
    for command in team.later(hours=3):
        assert command.topic == "digest"
    if not team.arrived.posts:
        pytest.fail("nothing was told")
    assert len(team.arrived.posts) == 1
    assert all(f"Bakery {run}" in team.arrived.posts[0][1] for run in ("run-1", "run-2"))


def _until_done(team: ChoosingTeam, command: Any, dies: Any) -> None:
    try:
        team.tell(command, dies)
    except Died:
        team.ports.clock.move(seconds=700)  # until its lease is over
        team.tell(replace(command, id=f"{command.id}-again"))


@pytest.mark.parametrize("number", range(1, 14))
def test_a_death_while_a_digest_is_sent_neither_loses_nor_repeats_it(ports: Ports, number: int) -> None:
    team, passed = ChoosingTeam(ports, ADA), list[str]()
    _gather(team)
    try:
        team.later(dying_at(number, passed), hours=3)
    except Died:
        for _ in range(3):
            team.later(minutes=12)
    assert len(team.arrived.posts) == 1
    team.tell(team.ends("run-3"))
    team.later(days=1)
    assert "Bakery run-1" not in team.arrived.posts[1][1]


def test_a_death_between_gathering_and_ordering_still_sends_the_digest(ports: Ports) -> None:
    team = ChoosingTeam(ports, ADA)
    team.choose("ada", digest_at="12:00")
    command = team.ends()

    def die(point: str) -> None:
        if point == "digest.after/gathered":
            raise Died(point)

    with pytest.raises(Died):
        team.tell(command, die)
    ports.clock.move(seconds=700)
    team.tell(replace(command, id="again"))
    team.later(hours=3)
    assert len(team.arrived.posts) == 1


def test_what_is_gathered_while_a_digest_is_on_its_way_is_for_the_next(ports: Ports) -> None:
    team = ChoosingTeam(ports, ADA)
    _gather(team)

    def die(point: str) -> None:
        if point == "digest.after/begun":
            raise Died(point)

    with pytest.raises(Died):
        team.later(die, hours=3)
    team.ports.clock.move(seconds=700)
    team.tell(team.ends("run-3"))
    team.later(minutes=12)
    assert [f"Bakery {run}" in team.arrived.posts[0][1] for run in ("run-1", "run-2", "run-3")] == [True, True, False]
    team.later(days=1)
    assert len(team.arrived.posts) == 2
    assert "Bakery run-3" in team.arrived.posts[1][1]


def test_who_changes_their_mind_while_a_message_is_gathered_is_told_once(ports: Ports) -> None:
    team = ChoosingTeam(ports, ADA)
    team.choose("ada", digest_at="12:00")
    command = team.ends()
    team.tell(command)
    team.choose("ada", digest_at="")
    team.tell(replace(command, id="again"))
    assert team.arrived.posts == []
    team.later(hours=3)
    assert len(team.arrived.posts) == 1
    team.choose("ada", digest_at="18:00")
    team.tell(replace(command, id="once more"))
    team.later(days=1)
    assert len(team.arrived.posts) == 1


def test_a_message_that_reaches_nobody_is_seen(ports: Ports, capsys: pytest.CaptureFixture[str]) -> None:
    team = ChoosingTeam(ports, ADA, BEN)
    team.arrived.trouble = {"email": Rejected("ses", "no"), "slack": Unauthorized("slack", "token_revoked")}
    team.tell(team.asks())
    last = team_telling(team.deps, TENANT).unreached
    assert last is not None
    assert "slack" in last["why"]
    assert '"event": "people.unreached"' in capsys.readouterr().err
    assert team.ports.run().asked  # the approval waits where it was


@pytest.mark.parametrize("people", [(ADA, BEN), (BEN,)])
def test_a_message_that_reaches_somebody_is_no_alarm(ports: Ports, people: Any) -> None:
    team = ChoosingTeam(ports, *people)
    team.arrived.trouble = {"slack": Unauthorized("slack", "token_revoked")}
    team.tell(team.ends())
    assert team_telling(team.deps, TENANT).unreached is None


def test_who_wants_nothing_is_no_alarm_and_who_has_no_channel_is(ports: Ports) -> None:
    team = ChoosingTeam(ports, BEN)
    team.choose("ben", off=list(KINDS))
    team.tell(team.ends())
    assert team_telling(team.deps, TENANT).unreached is None
    team = ChoosingTeam(ports)
    team.tell(team.ends("run-2"))
    assert team_telling(team.deps, TENANT).unreached is not None
