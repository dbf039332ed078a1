"""`workwright migrate-to-cloud`: a folder's teams in a deployment's own store, secrets and key, on the emulators."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from shared.app.api.keys import caller_of
from shared.app.approval.approvals import approval_token, read_token
from shared.app.connections.forge_hooks import hook_id
from shared.app.engine.switches import explain_pause, set_pause
from shared.app.tenants.audit_record import check_audit
from shared.backends.clock import SystemClock
from shared.backends.local.folder.data_folder import DATABASE
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import Conflicting
from shared.core.run.commands import command_to_data
from shared.ports import SYSTEM, Put
from tests.support.rigs.moving import (
    ACCESS,
    LATER,
    OTHER,
    PEPPER,
    REFRESH,
    REGION,
    TEAM,
    VALUE,
    Deployment,
    a_deployment,
    all_of,
    docs,
    local_deps,
    read_mark,
)
from tests.support.servers.cloud.google_project import PLACE, PROJECT, GoogleProject, served
from tests.support.servers.cloud.kms_server import KmsServer
from tests.support.servers.http_loopback import Handler, HttpServer

ROOT = Path(__file__).resolve().parents[3]


def test_all_that_a_team_has_is_there_afterwards_and_its_key_opens_it(
    deployment: Deployment, data: Path, made: tuple[Path, str]
) -> None:
    deployment.move(data, "--tenant", TEAM, "--yes")
    there = deployment.there(os.environ)
    found = all_of(there, TEAM)
    with LocalStore(data, SystemClock()) as store:
        here = store.load_run(TEAM, "r1")
        assert here is not None
        assert found["runs/r1"] == here.run
        assert found["events/r1"] == store.events(TEAM, "r1")
        assert found["texts"] == ["the work"]
        assert found["effects/r1.s1.page"] == store.get(TEAM, "effects", "r1.s1.page").body  # type: ignore[union-attr]
    assert [command_to_data(each).get("not_before") for each in found["outbox/r1"]] == [None, LATER.isoformat()]
    assert [each.id for each in found["outbox/r1"]] == ["r1.1.0", "r1.2.0"]
    assert (found["grants/notion"]["access"], found["grants/notion"]["refresh"]) == (ACCESS, REFRESH)
    assert found["site_values/TOKEN"]["sealed"] == VALUE
    assert found["audit"] == ["x", "y", "Moved"]
    assert [entry.number for entry in there.deps.store.audit(TEAM)] == [1, 2, 3]
    assert check_audit(there.deps.store, TEAM).broken is None
    there.deps.store.note(TEAM, {"what": "goes on there"})
    assert check_audit(there.deps.store, TEAM).head.number == 4
    assert found["settings/tenant"]["name"] == "Team"
    assert "asks" not in found["settings/tenant"]  # the clock that asks often is the machine's
    assert explain_pause(there.deps, TEAM) == ""
    assert there.deps.queue.dead_letters(TEAM)[0].command.id == "dead"
    assert not {"sync/knowledge", "stale/p1", "hooks/h-1"} & found.keys()
    assert caller_of(there.deps, f"Bearer {made[1]}").role == "owner"


def test_nothing_of_another_team_of_the_folder_goes_along(deployment: Deployment, data: Path) -> None:
    deployment.move(data, "--tenant", TEAM, "--yes")
    there = deployment.there(os.environ)
    assert there.deps.store.tenants() == [TEAM]
    everything = json.dumps([dict(doc.body) for kind in there.deps.store.kinds(SYSTEM) for doc in docs(there, kind)])
    assert TEAM in everything
    assert OTHER not in everything
    assert read_mark(data)["tenants"] == {TEAM: "moved"}
    deployment.move(data, "--yes")  # the rest, later
    assert there.deps.store.tenants() == [TEAM, OTHER]
    workspace = there.deps.store.get(SYSTEM, "workspaces", "w-1")
    assert workspace is not None
    assert workspace.body["tenants"] == {TEAM: "bot-1", OTHER: "bot-2"}


def test_what_was_sealed_here_is_sealed_with_another_key_there_and_nowhere_plain(
    deployment: Deployment, data: Path
) -> None:
    done = deployment.move(data, "--yes", "--json")
    there = deployment.there(os.environ)
    grant = there.deps.store.get(TEAM, "grants", "notion")
    assert grant is not None
    with LocalStore(data, SystemClock()) as store:
        old = local_deps(store, data).secrets
        with pytest.raises(ValueError, match="does not open"):
            old.open(TEAM, "notion.access", grant.body["access"])
    written = json.dumps([dict(doc.body) for kind in there.deps.store.kinds(TEAM) for doc in _of(there, kind)])
    kept = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    for word in (ACCESS, REFRESH, VALUE, PEPPER):
        assert word not in written + done.output
        assert word.encode() not in kept


def _of(there: Any, kind: str) -> list[Any]:
    return list(there.deps.store.list_docs(TEAM, kind))


def test_a_dry_run_says_what_would_happen_and_changes_nothing(deployment: Deployment, data: Path) -> None:
    said = deployment.move(data, "--dry-run").stdout
    assert "1 awaiting approval; of these go on there: 1" in said
    assert "secrets that are missing there: github-app-id, oauth-state-key" in said
    assert "API keys that keep working: 1; one that is not used within 90 days" in said
    assert "hook-key" not in said
    assert deployment.there(os.environ).deps.store.tenants() == []
    assert not (data / "moved.json").exists()
    assert deployment.move(data, ok=False).stdout.count("awaiting approval") == 2  # asked, and nobody answered
    assert not (data / "moved.json").exists()


def test_a_team_that_is_there_already_is_not_overwritten(deployment: Deployment, data: Path) -> None:
    there = deployment.there(os.environ)
    there.deps.store.put(TEAM, Put("settings", "tenant", {"name": "Theirs"}))
    refused = deployment.move(data, "--yes", ok=False)
    assert isinstance(refused.exception, Conflicting)
    assert f"team {TEAM} is there already" in str(refused.exception)
    assert all_of(there, TEAM)["settings/tenant"] == {"name": "Theirs"}
    assert not (data / "moved.json").exists()


def test_a_bot_that_works_for_another_team_there_is_not_given_to_two(deployment: Deployment, data: Path) -> None:
    there = deployment.there(os.environ)
    there.deps.store.put(SYSTEM, Put("bots", "bot-2", {"tenant": "t-else", "workspace": "w-1"}))
    assert "two would work on the same pages" in str(deployment.move(data, "--yes", ok=False).exception)
    assert not (data / "moved.json").exists()


def test_a_workspace_of_a_messenger_stays_its_teams_and_is_given_to_no_second_one(
    deployment: Deployment, data: Path
) -> None:
    place = {"tenant": TEAM, "at": "2026-11-24T12:00:00+00:00", "name": "Acme"}
    with LocalStore(data, SystemClock()) as store:
        store.put(SYSTEM, Put("messenger-places", "slack.T0ACME", place))
        store.put(SYSTEM, Put("messenger-places", "slack.T0ELSE", {**place, "tenant": "t-else"}))
    there = deployment.there(os.environ).deps
    there.store.put(SYSTEM, Put("messenger-places", "slack.T0ACME", {**place, "tenant": "t-else"}))
    assert "workspace in Slack" in str(deployment.move(data, "--yes", ok=False).exception)
    assert not (data / "moved.json").exists()
    there.store.put(SYSTEM, Put("messenger-places", "slack.T0ACME", None))
    deployment.move(data, "--tenant", TEAM, "--yes")
    found = {doc.id: doc.body for doc in there.store.list_docs(SYSTEM, "messenger-places")}
    assert found == {"slack.T0ACME": place}


def test_it_is_refused_while_workwright_runs_on_the_folder(deployment: Deployment, data: Path) -> None:
    assert (data / DATABASE).exists()
    with LocalStore(data, SystemClock()):
        refused = deployment.move(data, "--yes", ok=False)
    assert "Stop it first" in str(refused.exception)


def test_a_pause_of_its_people_stays(deployment: Deployment, data: Path) -> None:
    with LocalStore(data, SystemClock()) as store:
        set_pause(local_deps(store, data), TEAM, "holidays", "Ada")
    deployment.move(data, "--tenant", TEAM, "--yes")
    assert explain_pause(deployment.there(os.environ).deps, TEAM) == "holidays"


def test_a_link_that_was_sent_before_counts_and_a_webhook_taken_away_stays_away(
    deployment: Deployment, data: Path
) -> None:
    with LocalStore(data, SystemClock()) as store:
        deps = local_deps(store, data)
        loaded = store.load_run(TEAM, "r1")
        assert loaded is not None
        link = approval_token(deps, loaded.run)
    deployment.move(data, "--tenant", TEAM, "--yes")
    there = deployment.there(os.environ).deps
    assert read_token(there, link).run == "r1"
    assert [doc.id for doc in there.store.list_docs(TEAM, "hooks")] == [hook_id(there, TEAM, "github", "a/b")]


def test_a_project_without_the_functions_is_moved_nothing_to(
    firestore_host: str, kms: KmsServer, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = GoogleProject(ROOT)
    with served(project) as google, a_deployment(firestore_host, kms, monkeypatch, PROJECT) as deployment:
        asked = (data, "--endpoint", google.url, "--dry-run")
        deployment.move(*asked)
        elsewhere = deployment.move(*asked, "--region", "us-east1", ok=False)
        assert "could not be looked at" in str(elsewhere.exception)
        functions = project.things["cloudfunctions", f"{PLACE}/functions"]["functions"]
        functions[:] = [each for each in functions if not each["name"].endswith("/sweep")]
        assert "not there, or not active: sweep." in str(deployment.move(*asked, ok=False).exception)
        project.refused["cloudfunctions", f"{PLACE}/functions"] = 403
        assert "--role=roles/viewer" in str(deployment.move(*asked, ok=False).exception)


def test_another_region_or_project_is_told_by_what_is_missing(
    deployment: Deployment, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = deployment.move(data, "--region", "us-east1", "--yes", ok=False)
    assert "is the region right?" in str(elsewhere.exception)
    other = Deployment("t-another", deployment.secrets).move(data, "--yes", ok=False)
    assert "there is no key projects/t-another/" in str(other.exception)

    class Forbidding(Handler):
        def do_POST(self) -> None:
            self.body()
            said = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "Permission denied on resource"}}
            self.reply(403, json.dumps(said).encode(), {"Content-Type": "application/json"})

    with HttpServer(Forbidding) as server:
        monkeypatch.setenv("WORKWRIGHT_KMS_ENDPOINT", server.url.removeprefix("http://"))
        refused = deployment.move(data, "--yes", ok=False)
    assert "you may not use Cloud KMS" in str(refused.exception)
    assert "roles/cloudkms.cryptoKeyEncrypterDecrypter" in str(refused.exception)
    assert REGION == "europe-west1"
    assert not (data / "moved.json").exists()
