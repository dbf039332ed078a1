"""Secrets on Google Cloud: asked for seldom, kept by instances that start at once, and of no use elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import json

import grpc
import pytest

from shared.app.engine.deps import Deps
from shared.app.intake.accept_delivery import TOKEN, accept_delivery, arm_handshake
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.core.errors import BadSignature
from shared.ports import Put, Secret
from tests.support.ports.cloud_secrets import CANARY, SecretsInTheCloud


def test_the_operators_secret_is_asked_for_once_in_five_minutes(cloud: SecretsInTheCloud) -> None:
    cloud.manager.seed("api", b"old")
    instance, other = cloud.instance(), cloud.instance()
    assert [instance.get("api").reveal() for _ in range(5)] == ["old"] * 5
    assert cloud.count("AccessSecretVersion") == 1
    other.set("api", Secret("new"))
    assert instance.get("api").reveal() == "old"
    assert instance.get("api", refresh=True).reveal() == "new"
    cloud.clock.move(minutes=5)
    instance.get("api")
    assert cloud.count("AccessSecretVersion") == 3


def test_a_new_webhook_token_counts_at_once_on_an_instance_that_knows_the_former_one(cloud: SecretsInTheCloud) -> None:
    old, new, newest = (f"secret_{word}" for word in ("old", "new", "newest"))
    cloud.manager.seed(TOKEN, old.encode())
    queue = LocalQueue(cloud.store, cloud.clock)
    one, other = (Deps(cloud.store, queue, cloud.instance(), cloud.clock) for _ in range(2))
    assert _delivered(one, old)
    for before, token in ((old, new), (new, newest)):
        arm_handshake(other)
        accept_delivery(json.dumps({"verification_token": token}).encode(), "", other)
        assert _delivered(one, token)
        assert _delivered(one, before)
        cloud.clock.move(seconds=6)
    assert not _delivered(one, old)


@pytest.mark.parametrize("there", [True, False], ids=["with a token", "with none"])
def test_forged_deliveries_do_not_reach_secret_manager_each_time(cloud: SecretsInTheCloud, there: bool) -> None:
    if there:
        cloud.manager.seed(TOKEN, b"secret_" + b"real")
    deps = Deps(cloud.store, LocalQueue(cloud.store, cloud.clock), cloud.instance(), cloud.clock)
    for _ in range(12):
        for _ in range(50):
            assert not _delivered(deps, "secret_forged")
        cloud.clock.move(seconds=1)
    assert cloud.count("AccessSecretVersion") <= 2 + 2 * 12 / 5


def _delivered(deps: Deps, token: str) -> bool:
    """Say whether a delivery is taken in that is signed with the token."""
    body = {"id": "d-1", "type": "nothing.known", "timestamp": deps.clock.now().isoformat(), "workspace_id": "w-1"}
    raw = json.dumps({**body, "entity": {"id": "e-1", "type": "page"}}).encode()
    signature = "sha256=" + hmac.new(token.encode(), raw, hashlib.sha256).hexdigest()
    try:
        return accept_delivery(raw, signature, deps) == {"ignored": "nothing.known"}
    except BadSignature:
        return False


@pytest.mark.parametrize("name", ["../other", "a/versions/1", "a b", "", "a\n"])
def test_a_name_cannot_point_elsewhere(cloud: SecretsInTheCloud, name: str) -> None:
    with pytest.raises(KeyError):
        cloud.instance().get(name)
    with pytest.raises(ValueError, match="not the name of a secret"):
        cloud.instance().set(name, Secret("x"))
    assert cloud.manager.calls == []


def test_kms_is_asked_once_per_tenant_in_five_minutes(cloud: SecretsInTheCloud) -> None:
    envelope = cloud.instance().seal("acme", "f", Secret(CANARY))
    reader = cloud.instance()
    for _ in range(5):
        reader.open("acme", "f", envelope)
    assert cloud.count("Decrypt") == 1
    cloud.clock.move(minutes=5)
    reader.open("acme", "f", envelope)
    assert cloud.count("Decrypt") == 2


def test_two_instances_at_once_use_the_first_ones_key(cloud: SecretsInTheCloud) -> None:
    first, second = cloud.instance(), cloud.instance()
    assert second._add_key("acme", 1) == first._add_key("acme", 1) == "dek-000001"
    assert second.open("acme", "f", first.seal("acme", "f", Secret(CANARY))).reveal() == CANARY


def test_rotation_keeps_old_envelopes_readable(cloud: SecretsInTheCloud) -> None:
    instance = cloud.instance()
    old = instance.seal("acme", "f", Secret("old"))
    assert instance.rotate("acme") == "dek-000002"
    new = instance.seal("acme", "f", Secret("new"))
    cloud.kms.rotate(cloud.key)
    fresh = cloud.instance()
    assert (fresh.open("acme", "f", old).reveal(), fresh.open("acme", "f", new).reveal()) == ("old", "new")
    assert (old["key"], new["key"]) == ("dek-000001", "dek-000002")
    with pytest.raises(ValueError, match="does not open"):
        fresh.open("acme", "f", dict(old) | {"key": "dek-000002"})


def test_a_data_key_moved_to_another_tenant_is_refused_by_kms(cloud: SecretsInTheCloud) -> None:
    envelope = cloud.instance().seal("acme", "f", Secret(CANARY))
    wrapped = cloud.store.get("acme", "keys", "dek-000001")
    assert wrapped is not None
    cloud.store.put("globex", Put("keys", "dek-000001", wrapped.body))
    with pytest.raises(ValueError, match="was not made for tenant"):
        cloud.instance().open("globex", "f", envelope)


def test_without_its_data_key_nothing_of_a_tenant_opens(cloud: SecretsInTheCloud) -> None:
    envelope = cloud.instance().seal("acme", "f", Secret(CANARY))
    cloud.store.put("acme", Put("keys", "dek-000001", None))
    with pytest.raises(ValueError, match="has no key"):
        cloud.instance().open("acme", "f", envelope)


def test_a_lost_answer_of_create_secret_is_no_obstacle(cloud: SecretsInTheCloud) -> None:
    cloud.manager.fail("CreateSecret", grpc.StatusCode.ALREADY_EXISTS, after=True)
    cloud.instance().set("api", Secret("value"))
    assert cloud.instance().get("api").reveal() == "value"
