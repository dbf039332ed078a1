"""The cloud's parts together: a commit in Firestore reaches its function through Cloud Tasks, whoever dies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from google.cloud import tasks_v2

from shared.backends.cloud.queue import CloudTasksQueue, TaskSettings
from shared.backends.cloud.secrets import CloudSecrets
from shared.backends.cloud.store import FirestoreStore
from shared.core.deliveries import MAX_FAILED
from shared.core.retries import CLOUD_DELIVERY
from shared.core.run.commands import command_from_data
from shared.ports import Put, Secret
from shared.settings import Settings
from tests.support.builders.saved_runs import a_command, a_run, opening
from tests.support.ports.moved_clock import MovedClock
from tests.support.servers.cloud.cloud_clients import rest_kms, rest_secrets, rest_tasks
from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.cloud_tasks_state import Behaviour
from tests.support.servers.cloud.kms_server import KmsServer
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.cloud.secret_manager_server import SecretManagerServer
from tests.support.servers.http_loopback import Handler, HttpServer
from tests.support.servers.task_worker import Worker

COMMANDS = tuple(a_command(f"r1.1.{n}", run="r1") for n in range(4))


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


class World:
    """A database, a queue of which every second delivery comes twice, and a function at its end."""

    def __init__(self, server: CloudTasksServer, worker: Worker, store: FirestoreStore, clock: MovedClock) -> None:
        self.server, self.worker, self.store, self.clock = server, worker, store, clock
        server.create_queue("execute-step")
        address = {"execute-step": worker.url}
        settings = TaskSettings(
            "test-project", "us-central1", "tasks@p.example", address, {"execute-step": "execute-step"}, address
        )
        self.queue = CloudTasksQueue(rest_tasks(server), store, settings, clock, pause=lambda _: None)

    def received(self) -> set[str]:
        self.server.wait_idle()
        return {command_from_data(json.loads(body)).id for body in self.worker.bodies}

    def tasks_created(self) -> int:
        return sum(call.method == "CreateTask" and call.code == "OK" for call in self.server.calls)

    def sweep(self) -> None:
        """Do what is done for those who died: relay what has been waiting for a minute."""
        for command in self.store.find_unsent(self.clock.now() - timedelta(minutes=1)):
            self.queue.enqueue([command])
            self.store.mark_sent(command.tenant, [command.id])


@pytest.fixture
def world(firestore_store: FirestoreStore, clock: MovedClock) -> Iterator[World]:
    worker = Worker()
    with (
        OidcIssuer() as issuer,
        worker.http,
        CloudTasksServer(issuer, Behaviour(scale=0.001, duplicates=0.5)) as server,
    ):
        yield World(server, worker, firestore_store, clock)


@pytest.mark.parametrize("relayed", range(5))
@pytest.mark.parametrize("marked", [True, False], ids=["marked as sent", "died before the mark"])
def test_a_crash_between_commit_and_relay_loses_and_doubles_nothing(world: World, relayed: int, marked: bool) -> None:
    world.store.commit(opening(a_run(), *COMMANDS))
    world.queue.enqueue(COMMANDS[:relayed])  # and here it died
    if marked:
        world.store.mark_sent("acme", [command.id for command in COMMANDS[:relayed]])
    world.sweep()
    assert len(world.received()) == relayed  # what may still be on its way is left alone
    world.clock.move(minutes=2)
    world.sweep()
    assert world.received() == {command.id for command in COMMANDS}
    assert world.tasks_created() == len(COMMANDS)
    assert world.store.unsent("acme", "r1") == []
    world.sweep()
    assert world.tasks_created() == len(COMMANDS)


def test_a_command_outlives_the_lease_of_the_worker_that_died_with_it(
    firestore_store: FirestoreStore, clock: MovedClock
) -> None:
    command, lease = a_command("r1.1.0", run="r1"), Settings().lease
    died = clock.now()
    assert firestore_store.claim("acme", "r1.s1", "the dead", lease)
    taken: list[timedelta] = []

    class Function(Handler):
        def do_POST(self) -> None:
            self.body()
            assert int(self.headers["X-CloudTasks-TaskRetryCount"]) < MAX_FAILED  # the next one would bury it
            free = firestore_store.claim("acme", "r1.s1", "the next", lease)
            taken.extend([clock.now() - died] if free else [])
            self.reply(204 if free else 409, b"", {})

    function = HttpServer(Function)
    with OidcIssuer() as issuer, function, CloudTasksServer(issuer, Behaviour(clock=clock)) as server:
        waits = CLOUD_DELIVERY.waits
        retry = tasks_v2.RetryConfig(min_backoff=waits.base, max_backoff=waits.cap, max_attempts=-1)
        server.create_queue("execute-step", retry_config=retry)
        address = {"execute-step": function.url}
        settings = TaskSettings(
            "test-project", "us-central1", "tasks@p.example", address, {"execute-step": "execute-step"}, address
        )
        CloudTasksQueue(rest_tasks(server), firestore_store, settings, clock).enqueue([command])
        for _ in range(200):
            server.settle()
            if not server.pending():
                break
            clock.move(seconds=10)
    assert [lease <= after < 2 * lease for after in taken] == [True]


def test_a_grant_sealed_by_one_instance_opens_in_another_and_dies_with_the_tenants_key(
    firestore_store: FirestoreStore, clock: MovedClock
) -> None:
    with SecretManagerServer() as manager, KmsServer() as kms:
        key = kms.create_key()

        def instance() -> CloudSecrets:
            return CloudSecrets(
                rest_secrets(manager), rest_kms(kms), firestore_store, clock, project="test-project", key=key
            )

        envelope = instance().seal("acme", "notion/access", Secret("token" + "-of-acme"))
        firestore_store.put("acme", Put("grants", "notion", {"access": dict(envelope)}))
        kept = firestore_store.get("acme", "grants", "notion")
        assert kept is not None
        assert instance().open("acme", "notion/access", kept.body["access"]).reveal() == "token-of-acme"
        with pytest.raises(ValueError, match="has no key"):
            instance().open("globex", "notion/access", kept.body["access"])
        for wrapped in firestore_store.list_docs("acme", "keys"):
            firestore_store.put("acme", Put("keys", wrapped.id, None))
        with pytest.raises(ValueError, match="has no key"):
            instance().open("acme", "notion/access", kept.body["access"])
