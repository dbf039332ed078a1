"""Agents asked from the terminal, and what is shown of the run: its step, its writes, its answer, its week."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.programs.commands import GROUP, type_command
from tests.support.rigs.served_api import served_api

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

TENANT = "t-0123456789abcdef01234567"
GIVEN = json.dumps({"text": "Bread on Monday.", "words": 20})


def test_an_agent_is_asked_and_its_run_is_looked_at(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()

    def typed(*words: str) -> subprocess.CompletedProcess[str]:
        return type_command(*words, "--data", str(data), env={"PATH": os.environ["PATH"]})

    with served_api(data, TENANT):
        assert "summariser " in typed("agents").stdout
        assert "panel " in typed("patterns").stdout
        asked = typed("agents", "summariser", "--ask", GIVEN, "--ceiling", "0.05")
        run = asked.stdout.split()[0]
        assert run.startswith("run-"), asked.stderr
        shown = typed("step", run, "ask").stdout
        assert "Bread on Monday." in shown
        assert typed("writes", run).stdout == "This run has written nothing elsewhere.\n"
        assert typed("agents", "--answer", run).stdout.startswith(f"{run}  executing")
        assert "agent" in typed("statistics").stdout
        refused = typed("agents", "summariser", "--ask", GIVEN)
        assert (refused.returncode, "--ceiling" in refused.stderr) == (2, True)
