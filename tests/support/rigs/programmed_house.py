"""A house in hand whose model programs by a script. At its end nothing has left unapproved, and no secret has."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.core.run.run import Run
from shared.integrations.forge import EXECUTABLE, Author
from shared.integrations.github.client import GitHub
from shared.wiring.tools import wire_accounts
from tests.support.measures.ship_audit import histories, unauthorised
from tests.support.measures.ship_leaks import leaks, plant
from tests.support.parts import require
from tests.support.rigs.moved_house import LEFT_THROUGH, MovedHouse, open_moved_house
from tests.support.servers.models.programmer import Job, Programmer

OWN_TEST = """import unittest

from shop.sums import add


class Sums(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(2, 3), 5)
"""
REPOSITORY: Mapping[str, bytes] = {
    "README.md": b"# Shop\n",
    "shop/__init__.py": b"",
    "shop/sums.py": b"def add(a, b):\n    return a + b\n",
    "shop/mail.py": b'def send(to):\n    return f"Dear {to}"\n',
    "shop/old.py": b"print('nobody needs this')\n",
    "tests/__init__.py": b"",
    "tests/test_sums.py": OWN_TEST.encode(),
    "logo.png": b"\x89PNG\x00\xff",
    "run.sh": b"#!/bin/sh\nexec python -m unittest\n",
}


@dataclass
class Workshop:
    """The house, who programs in it, and the head of the repository that somebody else has made (`acme/shop`)."""

    house: MovedHouse
    programmer: Programmer
    base: str
    canaries: Mapping[str, str]

    def planned(self, job: Job) -> str:
        """Take a job and write its page; return the page, whose plan is asked about."""
        self.programmer.take(job)
        page = self.house.there.write(job.title)
        self.house.plan(page)
        return page

    def until_asked(self, page: str, gate: str = "release") -> Run:
        """Agree to what is asked before that gate; return the run when people see the question there."""
        self.house.at_gate(page, gate)
        self.house.until("the question on the page", lambda: self.house.asks(page) == gate, page)
        self.house.rest()  # people are told on all channels; what they say counts from then on
        return self.house.run(page)

    def pushed(self, page: str) -> list[str]:
        """Return what of the page's runs has left: branches and deployments."""
        names = [f"-{run.id[-8:]}" for run in self.house.there.runs(page)]
        ids = [run.id for run in self.house.there.runs(page)]
        entries = [e for system in LEFT_THROUGH for e in self.house.there.look(system, "/_journal?effects=1")]
        effects = [effect for entry in entries for effect in entry["effects"]]
        return [str(one["kind"]) for one in effects if any(name in str(one) for name in (*names, *ids))]

    def places_with(self, secret: str) -> list[str]:
        """Return where a secret has come to: what has left, and what a model was told."""
        told = [f"prompt {n}" for n, prompt in enumerate(self.programmer.prompts) if secret in prompt]
        return [*leaks(self.house, {"it": secret}), *told]

    def clone(self, repository: str, branch: str, folder: Path) -> Path:
        """Clone a branch with git itself."""
        token = next(iter(self.house.there.look("github", "/_state")["tokens"]))
        url = f"{self.house.there.house.simulators['github']}/{repository}.git".replace("://", f"://x:{token}@")
        git(folder, "clone", "-q", "--branch", branch, url, "clone")
        return folder / "clone"

    def proposed(self, run: Run, folder: Path) -> Path:
        """Clone what the run proposes."""
        told = output(run, "repository.propose_change")
        return self.clone(str(told["repository"]), str(told["branch"]), folder)


@contextmanager
def open_workshop(folder: Path) -> Iterator[Workshop]:
    """Run it; whoever leaves finds out whether anything has left that must not."""
    require("bubblewrap")  # the code here is no offline model's, so nothing else may run it
    with Programmer() as programmer, open_moved_house(folder, **programmer.environment) as house:
        made = Workshop(house, programmer, _somebody_elses(house), plant(house))
        house.ship(site={"environment": [{"name": "FORMS_KEY", "secret": "forms"}]})
        before = {system: len(entries) for system, entries in house.journals().items()}
        yield made
        since = {system: entries[before[system] :] for system, entries in house.journals().items()}
        assert unauthorised(since, histories(house.there.house.wired.deps.store, [house.there.home.tenant])) == []
        assert {name: made.places_with(word) for name, word in made.canaries.items() if made.places_with(word)} == {}


def output(run: Run, kind: str) -> dict[str, Any]:
    """Return what the latest step of that kind came to."""
    return dict(next(step.output for step in reversed(run.steps) if step.spec.kind == kind and not step.parent))


def git(folder: Path, *asked: str) -> str:
    """Return what git says, without this machine's settings."""
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", "-C", str(folder), *asked], check=True, capture_output=True, text=True, env=quiet)
    return done.stdout.strip()


def _somebody_elses(house: MovedHouse) -> str:
    github = wire_accounts().connect_for(house.there.home.tenant)(GitHub)
    made = github.ensure_repository("acme", "shop")
    head = github.head("acme", "shop", made.default_branch)
    return github.commit(
        "acme", "shop", base=head, branch=made.default_branch, expected_head=head, files=REPOSITORY, message="The shop",
        modes={"run.sh": EXECUTABLE}, author=Author("Ada Example", "ada@example.test"),
        date=datetime(2026, 11, 1, tzinfo=UTC),
    )  # fmt: skip
