"""One script through three clients: Notion's own, `notion-client`, and ours. All of them have to end alike.

The script calls every endpoint of the fact sheet's catalogue that the simulator serves, and asserts each result.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.http_client import HttpClient
from shared.integrations.notion.client.client import Notion
from shared.ports import Secret
from tests.judges import notion_client_script, our_script
from tests.judges.workspace import HERE, Workspace, paragraph
from tests.support.descriptions.notion_description import find_description, of_exchange, violations
from tests.support.parts import require

pytestmark = pytest.mark.xdist_group("judges")

Open = Callable[[], Workspace]

# The catalogue (notion-api, section 2), without the plan-gated meeting notes and agents.
CATALOGUE = """
GET users/me · GET users/* · GET users
POST pages · GET pages/* · PATCH pages/* · POST pages/*/move · GET pages/*/properties/*
GET pages/*/markdown · PATCH pages/*/markdown · GET async_tasks/*
GET blocks/* · PATCH blocks/* · DELETE blocks/* · GET blocks/*/children · PATCH blocks/*/children
POST databases · GET databases/* · PATCH databases/*
POST data_sources · GET data_sources/* · PATCH data_sources/*
POST data_sources/*/query · GET data_sources/*/templates
POST search · GET custom_emojis
POST comments · GET comments · GET comments/* · PATCH comments/* · DELETE comments/*
POST file_uploads · GET file_uploads · GET file_uploads/* · POST file_uploads/*/send · POST file_uploads/*/complete
GET views · POST views · GET views/* · PATCH views/* · DELETE views/*
POST views/*/queries · GET views/*/queries/* · DELETE views/*/queries/*
POST oauth/token · POST oauth/introspect · POST oauth/revoke
"""
ENDPOINTS = frozenset(part.strip() for line in CATALOGUE.strip().splitlines() for part in line.split("·"))
OF_AGENTS = re.compile(
    r" (agents|external_agent_stub|sessions|threads|blocks/meeting_notes)\b"
)  # not of a workspace's pages
NOT_OURS = frozenset(each for each in ENDPOINTS if " views" in each) | {
    "POST data_sources", "GET file_uploads", "GET custom_emojis", "POST oauth/introspect",
}  # fmt: skip


@dataclass
class Told:
    """A workspace in which the script was told, and what was asked where our client told it."""

    workspace: Workspace
    asked: list[dict[str, Any]] = field(default_factory=list)
    said: tuple[int, str, str] = (0, "", "")


@pytest.fixture(scope="module")
def in_javascript(workspace: Open) -> Told:
    require("notion-js")
    it = workspace()
    command = ["node", "notion_script.mjs", json.dumps(asdict(it))]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=60, check=False)
    return Told(it, said=(done.returncode, done.stdout, done.stderr))


@pytest.fixture(scope="module")
def in_python(workspace: Open) -> Told:
    it = Told(workspace())
    notion_client_script.run(it.workspace)
    return it


@pytest.fixture(scope="module")
def by_us(workspace: Open) -> Told:
    it = Told(workspace())
    our_script.run(it.workspace, it.asked.append)
    return it


def test_notions_own_client_is_answered_as_it_expects(in_javascript: Told) -> None:
    assert in_javascript.said == (0, "told\n", "")  # it warns on stderr of arguments it does not know
    assert called(in_javascript.workspace) == ENDPOINTS


def test_the_python_client_is_answered_as_it_expects(in_python: Told) -> None:
    assert called(in_python.workspace) == ENDPOINTS


def test_our_client_calls_every_endpoint_it_has(by_us: Told) -> None:
    assert called(by_us.workspace) >= ENDPOINTS - NOT_OURS  # all of them with success
    paths = {f"{each['method']} {_template(urlsplit(each['url']).path)}" for each in by_us.asked}
    assert paths == ENDPOINTS - NOT_OURS


def test_every_request_of_ours_is_one_the_published_description_allows(by_us: Told) -> None:
    require("notion-description")
    assert len(by_us.asked) > 80
    assert violations("POST", "/v1/search", {}, {"querry": "x"})  # it does judge
    assert [problem for exchange in by_us.asked for problem in of_exchange(exchange)] == []


def test_the_catalogue_has_every_endpoint_of_the_published_description() -> None:
    require("notion-description")
    described = json.loads((find_description() or Path()).read_text(encoding="utf-8"))["paths"]
    known = {f"{method.upper()} {_starred(path)}" for path, methods in described.items() for method in methods}
    assert len(known) > 50
    assert {each for each in known - ENDPOINTS if not OF_AGENTS.search(each)} == set()


def test_their_python_client_and_ours_leave_equal_pages(in_python: Told, by_us: Told) -> None:
    ours = by_us.workspace.looks()
    assert ours == in_python.workspace.looks()
    assert [word in ours for word in ("deepest", "Better words.", "Epsilon", "three", "Most effort first")] == [
        True
    ] * 5


def test_their_javascript_client_and_ours_leave_equal_pages(in_javascript: Told, by_us: Told) -> None:
    assert by_us.workspace.looks() == in_javascript.workspace.looks()


def test_a_difference_shows(workspace: Open) -> None:
    one, other = workspace(), workspace()
    assert one.looks() == other.looks()
    http = HttpClient("notion", other.url, Secret(other.token))
    (made,) = Notion(http).append(other.home, [paragraph("one more")])
    assert one.looks() != other.looks()
    Notion(HttpClient("notion", one.url, Secret(one.token))).append(one.home, [paragraph("one more")])
    assert one.looks() == other.looks()
    Notion(http).comment(other.home, "on the block", block_id=made)
    assert one.looks() != other.looks()


def called(workspace: Workspace) -> frozenset[str]:
    """Return the endpoints that were called; every call has to have been answered with a success."""
    journal = [entry for entry in workspace.journal() if entry["path"].startswith("/v1/")]
    calls = [entry for entry in journal if entry["path"] != "/v1/oauth/authorize"]
    refused = [(entry["method"], entry["path"], entry["status"]) for entry in calls if entry["status"] >= 300]
    assert [entry for entry in refused if entry[2] != 401] == []  # 401: the last call, with a token that was revoked
    return frozenset(f"{entry['method']} {_template(entry['path'])}" for entry in calls)


def _starred(path: str) -> str:
    return re.sub(r"{\w+}", "*", path).removeprefix("/v1/")


def _template(path: str) -> str:
    fixed = re.sub(r"/(task_)?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", "/*", path.removeprefix("/v1"))
    return re.sub(r"/properties/.+", "/properties/*", fixed).removeprefix("/")
