"""A change to a repository that is not ours, for `bench ship`: what is there, and a model that answers by script.

The rules of the offline model change nobody's code, so a server on this machine speaks Chat Completions and says what
a language model would. Prompts are the real ones and are counted; it takes no money, so dollars say nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.backends.offline.plans.planning import make_plan
from shared.bench.scripted_model import ScriptedServer
from shared.core.page import Page, page_to_data
from shared.integrations.forge import Author, Forge

Json = dict[str, Any]
OWNER, REPOSITORY = "acme", "pier-board"
TITLE, WISH = "The board at the pier says when the ferry goes", "The ferry leaves at 7:40 and at 17:20."
_PAGE = (
    '<!doctype html>\n<html lang="en">\n<head><title>Pier</title></head>\n<body>\n<h1>Pier</h1>\n<p>No swimming.</p>\n'
)
_TEST = """import unittest
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "site" / "index.html"


class {name}(unittest.TestCase):
    def test_it_says_so(self):
        self.assertIn("{words}", PAGE.read_text(encoding="utf-8"))
"""
_EDIT = {"path": "site/index.html", "find": "<p>No swimming.</p>", "replace": f"<p>No swimming.</p>\n<p>{WISH}</p>"}
_NEW_TEST = "tests/test_ferry.py"


def make_repository(forge: Forge) -> None:
    """Make the repository as somebody else has left it: a page, a test, a file that has nothing to do with it."""
    made = forge.ensure_repository(OWNER, REPOSITORY)
    head = forge.head(OWNER, REPOSITORY, made.default_branch)
    files = {
        "site/index.html": f"{_PAGE}</body>\n</html>\n".encode(),
        "tests/test_page.py": _TEST.format(name="Page", words="No swimming.").encode(),
        "notes/tides.txt": b"high water at six\n",
    }
    author, when = Author("Ada Example", "ada@example.test"), datetime(2026, 11, 1, tzinfo=UTC)
    forge.commit(
        OWNER, REPOSITORY, base=head, branch=made.default_branch, expected_head=head, files=files,
        message="The pier's page", author=author, date=when,
    )  # fmt: skip


class ScriptedModel(ScriptedServer):
    """A plan, a plan of files, an edit and its test; else agreement."""

    def __init__(self) -> None:
        self.page: Page | None = None
        super().__init__()

    def answer(self, form: Json, prompt: str) -> Any:
        """Return the answer to a request with this schema."""
        fields = set(form.get("properties", ()))
        if {"requirements", "steps"} <= fields and self.page is not None:
            return _plan(self.page)
        if {"site_root", "runner"} <= fields:
            return _FILES
        if {"files", "edits", "expected_tests", "note"} == fields:
            test = _TEST.format(name="Ferry", words=WISH)
            return {
                "files": [{"path": _NEW_TEST, "content": test, "complete": True}],
                "edits": [_EDIT],
                "expected_tests": 1,
            }
        return super().answer(form, prompt)


def _plan(page: Page) -> Json:
    """Return the plan the rules would write for the page, as a change."""
    plan = make_plan({"page": page_to_data(page)})
    steps = [
        {**step, "input": {"artifact": "change"} if step["kind"] == "code.generate" else step["input"]}
        for step in plan["steps"]
    ]
    return {**plan, "artifact": "change", "steps": steps}


def _file(path: str, action: str, lines: int) -> Json:
    file = {"path": path, "action": action, "source": "", "purpose": "when the ferry goes", "interfaces": ""}
    return {**file, "depends_on": [], "lines": lines}


_FILES: Json = {
    "files": [_file("site/index.html", "edit", 2), _file(_NEW_TEST, "create", 10)],
    "tests": [{"requirement": "R1", "test": _NEW_TEST}],
    "checks": [{"requirement": "R1", "path": "/index.html", "contains": WISH}],
    "runner": "python",
    "expected_tests": 1,
    "site_root": "site",
}
