"""`workwright feedback` and `workwright preferences` against a running API: said, shown, changed, deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shared.cli.root import workwright
from shared.cli.team import plan as _plan
from shared.cli.team import preferences as _registered
from shared.core.errors import ConfigError
from shared.core.run.events import RunOpened
from shared.core.run.reducer import reduce
from shared.core.run.run import StepSpec, Trigger, WaitKind
from shared.ports import Commit
from tests.support.rigs.served_api import served_api

TENANT = "t-0123456789abcdef01234567"
GATE = StepSpec("approve", "approval.ask", "Approve", lane="", gate=WaitKind.APPROVAL)

BUILD = StepSpec("build", "code.generate", "Write it", depends_on=("approve",))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Yield a data folder whose API knows one run."""
    with served_api(tmp_path, TENANT) as api:
        opened = RunOpened(api.deps.clock.now(), TENANT, "run-waits", Trigger("test"), specs=(GATE, BUILD))
        run, commands = reduce(None, opened)
        api.deps.store.commit(Commit(run, (opened,), commands, "", "first"))
        yield tmp_path


def typed(folder: Path, *words: str) -> Result:
    assert _registered.preferences.name == "preferences"
    return CliRunner().invoke(workwright, [*words, "--data", str(folder)])


def test_what_is_said_is_listed_with_its_source_changed_and_deleted(folder: Path) -> None:
    assert "None yet" in typed(folder, "preferences").stdout
    said = typed(folder, "feedback", "run-waits", "down", "--text", "Never on \x1b[31mMondays")
    assert said.exit_code == 0, said.stdout
    listed = typed(folder, "preferences").stdout
    assert "Mondays" in listed
    assert "down of run-waits" in listed
    assert "\x1b" not in listed
    (one,) = json.loads(typed(folder, "preferences", "--json").stdout)["preferences"]
    assert "Only Fridays" in typed(folder, "preferences", "--change", one["id"], "--text", "Only Fridays").stdout
    assert typed(folder, "preferences", "--delete", one["id"]).stdout == f"Deleted {one['id']}.\n"
    assert "None yet" in typed(folder, "preferences").stdout


@pytest.mark.parametrize(
    "words", [("--change", "pref-1"), ("--text", "x"), ("--change", "a", "--text", "b", "--delete", "c")]
)
def test_half_an_order_says_what_to_give(folder: Path, words: tuple[str, ...]) -> None:
    found = typed(folder, "preferences", *words).exception
    assert isinstance(found, ConfigError)
    assert "--change ID together with --text" in str(found)


def test_a_plan_is_shown_with_all_its_steps(folder: Path) -> None:
    assert _plan.plan.name == "plan"
    found = typed(folder, "plan", "run-waits")
    assert found.exit_code == 0, found.stdout
    assert found.stdout.splitlines()[-2:] == ["1. Write it (pending)", "     code.generate {}"]
