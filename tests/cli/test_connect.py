"""`workwright connect` against a running house: what is there, what it asks, what it adopts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shared.cli import connect as _registered
from shared.cli.root import workwright
from tests.support.house import Neighbourhood, open_house

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


def test_what_cannot_be_understood_is_said(house: Neighbourhood) -> None:
    wrong = run(house, "--adopt", "tasks")
    assert wrong.exit_code != 0
    assert "has no “=”" in str(wrong.exception)
    unknown = run(house, "--page", "my page")
    assert "its link as Notion copies it" in str(unknown.exception)
