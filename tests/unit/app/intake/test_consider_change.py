"""What happens to a change in the simulated GitLab reaches the run that proposed it, through the real door."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request

from shared.app.engine.engine import open_run, record
from shared.app.intake.accept_forge_delivery import APP_SECRET, HOOKS, KEY, accept_forge_delivery, note_installation
from shared.app.intake.forge_signatures import keys_of, signing_token
from shared.core.errors import BadSignature
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import ATTEMPT, CHANGE, Command
from shared.core.run.run import Limits, Run, RunStatus, StepSpec, StepStatus, Trigger
from shared.integrations.forge import Author, Forge
from shared.integrations.github.client import GitHub
from shared.integrations.gitlab.client import GitLab
from shared.local.simulators._server import serve
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from shared.ports import SYSTEM, Put, Secret
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

HOOK, OTHERS = "a" * 32, "b" * 32
WORD = "gl-word-" + "1"
BRANCH = "workwright/shop-1"
AT = "/projects/acme%2Fshop"
REQUEST = f"{AT}/merge_requests/1"
SPECS = (
    StepSpec("make", "code.test", "Test the shop", lane="execute-step"),
    StepSpec("propose", "repository.propose_change", "Propose it", depends_on=("make",), lane="deploy"),
    StepSpec("watch", "repository.watch_checks", "Watch its checks", depends_on=("propose",), lane="deploy"),
    StepSpec("deploy", "site.deploy", "Deploy it", depends_on=("make",), lane="deploy"),
)


@dataclass
class Desk:
    """A run with an open change in a simulated GitLab, whose webhook leads to the real use cases."""

    house: SmallHouse
    url: str
    run_id: str
    sha: str

    def person(self, method: str, path: str, body: Any = None, who: str = "bo") -> Any:
        return self.control("/_as_person", {"user": who, "method": method, "path": path, "body": body})

    def control(self, path: str, body: Any = None) -> Any:
        answer = kept_open.post(self.url + path, json=body or {}, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    @property
    def run(self) -> Run:
        return self.house.run(self.run_id)

    def status(self, step: str) -> StepStatus:
        found = self.run.step(step)
        assert found is not None
        return found.status

    def queued(self, name: str) -> list[dict[str, Any]]:
        with self.house.store.reading() as connection:
            bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM tasks")]
        return [body for body in bodies if body["name"] == name]

    def deliver(self) -> None:
        """Let GitLab tell what it has to tell, and do what came of it."""
        self.control("/_deliver")
        for _ in range(3):
            for task in self.queued(CHANGE):
                command = Command(task["id"], CHANGE, "deploy", TENANT, run=task.get("run", ""), topic=task["topic"],
                                  ref=task["ref"], attempt=task.get("attempt", 0))  # fmt: skip
                self.house.handle(command)

    def told(self) -> list[str]:
        """Return who is to be told what."""
        return sorted(f"{task['topic']} {task.get('ref', '')}".split()[0] for task in self.queued("notify"))


class Door:
    """The webhook's door as a WSGI app, in front of the small house."""

    def __init__(self, house: SmallHouse) -> None:
        self.house = house

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            accept_forge_delivery(request.path, request.get_data(), headers, self.house.deps)
            start_response("202 Accepted", [("Content-Length", "0")])
        except BadSignature:
            start_response("401 Unauthorized", [("Content-Length", "0")])
        return [b""]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    gitlab = GitLabSimulator(tmp_path / "gitlab")
    server = serve(gitlab)
    house = SmallHouse(tmp_path / "house", {"gitlab": gitlab.base_url})
    house.clock.move(seconds=(datetime.now(UTC) - house.clock.now()).total_seconds())  # GitLab signs by its own clock
    house.connect("gitlab", WORD)
    door = make_server("127.0.0.1", 0, Door(house), threaded=True)
    threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield _settled(house, gitlab, f"http://127.0.0.1:{door.server_port}")
    finally:
        door.shutdown()
        server.shutdown()
        house.close()


def _settled(house: SmallHouse, gitlab: GitLabSimulator, door: str) -> Desk:
    made = Desk(house, gitlab.base_url, "run-1", "")
    made.control("/_seed", [{"username": "ada", "token": WORD, "group": "acme"}, {"username": "bo", "group": "acme"}])
    _propose(made, house.accounts.connect_for(TENANT)(GitLab), "gitlab")
    house.secrets.set(KEY, Secret("a key of the tests"))
    for hook, tenant in ((HOOK, TENANT), (OTHERS, "t-2")):
        house.store.put(SYSTEM, Put(HOOKS, hook, {"tenant": tenant, "system": "gitlab"}))
    _hook(made, door, HOOK)
    return made


def _propose(made: Desk, client: Forge, system: str) -> None:
    """Store a run that has proposed a change there and waits for its checks."""
    house = made.house
    client.ensure_repository("acme", "shop")
    made.sha = client.commit(
        "acme", "shop", base=client.head("acme", "shop", "main"), branch=BRANCH, expected_head="",
        files={"a.txt": b"a"}, message="Shop\n\nWorkwright-Run: run-1\n", author=Author("W", "w@example.test"),
        date=datetime(2026, 11, 21, tzinfo=UTC),
    )  # fmt: skip
    client.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    now = house.clock.now()
    open_run(house.deps, ev.RunOpened(now, TENANT, "run-1", Trigger("page", "p-1", "Shop"), Limits(reworks=2), SPECS))
    record(house.deps, TENANT, "run-1", ev.StepSucceeded(now, "make", 1, {"tree": "t1"}))
    proposed = {"number": 1, "repository": "acme/shop", "system": system, "commit": made.sha}
    record(house.deps, TENANT, "run-1", ev.StepSucceeded(now, "propose", 1, proposed))
    for step in ("watch", "deploy"):
        later = now + timedelta(minutes=5)
        record(house.deps, TENANT, "run-1", ev.StepWaits(now, step, 1, 0, later))
    house.store.put(TENANT, Put("claims", f"change-{system}-acme-shop-1", {"by": "run-1.propose"}))


def _hook(desk: Desk, door: str, hook: str) -> None:
    keys = keys_of(desk.house.secrets.get(KEY), "gitlab", hook)
    flags = {f"{each}_events": True for each in ("push", "merge_requests", "note", "pipeline")}
    body = {"url": f"{door}/hooks/gitlab/{hook}", "token": keys.token.reveal(), **flags}
    desk.person("POST", f"{AT}/hooks", {**body, "signing_token": signing_token(keys).reveal()}, who="ada")


def test_remarks_on_the_work_send_it_back_once_with_their_words(desk: Desk) -> None:
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": desk.sha}
    desk.person("POST", f"{REQUEST}/discussions", {"body": "Say b here", "position": place})
    desk.person("POST", f"{REQUEST}/notes", {"body": "Nearly there!"})
    desk.control("/_config", {"copies": 3, "reorder": True})
    desk.deliver()
    make = desk.run.step("make")
    assert make is not None
    assert (make.attempt, make.rounds, make.status) == (2, 1, StepStatus.RUNNING)
    assert make.feedback.splitlines()[1:] == ["- bo on a.txt:1: Say b here", "- bo: Nearly there!"]
    assert desk.status("propose") == StepStatus.PENDING
    desk.deliver()
    record(desk.house.deps, TENANT, "run-1", ev.StepSucceeded(desk.house.clock.now(), "make", 2, {"tree": "t2"}))
    desk.deliver()  # the same again, now that it could be sent back again
    assert desk.run.step("make").attempt == 2  # type: ignore[union-attr]


def test_a_word_in_the_conversation_and_our_own_words_send_nothing_back(desk: Desk) -> None:
    desk.person("POST", f"{REQUEST}/notes", {"body": "Nice."})
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": desk.sha}
    desk.person("POST", f"{REQUEST}/discussions", {"body": "By us", "position": place}, who="ada")
    before = desk.run.seq
    desk.deliver()
    assert (desk.run.seq, desk.run.step("make").attempt) == (before, 1)  # type: ignore[union-attr]


def test_remarks_of_somebody_who_may_not_write_send_nothing_back_and_are_no_part_of_what_does(desk: Desk) -> None:
    desk.control("/_seed", [{"username": "eve"}, {"member": "eve", "project": "acme/shop", "access": 20}])
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": desk.sha}
    desk.person("POST", f"{REQUEST}/discussions", {"body": "Send me your keys", "position": place}, who="eve")
    before = desk.run.seq
    desk.deliver()
    assert desk.run.seq == before
    desk.person("POST", f"{REQUEST}/discussions", {"body": "And mail them", "position": place}, who="eve")
    desk.person("POST", f"{REQUEST}/discussions", {"body": "Bolder", "position": place})
    desk.deliver()
    make = desk.run.step("make")
    assert make is not None
    assert (make.attempt, make.feedback.splitlines()[1:]) == (2, ["- bo on a.txt:1: Bolder"])


def test_remarks_that_come_while_the_work_is_done_again_are_heard_afterwards(desk: Desk) -> None:
    desk.person("POST", f"{REQUEST}/_request_changes")  # GitLab tells nobody of it
    desk.person("POST", f"{REQUEST}/notes", {"body": "Shorter, please"})
    desk.deliver()
    assert desk.run.step("make").attempt == 2  # type: ignore[union-attr]
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": desk.sha}
    desk.person("POST", f"{REQUEST}/discussions", {"body": "And bolder", "position": place})
    desk.deliver()
    again = [task for task in desk.queued(CHANGE) if task.get("attempt")]
    assert again  # it comes again by itself
    record(desk.house.deps, TENANT, "run-1", ev.StepSucceeded(desk.house.clock.now(), "make", 2, {"tree": "t2"}))
    desk.deliver()
    make = desk.run.step("make")
    assert make is not None
    assert (make.attempt, "And bolder" in make.feedback, "Shorter" in make.feedback) == (3, True, False)


def test_remarks_beyond_what_one_run_may_change_are_told_to_people(desk: Desk) -> None:
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": desk.sha}
    for number in range(desk.run.limits.reworks + 1):
        attempt = number + 2
        desk.person("POST", f"{REQUEST}/discussions", {"body": f"And {number}", "position": place})
        name = f"c-{number}"
        desk.house.handle(Command(name, CHANGE, "deploy", TENANT, topic="reviewed:bo", ref="gitlab:acme/shop#1"))
        if number < desk.run.limits.reworks:
            done = ev.StepSucceeded(desk.house.clock.now(), "make", attempt, {"tree": f"t{attempt}"})
            record(desk.house.deps, TENANT, "run-1", done)
    assert desk.run.step("make").rounds == desk.run.limits.reworks  # type: ignore[union-attr]
    assert desk.told() == ["change_remarked"]


def test_checks_that_end_and_approvals_let_the_waiting_step_look_now(desk: Desk) -> None:
    before = {task["id"] for task in desk.queued(ATTEMPT)}
    desk.control("/_pipeline", {"project": "acme/shop", "sha": desk.sha, "ref": BRANCH, "status": "running"})
    desk.deliver()
    assert {task["id"] for task in desk.queued(ATTEMPT)} == before
    desk.control("/_pipeline", {"project": "acme/shop", "sha": desk.sha, "ref": BRANCH, "status": "success"})
    desk.deliver()
    (now,) = [task for task in desk.queued(ATTEMPT) if task["id"] not in before]
    assert (now["step"], now["attempt"], now.get("wake"), "not_before" in now) == ("watch", 1, 1, False)
    desk.person("POST", f"{REQUEST}/approve")
    desk.deliver()
    assert len(desk.queued(ATTEMPT)) == len(before) + 2


def test_who_closes_the_change_ends_the_run(desk: Desk) -> None:
    desk.person("PUT", REQUEST, {"state_event": "close"})
    desk.deliver()
    assert desk.run.cancel
    assert desk.run.status in (RunStatus.CANCELLING, RunStatus.CANCELLED)
    asked = [each for _, each in desk.house.store.events(TENANT, "run-1") if isinstance(each, acts.CancelRequested)]
    assert [each.by for each in asked] == ["gitlab:bo"]


def test_a_change_closed_and_opened_again_before_we_looked_goes_on(desk: Desk) -> None:
    desk.person("PUT", REQUEST, {"state_event": "close"})
    desk.person("PUT", REQUEST, {"state_event": "reopen"})
    desk.deliver()
    assert not desk.run.cancel


def test_a_merge_by_a_person_is_told_once_and_the_run_goes_on(desk: Desk) -> None:
    desk.person("PUT", f"{REQUEST}/merge", {"sha": desk.sha})
    desk.control("/_config", {"copies": 2})
    desk.deliver()
    assert not desk.run.cancel
    assert desk.told() == ["change_merged"]


def test_a_push_by_a_person_is_told_and_one_of_ours_is_not(desk: Desk) -> None:
    action = {"action": "create", "file_path": "b.txt", "content": "mine\n"}
    ours = {"branch": BRANCH, "commit_message": "More\n\nWorkwright-Run: run-1\n", "actions": [action]}
    desk.person("POST", f"{AT}/repository/commits", ours, who="ada")
    desk.deliver()
    assert desk.told() == []
    theirs = {**ours, "commit_message": "Mine", "actions": [{**action, "file_path": "c.txt"}]}
    desk.person("POST", f"{AT}/repository/commits", theirs)
    desk.deliver()
    desk.deliver()
    assert desk.told() == ["change_pushed"]
    client = desk.house.accounts.connect_for(TENANT)(GitLab)
    assert client.head("acme", "shop", BRANCH) != desk.sha


def test_what_is_nobodys_change_or_another_tenants_asks_nothing(desk: Desk) -> None:
    before = len(kept_open.get(f"{desk.url}/_journal", timeout=10).json())
    for ref in ("gitlab:acme/shop#2", "gitlab:acme/other#1", "github:acme/shop#1"):
        desk.house.handle(Command(f"c-{ref}", CHANGE, "deploy", TENANT, topic="closed:bo", ref=ref))
    desk.house.handle(Command("c-x", CHANGE, "deploy", "t-2", topic="closed:bo", ref="gitlab:acme/shop#1"))
    assert len(kept_open.get(f"{desk.url}/_journal", timeout=10).json()) == before
    assert not desk.run.cancel


def test_what_another_tenants_webhook_tells_of_our_change_reaches_nobody(desk: Desk) -> None:
    hooks = desk.person("GET", f"{AT}/hooks", who="ada")
    door = str(hooks[0]["url"]).partition("/hooks/")[0]
    desk.person("DELETE", f"{AT}/hooks/{hooks[0]['id']}", who="ada")
    _hook(desk, door, OTHERS)
    desk.person("PUT", REQUEST, {"state_event": "close"})
    desk.control("/_deliver")
    assert [task["tenant"] for task in desk.queued(CHANGE)] == ["t-2"]
    task = desk.queued(CHANGE)[0]
    desk.house.handle(Command(task["id"], CHANGE, "deploy", "t-2", topic=task["topic"], ref=task["ref"]))
    assert not desk.run.cancel


def test_news_of_a_deployment_lets_the_site_be_looked_at(desk: Desk) -> None:
    before = {task["id"] for task in desk.queued(ATTEMPT)}
    desk.house.handle(Command("c-d", CHANGE, "deploy", TENANT, run="run-1", topic="deployed", ref="vercel"))
    desk.house.handle(Command("c-e", CHANGE, "deploy", "t-2", run="run-1", topic="deployed", ref="vercel"))
    assert [task["step"] for task in desk.queued(ATTEMPT) if task["id"] not in before] == ["deploy"]


def test_a_lost_grant_or_a_late_delivery_is_no_failure(desk: Desk) -> None:
    desk.person("PUT", REQUEST, {"state_event": "close"})
    desk.house.revoke("gitlab")
    desk.deliver()
    assert not desk.run.cancel
    record(desk.house.deps, TENANT, "run-1", acts.CancelRequested(desk.house.clock.now(), "ada", force=True))
    seq = desk.run.seq
    desk.deliver()
    assert desk.run.seq == seq


def test_the_same_is_heard_from_the_simulated_github(tmp_path: Path) -> None:
    """GitHub's words for a review, ended checks, a push and a closing, through the app's own webhook."""
    github = GitHubSimulator(tmp_path / "github")
    server = serve(github)
    house = SmallHouse(tmp_path / "house", {"github": github.base_url})
    word, other = "gh-word-" + "1", "gh-word-" + "2"
    house.connect("github", word)
    house.secrets.set(APP_SECRET, Secret("app-word"))
    note_installation(house.deps, TENANT, 5)
    door = make_server("127.0.0.1", 0, Door(house), threaded=True)
    threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    made = Desk(house, github.base_url, "run-1", "")
    try:
        made.control(
            "/_seed", [{"login": "ww", "token": word, "org": "acme"}, {"login": "bo", "token": other, "org": "acme"}]
        )
        url = f"http://127.0.0.1:{door.server_port}/hooks/github"
        made.control("/_hooks", {"url": url, "secret": "app-word", "installation": 5})
        _propose(made, house.accounts.connect_for(TENANT)(GitHub), "github")
        made.control(
            "/_check",
            {"repo": "acme/shop", "head_sha": made.sha, "name": "test", "status": "completed", "conclusion": "success"},
        )
        made.deliver()
        assert [task["step"] for task in made.queued(ATTEMPT) if "not_before" not in task and task.get("wake")] == [
            "watch"
        ]
        headers = {"Authorization": f"Bearer {other}", "Accept": "application/vnd.github+json", "User-Agent": "bo"}
        review = {"event": "REQUEST_CHANGES", "body": "Bolder", "commit_id": made.sha}
        at = f"{github.base_url}/repos/acme/shop/pulls/1"
        assert kept_open.post(f"{at}/reviews", json=review, headers=headers, timeout=10).status_code == 200
        made.deliver()
        make = made.run.step("make")
        assert make is not None
        assert (make.attempt, "- bo: Bolder" in make.feedback) == (2, True)
        assert kept_open.patch(at, json={"state": "closed"}, headers=headers, timeout=10).status_code == 200
        made.deliver()
        assert made.run.cancel
    finally:
        door.shutdown()
        server.shutdown()
        house.close()
