"""A data folder with two teams and a run under way, and a deployment to move it to, for tests of the move."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.api.keys import create_key
from shared.app.engine.deps import Deps
from shared.app.engine.switches import ARRIVING
from shared.app.ship.site_environment import keep_value
from shared.backends.clock import SystemClock
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.cli.migrate.move_ends import There, open_there
from shared.cli.root import workwright
from shared.core.documents.tenant_settings import PLACE as SETTINGS
from shared.core.run.run import RunStatus, Step, StepSpec, StepStatus, Wait, WaitKind
from shared.local.configuration.choices import REAL, Choices, write_choices
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Put, Secret
from tests.support.builders.saved_runs import a_command, a_run, following, opening
from tests.support.servers.cloud.kms_server import KmsServer
from tests.support.servers.cloud.secret_manager_server import SecretManagerServer

REGION = "europe-west1"
TEAM, OTHER = "t-" + "a" * 24, "t-" + "b" * 24
ACCESS, REFRESH, VALUE = (f"{word}-{'s3cr' + 'et'}-of-the-team" for word in ("access", "refresh", "value"))
PEPPER = "pepper-of-the-folder-" + "0" * 16
LATER = datetime(2031, 1, 1, tzinfo=UTC)
FLAT = ("grants", "effects", "site_values", "pages", "budget", "api_keys", "dead_letters", "claims")


def local_deps(store: LocalStore, data: Path) -> Deps:
    """Return the ports of a data folder."""
    clock = SystemClock()
    return Deps(store, LocalQueue(store, clock), LocalSecrets(data), clock)


def make_folder(data: Path) -> str:
    """Make a data folder whose Notion is real; return the owner's key of the first team."""
    with LocalStore(data, SystemClock()) as store:
        deps = local_deps(store, data)
        for name in ("api-key-pepper", "approval-link-key", "oauth-state-key", "hook-key"):
            deps.secrets.set(name, Secret(PEPPER))
        for name in ("github-app-id", "sites-token"):
            deps.secrets.set(name, Secret("12345"))
        for tenant, bot in ((TEAM, "bot-1"), (OTHER, "bot-2")):
            _team(deps, tenant, bot)
        key = create_key(deps, TEAM, "owner", "the terminal", by="test")
    write_choices(data, Choices().choosing("notion", REAL, by="secret"))
    return key


def _team(deps: Deps, tenant: str, bot: str) -> None:
    store, accounts = deps.store, Accounts(deps.store, deps.secrets, deps.clock, Endpoints(), deps.owner)
    public = {"bot_id": bot, "workspace_id": "w-1", "workspace_name": "Team"}
    accounts.keep(tenant, "notion", GrantTokens(Secret(ACCESS), Secret(REFRESH), public), public)
    keep_value(deps, tenant, "TOKEN", Secret(VALUE))
    ideas = {"database": "d-1", "data_source": "s-1"}
    store.put(tenant, Put(*SETTINGS, {"name": "Team", "databases": {"ideas": ideas}, "asks": "often"}))
    effect = {"state": "confirmed", "args": "", "at": "2026-11-20T09:00:00+00:00", "result": {"page": "p"}, "name": "e"}
    store.put(tenant, Put("effects", "r1.s1.page", effect), Put("pages", "p1", {"settled": False}))
    store.put(tenant, Put("sync", "knowledge", {"how": "old"}), Put("stale", "p1", {"due": LATER.isoformat()}))
    store.put(tenant, Put("hooks", "h-1", {"system": "github", "repository": "a/b", "removed": True, "at": ""}))
    store.put(SYSTEM, Put("bots", bot, {"tenant": tenant, "workspace": "w-1"}))
    known = store.get(SYSTEM, "workspaces", "w-1")
    tenants = dict(known.body["tenants"]) if known is not None else {}
    store.put(SYSTEM, Put("workspaces", "w-1", {"tenants": {**tenants, tenant: bot}}))
    alarm = {"name": "routine", "tenant": tenant, "ref": "p", "at": LATER.isoformat(timespec="seconds")}
    store.put(SYSTEM, Put("due", f"20310101T000000Z.{bot}", alarm))
    _runs(deps, tenant)


def _runs(deps: Deps, tenant: str) -> None:
    """Save a run with a step that is done and one that waits, and the commands that wait with it."""
    text = deps.store.put_text(tenant, "the work")
    done = Step(StepSpec("s1", "notion.update_page"), status=StepStatus.SUCCEEDED, output={"text": text})
    asked = Wait(WaitKind.APPROVAL, LATER, "plan-hash")
    waits = Step(StepSpec("s2", "approval.ask", depends_on=("s1",)), status=StepStatus.WAITING, wait=asked)
    check = datetime.now(UTC) + timedelta(days=2)
    fields = {"status": RunStatus.AWAITING_APPROVAL, "steps": (done, waits), "next_check_at": check}
    run = a_run("r1", tenant, **fields)
    deps.store.commit(
        opening(run, a_command("r1.1.0", tenant, run="r1"), audit=({"at": "2026-11-20T09:00:00+00:00", "what": "x"},))
    )
    loaded = deps.store.load_run(tenant, "r1")
    assert loaded is not None
    timer = a_command("r1.2.0", tenant, run="r1", not_before=LATER)
    deps.store.commit(following(loaded, timer, audit=({"at": "2026-11-20T09:00:01+00:00", "what": "y"},)))
    deps.queue.bury(a_command("dead", tenant), "gave up", 8)


@dataclass
class Deployment:
    """A project with what Terraform and its operator have made."""

    project: str
    secrets: SecretManagerServer

    def there(self, env: Mapping[str, str]) -> There:
        """Return it as the move reaches it."""
        return open_there(self.project, REGION, "workwright", env)

    def move(self, data: Path, *more: str, ok: bool = True) -> Result:
        """Run the command."""
        asked = ["migrate-to-cloud", "--project", self.project, "--region", REGION, "--data", str(data), *more]
        done = CliRunner().invoke(workwright, asked, catch_exceptions=True)
        if isinstance(done.exception, BaseException) and not isinstance(done.exception, (Exception, SystemExit)):
            raise done.exception
        assert (done.exit_code == 0) is ok, (done.output, done.exception)
        return done


@contextmanager
def a_deployment(firestore: str, kms: KmsServer, patch: pytest.MonkeyPatch, project: str = "") -> Iterator[Deployment]:
    """Lend a project of its own on the emulators."""
    project = project or f"t-{uuid4().hex[:12]}"
    kms.create_key(f"projects/{project}/locations/{REGION}/keyRings/workwright/cryptoKeys/tenants")
    with SecretManagerServer(project) as secrets:
        for name in ("api-key-pepper", "approval-link-key", "hook-key"):
            secrets.seed(name, b"theirs")
        patch.setenv("FIRESTORE_EMULATOR_HOST", firestore)
        patch.setenv("WORKWRIGHT_SECRETS_ENDPOINT", secrets.rest_address)
        patch.setenv("WORKWRIGHT_KMS_ENDPOINT", kms.rest_address)
        patch.setenv("WORKWRIGHT_SETTLE_S", "0.2")
        yield Deployment(project, secrets)


def all_of(there: There, tenant: str) -> dict[str, Any]:
    """Return everything that the deployment has of a tenant; sealed values opened, times of the move left out."""
    store, secrets = there.deps.store, there.deps.secrets
    found: dict[str, Any] = {}
    for kind in [each for each in store.kinds(tenant) if each != "keys"]:
        for doc in store.list_docs(tenant, kind):
            found[f"{kind}/{doc.id}"] = _opened(secrets, tenant, kind, doc.id, dict(doc.body))
    for run in store.list_runs(tenant):
        found[f"runs/{run.id}"] = run
        found[f"events/{run.id}"] = store.events(tenant, run.id)
        found[f"outbox/{run.id}"] = store.unsent(tenant, run.id)
    found["texts"] = [store.get_text(tenant, ref) for ref in store.texts(tenant)]
    found["audit"] = [doc.body["what"] for doc in store.audit(tenant)]
    for kind in ("bots", "workspaces", "due", "arrivals", "halted", "rotations"):
        found[f"system {kind}"] = [doc.id for doc in store.list_docs(SYSTEM, kind)]
    settings = dict(found.get("settings/tenant") or {})
    settings.pop("stood", None)
    settings.pop(ARRIVING, None)
    return {**found, "settings/tenant": settings}


def _opened(secrets: Any, tenant: str, kind: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
    fields = {
        "grants": {"access": f"{name}.access", "refresh": f"{name}.refresh"},
        "site_values": {"sealed": f"site.{name}"},
    }
    for field, sealed_as in fields.get(kind, {}).items():
        if field in body:
            body[field] = secrets.open(tenant, sealed_as, body[field]).reveal()
    return body


def read_mark(data: Path) -> dict[str, Any]:
    """Return the folder's mark."""
    return dict(json.loads((data / "moved.json").read_text(encoding="utf-8")))


def docs(there: Any, kind: str) -> list[Any]:
    return list(there.deps.store.list_docs(SYSTEM, kind))
