"""A frontend on another origin calls the API from a real browser, which keeps the rules of CORS by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.browser.sites import SiteServer
from tests.functions.conftest import MINE
from tests.support.measures.browser import Browser, Tab
from tests.support.rigs.served_api import ServedApi, served_api

pytestmark = pytest.mark.xdist_group("browser-approval")

PAGE = {"frontend": {"index.html": "<!doctype html><title>A frontend</title>"}}
CALL = """(async () => {
  try {
    const answer = await fetch(%s, {method: %s, headers: %s, body: %s});
    const words = await answer.text();
    return [answer.status, words && JSON.parse(words), answer.headers.get("ETag")];
  } catch (error) { return [0, String(error), null]; }
})()"""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    """Serve the function `api`."""
    folder = tmp_path / "data"
    folder.mkdir()
    with served_api(folder, MINE) as api:
        yield api


def _allow(api: ServedApi, origin: str) -> None:
    key = {"Authorization": f"Bearer {api.key}"}
    requests.post(
        f"{api.url}/v1/settings/origins", json={"allow": [origin]}, headers=key, timeout=10
    ).raise_for_status()


def _call(tab: Tab, api: ServedApi, method: str, path: str, body: Any = None, **more: str) -> list[Any]:
    headers = {"Authorization": f"Bearer {api.key}", **more}
    if body is not None:
        headers["Content-Type"] = "application/json"
    given = (api.url + path, method, headers, json.dumps(body) if body is not None else None)
    return list(tab.run(CALL % tuple(map(json.dumps, given))))


def test_an_allowed_frontend_reads_writes_and_looks_whether_something_changed(browser: Browser, api: ServedApi) -> None:
    with SiteServer(PAGE) as server, browser.tab() as tab:
        _allow(api, server.url)
        tab.open(f"{server.url}/frontend/index.html")
        status, planning, tag = _call(tab, api, "GET", "/v1/planning")
        assert (status, planning["day_hours"]) == (200, 6)
        assert _call(tab, api, "GET", "/v1/planning", **{"If-None-Match": tag})[:2] == [304, ""]
        status, planning, _ = _call(tab, api, "POST", "/v1/planning", {"day_hours": 5})
        assert (status, planning["day_hours"]) == (200, 5)
        status, again, other = _call(tab, api, "GET", "/v1/planning", **{"If-None-Match": tag})
        assert (status, again, other != tag) == (200, planning, True)


def test_any_other_changes_nothing_and_reads_why(browser: Browser, api: ServedApi) -> None:
    with SiteServer(PAGE) as server, browser.tab() as tab:
        tab.open(f"{server.url}/frontend/index.html")
        status, refused, _ = _call(tab, api, "POST", "/v1/planning", {"day_hours": 5})
        assert (status, server.url in refused["detail"]) == (403, True)
        _allow(api, server.url)
        assert _call(tab, api, "GET", "/v1/planning")[1]["day_hours"] == 6


def test_the_browser_keeps_a_frontend_from_what_is_for_people(browser: Browser, api: ServedApi) -> None:
    with SiteServer(PAGE) as server, browser.tab() as tab:
        _allow(api, server.url)
        tab.open(f"{server.url}/frontend/index.html")
        for method, path in (("GET", "/"), ("POST", "/approvals/a-token")):
            status, why, _ = _call(tab, api, method, path)
            assert (status, "Failed to fetch" in why) == (0, True), path
