"""People whose id, and messages whose subject, no store takes as a name are told all the same, once each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.app.engine.effects import Effects
from shared.app.engine.leases import lease
from shared.app.notify.notify import notify
from shared.app.notify.recipients import change_telling, list_recipients
from shared.core.errors import Busy
from shared.core.notify.telling import Telling
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import fit_key
from shared.integrations.mail import Mail
from shared.ports import Secret
from shared.steps._kind import Repeat
from tests.support.ports.local_ports import Clients, local_ports, tools_with
from tests.support.rigs.told_team import TEAM, Team

ODD = ("ada/ops", "Ada Lovelace", "__ada__", "é" * 300, "ada\n", "..")


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with local_ports(tmp_path / "data") as ports:
        ports.deps.secrets.set("approval-link-key", Secret("key-of-these-tests"))
        yield Team(ports)


@pytest.mark.parametrize("name", ["ada/ops", "Ada Lovelace"])
def test_somebody_with_an_odd_id_is_told_once(team: Team, name: str) -> None:
    person = {"id": name, "email": "ada@example.test", "channels": ["email"], "role": "owner"}
    tools = tools_with(accounts=Clients({Mail: team.mails}), settings={"people": [person]})
    command = team.ends()
    for _ in range(3):
        notify(command, team.deps, tools)
    assert len(team.mails.subjects) == 1


def test_a_message_with_an_odd_subject_is_told_once(team: Team) -> None:
    team.ends()
    command = Command("odd", NOTIFY, "notify", TEAM, "run-1", topic="change_merged", ref="a/b c")
    for _ in range(2):
        team.carry_out(command)
    assert len(team.mails.subjects) == 1


def test_what_somebody_with_an_odd_id_has_chosen_is_found_again(team: Team) -> None:
    people = [{"id": "ada/ops", "email": "ada@example.test", "channels": ["email"]}]
    (ada,) = list_recipients(team.deps, TEAM, people)
    change_telling(team.deps, TEAM, ada, lambda known: Telling(off=("run_failed",)))
    (again,) = list_recipients(team.deps, TEAM, people)
    assert again.telling.off == ("run_failed",)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_scope_is_done_once_and_held_by_one(team: Team, odd: str) -> None:
    done: list[str] = []
    for _ in range(2):
        effects = Effects(team.deps, TEAM, odd, "test")
        effects("it", lambda: done.append(odd) or {"id": "1"}, repeat=Repeat.SAME_END)  # type: ignore[func-returns-value]
    assert done == [odd]
    with lease(team.deps, TEAM, odd), pytest.raises(Busy), lease(team.deps, TEAM, odd):
        pass


def test_odd_names_stay_apart_and_others_are_what_they_are(team: Team) -> None:
    names = [*ODD, "ada_ops", "ada ops", "Ada_Lovelace"]
    assert len({fit_key(name) for name in names}) == len(names)
    assert fit_key("run-1.notify.run_succeeded.end") == "run-1.notify.run_succeeded.end"
