"""`workwright doctor --cloud`: a whole deployment is well, each fault is named with its way out, nothing is changed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.cli.doctor.cloud import look_over_cloud
from shared.cli.doctor.cloud_wanted import Wanted
from shared.cli.doctor.finding import LATER, MISSING, OK, Finding
from shared.cli.doctor.google_reader import GoogleReader
from shared.core.errors import IntegrationError
from tests.support.servers.cloud.google_project import (
    DATABASE,
    NUMBER,
    PLACE,
    PROJECT,
    REGION,
    GoogleProject,
    account,
    role,
    served,
)

ROOT = Path(__file__).resolve().parents[3]
INDEXES = {  # the shape of terraform/indexes.json, with one of each kind
    "composite": [
        {
            "collection": "chunks",
            "scope": "COLLECTION",
            "fields": [{"path": "root", "order": "ASCENDING"}, {"path": "embedding", "dimension": 768}],
        }
    ],
    "fields": [
        {
            "collection": "outbox",
            "field": "committed_at",
            "ttl": False,
            "indexes": [{"order": "ASCENDING", "scope": "COLLECTION_GROUP"}],
        },
        {"collection": "leases", "field": "expires", "ttl": True, "indexes": []},
    ],
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a checkout says, with indexes of our own."""
    made = tmp_path_factory.mktemp("checkout")
    for path in (
        it for which in ("functions/*/*.yaml", "terraform/*.yaml", "terraform/apis.tf") for it in ROOT.glob(which)
    ):
        copy = made / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    (made / "terraform" / "indexes.json").write_text(json.dumps(INDEXES), encoding="utf-8")
    return made


@pytest.fixture
def project(root: Path) -> GoogleProject:
    return GoogleProject(root)


def _look(root: Path, project: GoogleProject, release: dict[str, str] | None = None) -> dict[str, Finding]:
    with served(project) as server:
        reader = GoogleReader(PROJECT, None, endpoint=server.url)
        found = look_over_cloud(Wanted(PROJECT, REGION, root=root, release=release), reader)
    return {each.name: each for each in found}


def _one(project: GoogleProject, service: str, path: str, field: str, end: str) -> dict[str, Any]:
    listed: list[dict[str, Any]] = project.things[service, path][field]
    return next(it for it in listed if it.get("name", it.get("email", "")).endswith(end))


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


def _no_api(it: GoogleProject) -> None:
    services = it.things["serviceusage", f"projects/{NUMBER}/services"]["services"]
    services[:] = [each for each in services if each["config"]["name"] != "cloudtasks.googleapis.com"]


def _no_account(it: GoogleProject) -> None:
    listed = it.things["iam", f"projects/{PROJECT}/serviceAccounts"]["accounts"]
    listed[:] = [each for each in listed if not each["email"].startswith("fn-deploy@")]


def _account_off(it: GoogleProject) -> None:
    _one(it, "iam", f"projects/{PROJECT}/serviceAccounts", "accounts", f"fn-plan@{PROJECT}.iam.gserviceaccount.com")[
        "disabled"
    ] = True


def _narrow_role(it: GoogleProject) -> None:
    it.things["iam", role("kms")]["includedPermissions"].remove("cloudkms.cryptoKeyVersions.useToDecrypt")


def _wide_role(it: GoogleProject) -> None:
    it.things["iam", role("enqueue")]["includedPermissions"].append("cloudtasks.queues.delete")


def _no_grant(it: GoogleProject) -> None:
    it.policies["cloudresourcemanager", f"projects/{PROJECT}"][role("firestore")].remove(account("fn-plan"))


def _stray_grant(it: GoogleProject) -> None:
    it.policies["cloudkms", f"{PLACE}/keyRings/workwright/cryptoKeys/tenants"][role("kms")].append(account("fn-sweep"))


def _no_queue_grant(it: GoogleProject) -> None:
    it.policies["cloudtasks", f"{PLACE}/queues/plan"][role("enqueue")].remove(account("fn-notion-webhook"))


def _no_acting(it: GoogleProject) -> None:
    caller = f"projects/{PROJECT}/serviceAccounts/tasks-caller@{PROJECT}.iam.gserviceaccount.com"
    it.policies["iam", caller][role("act_as")].remove(account("fn-sweep"))


def _stray_secret(it: GoogleProject) -> None:
    policy = it.policies["secretmanager", f"projects/{PROJECT}/secrets/api-key-pepper"]
    policy["roles/secretmanager.secretAccessor"].append(account("fn-execute-step"))


def _editor(it: GoogleProject) -> None:
    it.policies["cloudresourcemanager", f"projects/{PROJECT}"]["roles/editor"] = [account("fn-api")]


def _open_inside(it: GoogleProject) -> None:
    it.policies["run", f"{PLACE}/services/sweep"]["roles/run.invoker"].append("allUsers")


def _shut_door(it: GoogleProject) -> None:
    it.policies["run", f"{PLACE}/services/api"].clear()


def _failed_function(it: GoogleProject) -> None:
    one = _one(it, "cloudfunctions", f"{PLACE}/functions", "functions", "/deploy")
    one |= {"state": "FAILED", "stateMessages": [{"severity": "ERROR", "type": "x", "message": "Build failed"}]}


def _no_function(it: GoogleProject) -> None:
    listed = it.things["cloudfunctions", f"{PLACE}/functions"]["functions"]
    listed[:] = [each for each in listed if not each["name"].endswith("/notify")]


def _paused_queue(it: GoogleProject) -> None:
    _one(it, "cloudtasks", f"{PLACE}/queues", "queues", "/execute-step")["state"] = "PAUSED"


def _impatient_queue(it: GoogleProject) -> None:
    _one(it, "cloudtasks", f"{PLACE}/queues", "queues", "/plan")["retryConfig"]["minBackoff"] = "0.100s"


def _no_queue(it: GoogleProject) -> None:
    it.things["cloudtasks", f"{PLACE}/queues"]["queues"].pop()


def _paused_job(it: GoogleProject) -> None:
    _one(it, "cloudscheduler", f"{PLACE}/jobs", "jobs", "/sweep")["state"] = "PAUSED"


def _failed_job(it: GoogleProject) -> None:
    _one(it, "cloudscheduler", f"{PLACE}/jobs", "jobs", "/sync")["status"] = {"code": 16}


def _wrong_audience(it: GoogleProject) -> None:
    _one(it, "cloudscheduler", f"{PLACE}/jobs", "jobs", "/sync")["httpTarget"]["oidcToken"]["audience"] += "/"


def _datastore(it: GoogleProject) -> None:
    it.things["firestore", DATABASE]["type"] = "DATASTORE_MODE"


def _growing_index(it: GoogleProject) -> None:
    it.things["firestore", f"{DATABASE}/collectionGroups/-/indexes"]["indexes"][0]["state"] = "CREATING"


def _no_field(it: GoogleProject) -> None:
    it.things["firestore", f"{DATABASE}/collectionGroups/-/fields"]["fields"].pop(0)


def _no_ttl(it: GoogleProject) -> None:
    del _one(it, "firestore", f"{DATABASE}/collectionGroups/-/fields", "fields", "/expires")["ttlConfig"]


def _no_value(it: GoogleProject) -> None:
    it.things["secretmanager", f"projects/{PROJECT}/secrets/hook-key/versions"] = {}


def _no_rotation(it: GoogleProject) -> None:
    del it.things["cloudkms", f"{PLACE}/keyRings/workwright/cryptoKeys/tenants"]["rotationPeriod"]


def _dead_key(it: GoogleProject) -> None:
    it.things["cloudkms", f"{PLACE}/keyRings/workwright/cryptoKeys/tenants"]["primary"]["state"] = "DISABLED"


def _never_armed(it: GoogleProject) -> None:
    del it.things["firestore", f"{DATABASE}/documents/tenants/_system/webhook/notion"]


def _no_right_to_look(it: GoogleProject) -> None:
    it.refused["cloudscheduler", f"{PLACE}/jobs"] = 403


def _no_answer(it: GoogleProject) -> None:
    it.refused["cloudtasks", f"{PLACE}/queues"] = 503


def _refused_routine(it: GoogleProject) -> None:
    since = {"since": "2026-11-20T08:00:00+00:00", "left": True}
    routine = {**since, "of": "routine", "title": "Dismiss Ben"}
    it.tenant("tenant-8", {"refused": {"planning": since, "page-7": routine, "page-8": {**since, "left": False}}})


FAULTS: list[tuple[Callable[[GoogleProject], None], str, str, str]] = [
    (_no_api, "apis", "cloudtasks.googleapis.com", "gcloud services enable cloudtasks.googleapis.com"),
    (_no_account, "accounts", "no fn-deploy@", "terraform"),
    (_account_off, "accounts", "fn-plan@", "gcloud iam service-accounts enable fn-plan@"),
    (_narrow_role, "roles", "kms lacks cloudkms.cryptoKeyVersions.useToDecrypt", "terraform"),
    (_wide_role, "roles", "enqueue also allows cloudtasks.queues.delete", "terraform"),
    (_no_grant, "grants", "plan lacks workwright_firestore on the project", "terraform"),
    (_stray_grant, "grants", "sweep also has workwright_kms on the key", "terraform"),
    (_no_queue_grant, "grants", "notion-webhook may not hand tasks to plan", "terraform"),
    (_no_acting, "grants", "sweep may not act as tasks-caller", "terraform"),
    (_stray_secret, "grants", "execute-step may read api-key-pepper too", "terraform"),
    (_editor, "access", "fn-api@", "remove-iam-policy-binding"),
    (_open_inside, "callers", "sweep can be called by allUsers", "remove-iam-policy-binding sweep"),
    (_shut_door, "callers", "api cannot be called by allUsers", "terraform"),
    (_failed_function, "functions", "deploy is FAILED (Build failed)", "terraform"),
    (_no_function, "functions", "no function notify", "terraform"),
    (_paused_queue, "queues", "execute-step is PAUSED", "gcloud tasks queues resume execute-step"),
    (_impatient_queue, "queues", "plan: shortest wait is 0.100s, not 10s", "terraform"),
    (_no_queue, "queues", "no queue", "terraform"),
    (_paused_job, "jobs", "sweep is PAUSED", "gcloud scheduler jobs resume sweep"),
    (_failed_job, "jobs", "the last run of sync failed (code 16", "gcloud scheduler jobs run sync"),
    (_wrong_audience, "jobs", "which the function refuses", "terraform"),
    (_datastore, "database", "DATASTORE_MODE", "terraform"),
    (_growing_index, "indexes", "chunks (root, embedding) is CREATING", "terraform"),
    (_no_field, "indexes", "outbox.committed_at is not exempted from indexes", "terraform"),
    (_no_ttl, "indexes", "leases.expires does not expire", "terraform"),
    (_no_value, "hook-key", "no enabled version", "gcloud secrets versions add hook-key"),
    (_no_rotation, "key", "does not rotate", "terraform"),
    (_dead_key, "key", "DISABLED", "gcloud kms keys versions enable 3"),
    (_never_armed, "webhook", "never armed", f"workwright webhook arm --project {PROJECT}"),
    (_refused_routine, "refusals", "the plan of the day of tenant-8, since 2026-11-20T08:00; the routine", "access"),
    (_no_answer, "queues", "could not be checked", "network"),
    (_no_right_to_look, "jobs", "could not be checked", "roles/viewer"),
]


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
    _refused_routine(project)
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
    _paused_job(whole)
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
        found = list(reader.all("cloudfunctions", f"{PLACE}/functions", "functions"))
        assert len(found) == len(project.functions) > 7
        with pytest.raises(IntegrationError):
            reader.get("cloudfunctions", f"{PLACE}/functions/nothing")
