"""A small tool about tides as a model writes it in a story, rightly and wrongly, and how its run is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from shared.core.run.acts import ApprovalGranted
from shared.core.run.run import Run, RunStatus
from tests.support.rigs.programmed_house import Workshop
from tests.support.servers.models.programmer import Job, rewritten

SITE = '<!doctype html>\n<html lang="en">\n<head><title>Tides</title></head>\n'
SITE += "<body><h1>Tides</h1>\n{text}</body>\n</html>\n"
TEST = """import unittest

from tides import highest


class Tides(unittest.TestCase):
    def test_highest(self):
        self.assertEqual(highest([("Mon", 3.1), ("Tue", 4.2), ("Wed", 0.5)]), "Tue")
"""
RIGHT = "def highest(days):\n    return max(days, key=lambda day: day[1])[0]\n"
WRONG = "def highest(days):\n    return min(days, key=lambda day: day[1])[0]\n"
LAST = "def highest(days):\n    return max(days)[0]\n"
NO_PAGE = "<p>Nothing yet</p>"


def tides(title: str, code: str = RIGHT, text: str = "<p>Tide of the day</p>", deploys: bool = False) -> Job:
    """Return a small tool with a page; its plan ends with the proposal unless it `deploys`."""
    files = {"tides.py": code, "site/index.html": SITE.format(text=text), "tests/test_tides.py": TEST}
    return Job(title, "python_service", files, shows=[("/", "Tide of the day")], site_root="site", deploys=deploys)


def elsewhere(job: Job) -> Callable[[str], dict[str, Any]]:
    """Return a repair that changes something each time, and mends nothing."""
    return lambda said: rewritten({"notes.md": f"Attempt {len(job.wrong)}\n"})


def ended_well(workshop: Workshop, page: str) -> Run:
    run = workshop.house.ended(page)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    return run


def tried(run: Run) -> list[bool]:
    """Return for each version that was tried whether it passed."""
    return [bool(step.output["green"]) for step in run.steps if step.spec.kind == "code.try"]


def agreed(workshop: Workshop, run: Run) -> list[str]:
    """Return the gates that somebody has agreed at, in order."""
    events = workshop.house.there.house.wired.deps.store.events(run.tenant, run.id)
    return [each.gate.rpartition(".")[2] for _, each in events if isinstance(each, ApprovalGranted)]


def deployments(workshop: Workshop, run: Run) -> list[str]:
    """Return the run's deployments that the host still has."""
    there = workshop.house.there.look("vercel", "/_state")["deployments"]
    return [name for name, one in there.items() if run.id in json.dumps(one)]
