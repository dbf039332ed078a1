"""An idea becomes a page, a plan, an approval, tested code, a pull request, a live site, and messages."""

from __future__ import annotations

import json
import os
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus
from shared.local.story.idea import read_idea
from tests.support.rigs.house import Neighbourhood

pytestmark = pytest.mark.xdist_group("page_to_site")

FOLDER = Path(__file__).resolve().parents[2] / "ideas"
# One of each kind through the whole house; all of them without it: tests/unit/offline/test_ideas.py
IDEAS = [FOLDER / f"{name}.md" for name in ("birthday-party", "poetry-evening", "village-library-api")]
ORDER = ["code.generate", "code.test", "site.deploy", "site.verify", "site.promote"]


class _Words(HTMLParser):
    """Collects everything a page says; a reader of its own, apart from the one of the product."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said = ""

    def handle_data(self, data: str) -> None:
        self.said += data


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _said(url: str) -> str:
    answer = requests.get(url, timeout=10)
    answer.encoding = "utf-8"
    assert answer.status_code == 200, url
    reader = _Words()
    reader.feed(answer.text)
    reader.close()
    return _squeezed(reader.said)


def _output(run: Run, kind: str) -> dict:
    return dict(next(step.output for step in reversed(run.steps) if step.spec.kind == kind and step.output))


def _requirements(house: Neighbourhood, run: Run) -> list[dict]:
    kept = house.house.wired.deps.store.get_text(run.tenant, _output(run, "plan.propose")["proposal"])
    return list(json.loads(kept)["requirements"])


@pytest.mark.parametrize("idea", IDEAS, ids=lambda path: path.stem)
def test_an_idea_ends_as_a_site_that_shows_all_of_it(house: Neighbourhood, idea: Path, tmp_path: Path) -> None:
    page = house.write(read_idea(idea))
    run = house.story(page)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert house.status(page) == marks.DONE
    done = {step.spec.kind: step.done_seq for step in run.steps}
    assert [kind for kind, _ in sorted(done.items(), key=lambda item: item[1]) if kind in ORDER] == ORDER
    assert done["repository.propose_change"] > done["code.test"]

    checks = json.loads(house.house.wired.deps.store.get_text(run.tenant, _output(run, "code.generate")["checks"]))
    assert {check["requirement"] for check in checks} == {wish["id"] for wish in _requirements(house, run)}
    site = str(run.facts["site"])
    said = {path: _said(f"{site}/{path.lstrip('/')}") for path in {check["path"] for check in checks}}
    assert [c["requirement"] for c in checks if _squeezed(c["contains"]) not in said[c["path"]]] == []

    properties = house.as_person("GET", f"/v1/pages/{page}")["properties"]
    assert properties["Site"]["url"] == site
    assert properties["Pull request"]["url"] == run.facts["pull_request"]
    _clone_shows_the_branch(house, run, tmp_path)


def _clone_shows_the_branch(house: Neighbourhood, run: Run, folder: Path) -> None:
    pulled = _output(run, "repository.propose_change")
    url = f"{house.house.simulators['github']}/{pulled['repository']}.git"
    token = next(iter(house.look("github", "/_state")["tokens"]))
    command = [
        "git",
        "clone",
        "-q",
        "--branch",
        pulled["branch"],
        url.replace("://", f"://x:{token}@"),
        str(folder / "c"),
    ]
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(command, check=True, capture_output=True, env=quiet, timeout=60)
    wanted = json.loads(house.house.wired.deps.store.get_text(run.tenant, _output(run, "code.generate")["work"]))[
        "files"
    ]
    found = {
        str(path.relative_to(folder / "c")): path.read_bytes()
        for path in (folder / "c").rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder / "c").parts
    }
    assert {name: text.encode() for name, text in wanted.items()}.items() <= found.items()


def test_people_are_told_by_mail_slack_and_comment(house: Neighbourhood) -> None:
    title = "Repairs <on> Saturdays & Sundays"
    page = house.write(title)
    run = house.story(page)
    mails = [mail for mail in house.look("ses", "/_outbox") if title in mail["subject"]]
    asked, *later, ended = mails
    assert [mail["to"] for mail in mails] == [["ada@example.test"]] * 4
    assert all(f"{house.house.url}/approvals/" in mail["text"] for mail in later)
    assert f"{house.house.url}/approvals/" in asked["text"]
    assert f"{house.house.url}/approvals/" in asked["html"]
    assert str(run.facts["site"]) in ended["text"]
    assert f'href="{run.facts["site"]}"' in ended["html"]
    assert title not in ended["html"]
    assert "Repairs &lt;on&gt; Saturdays &amp; Sundays" in ended["html"]

    (channel,) = house.look("slack", "/_state")["channels"].values()
    buttons = [
        {element["action_id"]: element for block in message["blocks"] for element in block.get("elements", ())}
        for message in channel
        if run.id in json.dumps(message) or run.facts["site"] in json.dumps(message)
    ]
    assert {"approve", "deny"} <= set(buttons[0])
    assert run.facts["site"] in [element.get("url") for element in buttons[-1].values()]

    comments = house.comments(page)
    assert [text for text in comments if text.startswith(f"Approve the plan for “{title}”")] != []
    assert [text for text in comments if text.startswith(f"“{title}” is live")] != []
    assert run.notices["run_succeeded/end"] == "notion:sent, email:sent, slack:sent"
