"""Each kind of software from a page to production, with a model that programs by a script; git is the judge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from shared.core.approval.release_words import describe_question
from shared.core.run.run import Run, RunStatus
from tests.support.parts import require
from tests.support.rigs.programmed_house import REPOSITORY, Workshop, git, open_workshop, output
from tests.support.servers.models.programmer import Job

pytestmark = pytest.mark.xdist_group("ship_kinds")

PAGE = '<!doctype html>\n<html lang="en">\n<head><title>{title}</title></head>\n'
PAGE += "<body><h1>{title}</h1>\n<p>{text}</p></body>\n</html>\n"
JS_TEST = """import test from "node:test";
import assert from "node:assert/strict";
import {{ {name} }} from "../{module}";

test("it says so", () => assert.match({name}(), /Rye bread/));
"""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with open_workshop(tmp_path_factory.mktemp("kinds")) as opened:
        yield opened


def _shipped(workshop: Workshop, job: Job) -> Run:
    """Let a page of that title be made; people agree to all that is asked."""
    run = workshop.house.ended(workshop.planned(job))
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    return run


def _files(clone: Path) -> dict[str, str]:
    return {path: (clone / path).read_text(encoding="utf-8") for path in git(clone, "ls-files").split("\n")}


# --- new software -----------------------------------------------------------------------------------------------------


def _tool() -> Job:
    test = "import unittest\n\nfrom tides import highest\n\n\nclass Tides(unittest.TestCase):\n"
    test += "    def test_highest(self):\n        self.assertEqual(highest([('Mon', 3.1), ('Tue', 4.2)]), 'Tue')\n"
    files = {
        "tides.py": "def highest(days):\n    return max(days, key=lambda day: day[1])[0]\n",
        "site/index.html": PAGE.format(title="Tides", text="Call highest() with days and heights."),
        "tests/test_tides.py": test,
    }
    return Job("Tide tool in Python", "python_service", files, shows=[("/", "Call highest()")], site_root="site")


def _site() -> Job:
    test = "import unittest\nfrom pathlib import Path\n\n\nclass Site(unittest.TestCase):\n"
    test += "    def test_hours(self):\n        self.assertIn('Open at nine', Path('site/index.html').read_text())\n"
    files = {"site/index.html": PAGE.format(title="Lido", text="Open at nine"), "tests/test_site.py": test}
    return Job("Hours of the lido", "static_site", files, shows=[("/", "Open at nine")], site_root="site")


def _node() -> Job:
    files = {
        "package.json": '{"name": "bakery", "version": "1.0.0", "type": "module", "private": true}\n',
        "lib/bread.js": 'export const bread = () => "Rye bread, every day";\n',
        "site/index.html": PAGE.format(title="Bakery", text="Rye bread, every day"),
        "test/bread.test.js": JS_TEST.format(name="bread", module="lib/bread.js"),
    }
    shows = [("/", "Rye bread, every day")]
    return Job("Bread counter in Node.js", "node_project", files, runner="node", site_root="site", shows=shows)


def _next() -> Job:
    """Return a project in the form of Next.js; nobody builds it here, so a page of it lies in `public`."""
    manifest = {
        "name": "bakery",
        "version": "1.0.0",
        "private": True,
        "type": "module",
        "scripts": {"build": "next build"},
        "dependencies": {"next": "16.0.3", "react": "19.2.0", "react-dom": "19.2.0"},
    }
    page = (
        'import { bread } from "../lib/bread.js";\n\nexport default function Page() {\n  return <p>{bread()}</p>;\n}\n'
    )
    files = {
        "package.json": json.dumps(manifest, indent=2) + "\n",
        "lib/bread.js": 'export const bread = () => "Rye bread, every day";\n',
        "app/page.jsx": page,
        "public/index.html": PAGE.format(title="Bakery", text="Rye bread, every day"),
        "test/bread.test.mjs": JS_TEST.format(name="bread", module="lib/bread.js"),
    }
    return Job("Bread counter in Next.js", "node_project", files, runner="node", shows=[("/", "Rye bread, every day")])


@pytest.mark.parametrize("make", [_site, _tool, _node, _next], ids=["site", "python", "node", "next"])
def test_new_software_is_tested_proposed_and_live(workshop: Workshop, tmp_path: Path, make: Callable[[], Job]) -> None:
    job = make()
    if job.runner == "node":
        require("node")
    run = _shipped(workshop, job)
    clone = workshop.proposed(run, tmp_path)
    assert {path: text for path, text in _files(clone).items() if path in job.files} == dict(job.files)
    command = ["node", "--test"] if job.runner == "node" else [sys.executable, "-m", "unittest"]
    subprocess.run(command, cwd=clone, check=True, capture_output=True, timeout=60)
    ((path, text),) = job.shows
    answer = requests.get(str(run.facts["site"]) + path, timeout=10)
    assert (answer.status_code, text in answer.text) == (200, True)
    assert [word for word in job.asked if word != "write"] == ["plan", "outline"]


def test_what_it_takes_from_others_is_named_in_the_approval(workshop: Workshop) -> None:
    require("node")
    page = workshop.planned(replace(_next(), title="Cake counter in Next.js"))
    told = describe_question(workshop.house.at_gate(page, "release"), "release")
    start = told.index("New packages (3):") + 1
    names = [line.split(" (")[0] for line in told[start : start + 3]]
    assert names == ["+ next 16.0.3", "+ react 19.2.0", "+ react-dom 19.2.0"]
    workshop.house.cancel(page)


# --- a change to what is there ----------------------------------------------------------------------------------------

NEW_TEST = """import unittest

from shop.post import send
from shop.sums import add, subtract


class Subtracts(unittest.TestCase):
    def test_subtract(self):
        self.assertEqual(subtract(add(2, 3), 3), 2)

    def test_send(self):
        self.assertEqual(send("Ada"), "Dear Ada")
"""


def test_a_change_edits_renames_and_deletes_and_leaves_the_rest(workshop: Workshop, tmp_path: Path) -> None:
    house, base = workshop.house, workshop.base
    house.ship(code={"system": "github", "owner": "acme", "repository": "shop", "merge": "when_green"})
    more = "    return a + b\n\n\ndef subtract(a, b):\n    return a - b\n"
    job = Job(
        "The shop learns to subtract",
        "change",
        {"tests/test_subtract.py": NEW_TEST},
        edits=[("shop/sums.py", "    return a + b\n", more)],
        renamed={"shop/mail.py": "shop/post.py"},
        deleted=["shop/old.py"],
        tests=2,
        merges=True,
    )
    try:
        run = _shipped(workshop, job)
    finally:
        house.ship(code={})
    clone = workshop.clone("acme/shop", "main", tmp_path)
    assert sorted(git(clone, "diff", "--name-status", "-M", base, "HEAD").split("\n")) == [
        "A\ttests/test_subtract.py",
        "D\tshop/old.py",
        "M\tshop/sums.py",
        "R100\tshop/mail.py\tshop/post.py",
    ]
    assert git(clone, "ls-files", "--stage", "run.sh").startswith("100755 ")
    assert (clone / "logo.png").read_bytes() == REPOSITORY["logo.png"]
    subprocess.run([sys.executable, "-m", "unittest"], cwd=clone, check=True, capture_output=True, timeout=60)
    assert output(run, "code.test")["tests"] == 3, "its own test and the two new ones"
    git(clone, "merge-base", "--is-ancestor", base, "HEAD")
