"""The simulated GitHub's pages in a real browser: a pull request with hostile words, and files shown as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.local.simulators._server import Simulator
from shared.local.simulators.github.simulator import GitHubSimulator
from tests.browser.shown import RUN, keeps_quiet
from tests.support.measures.browser import DESKTOP, PHONE, Browser
from tests.support.measures.page_measures import contrast, overflow
from tests.support.parts import require

pytestmark = pytest.mark.xdist_group("browser-github")

MARKUP = f'<script>{RUN}</script><img src=x onerror="{RUN}"></title></pre><svg onload="{RUN}">"\''
LONG = "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung" * 4
FILES = {
    "README.md": f"# Site\n\n{MARKUP}\n[press me](javascript:{RUN})\n",
    "site/index.html": f"<!doctype html><title>Site</title>{MARKUP}\n<p>{LONG}</p>\n",
    f"site/{LONG[:120]}.txt": "text\n",
}


@dataclass(frozen=True)
class Hub:
    """A simulated GitHub with one repository and one pull request."""

    url: str
    repo: str
    number: int
    sha: str


@pytest.fixture(scope="module")
def hub(served: Callable[[Simulator], str], tmp_path_factory: pytest.TempPathFactory) -> Hub:
    require("git")
    folder: Path = tmp_path_factory.mktemp("github")
    url = served(GitHubSimulator(folder))
    token = "-".join(["test", "token"])
    requests.post(f"{url}/_seed", json={"token": token, "login": "ada"}, timeout=10)

    def call(method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "tests"}
        answer = requests.request(method, url + path, json=body, headers=headers, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    repo = call("POST", "/user/repos", {"name": "site", "auto_init": True, "description": MARKUP})["full_name"]
    parent = call("GET", f"/repos/{repo}/git/ref/heads/main")["object"]["sha"]
    tree = [{"path": path, "mode": "100644", "type": "blob", "content": text} for path, text in FILES.items()]
    made = call("POST", f"/repos/{repo}/git/trees", {"base_tree": parent, "tree": tree})["sha"]
    commit = {"message": f"{MARKUP}\n\n{LONG}", "tree": made, "parents": [parent]}
    sha = call("POST", f"/repos/{repo}/git/commits", commit)["sha"]
    call("POST", f"/repos/{repo}/git/refs", {"ref": "refs/heads/topic", "sha": sha})
    body = {"title": f"{MARKUP} {LONG}", "head": "topic", "base": "main", "body": f"{MARKUP}\n\n- [ ] {LONG}"}
    number = call("POST", f"/repos/{repo}/pulls", body)["number"]
    call("POST", f"/repos/{repo}/issues/{number}/comments", {"body": MARKUP})
    return Hub(url, repo, number, sha)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_pages_full_of_markup_are_quiet_fit_and_can_be_read(
    browser: Browser, hub: Hub, size: tuple[int, int], scheme: str
) -> None:
    home = f"/{hub.repo}"
    with browser.tab(size, scheme) as tab:
        for path in (f"{home}/pull/{hub.number}", home, f"{home}/tree/topic", f"{home}/blob/topic/site/index.html",
                     f"{home}/commit/{hub.sha}"):  # fmt: skip
            tab.open(hub.url + path)
            assert MARKUP in tab.run("document.body.textContent"), path
            assert overflow(tab) <= 0, path
            least = contrast(tab)
            assert least.ratio >= 4.5, f"{path}: {least.words}"
            assert set(tab.run("[...document.links].map((one) => one.protocol)")) <= {"http:"}
            keeps_quiet(tab, hub.url)


def test_a_pull_request_says_what_it_changes_and_links_its_repository(browser: Browser, hub: Hub) -> None:
    with browser.tab() as tab:
        tab.open(f"{hub.url}/{hub.repo}/pull/{hub.number}")
        added = tab.run("[...document.querySelectorAll('ins')].map((one) => one.textContent)")
        assert f"+<p>{LONG}</p>" in added
        assert tab.run("document.querySelector('.tag').textContent") == "open"
        with tab.loading():
            tab.click("a")
        assert tab.run("location.pathname") == f"/{hub.repo}"
        with tab.loading():
            tab.click(f"a[href$='/pull/{hub.number}']")
        assert tab.run("location.pathname") == f"/{hub.repo}/pull/{hub.number}"


def test_a_file_in_the_raw_does_not_run_as_a_page(browser: Browser, hub: Hub) -> None:
    with browser.tab() as tab:
        tab.open(f"{hub.url}/{hub.repo}/raw/topic/site/index.html")
        assert tab.run("document.contentType") == "text/plain"
        assert MARKUP in tab.run("document.body.textContent")
        assert (tab.seen.dialogs, tab.seen.exceptions, tab.run("typeof window.ran")) == ([], [], "undefined")
