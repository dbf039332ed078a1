"""`demo` with a language model has the time that one takes, and asks for no site of a plan that deploys none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.bench.prompts.prompts_pages import TEXTS
from shared.bench.prompts.prompts_reader import Reader
from shared.local.story.story_end import EXIT_CODES, NO_SITE
from tests.support.programs.commands import GROUP

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

ROOT = Path(__file__).resolve().parents[3]
RULES_S = 12  # what a story by rules has here, in place of two minutes
SAID = f"import shared.local.story.demo as demo; demo.TIMEOUT_S = {RULES_S}; from shared.__main__ import main; main()"


class Slow(Reader):
    """A reader that thinks longer about a page, all in all, than a story by rules may take."""

    def answer(self, form: Any, prompt: str) -> Any:
        """Return the answer, later."""
        time.sleep(RULES_S / 3)
        return super().answer(form, prompt)


@pytest.fixture
def model() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.stop()


def test_a_slow_model_may_finish_and_no_site_is_asked_for(tmp_path: Path, model: Slow) -> None:
    idea = tmp_path / "idea.md"
    idea.write_text(TEXTS["API from meeting notes"], encoding="utf-8")
    command = [sys.executable, "-c", SAID, "demo", "--idea", str(idea), "--json"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    env = {**clean, "TMPDIR": str(tmp_path), **model.environment}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    story = json.loads(done.stdout)
    assert len(model.counted) == 4  # of which three take as long as a story by rules has
    assert (story["outcome"], story["ok"], done.returncode) == (NO_SITE, True, EXIT_CODES[NO_SITE])
    checked = [check["name"] for check in story["checks"]]
    assert "pull request open" in checked
    assert "site shows every requirement" not in checked
