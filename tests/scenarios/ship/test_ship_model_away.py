"""The model is down for an hour: the run waits for it, and nothing is asked or done twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.core.run.run import RunStatus
from tests.support.parts import require
from tests.support.rigs.moved_house import ONCE, open_moved_house
from tests.support.servers.models.programmer import Job, Programmer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ship_model_away")]
AN_HOUR = timedelta(hours=1)


def test_a_model_that_is_down_for_an_hour_holds_a_run_up(tmp_path: Path) -> None:
    require("bubblewrap")  # the code here is no offline model's, so nothing else may run it
    page_says = "<!doctype html><html lang=en><title>Tea</title><h1>Tea</h1><p>Tea at four.</p></html>\n"
    test = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_tea(self) -> None:\n"
    test += "        self.assertIn('Tea at four', open('site/index.html').read())\n"
    with Programmer() as programmer:
        files = {"site/index.html": page_says, "tests/test_tea.py": test}
        job = Job("Tea room", "static_site", files, shows=[("/", "Tea at four")], site_root="site")
        programmer.take(job)
        with open_moved_house(tmp_path, **programmer.environment) as moved:
            page = moved.there.write("Tea room")
            moved.plan(page)
            programmer.away = True
            moved.agree(page)
            moved.pass_time(AN_HOUR)
            assert not moved.run(page).status.final, moved.report(page)
            assert "write" not in job.asked
            programmer.away = False
            run = moved.ended(page)
            assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
            assert [job.asked.count(what) for what in ("plan", "outline", "write")] == [1, 1, 1]
            assert moved.made(run) == ONCE
            assert moved.unauthorised() == []
