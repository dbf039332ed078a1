"""Secrets: one suite for one machine and for Google Cloud, and what is particular to each."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import logging
import os
import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shared.app.engine.deps import Deps
from shared.app.intake.accept_delivery import TOKEN, accept_delivery, arm_handshake
from shared.backends import envelope as envelopes
from shared.backends.clock import SystemClock
from shared.backends.cloud.secrets import CloudSecrets
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import BadSignature, ConfigError
from shared.ports import Put, Secret, Secrets
from tests.support.servers.cloud.cloud_clients import SECRETS, rest_kms
from tests.support.servers.cloud.kms_server import KmsServer
from tests.support.servers.cloud.secret_manager_server import SecretManagerServer

CANARY = "canary-" + "5up3r-53cr3t"


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Cloud:
    """The two services, a clock and a store, and secrets as one function instance would hold them."""

    def __init__(self, kind: str, manager: SecretManagerServer, kms: KmsServer, store: LocalStore) -> None:
        self.kind, self.manager, self.kms, self.clock, self.store = kind, manager, kms, Hand(), store
        self.key = kms.create_key()

    def instance(self) -> CloudSecrets:
        return CloudSecrets(
            SECRETS[self.kind](self.manager),
            rest_kms(self.kms),
            self.store,
            self.clock,
            project="test-project",
            key=self.key,
        )

    def count(self, method: str) -> int:
        return sum(call.method == method for call in [*self.manager.calls, *self.kms.calls])


@contextmanager
def _cloud(kind: str, folder: Path) -> Iterator[Cloud]:
    with SecretManagerServer() as manager, KmsServer() as kms, LocalStore(folder / "keys", SystemClock()) as store:
        yield Cloud(kind, manager, kms, store)


@pytest.fixture(params=list(SECRETS))
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with _cloud(request.param, tmp_path) as cloud:
        yield cloud


@pytest.fixture(params=["local", *SECRETS])
def secrets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Secrets]:
    if request.param == "local":
        yield LocalSecrets(tmp_path)
        return
    with _cloud(request.param, tmp_path) as cloud:
        yield cloud.instance()


# --- both


@pytest.mark.parametrize("text", [CANARY, "x", "ünïcödé ⚙️ 🔑", "line\nline", "k" * 20_000])
def test_what_is_sealed_opens_again(secrets: Secrets, text: str) -> None:
    envelope = json.loads(json.dumps(secrets.seal("acme", "notion/access", Secret(text))))
    assert secrets.open("acme", "notion/access", envelope).reveal() == text
    assert text == "x" or text not in json.dumps(envelope, ensure_ascii=False)


@pytest.mark.parametrize(
    ("tenant", "field"),
    [("globex", "notion/access"), ("acme", "notion/refresh"), ("acme", "github/access"), ("acm", "enotion/access")],
)
def test_an_envelope_moved_elsewhere_does_not_open(secrets: Secrets, tenant: str, field: str) -> None:
    envelope = secrets.seal("acme", "notion/access", Secret(CANARY))
    secrets.seal(tenant, field, Secret("theirs"))  # so that they have a key too
    with pytest.raises(ValueError, match=r"does not open|not made for"):
        secrets.open(tenant, field, envelope)


@pytest.mark.parametrize("part", ["v", "key", "nonce", "ct"])
def test_an_envelope_with_a_part_changed_or_missing_does_not_open(secrets: Secrets, part: str) -> None:
    envelope = dict(secrets.seal("acme", "f", Secret(CANARY)))
    other = secrets.seal("acme", "f", Secret("something else"))
    changed = {"v": 2, "key": "dek-000002", "nonce": other["nonce"], "ct": other["ct"]}
    for broken in (envelope | {part: changed[part]}, {k: v for k, v in envelope.items() if k != part}):
        with pytest.raises(ValueError):
            secrets.open("acme", "f", broken)
    assert secrets.open("acme", "f", envelope).reveal() == CANARY


def test_every_bit_of_the_ciphertext_counts(secrets: Secrets) -> None:
    envelope = dict(secrets.seal("acme", "f", Secret("ab")))
    sealed = base64.b64decode(envelope["ct"])
    for bit in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(ValueError, match="does not open"):
            secrets.open("acme", "f", envelope | {"ct": base64.b64encode(bytes(flipped)).decode()})


def test_sealing_twice_never_gives_the_same_envelope(secrets: Secrets) -> None:
    nonces = {secrets.seal("acme", "f", Secret(CANARY))["nonce"] for _ in range(200)}
    assert len(nonces) == 200


def test_the_operators_secret_is_there_after_set_and_changes(secrets: Secrets) -> None:
    with pytest.raises(KeyError):
        secrets.get("notion-webhook")
    secrets.set("notion-webhook", Secret("first"))
    secrets.set("notion-webhook", Secret("second"))
    assert secrets.get("notion-webhook").reveal() == "second"
    with pytest.raises(KeyError):
        secrets.get("notion-webhook-2")


def test_a_failure_tells_nothing_of_the_secret(secrets: Secrets) -> None:
    envelope = secrets.seal("acme", "f", Secret(CANARY))
    with pytest.raises(ValueError, match="does not open") as caught:
        secrets.open("acme", "g", envelope)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_envelope_is_aes_256_gcm_over_the_stated_names() -> None:
    """Opened here with the bare cipher and the associated data spelled out, as the format states them."""
    key = bytes(range(32))
    envelope = envelopes.seal(key, "dek-1", "acme", "notion/access", Secret(CANARY))
    nonce, sealed = base64.b64decode(envelope["nonce"]), base64.b64decode(envelope["ct"])
    cipher = Cipher(algorithms.AES256(key), modes.GCM(nonce, sealed[-16:])).decryptor()
    cipher.authenticate_additional_data(b'["workwright",1,"acme","notion/access","dek-1"]')
    assert cipher.update(sealed[:-16]) + cipher.finalize() == CANARY.encode()
    assert len(nonce) == 12


def test_a_new_key_seals_from_now_on_and_the_old_one_still_opens(secrets: Secrets) -> None:
    old = secrets.seal("acme", "f", Secret("old"))
    key = secrets.rotate("acme")
    new = secrets.seal("acme", "f", Secret("new"))
    assert (new["key"], old["key"] != key) == (key, True)
    assert (secrets.open("acme", "f", old).reveal(), secrets.open("acme", "f", new).reveal()) == ("old", "new")


def test_without_its_keys_nothing_of_a_tenant_opens_and_others_open_as_before(secrets: Secrets) -> None:
    sealed = [secrets.seal("acme", "f", Secret("old"))]
    secrets.rotate("acme")
    sealed.append(secrets.seal("acme", "f", Secret("new")))
    theirs = secrets.seal("globex", "f", Secret("theirs"))
    secrets.shred("acme")
    secrets.shred("acme")
    for envelope in sealed:
        with pytest.raises(ValueError, match=r"does not open|has no key"):
            secrets.open("acme", "f", envelope)
    assert secrets.open("globex", "f", theirs).reveal() == "theirs"
    again = secrets.seal("acme", "f", Secret("anew"))
    assert secrets.open("acme", "f", again).reveal() == "anew"


# --- a Secret in memory


def test_a_secret_shows_itself_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CANARY)
    with caplog.at_level(logging.INFO):
        logging.getLogger("t").info("secret %s %r", secret, {"token": secret})
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>40}", f"{secret:>40}", f"{[secret]}", caplog.text]
    assert not [text for text in shown if CANARY in text]
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize(
    "leave",
    [json.dumps, pickle.dumps, copy.copy, copy.deepcopy, lambda s: json.dumps({"a": [s]}), lambda s: pickle.dumps([s])],
    ids=["json", "pickle", "copy", "deepcopy", "json within", "pickle within"],
)
def test_a_secret_does_not_leave_the_process(leave: Any) -> None:
    with pytest.raises(TypeError):
        leave(Secret(CANARY))


# --- on one machine


def test_files_are_private_and_hold_no_plain_text(tmp_path: Path) -> None:
    LocalSecrets(tmp_path).set("api", Secret(CANARY))
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
        assert CANARY.encode() not in path.read_bytes()
    assert LocalSecrets(tmp_path).get("api").reveal() == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
@pytest.mark.parametrize("name", ["key", "secrets.json"])
def test_a_file_others_may_read_is_refused_with_the_way_out(tmp_path: Path, name: str, mode: int) -> None:
    LocalSecrets(tmp_path).set("api", Secret(CANARY))
    (tmp_path / name).chmod(mode)
    with pytest.raises(ConfigError, match=rf"chmod 600 .*{name}"):
        LocalSecrets(tmp_path).get("api")


def test_a_lost_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    LocalSecrets(tmp_path).set("api", Secret(CANARY))
    (tmp_path / "key").unlink()
    with pytest.raises(ConfigError, match="Put the key file back"):
        LocalSecrets(tmp_path)
    assert not (tmp_path / "key").exists()


def test_another_installations_envelope_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    envelope = LocalSecrets(tmp_path / "a").seal("acme", "f", Secret(CANARY))
    with pytest.raises(ValueError, match="another key"):
        LocalSecrets(tmp_path / "b").open("acme", "f", envelope)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, damage: bytes) -> None:
    LocalSecrets(tmp_path).set("api", Secret(CANARY))
    (tmp_path / "secrets.json").write_bytes(damage)
    with pytest.raises(ConfigError, match=r"secrets\.json is damaged"):
        LocalSecrets(tmp_path).set("other", Secret("x"))
    assert (tmp_path / "secrets.json").read_bytes() == damage


def test_many_writers_at_once_lose_no_secret_and_agree_on_the_key(tmp_path: Path) -> None:
    def write(n: int) -> None:
        LocalSecrets(tmp_path).set(f"s{n}", Secret(f"value {n}"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = LocalSecrets(tmp_path)
    assert [again.get(f"s{n}").reveal() for n in range(12)] == [f"value {n}" for n in range(12)]
    assert sorted(os.listdir(tmp_path)) == ["key", "secrets.json", "secrets.lock"]


# --- on Google Cloud


def test_the_operators_secret_is_asked_for_once_in_five_minutes(cloud: Cloud) -> None:
    cloud.manager.seed("api", b"old")
    instance, other = cloud.instance(), cloud.instance()
    assert [instance.get("api").reveal() for _ in range(5)] == ["old"] * 5
    assert cloud.count("AccessSecretVersion") == 1
    other.set("api", Secret("new"))
    assert instance.get("api").reveal() == "old"
    assert instance.get("api", refresh=True).reveal() == "new"
    cloud.clock.at += timedelta(minutes=5)
    instance.get("api")
    assert cloud.count("AccessSecretVersion") == 3


def test_a_new_webhook_token_counts_at_once_on_an_instance_that_knows_the_former_one(cloud: Cloud) -> None:
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
        cloud.clock.at += timedelta(seconds=6)
    assert not _delivered(one, old)


@pytest.mark.parametrize("there", [True, False], ids=["with a token", "with none"])
def test_forged_deliveries_do_not_reach_secret_manager_each_time(cloud: Cloud, there: bool) -> None:
    if there:
        cloud.manager.seed(TOKEN, b"secret_" + b"real")
    deps = Deps(cloud.store, LocalQueue(cloud.store, cloud.clock), cloud.instance(), cloud.clock)
    for _ in range(12):
        for _ in range(50):
            assert not _delivered(deps, "secret_forged")
        cloud.clock.at += timedelta(seconds=1)
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
def test_a_name_cannot_point_elsewhere(cloud: Cloud, name: str) -> None:
    with pytest.raises(KeyError):
        cloud.instance().get(name)
    with pytest.raises(ValueError, match="not the name of a secret"):
        cloud.instance().set(name, Secret("x"))
    assert cloud.manager.calls == []


def test_kms_is_asked_once_per_tenant_in_five_minutes(cloud: Cloud) -> None:
    envelope = cloud.instance().seal("acme", "f", Secret(CANARY))
    reader = cloud.instance()
    for _ in range(5):
        reader.open("acme", "f", envelope)
    assert cloud.count("Decrypt") == 1
    cloud.clock.at += timedelta(minutes=5)
    reader.open("acme", "f", envelope)
    assert cloud.count("Decrypt") == 2


def test_two_instances_at_once_use_the_first_ones_key(cloud: Cloud) -> None:
    first, second = cloud.instance(), cloud.instance()
    assert second._add_key("acme", 1) == first._add_key("acme", 1) == "dek-000001"
    assert second.open("acme", "f", first.seal("acme", "f", Secret(CANARY))).reveal() == CANARY


def test_rotation_keeps_old_envelopes_readable(cloud: Cloud) -> None:
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


def test_a_data_key_moved_to_another_tenant_is_refused_by_kms(cloud: Cloud) -> None:
    envelope = cloud.instance().seal("acme", "f", Secret(CANARY))
    wrapped = cloud.store.get("acme", "keys", "dek-000001")
    assert wrapped is not None
    cloud.store.put("globex", Put("keys", "dek-000001", wrapped.body))
    with pytest.raises(ValueError, match="was not made for tenant"):
        cloud.instance().open("globex", "f", envelope)


def test_without_its_data_key_nothing_of_a_tenant_opens(cloud: Cloud) -> None:
    envelope = cloud.instance().seal("acme", "f", Secret(CANARY))
    cloud.store.put("acme", Put("keys", "dek-000001", None))
    with pytest.raises(ValueError, match="has no key"):
        cloud.instance().open("acme", "f", envelope)


def test_a_lost_answer_of_create_secret_is_no_obstacle(cloud: Cloud) -> None:
    cloud.manager.fail("CreateSecret", grpc.StatusCode.ALREADY_EXISTS, after=True)
    cloud.instance().set("api", Secret("value"))
    assert cloud.instance().get("api").reveal() == "value"
