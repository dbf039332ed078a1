"""Faults of a deployment, each made in a project that was whole, and the words it is told in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.servers.cloud.google_project import (
    DATABASE,
    NUMBER,
    PLACE,
    PROJECT,
    GoogleProject,
    account,
    role,
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


def find_one(project: GoogleProject, service: str, path: str, field: str, end: str) -> dict[str, Any]:
    listed: list[dict[str, Any]] = project.things[service, path][field]
    return next(it for it in listed if it.get("name", it.get("email", "")).endswith(end))


def no_api(it: GoogleProject) -> None:
    services = it.things["serviceusage", f"projects/{NUMBER}/services"]["services"]
    services[:] = [each for each in services if each["config"]["name"] != "cloudtasks.googleapis.com"]


def no_account(it: GoogleProject) -> None:
    listed = it.things["iam", f"projects/{PROJECT}/serviceAccounts"]["accounts"]
    listed[:] = [each for each in listed if not each["email"].startswith("fn-deploy@")]


def account_off(it: GoogleProject) -> None:
    find_one(
        it, "iam", f"projects/{PROJECT}/serviceAccounts", "accounts", f"fn-plan@{PROJECT}.iam.gserviceaccount.com"
    )["disabled"] = True


def narrow_role(it: GoogleProject) -> None:
    it.things["iam", role("kms")]["includedPermissions"].remove("cloudkms.cryptoKeyVersions.useToDecrypt")


def wide_role(it: GoogleProject) -> None:
    it.things["iam", role("enqueue")]["includedPermissions"].append("cloudtasks.queues.delete")


def no_grant(it: GoogleProject) -> None:
    it.policies["cloudresourcemanager", f"projects/{PROJECT}"][role("firestore")].remove(account("fn-plan"))


def stray_grant(it: GoogleProject) -> None:
    it.policies["cloudkms", f"{PLACE}/keyRings/workwright/cryptoKeys/tenants"][role("kms")].append(account("fn-sweep"))


def no_queue_grant(it: GoogleProject) -> None:
    it.policies["cloudtasks", f"{PLACE}/queues/plan"][role("enqueue")].remove(account("fn-notion-webhook"))


def no_acting(it: GoogleProject) -> None:
    caller = f"projects/{PROJECT}/serviceAccounts/tasks-caller@{PROJECT}.iam.gserviceaccount.com"
    it.policies["iam", caller][role("act_as")].remove(account("fn-sweep"))


def stray_secret(it: GoogleProject) -> None:
    policy = it.policies["secretmanager", f"projects/{PROJECT}/secrets/api-key-pepper"]
    policy["roles/secretmanager.secretAccessor"].append(account("fn-execute-step"))


def editor(it: GoogleProject) -> None:
    it.policies["cloudresourcemanager", f"projects/{PROJECT}"]["roles/editor"] = [account("fn-api")]


def open_inside(it: GoogleProject) -> None:
    it.policies["run", f"{PLACE}/services/sweep"]["roles/run.invoker"].append("allUsers")


def shut_door(it: GoogleProject) -> None:
    it.policies["run", f"{PLACE}/services/api"].clear()


def failed_function(it: GoogleProject) -> None:
    one = find_one(it, "cloudfunctions", f"{PLACE}/functions", "functions", "/deploy")
    one |= {"state": "FAILED", "stateMessages": [{"severity": "ERROR", "type": "x", "message": "Build failed"}]}


def no_function(it: GoogleProject) -> None:
    listed = it.things["cloudfunctions", f"{PLACE}/functions"]["functions"]
    listed[:] = [each for each in listed if not each["name"].endswith("/notify")]


def paused_queue(it: GoogleProject) -> None:
    find_one(it, "cloudtasks", f"{PLACE}/queues", "queues", "/execute-step")["state"] = "PAUSED"


def impatient_queue(it: GoogleProject) -> None:
    find_one(it, "cloudtasks", f"{PLACE}/queues", "queues", "/plan")["retryConfig"]["minBackoff"] = "0.100s"


def no_queue(it: GoogleProject) -> None:
    it.things["cloudtasks", f"{PLACE}/queues"]["queues"].pop()


def paused_job(it: GoogleProject) -> None:
    find_one(it, "cloudscheduler", f"{PLACE}/jobs", "jobs", "/sweep")["state"] = "PAUSED"


def failed_job(it: GoogleProject) -> None:
    find_one(it, "cloudscheduler", f"{PLACE}/jobs", "jobs", "/sync")["status"] = {"code": 16}


def wrong_audience(it: GoogleProject) -> None:
    find_one(it, "cloudscheduler", f"{PLACE}/jobs", "jobs", "/sync")["httpTarget"]["oidcToken"]["audience"] += "/"


def datastore(it: GoogleProject) -> None:
    it.things["firestore", DATABASE]["type"] = "DATASTORE_MODE"


def growing_index(it: GoogleProject) -> None:
    it.things["firestore", f"{DATABASE}/collectionGroups/-/indexes"]["indexes"][0]["state"] = "CREATING"


def no_field(it: GoogleProject) -> None:
    it.things["firestore", f"{DATABASE}/collectionGroups/-/fields"]["fields"].pop(0)


def no_ttl(it: GoogleProject) -> None:
    del find_one(it, "firestore", f"{DATABASE}/collectionGroups/-/fields", "fields", "/expires")["ttlConfig"]


def no_value(it: GoogleProject) -> None:
    it.things["secretmanager", f"projects/{PROJECT}/secrets/hook-key/versions"] = {}


def no_rotation(it: GoogleProject) -> None:
    del it.things["cloudkms", f"{PLACE}/keyRings/workwright/cryptoKeys/tenants"]["rotationPeriod"]


def dead_key(it: GoogleProject) -> None:
    it.things["cloudkms", f"{PLACE}/keyRings/workwright/cryptoKeys/tenants"]["primary"]["state"] = "DISABLED"


def never_armed(it: GoogleProject) -> None:
    del it.things["firestore", f"{DATABASE}/documents/tenants/_system/webhook/notion"]


def no_right_to_look(it: GoogleProject) -> None:
    it.refused["cloudscheduler", f"{PLACE}/jobs"] = 403


def no_answer(it: GoogleProject) -> None:
    it.refused["cloudtasks", f"{PLACE}/queues"] = 503


def refused_routine(it: GoogleProject) -> None:
    since = {"since": "2026-11-20T08:00:00+00:00", "left": True}
    routine = {**since, "of": "routine", "title": "Dismiss Ben"}
    it.tenant("tenant-8", {"refused": {"planning": since, "page-7": routine, "page-8": {**since, "left": False}}})


FAULTS: list[tuple[Callable[[GoogleProject], None], str, str, str]] = [
    (no_api, "apis", "cloudtasks.googleapis.com", "gcloud services enable cloudtasks.googleapis.com"),
    (no_account, "accounts", "no fn-deploy@", "terraform"),
    (account_off, "accounts", "fn-plan@", "gcloud iam service-accounts enable fn-plan@"),
    (narrow_role, "roles", "kms lacks cloudkms.cryptoKeyVersions.useToDecrypt", "terraform"),
    (wide_role, "roles", "enqueue also allows cloudtasks.queues.delete", "terraform"),
    (no_grant, "grants", "plan lacks workwright_firestore on the project", "terraform"),
    (stray_grant, "grants", "sweep also has workwright_kms on the key", "terraform"),
    (no_queue_grant, "grants", "notion-webhook may not hand tasks to plan", "terraform"),
    (no_acting, "grants", "sweep may not act as tasks-caller", "terraform"),
    (stray_secret, "grants", "execute-step may read api-key-pepper too", "terraform"),
    (editor, "access", "fn-api@", "remove-iam-policy-binding"),
    (open_inside, "callers", "sweep can be called by allUsers", "remove-iam-policy-binding sweep"),
    (shut_door, "callers", "api cannot be called by allUsers", "terraform"),
    (failed_function, "functions", "deploy is FAILED (Build failed)", "terraform"),
    (no_function, "functions", "no function notify", "terraform"),
    (paused_queue, "queues", "execute-step is PAUSED", "gcloud tasks queues resume execute-step"),
    (impatient_queue, "queues", "plan: shortest wait is 0.100s, not 10s", "terraform"),
    (no_queue, "queues", "no queue", "terraform"),
    (paused_job, "jobs", "sweep is PAUSED", "gcloud scheduler jobs resume sweep"),
    (failed_job, "jobs", "the last run of sync failed (code 16", "gcloud scheduler jobs run sync"),
    (wrong_audience, "jobs", "which the function refuses", "terraform"),
    (datastore, "database", "DATASTORE_MODE", "terraform"),
    (growing_index, "indexes", "chunks (root, embedding) is CREATING", "terraform"),
    (no_field, "indexes", "outbox.committed_at is not exempted from indexes", "terraform"),
    (no_ttl, "indexes", "leases.expires does not expire", "terraform"),
    (no_value, "hook-key", "no enabled version", "gcloud secrets versions add hook-key"),
    (no_rotation, "key", "does not rotate", "terraform"),
    (dead_key, "key", "DISABLED", "gcloud kms keys versions enable 3"),
    (never_armed, "webhook", "never armed", f"workwright webhook arm --project {PROJECT}"),
    (refused_routine, "refusals", "the plan of the day of tenant-8, since 2026-11-20T08:00; the routine", "access"),
    (no_answer, "queues", "could not be checked", "network"),
    (no_right_to_look, "jobs", "could not be checked", "roles/viewer"),
]
