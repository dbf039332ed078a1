"""Builders of pages: only what a test is about is said."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.backends.offline.model import OfflineModel
from shared.core.page import Block, Page, Span, page_to_data
from shared.ports.model import ModelRequest

KINDS = (
    "code.generate",
    "code.test",
    "repository.propose_change",
    "repository.watch_checks",
    "site.deploy",
    "site.verify",
    "site.promote",
    "site.watch",
    "repository.merge_change",
)
_numbers = itertools.count(1)


def block(kind: str, text: str | tuple[Span, ...] = "", *children: Block, **more: Any) -> Block:
    """Return a block with an id of its own."""
    spans = (Span(text),) if isinstance(text, str) and text else tuple(text or ())
    return Block(f"block-{next(_numbers)}", kind, spans, children, **more)


def row(*cells: str) -> Block:
    """Return a table row."""
    return block("table_row", cells=tuple((Span(cell),) if cell else () for cell in cells))


def table(*rows: Block, header: bool = True) -> Block:
    """Return a table whose first row is its header."""
    return block("table", "", *rows, header_row=header)


def page(title: str, *blocks: Block, **properties: str) -> Page:
    """Return a page."""
    return Page("page-1", title, blocks, properties)


def ask(task: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the offline model's answer."""
    request = ModelRequest(task, "code", "", "", {}, data, timeout=timedelta(seconds=1))
    return dict(OfflineModel().complete(request).answer)


def plan(of: Page, kinds: tuple[str, ...] = KINDS) -> dict[str, Any]:
    """Return the plan for a page."""
    data = {"page": page_to_data(of), "kinds": list(kinds), "repository": "village/site", "project": "village"}
    return ask("plan", data)


def code(of: Page, proposal: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the code for a page's plan: the plan of files, and each of them with its content."""
    data = {"page": page_to_data(of), "proposal": proposal or plan(of), "feedback": ""}
    outline = ask("code.outline", data)
    written = ask("code.write", {**data, "paths": [each["path"] for each in outline["files"]]})
    assert [each["path"] for each in written["files"]] == [each["path"] for each in outline["files"]]
    assert written["expected_tests"] == outline["expected_tests"]
    return {**outline, "outlined": outline["files"], "files": written["files"]}


def files(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the generated files by path."""
    return {item["path"]: item["content"] for item in answer["files"]}


def write(answer: Mapping[str, Any], folder: Path) -> None:
    """Write the generated files."""
    for path, content in files(answer).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode())


def run_suite(answer: Mapping[str, Any], folder: Path) -> str:
    """Run the generated suite as its own process, and return what it said; fails unless all expected tests passed."""
    write(answer, folder)
    command = [sys.executable, "-W", "error", "-m", "unittest", "discover", "-s", "tests", "-v"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert f"\nRan {answer['expected_tests']} test" in done.stderr
    assert done.stderr.rstrip().endswith("\nOK")
    return done.stderr
