"""What happens to a change in the simulated GitLab reaches the run that proposed it, through the real door."""

from __future__ import annotations

import threading
from pathlib import Path

from werkzeug.serving import make_server

from shared.app.engine.engine import record
from shared.app.intake.accept_forge_delivery import APP_SECRET, note_installation
from shared.core.run import acts
from shared.core.run.commands import ATTEMPT, CHANGE, Command
from shared.core.run.run import RunStatus
from shared.integrations.github.client import GitHub
from shared.integrations.gitlab.client import GitLab
from shared.local.simulators._server import serve
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.ports import Secret
from tests.support.desks.proposed_change import AT, BRANCH, OTHERS, REQUEST, Door, ProposedChange, give_hook, propose_to
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open


def test_checks_that_end_and_approvals_let_the_waiting_step_look_now(change: ProposedChange) -> None:
    before = {task["id"] for task in change.queued(ATTEMPT)}
    change.control("/_pipeline", {"project": "acme/shop", "sha": change.sha, "ref": BRANCH, "status": "running"})
    change.deliver()
    assert {task["id"] for task in change.queued(ATTEMPT)} == before
    change.control("/_pipeline", {"project": "acme/shop", "sha": change.sha, "ref": BRANCH, "status": "success"})
    change.deliver()
    (now,) = [task for task in change.queued(ATTEMPT) if task["id"] not in before]
    assert (now["step"], now["attempt"], now.get("wake"), "not_before" in now) == ("watch", 1, 1, False)
    change.person("POST", f"{REQUEST}/approve")
    change.deliver()
    assert len(change.queued(ATTEMPT)) == len(before) + 2


def test_who_closes_the_change_ends_the_run(change: ProposedChange) -> None:
    change.person("PUT", REQUEST, {"state_event": "close"})
    change.deliver()
    assert change.run.cancel
    assert change.run.status in (RunStatus.CANCELLING, RunStatus.CANCELLED)
    asked = [each for _, each in change.house.store.events(TENANT, "run-1") if isinstance(each, acts.CancelRequested)]
    assert [each.by for each in asked] == ["gitlab:bo"]
    assert [each.actor.ref for each in asked if each.actor] == ["person:gitlab user bo"]


def test_a_change_closed_and_opened_again_before_we_looked_goes_on(change: ProposedChange) -> None:
    change.person("PUT", REQUEST, {"state_event": "close"})
    change.person("PUT", REQUEST, {"state_event": "reopen"})
    change.deliver()
    assert not change.run.cancel


def test_a_merge_by_a_person_is_told_once_and_the_run_goes_on(change: ProposedChange) -> None:
    change.person("PUT", f"{REQUEST}/merge", {"sha": change.sha})
    change.control("/_config", {"copies": 2})
    change.deliver()
    assert not change.run.cancel
    assert change.told() == ["change_merged"]


def test_a_push_by_a_person_is_told_and_one_of_ours_is_not(change: ProposedChange) -> None:
    action = {"action": "create", "file_path": "b.txt", "content": "mine\n"}
    ours = {"branch": BRANCH, "commit_message": "More\n\nWorkwright-Run: run-1\n", "actions": [action]}
    change.person("POST", f"{AT}/repository/commits", ours, who="ada")
    change.deliver()
    assert change.told() == []
    theirs = {**ours, "commit_message": "Mine", "actions": [{**action, "file_path": "c.txt"}]}
    change.person("POST", f"{AT}/repository/commits", theirs)
    change.deliver()
    change.deliver()
    assert change.told() == ["change_pushed"]
    client = change.house.accounts.connect_for(TENANT)(GitLab)
    assert client.head("acme", "shop", BRANCH) != change.sha


def test_what_is_nobodys_change_or_another_tenants_asks_nothing(change: ProposedChange) -> None:
    before = len(kept_open.get(f"{change.url}/_journal", timeout=10).json())
    for ref in ("gitlab:acme/shop#2", "gitlab:acme/other#1", "github:acme/shop#1"):
        change.house.handle(Command(f"c-{ref}", CHANGE, "deploy", TENANT, topic="closed:bo", ref=ref))
    change.house.handle(Command("c-x", CHANGE, "deploy", "t-2", topic="closed:bo", ref="gitlab:acme/shop#1"))
    assert len(kept_open.get(f"{change.url}/_journal", timeout=10).json()) == before
    assert not change.run.cancel


def test_what_another_tenants_webhook_tells_of_our_change_reaches_nobody(change: ProposedChange) -> None:
    hooks = change.person("GET", f"{AT}/hooks", who="ada")
    door = str(hooks[0]["url"]).partition("/hooks/")[0]
    change.person("DELETE", f"{AT}/hooks/{hooks[0]['id']}", who="ada")
    give_hook(change, door, OTHERS)
    change.person("PUT", REQUEST, {"state_event": "close"})
    change.control("/_deliver")
    assert [task["tenant"] for task in change.queued(CHANGE)] == ["t-2"]
    task = change.queued(CHANGE)[0]
    change.house.handle(Command(task["id"], CHANGE, "deploy", "t-2", topic=task["topic"], ref=task["ref"]))
    assert not change.run.cancel


def test_news_of_a_deployment_lets_the_site_be_looked_at(change: ProposedChange) -> None:
    before = {task["id"] for task in change.queued(ATTEMPT)}
    change.house.handle(Command("c-d", CHANGE, "deploy", TENANT, run="run-1", topic="deployed", ref="vercel"))
    change.house.handle(Command("c-e", CHANGE, "deploy", "t-2", run="run-1", topic="deployed", ref="vercel"))
    assert [task["step"] for task in change.queued(ATTEMPT) if task["id"] not in before] == ["deploy"]


def test_a_lost_grant_or_a_late_delivery_is_no_failure(change: ProposedChange) -> None:
    change.person("PUT", REQUEST, {"state_event": "close"})
    change.house.revoke("gitlab")
    change.deliver()
    assert not change.run.cancel
    record(change.house.deps, TENANT, "run-1", acts.CancelRequested(change.house.clock.now(), "ada", force=True))
    seq = change.run.seq
    change.deliver()
    assert change.run.seq == seq


def _signed_in(word: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {word}", "Accept": "application/vnd.github+json", "User-Agent": "bo"}


def _review(at: str, sha: str, headers: dict[str, str]) -> None:
    review = {"event": "REQUEST_CHANGES", "body": "Bolder", "commit_id": sha}
    assert kept_open.post(f"{at}/reviews", json=review, headers=headers, timeout=10).status_code == 200


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
    made = ProposedChange(house, github.base_url, "run-1", "")
    try:
        made.control(
            "/_seed", [{"login": "ww", "token": word, "org": "acme"}, {"login": "bo", "token": other, "org": "acme"}]
        )
        url = f"http://127.0.0.1:{door.server_port}/hooks/github"
        made.control("/_hooks", {"url": url, "secret": "app-word", "installation": 5})
        propose_to(made, house.accounts.connect_for(TENANT)(GitHub), "github")
        made.control(
            "/_check",
            {"repo": "acme/shop", "head_sha": made.sha, "name": "test", "status": "completed", "conclusion": "success"},
        )
        made.deliver()
        assert [task["step"] for task in made.queued(ATTEMPT) if "not_before" not in task and task.get("wake")] == [
            "watch"
        ]
        at, headers = f"{github.base_url}/repos/acme/shop/pulls/1", _signed_in(other)
        _review(at, made.sha, headers)
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
