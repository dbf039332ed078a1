"""A deployment behind Google's REST interfaces, on this machine: whole, until a test takes something away.

Queues, secrets, keys and indexes are written by Google's own message types, so that their JSON is the vendor's. Who
sends anything but a GET, or a POST to read a policy, is answered 405 and remembered.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from google.cloud import kms_v1, secretmanager_v1, tasks_v2
from google.cloud.firestore_admin_v1 import types as admin
from google.protobuf import duration_pb2

from tests.support.servers.http_loopback import Handler, HttpServer

PROJECT, NUMBER, REGION = "acme-staging", "123456789012", "europe-west1"
PLACE = f"projects/{PROJECT}/locations/{REGION}"
DATABASE = f"projects/{PROJECT}/databases/(default)"
_VERSIONS = {
    "cloudfunctions": "v2", "cloudkms": "v1", "cloudresourcemanager": "v3", "cloudscheduler": "v1", "cloudtasks": "v2",
    "firestore": "v1", "iam": "v1", "run": "v2", "secretmanager": "v1", "serviceusage": "v1",
}  # fmt: skip


def account(name: str) -> str:
    """Return a member as policies name it."""
    return f"serviceAccount:{name}@{PROJECT}.iam.gserviceaccount.com"


def role(name: str) -> str:
    """Return a custom role's name."""
    return f"projects/{PROJECT}/roles/workwright_{name}"


def _json(message: Any) -> dict[str, Any]:
    text = type(message).to_json(message, use_integers_for_enums=False, always_print_fields_with_no_presence=False)
    return dict(json.loads(text))


class GoogleProject:
    """What is there: `things` by (service, path), `policies` by (service, path) as role → members."""

    def __init__(self, root: Path) -> None:
        files = sorted(root.glob("functions/*/function.yaml"))
        read = {path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in files}
        self.functions: dict[str, dict[str, Any]] = {name: it for name, it in read.items() if name != "code-runner"}
        self.roles = yaml.safe_load((root / "terraform" / "roles.yaml").read_text(encoding="utf-8"))
        self.indexes = json.loads((root / "terraform" / "indexes.json").read_text(encoding="utf-8"))
        self.things: dict[tuple[str, str], Any] = {}
        self.policies: dict[tuple[str, str], dict[str, list[str]]] = {}
        self.refused: dict[tuple[str, str], int] = {}  # what is answered with this status
        self.asked: list[tuple[str, str]] = []  # method and path of every request
        for lay_out in (self._project, self._accounts, self._work, self._kept, self._grants):
            lay_out()

    def _project(self) -> None:
        state = {"name": f"projects/{NUMBER}", "projectId": PROJECT, "state": "ACTIVE"}
        self.things["cloudresourcemanager", f"projects/{PROJECT}"] = state
        text = (Path(__file__).resolve().parents[4] / "terraform" / "apis.tf").read_text(encoding="utf-8")
        names = [word.strip('",') for word in text.split() if word.strip('",').endswith(".googleapis.com")]
        listed = [
            {"name": f"projects/{NUMBER}/services/{it}", "config": {"name": it}, "state": "ENABLED"} for it in names
        ]
        self.things["serviceusage", f"projects/{NUMBER}/services"] = {"services": listed}

    def _accounts(self) -> None:
        names = [*(f"fn-{name}" for name in self.functions), "tasks-caller", "build-functions"]
        listed = [{"email": account(name).partition(":")[2], "uniqueId": str(n)} for n, name in enumerate(names)]
        self.things["iam", f"projects/{PROJECT}/serviceAccounts"] = {"accounts": listed}
        for name, it in self.roles.items():
            full = role(name.replace("-", "_"))
            self.things["iam", full] = {"name": full, "includedPermissions": list(it["permissions"])}

    def _work(self) -> None:
        functions, queues, jobs = [], [], []
        for name, it in self.functions.items():
            functions.append(self._function(name))
            if "queue" in it:
                queues.append(_json(_queue(name, it["queue"])))
            if "schedule" in it:
                jobs.append(_job(name, it["schedule"]))
        self.things["cloudfunctions", f"{PLACE}/functions"] = {"functions": functions}
        self.things["cloudtasks", f"{PLACE}/queues"] = {"queues": queues}
        self.things["cloudscheduler", f"{PLACE}/jobs"] = {"jobs": jobs}

    def _function(self, name: str) -> dict[str, Any]:
        source = {
            "storageSource": {"bucket": f"{PROJECT}-source", "object": f"{name}/{'a' * 64}.zip", "generation": "1"}
        }
        return {
            "name": f"{PLACE}/functions/{name}",
            "state": "ACTIVE",
            "environment": "GEN_2",
            "buildConfig": {"runtime": "python311", "source": source},
            "serviceConfig": {"serviceAccountEmail": account(f"fn-{name}").partition(":")[2]},
        }

    def _kept(self) -> None:
        kept = admin.Database(
            name=DATABASE,
            type_=admin.Database.DatabaseType.FIRESTORE_NATIVE,
            point_in_time_recovery_enablement="POINT_IN_TIME_RECOVERY_ENABLED",
            delete_protection_state=admin.Database.DeleteProtectionState.DELETE_PROTECTION_ENABLED,
        )
        self.things["firestore", DATABASE] = _json(kept)
        schedule = _json(admin.BackupSchedule(name=f"{DATABASE}/backupSchedules/1"))
        self.things["firestore", f"{DATABASE}/backupSchedules"] = {"backupSchedules": [schedule]}
        groups = f"{DATABASE}/collectionGroups"
        indexes = [_index(groups, n, it) for n, it in enumerate(self.indexes["composite"])]
        self.things["firestore", f"{groups}/-/indexes"] = {"indexes": indexes}
        self.things["firestore", f"{groups}/-/fields"] = {
            "fields": [_field(groups, it) for it in self.indexes["fields"]]
        }
        body = {"stringValue": json.dumps({"schema": 1, "verified": "2026-11-20T08:00:00+00:00"})}
        document = f"{DATABASE}/documents/tenants/_system/webhook/notion"
        self.things["firestore", document] = {"name": document, "fields": {"body": body}}
        self.things["firestore", f"{DATABASE}/documents/tenants"] = {"documents": []}
        for tenant in ("_system", *(f"tenant-{number}" for number in range(9))):
            self.tenant(tenant, {})
        key = f"{PLACE}/keyRings/workwright/cryptoKeys/tenants"
        primary = kms_v1.CryptoKeyVersion(name=f"{key}/cryptoKeyVersions/3", state="ENABLED")
        period = duration_pb2.Duration(seconds=7_776_000)
        self.things["cloudkms", key] = _json(kms_v1.CryptoKey(name=key, primary=primary, rotation_period=period))
        for name in self.secrets():
            version = secretmanager_v1.SecretVersion(
                name=f"projects/{NUMBER}/secrets/{name}/versions/1", state="ENABLED"
            )
            path = f"projects/{PROJECT}/secrets/{name}/versions"
            self.things["secretmanager", path] = {"versions": [_json(version)], "totalSize": 1}

    def tenant(self, name: str, settings: Mapping[str, Any]) -> None:
        """Store a tenant's settings, as the store writes them; listed is the empty place above them."""
        place = f"{DATABASE}/documents/tenants/{name}"
        listed: list[dict[str, Any]] = self.things["firestore", f"{DATABASE}/documents/tenants"]["documents"]
        listed[:] = [each for each in listed if each["name"] != place] + [{"name": place}]
        body = {"stringValue": json.dumps(settings)}
        document = f"{place}/settings/tenant"
        self.things["firestore", document] = {"name": document, "fields": {"body": body}}

    def secrets(self) -> set[str]:
        """Return the names of all secrets."""
        return {each for it in self.functions.values() for each in [*it["secrets"], *it["writes_secrets"]]}

    def _grants(self) -> None:
        for name, it in self.functions.items():
            member = account(f"fn-{name}")
            for each in it["roles"]:
                where = self.roles.get(each, {}).get("at")
                if where == "project":
                    self._give("cloudresourcemanager", f"projects/{PROJECT}", role(each.replace("-", "_")), member)
                if where == "key":
                    self._give("cloudkms", f"{PLACE}/keyRings/workwright/cryptoKeys/tenants", role(each), member)
            if "enqueue" in it["roles"]:
                caller = f"projects/{PROJECT}/serviceAccounts/tasks-caller@{PROJECT}.iam.gserviceaccount.com"
                self._give("iam", caller, role("act_as"), member)
            for queue in it["hands_to"]:
                self._give("cloudtasks", f"{PLACE}/queues/{queue}", role("enqueue"), member)
            for field, given in (("secrets", "secretAccessor"), ("writes_secrets", "secretVersionAdder")):
                for secret in it[field]:
                    path = f"projects/{PROJECT}/secrets/{secret}"
                    self._give("secretmanager", path, f"roles/secretmanager.{given}", member)
            caller = "allUsers" if it["trigger"] == "public" else account("tasks-caller")
            self._give("run", f"{PLACE}/services/{name}", "roles/run.invoker", caller)

    def _give(self, service: str, path: str, given: str, member: str) -> None:
        self.policies.setdefault((service, path), {}).setdefault(given, []).append(member)

    def answer(self, method: str, target: str) -> tuple[int, Any]:
        """Return status and JSON of one request."""
        split = urllib.parse.urlsplit(target)
        service, version, path = urllib.parse.unquote(split.path).strip("/").split("/", 2)
        self.asked.append((method, path))
        resource, colon, verb = path.partition(":")
        if method != "GET" and (method, verb) != ("POST", "getIamPolicy"):
            return 405, {"error": {"code": 405, "message": f"{method} is not for reading"}}
        if _VERSIONS.get(service) != version:
            return 404, {"error": {"code": 404, "message": f"no {service} {version}"}}
        if status := self.refused.get((service, resource)):
            return status, {
                "error": {
                    "code": status,
                    "message": "The caller does not have permission",
                    "status": "PERMISSION_DENIED",
                }
            }
        if colon:
            given = self.policies.get((service, resource), {})
            return 200, {"version": 1, "bindings": [{"role": it, "members": given[it]} for it in sorted(given)]}
        found = self.things.get((service, resource))
        if found is None:
            return 404, {"error": {"code": 404, "message": f"{resource} not found", "status": "NOT_FOUND"}}
        return 200, _page(found, urllib.parse.parse_qs(split.query))


def _page(found: Mapping[str, Any], query: Mapping[str, list[str]]) -> Mapping[str, Any]:
    """Return lists in pages of seven, as a service may."""
    lists = [name for name, value in found.items() if isinstance(value, list) and name != "includedPermissions"]
    if len(lists) != 1 or len(found[lists[0]]) <= 7:
        return found
    begin = int(query.get("pageToken", ["0"])[0])
    part: dict[str, Any] = {lists[0]: found[lists[0]][begin : begin + 7]}
    return part | ({"nextPageToken": str(begin + 7)} if begin + 7 < len(found[lists[0]]) else {})


def _queue(name: str, declared: Mapping[str, Any]) -> tasks_v2.Queue:
    return tasks_v2.Queue(
        name=f"{PLACE}/queues/{name}",
        state=tasks_v2.Queue.State.RUNNING,
        rate_limits=tasks_v2.RateLimits(
            max_dispatches_per_second=declared["per_second"], max_concurrent_dispatches=declared["concurrent"]
        ),
        retry_config=tasks_v2.RetryConfig(
            max_attempts=-1,
            min_backoff=duration_pb2.Duration(seconds=10),
            max_backoff=duration_pb2.Duration(seconds=300),
            max_doublings=5,
        ),
    )


def _job(name: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    url = f"https://{name}-{NUMBER}.{REGION}.run.app"
    token = {"serviceAccountEmail": account("tasks-caller").partition(":")[2], "audience": url}
    return {
        "name": f"{PLACE}/jobs/{name}",
        "schedule": declared["cron"],
        "timeZone": "Etc/UTC",
        "state": "ENABLED",
        "status": {},
        "lastAttemptTime": "2026-11-22T09:00:00Z",
        "httpTarget": {"uri": f"{url}{declared['path']}", "httpMethod": "POST", "oidcToken": token},
    }


def _index(groups: str, number: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
    fields = []
    for it in wanted["fields"]:
        field = admin.Index.IndexField(field_path=it["path"])
        if it.get("order"):
            field.order = it["order"]
        if it.get("dimension"):
            flat = admin.Index.IndexField.VectorConfig.FlatIndex()
            field.vector_config = admin.Index.IndexField.VectorConfig(dimension=it["dimension"], flat=flat)
        fields.append(field)
    name = f"{groups}/{wanted['collection']}/indexes/{number}"
    return _json(admin.Index(name=name, query_scope=wanted["scope"], fields=fields, state="READY"))


def _field(groups: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    indexes = [
        admin.Index(
            query_scope=it["scope"],
            fields=[admin.Index.IndexField(field_path=wanted["field"], order=it["order"])],
            state="READY",
        )
        for it in wanted["indexes"]
    ]
    field = admin.Field(
        name=f"{groups}/{wanted['collection']}/fields/{wanted['field']}",
        index_config=admin.Field.IndexConfig(indexes=indexes),
    )
    if wanted["ttl"]:
        field.ttl_config = admin.Field.TtlConfig(state="ACTIVE")
    return _json(field)


def served(project: GoogleProject) -> HttpServer:
    """Return a server of all services of one project: `/{service}/{version}/{path}`."""

    def serve(handler: Handler) -> None:
        handler.body()
        status, said = project.answer(handler.command, handler.path)
        handler.reply(status, json.dumps(said).encode(), {"Content-Type": "application/json"})

    methods: dict[str, Callable[[Handler], None]] = {
        f"do_{method}": serve for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    }
    return HttpServer(type("Google", (Handler,), methods))
