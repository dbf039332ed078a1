"""`workwright connect` against a running house: what is there, what it asks, what it adopts."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shared.cli.root import workwright
from shared.cli.team import connect as _registered
from shared.ports import Put
from tests.support.rigs.house import Neighbourhood, open_house

pytestmark = pytest.mark.xdist_group("connect")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    with open_house(tmp_path_factory.mktemp("connect") / "data") as made:
        yield made


def run(house: Neighbourhood, *words: str) -> Result:
    assert _registered.connect.name == "connect"
    return CliRunner().invoke(workwright, ["connect", "--data", str(house.house.data), "--wait", "20", *words])


def answer(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_a_settled_house_has_all_four_and_is_done(house: Neighbourhood) -> None:
    done = run(house, "--json")
    assert done.exit_code == 0, done.output
    found = answer(done)
    assert (found["connected"], found["state"], found["problem"]) == (True, "done", "")
    assert [one["kind"] for one in found["databases"]] == ["ideas", "tasks", "routines", "runs"]


def test_a_teams_own_database_is_adopted_after_its_questions(house: Neighbourhood) -> None:
    home = house.as_person("GET", f"/v1/databases/{house.home.database}")["parent"]["page_id"]
    body = {
        "parent": {"page_id": home},
        "title": [{"text": {"content": "Work"}}],
        "initial_data_source": {"properties": {"What": {"title": {}}, "State": {"status": {}}}},
    }
    theirs = str(house.as_person("POST", "/v1/databases", body)["id"])
    asked = run(house, "--adopt", f"tasks={theirs}")
    assert asked.exit_code == 1
    assert "--answer 'tasks.columns=*add'" in asked.output
    done = run(house, "--json", "--answer", "tasks.columns=*add", "--answer", "tasks.options=*add")
    assert done.exit_code == 0, done.output
    tasks = next(one for one in answer(done)["databases"] if one["kind"] == "tasks")
    assert tasks["database"].replace("-", "") == theirs.replace("-", "")
    assert {"Due", "Depends on", "Estimate"} <= set(tasks["columns"])


def test_somebody_at_a_terminal_is_asked_until_all_is_answered(house: Neighbourhood) -> None:
    home = house.as_person("GET", f"/v1/databases/{house.home.database}")["parent"]["page_id"]
    properties: Any = {"What": {"title": {}}, "State": {"status": {}}}
    title = [{"text": {"content": "Habits"}}]
    body = {"parent": {"page_id": home}, "title": title, "initial_data_source": {"properties": properties}}
    theirs = str(house.as_person("POST", "/v1/databases", body)["id"])
    shown, code = at_a_terminal(house, ["--adopt", f"routines={theirs}"], ["9", "1", "", ""])
    assert "This database has no columns for: Schedule, " in shown
    assert "  1  Add them" in shown
    assert "9 is not in the range 1<=x<=1" in shown  # and asked again
    assert "The status of this database has no “Active”, “Paused”. Add them?" in shown
    assert shown.rstrip().endswith("State: done.")
    assert code == 0
    routines = next(one for one in answer(run(house, "--json"))["databases"] if one["kind"] == "routines")
    assert routines["database"].replace("-", "") == theirs.replace("-", "")


def at_a_terminal(house: Neighbourhood, words: list[str], typed: list[str]) -> tuple[str, int]:
    """Run the command at a terminal, typing a line at each prompt; return what it showed, and its exit code."""
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "shared", "connect", "--data", str(house.house.data), "--wait", "20", *words]
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, close_fds=True)
    os.close(its)
    shown, prompts, until = b"", 0, time.monotonic() + 30
    try:
        while time.monotonic() < until:
            if not select.select([ours], [], [], 0.1)[0]:
                continue
            try:
                shown += os.read(ours, 4096)
            except OSError:  # how Linux says that nobody is at the other end any more
                break
            if shown.count(b"Number [") > prompts and prompts < len(typed):
                os.write(ours, f"{typed[prompts]}\n".encode())
                prompts += 1
        return shown.decode().replace("\r\n", "\n"), process.wait(timeout=10)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_pasted_token_that_is_gone_is_not_waited_for(house: Neighbourhood) -> None:
    store, tenant = house.house.wired.deps.store, house.home.tenant
    grant = store.get(tenant, "grants", "notion")
    assert grant is not None
    gone = {**grant.body, "status": "revoked", "public": {**grant.body["public"], "given": "token"}}
    store.put(tenant, Put("grants", "notion", gone))
    said = run(house)
    store.put(tenant, Put("grants", "notion", grant.body))
    assert "give a new one with: workwright init notion" in said.output
    assert "Open this link" not in said.output
    assert said.exit_code == 1


def test_what_cannot_be_understood_is_said(house: Neighbourhood) -> None:
    wrong = run(house, "--adopt", "tasks")
    assert wrong.exit_code != 0
    assert "has no “=”" in str(wrong.exception)
    unknown = run(house, "--page", "my page")
    assert "its link as copied from Notion" in str(unknown.exception)
