"""The example ideas are what people write, and each ends deployed with all of it shown, or with a question."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.app.planning.plan_proposal import Proposal
from shared.backends.offline.language import guess_language
from shared.backends.sandbox.choose import choose_sandbox
from shared.core.code.verdict import REPORT, Verdict, judge, runner_files, test_command
from shared.core.page import Block, Page
from shared.core.ship.site_requirements import check_site
from shared.http_client import HttpClient
from shared.integrations.cloud_storage.hosting import CloudStorage
from shared.integrations.notion.content.reading import read_written
from shared.local.simulators._server import serve
from shared.local.simulators.cloud_storage import CloudStorageSimulator
from shared.local.story.idea import read_idea
from shared.ports import Secret
from shared.ports.sandbox import SandboxRequest
from tests.support.parts import require
from tests.unit.offline import pages

IDEAS = sorted((Path(__file__).resolve().parents[2] / "ideas").glob("*.md"))
ASKED = {"club-thing", "idee-verein", "photo-renamer"}  # what a person has to answer before anything can be built
PROGRAMS = {"geraeteverleih-schule", "landing-log", "photo-renamer", "seed-swap-tool", "village-library-api"}
TOKEN = "-".join(["a", "token"])


@dataclass(frozen=True)
class Host:
    """A bucket for sites, and our client of it."""

    hosting: CloudStorage

    def live(self, name: str, files: dict[str, bytes]) -> str:
        """Put a site live; return its address."""
        site = self.hosting.ensure_site(name)
        made = self.hosting.deploy(site, files, {})
        self.hosting.promote(site.id, made.id)
        return f"http://{self.hosting.site(name).domain}"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    simulator = CloudStorageSimulator()
    server = serve(simulator)
    url = simulator.base_url
    seed = {"token": TOKEN, "bucket": "sites", "public": ["live/", "preview/"]}
    requests.post(f"{url}/_seed", json=seed, timeout=10)
    http = HttpClient("cloud_storage", url, Secret(TOKEN), timeouts=(2, 10))
    yield Host(CloudStorage(http, "sites", "one", f"{url.partition('://')[2]}/sites"))
    server.shutdown()
    server.server_close()


@cache
def idea_page(path: Path) -> Page:
    """Return the idea as it reads back once it is written to a page."""
    idea, numbers = read_idea(path), count(1)

    def numbered(block: Block) -> Block:
        return replace(block, id=f"b{next(numbers)}", children=tuple(map(numbered, block.children)))

    blocks = tuple(numbered(read_written(raw)) for raw in idea.blocks)
    return Page(path.stem, idea.title, blocks, idea.properties)


def verdict_of(answer: dict[str, Any]) -> Verdict:
    """Run the suite that was written with the code, where generated code is run."""
    nonce, files = secrets.token_hex(16), {path: text.encode() for path, text in pages.files(answer).items()}
    suites = [path for path in files if path.startswith("tests/test_")]
    request = SandboxRequest(
        files={**files, **runner_files(nonce, "python")},
        command=test_command(*suites),
        origin="offline",
        collect=(REPORT,),
    )
    return judge(choose_sandbox().run(request), expected_tests=answer["expected_tests"], nonce=nonce)


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: str(idea.stem))
def test_an_idea_ends_live_with_all_that_it_says_or_with_a_question(idea: Path, host: Host) -> None:
    page = idea_page(idea)
    proposal = pages.plan(page)
    Proposal.model_validate(proposal)
    assert bool(proposal["questions"]) == (idea.stem in ASKED), proposal["questions"]
    assert proposal["artifact"] == ("python_service" if idea.stem in PROGRAMS else "static_site")
    if idea.stem in ASKED:
        (question,) = proposal["questions"]
        assert "?" in question
        assert page.title in question
        assert guess_language(question) == guess_language(page.title + " ".join(b.text for b in page.walk()))
        return
    require("sandbox")
    answer = pages.code(page, proposal)
    verdict = verdict_of(answer)
    assert verdict.ok, verdict.feedback
    site = {path[5:]: text.encode() for path, text in pages.files(answer).items() if path.startswith("site/")}
    address = host.live(idea.stem, site)
    report = check_site(json.dumps(answer["checks"]), address, _fetch)
    assert report.missing == ()
    assert {check["requirement"] for check in answer["checks"]} == {one["id"] for one in proposal["requirements"]}
    shown = " ".join(one["text"] for one in proposal["requirements"])
    assert [words for block in page.walk() if block.type == "to_do" and (words := block.text) not in shown] == []


def _fetch(url: str) -> tuple[int, str]:
    answer = requests.get(url, timeout=10)
    answer.encoding = "utf-8"
    return answer.status_code, answer.text


def test_there_are_twenty_ideas_and_most_can_be_built() -> None:
    names = {idea.stem for idea in IDEAS}
    assert len(names) >= 20
    assert names >= ASKED | PROGRAMS
    assert len(names - ASKED) >= 16


def test_the_ideas_are_pages_of_many_kinds_of_people() -> None:
    texts = {idea.stem: idea.read_text(encoding="utf-8") for idea in IDEAS}
    languages = {guess_language(text) for text in texts.values()}
    assert {"en", "de", "es", "nl", "tr", "fa", "ar", "ja"} <= languages
    for sign in ("- [x] ", "- [ ] ", "| ", "> ", "<details>", "```", "](https://example.org/", "GET "):
        assert sum(sign in text for text in texts.values()) >= 2, sign
    assert max(len(text.splitlines()) for text in texts.values()) <= 120
