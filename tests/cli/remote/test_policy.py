"""`workwright policy`: a policy in words, set piece by piece, and tried on a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shared.app.engine.engine import open_run, record
from shared.cli.root import workwright
from shared.core.errors import ConfigError
from shared.core.run.acts import PolicyAllowed
from shared.core.run.events import RunOpened
from shared.core.run.run import StepSpec, Trigger, WaitKind
from tests.support.rigs.served_api import ServedApi, served_api

pytestmark = pytest.mark.slow

TENANT = "t-0123456789abcdef01234567"
GATE = StepSpec("approve", "approval.ask", "Approve this plan", lane="", gate=WaitKind.APPROVAL)
WRITE = StepSpec("write", "notion.update_page", "Update the page", depends_on=("approve",), undoable=True)
Typed = Callable[..., Result]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    data = tmp_path / "data"
    data.mkdir()
    with served_api(data, TENANT) as found:
        open_run(
            found.deps, RunOpened(found.deps.clock.now(), TENANT, "run-1", Trigger("page", "p"), specs=(GATE, WRITE))
        )
        yield found


@pytest.fixture
def typed(api: ServedApi, tmp_path: Path) -> Typed:
    return lambda *words: CliRunner().invoke(workwright, [*words, "--data", str(tmp_path / "data")])


def test_it_is_set_piece_by_piece_and_tried_before(typed: Typed, api: ServedApi) -> None:
    assert typed("policy").stdout.splitlines() == ["People are asked about everything.", "Nobody has set a policy."]
    wider = ("--level", "pages=inside_limits", "--risk", "medium")
    tried = typed("policy", "test", "run-1", *wider).stdout.splitlines()
    assert tried == [
        "ahead  Approve this plan: pages: go ahead inside limits",
        "  ahead  Update the page: pages: go ahead inside limits",
    ]
    assert typed("policy", "test", "run-1").stdout.startswith("asks   Approve this plan: the team has set no policy")
    typed("policy", "set", *wider)
    shown = typed("policy", "set", "--money", "1.5", "--must-not-change", "*.lock").stdout
    assert "Pages: go ahead inside limits" in shown
    assert "Limits: up to medium risk, at most 1.50 US dollars per run, in every connected system" in shown
    assert "Version 2, set by " in shown
    assert json.loads(typed("policy", "--json").stdout)["must_not_change"] == ["*.lock"]
    assert "People are asked about everything." in typed("policy", "set", "--afresh").stdout
    refused = typed("policy", "set", "--level", "everything=inside_limits")
    assert isinstance(refused.exception, ConfigError)
    assert "WORK is one of pages" in str(refused.exception)
    loaded = api.deps.store.load_run(TENANT, "run-1")
    plan = loaded.run.plan_hash if loaded is not None else ""
    event = PolicyAllowed(api.deps.clock.now(), "approve", plan, "inside_limits", 2, "pages: go")
    record(api.deps, TENANT, "run-1", event)
    said = typed("run", "run-1").stdout
    assert "Went ahead under the rule “pages: go” (policy, version 2): nobody was asked about the plan." in said
