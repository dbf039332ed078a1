"""Secrets: what one machine and Google Cloud both promise."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shared.backends import envelope as envelopes
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.ports import Secret, Secrets
from tests.support.ports.cloud_secrets import CANARY, open_cloud
from tests.support.servers.cloud.cloud_clients import SECRETS


@pytest.fixture(params=["local", *SECRETS])
def secrets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Secrets]:
    if request.param == "local":
        yield LocalSecrets(tmp_path)
        return
    with open_cloud(request.param, tmp_path) as cloud:
        yield cloud.instance()


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
