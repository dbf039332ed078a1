"""`workwright doctor --cloud`: a whole deployment is well, each fault is named with its way out, nothing is changed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.cli.doctor.cloud import look_over_cloud
from shared.cli.doctor.cloud_wanted import Wanted
from shared.cli.doctor.google_reader import GoogleReader
from shared.core.errors import IntegrationError
from shared.core.tenants.finding import LATER, MISSING, OK, Finding
from tests.support.repository.cloud_faults import FAULTS, ROOT, paused_job, refused_routine
from tests.support.servers.cloud.google_project import (
    DATABASE,
    NUMBER,
    PLACE,
    PROJECT,
    REGION,
    GoogleProject,
    served,
)


def _look(root: Path, project: GoogleProject, release: dict[str, str] | None = None) -> dict[str, Finding]:
    with served(project) as server:
        reader = GoogleReader(PROJECT, None, endpoint=server.url)
        found = look_over_cloud(Wanted(PROJECT, REGION, root=root, release=release), reader)
    return {each.name: each for each in found}


def test_a_whole_deployment_is_well(root: Path, project: GoogleProject) -> None:
    found = _look(root, project)
    assert {name: each.detail for name, each in found.items() if each.state != OK} == {}
    checks = {"project", "apis", "accounts", "roles", "grants", "access", "functions", "callers", "queues", "jobs"}
    checks |= {"database", "recovery", "indexes", "key", "webhook", "refusals"}
    assert checks <= set(found)
    looked_at = {name for name in project.secrets() if not name.endswith(("-before", "-webhook-token"))}
    assert looked_at <= set(found)


def test_nothing_is_asked_but_what_reads(root: Path, project: GoogleProject) -> None:
    _look(root, project)
    assert len(project.asked) > 30
    others = [(method, path) for method, path in project.asked if method != "GET"]
    assert {method for method, _ in others} == {"POST"}
    assert all(path.endswith(":getIamPolicy") for _, path in others)
    assert not any(re.search(r":access|/versions/[0-9]", path) for _, path in project.asked)  # no value of a secret


def test_the_stand_in_would_notice_a_write(project: GoogleProject) -> None:
    assert project.answer("DELETE", f"/cloudtasks/v2/{PLACE}/queues/plan")[0] == 405
    assert project.answer("POST", f"/cloudtasks/v2/{PLACE}/queues/plan:purge")[0] == 405


def _rounds() -> list[list[tuple[Callable[[GoogleProject], None], str, str, str]]]:
    """Return the faults in rounds of which no two are seen by the same check, so that each is looked for alone."""
    rounds: list[list[tuple[Callable[[GoogleProject], None], str, str, str]]] = []
    for fault in FAULTS:
        free = next((each for each in rounds if fault[1] not in [it[1] for it in each]), None)
        if free is None:
            rounds.append([fault])
        else:
            free.append(fault)
    return rounds


@pytest.mark.parametrize("faults", _rounds(), ids=lambda faults: "+".join(it[0].__name__.strip("_") for it in faults))
def test_each_fault_is_named_with_its_way_out(
    root: Path, project: GoogleProject, faults: list[tuple[Callable[[GoogleProject], None], str, str, str]]
) -> None:
    for break_it, *_ in faults:
        break_it(project)
    found = _look(root, project)
    assert {each for each, it in found.items() if it.state == MISSING} == {name for _, name, _, _ in faults}
    for _, name, detail, way_out in faults:
        assert detail in found[name].detail
        assert way_out in found[name].way_out
        assert found[name].why


def test_what_production_alone_needs_makes_staging_no_worse(root: Path, project: GoogleProject) -> None:
    project.things["firestore", DATABASE]["deleteProtectionState"] = "DELETE_PROTECTION_DISABLED"
    project.things["firestore", f"{DATABASE}/backupSchedules"] = {}
    found = _look(root, project)
    assert (found["recovery"].state, found["recovery"].needed) == (LATER, False)
    assert found["recovery"].detail == "not protected from deletion; no backups"


def test_what_a_tenant_has_written_is_not_told_to_the_operator(root: Path, project: GoogleProject) -> None:
    refused_routine(project)
    told = _look(root, project)["refusals"]
    assert not told.needed
    assert "Dismiss Ben" not in told.detail
    assert "page-8" not in told.detail  # one refusal may pass


def test_an_armed_handshake_is_waited_for(root: Path, project: GoogleProject) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=20)).isoformat()
    document = project.things["firestore", f"{DATABASE}/documents/tenants/_system/webhook/notion"]
    document["fields"]["body"]["stringValue"] = json.dumps({"armed_until": soon})
    found = _look(root, project)["webhook"]
    assert (found.state, f"https://notion-webhook-{NUMBER}.{REGION}.run.app" in found.way_out) == (LATER, True)


def test_another_release_is_named(root: Path, project: GoogleProject) -> None:
    release = {name: f"{name}/{'a' * 64}.zip" for name in project.functions}
    assert _look(root, project, release)["release"].state == OK
    found = _look(root, project, release | {"plan": f"plan/{'b' * 64}.zip"})["release"]
    assert (found.state, found.detail) == (LATER, "not this release: plan")


def test_a_project_that_is_not_there_is_one_clear_finding(root: Path, project: GoogleProject) -> None:
    del project.things["cloudresourcemanager", f"projects/{PROJECT}"]
    found = _look(root, project)
    assert list(found) == ["project"]
    assert found["project"].state == MISSING


def test_the_command_tells_it_as_json_and_by_its_exit_code() -> None:
    whole = GoogleProject(ROOT)
    paused_job(whole)
    with served(whole) as server:
        words = ["--cloud", "--project", PROJECT, "--region", REGION, "--endpoint", server.url, "--release", "none"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("WORKWRIGHT_", "GOOGLE_"))}
        command = [sys.executable, "-m", "shared", "doctor", *words]
        done = subprocess.run(
            [*command, "--json"], cwd=ROOT, env=kept, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert [each["name"] for each in said["checks"] if each["state"] == "missing"] == ["jobs"]
    assert said["usable"] is False


def test_lists_are_read_over_all_their_pages(project: GoogleProject) -> None:
    with served(project) as server:
        reader = GoogleReader(PROJECT, None, endpoint=server.url)
        found = list(reader.list_all("cloudfunctions", f"{PLACE}/functions", "functions"))
        assert len(found) == len(project.functions) > 7
        with pytest.raises(IntegrationError):
            reader.get("cloudfunctions", f"{PLACE}/functions/nothing")
