"""What holds for every probe: it says what it assumes, notices every change, and covers what our clients ask."""

from __future__ import annotations

import ast
import itertools
import re
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from shared.cli.probe.calls import Probe
from shared.cli.probe.notion.wording import NOWHERE
from shared.cli.probe.systems import PROBES

ROOT = Path(__file__).resolve().parents[3]
EACH = pytest.mark.parametrize("probe", PROBES.values(), ids=list(PROBES))


@EACH
def test_every_call_says_what_it_assumes_and_where_that_is_written(probe: Probe) -> None:
    names = [call.name for call in probe.calls]
    assert len(set(names)) == len(names)
    for call in probe.calls:
        assert re.fullmatch(r"[A-Za-z0-9].{15,}\.", call.assumes), call.name
        assert call.page == NOWHERE or re.fullmatch(r"https://\S+", call.page), call.name
    assert len({call.assumes for call in probe.calls}) == len(probe.calls)


def test_the_page_of_assumptions_is_what_the_probes_say() -> None:
    """`python tools/assumptions_document.py` writes it anew."""
    written = runpy.run_path(str(ROOT / "tools" / "assumptions_document.py"))["written"]()
    text = (ROOT / "docs" / "reference" / "assumptions.md").read_text(encoding="utf-8")
    assert text == written
    listed = re.findall(r"^\| (.+?) \| .+ \| (?:\[|–)", text, re.MULTILINE)
    assert listed == [call.name for probe in PROBES.values() for call in probe.calls]


_CLIENT = {
    "notion": "shared/integrations/notion/*.py",
    "github": "shared/integrations/github/*.py",
    "gitlab": "shared/integrations/gitlab/*.py",
    "vercel": "shared/integrations/vercel.py",
}


METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


def _asked_by_us(pattern: str) -> set[tuple[str, str]]:
    """Return method and path of what a client asks, with `{}` for every id."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.glob(pattern)]
    bodies = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {each for body in bodies for each in _asked_in(body)}


def _asked_in(body: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    named = {
        node.targets[0].id: _path(node.value)
        for node in ast.walk(body)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _path(node.value)
    }
    for node in ast.walk(body):
        if not isinstance(node, ast.Call):
            continue
        for method, path in itertools.pairwise(node.args):
            if not isinstance(method, ast.Constant) or method.value not in METHODS:
                continue
            for text in (_path(path), _path_of_names(path, named)):
                if text:
                    yield str(method.value), text


def _path(node: ast.expr) -> str:
    """Return a path that is written down, with `{}` in the place of what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if node.value.startswith("/") else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return text if text.startswith("/") else ""


def _path_of_names(node: ast.expr, named: Mapping[str, str]) -> str:
    """Return a path that begins with one that was given a name before."""
    if isinstance(node, ast.Name):
        return named.get(node.id, "")
    if not isinstance(node, ast.JoinedStr) or not isinstance(node.values[0], ast.FormattedValue):
        return ""
    first = node.values[0].value
    rest = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values[1:])
    return named[first.id] + rest if isinstance(first, ast.Name) and first.id in named else ""


def _is_probed(probe: Probe, method: str, path: str) -> bool:
    wanted = re.sub(r"\\\{\\\}", "[^/?]+", re.escape(path))
    return any(call.ask.method == method and re.fullmatch(wanted, call.ask.path) for call in probe.calls)


def test_everything_that_our_client_of_notion_asks_is_probed() -> None:
    asked = _asked_by_us(_CLIENT["notion"])
    assert len(asked) > 30
    assert [each for each in sorted(asked) if not _is_probed(PROBES["notion"], *each)] == []
