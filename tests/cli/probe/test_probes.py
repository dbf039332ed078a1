"""What holds for every probe: it says what it assumes, notices every change, and covers what our clients ask."""

from __future__ import annotations

import ast
import itertools
import re
import runpy
from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.cli.probe.calls import Probe
from shared.cli.probe.notion.wording import NOWHERE
from shared.cli.probe.probes import PROBES

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
    written = runpy.run_path(str(ROOT / "tools" / "assumptions_document.py"))["render_page"]()
    text = (ROOT / "docs" / "reference" / "assumptions.md").read_text(encoding="utf-8")
    assert text == written
    listed = re.findall(r"^\| (.+?) \| .+ \| (?:\[|–)", text, re.MULTILINE)
    assert listed == [call.name for probe in PROBES.values() for call in probe.calls]


CLIENTS = {  # system → where our client is, how many calls it has at least, and what its own words for paths stand for
    "notion": (("integrations/notion/client/*.py", "integrations/notion/trial.py"), 33, {}),
    "github": (
        ("integrations/github/[!a]*.py", "integrations/github/trial.py"),
        30,
        {"repo_path": "/repos/{}/{}", "repo": "/repos/{}/{}"},
    ),
    "gitlab": (("integrations/gitlab/*.py", "integrations/gitlab/trial.py"), 25, {"project": "/projects/{}"}),
    "vercel": (("integrations/vercel/client.py", "integrations/vercel/trial.py"), 10, {}),
}
NOT_ASKED = {  # what the probe's `no_harm` speaks of
    ("GET", "/repos/{}/{}/check-runs/{}"),
    ("GET", "/repos/{}/{}/check-runs/{}/annotations"),
    ("GET", "/repos/{}/{}/actions/jobs/{}/logs"),
    ("GET", "/projects/{}/pipelines/{}/jobs"),
    ("GET", "/projects/{}/jobs/{}/trace"),
}
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


class Asked(ast.NodeVisitor):
    """Collects method and path of what a function asks, with `{}` for all that is filled in."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known, self.named, self.found = known, dict[str, str](), set[tuple[str, str]]()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.named = {}
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        targets, values = [node.targets[0]], [node.value]
        if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            targets, values = node.targets[0].elts, node.value.elts
        for target, value in zip(targets, values, strict=True):
            if isinstance(target, ast.Name):
                self.named[target.id] = self.path(value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        for method, path in itertools.pairwise(node.args):
            if isinstance(method, ast.Constant) and method.value in METHODS and self.path(path).startswith("/"):
                self.found.add((str(method.value), self.path(path)))
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in ("every", "pages")
            and self.path(node.args[0])[0] == "/"
        ):
            self.found.add(("GET", self.path(node.args[0])))
        self.generic_visit(node)

    def path(self, node: ast.expr) -> str:
        """Return a path as far as it is written down."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.JoinedStr):
            return "".join(self.path(part) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self.path(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.known.get(node.func.id, "{}")
        if isinstance(node, ast.Name):
            return self.named.get(node.id) or self.known.get(node.id, "{}")
        return "{}"


def _is_probed(probe: Probe, method: str, path: str) -> bool:
    wanted = re.escape(path).replace(r"\{\}", "[^/?]+")
    asks = [(call.ask.method, call.ask.path.replace("{repo}", "{owner}/{name}")) for call in probe.calls]
    return any(each == method and re.fullmatch(wanted, asked) for each, asked in asks)


@pytest.mark.parametrize("system", CLIENTS)
def test_everything_that_our_client_asks_is_probed(system: str) -> None:
    patterns, least, known = CLIENTS[system]
    visitor = Asked(known)
    for path in sorted(each for pattern in patterns for each in (ROOT / "shared").glob(pattern)):
        visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
    assert len(visitor.found) >= least
    missing = [each for each in sorted(visitor.found) if not _is_probed(PROBES[system], *each)]
    assert [each for each in missing if each not in NOT_ASKED] == []


def test_every_method_of_slack_that_our_client_calls_is_probed() -> None:
    text = (ROOT / "shared" / "integrations" / "slack" / "client.py").read_text(encoding="utf-8")
    called = set(re.findall(r'"((?:chat|users|conversations|apps)\.[a-zA-Z.]+)"', text))
    assert len(called) >= 4
    probed = {call.ask.path.removeprefix("/") for call in PROBES["slack"].calls}
    told = " ".join(what for what, _ in PROBES["slack"].no_harm)
    assert {each for each in called - probed if each not in told} == set()
