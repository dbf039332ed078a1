"""The local servers against the vendors' own clients: what the adapters' tests stand on."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import google.auth.exceptions
import google.auth.transport.requests
import grpc
import pytest
import requests
from google.api_core import exceptions as gx
from google.cloud import firestore, kms_v1, secretmanager_v1
from google.oauth2 import id_token

from tests.support.servers.cloud.crc32c import crc32c
from tests.support.servers.cloud.firestore_emulator import find_emulator, firestore_client
from tests.support.servers.cloud.kms_server import KmsServer
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.cloud.secret_manager_server import SecretManagerServer

AUDIENCE = "https://plan.example/"
EMAIL = "queue@test-project.iam.gserviceaccount.com"
AUTOMATIC: dict[str, Any] = {"replication": {"automatic": {}}}


def test_crc32c_matches_the_published_vectors() -> None:
    # RFC 3720, appendix B.4
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(bytes(range(31, -1, -1))) == 0x113FDB5C


# --- Firestore --------------------------------------------------------------------------------------------------------


def test_the_emulator_lets_one_of_many_creates_win(firestore_host: str) -> None:
    client = firestore_client(firestore_host, f"t-{uuid.uuid4().hex[:12]}")
    document = client.collection("runs").document("r1")
    won: list[str] = []

    def create(owner: str) -> None:
        try:
            document.create({"owner": owner})
            won.append(owner)
        except gx.Conflict:
            pass

    threads = [threading.Thread(target=create, args=(f"w{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert document.get().to_dict() == {"owner": won[0]}
    with pytest.raises(gx.FailedPrecondition):
        document.update({"x": 1}, option=client.write_option(last_update_time=datetime(2020, 1, 1, tzinfo=UTC)))
    client.close()  # type: ignore[no-untyped-call]


def test_projects_of_the_emulator_are_apart(firestore_host: str) -> None:
    one, other = (firestore_client(firestore_host, f"t-{uuid.uuid4().hex[:12]}") for _ in range(2))
    one.collection("c").document("d").set({"a": firestore.SERVER_TIMESTAMP})
    assert not other.collection("c").document("d").get().exists
    one.close()  # type: ignore[no-untyped-call]
    other.close()  # type: ignore[no-untyped-call]


def test_a_jar_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_JAR", "/nowhere/emulator.jar")
    with pytest.raises(FileNotFoundError, match=r"/nowhere/emulator\.jar"):
        find_emulator()


# --- OIDC -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def issuer() -> Iterator[OidcIssuer]:
    with OidcIssuer() as issuer:
        yield issuer


def _verified(issuer: OidcIssuer, token: str, audience: str = AUDIENCE) -> dict[str, Any]:
    with requests.Session() as session:
        request = google.auth.transport.requests.Request(session)
        claims = id_token.verify_token(token, request, audience=audience, certs_url=issuer.certs_url)
        return dict(claims)


def test_an_honest_token_passes_the_vendors_verification(issuer: OidcIssuer) -> None:
    claims = _verified(issuer, issuer.mint(AUDIENCE, EMAIL))
    assert (claims["iss"], claims["aud"], claims["email"]) == ("https://accounts.google.com", AUDIENCE, EMAIL)
    assert claims["email_verified"] is True


# What google-auth lets through, by its own documentation or silence; the application must look at these itself.
LEFT_TO_THE_APPLICATION = {
    "other issuer",
    "look-alike issuer",
    "without iss",
    "other e-mail",
    "e-mail with something appended",
    "e-mail as a list",
    "without email",
    "e-mail not verified",
    "e-mail verified as a string",
    "e-mail verified as a number",
    "without email_verified",
    "valid for ten years",
}


def test_the_vendors_verification_refuses_forgeries_but_for_what_the_application_must_check(issuer: OidcIssuer) -> None:
    passed = set()
    for name, token in issuer.forgeries(AUDIENCE, EMAIL).items():
        try:
            _verified(issuer, token)
            passed.add(name)
        except (google.auth.exceptions.GoogleAuthError, ValueError, TypeError):
            continue
    assert passed == LEFT_TO_THE_APPLICATION


def test_a_rotated_key_is_published_beside_the_old_one() -> None:
    with OidcIssuer() as issuer:
        old = issuer.mint(AUDIENCE, EMAIL)
        issuer.rotate()
        assert _verified(issuer, old)["email"] == EMAIL
        assert _verified(issuer, issuer.mint(AUDIENCE, EMAIL))["email"] == EMAIL
        issuer.rotate(keep=0)
        with pytest.raises(google.auth.exceptions.GoogleAuthError):
            _verified(issuer, old)
        assert issuer.fetches == 3


# --- Secret Manager ---------------------------------------------------------------------------------------------------


@pytest.fixture
def secret_manager() -> Iterator[SecretManagerServer]:
    with SecretManagerServer() as server:
        yield server


def test_a_secret_is_rotated_from_creation_to_destruction(secret_manager: SecretManagerServer) -> None:
    client = secret_manager.client()
    secret = client.create_secret(
        request={"parent": "projects/test-project", "secret_id": "api-key", "secret": AUTOMATIC}
    )
    assert secret.name == "projects/123456789012/secrets/api-key"
    for data in (b"one", b"two"):
        client.add_secret_version(
            request={"parent": secret.name, "payload": {"data": data, "data_crc32c": crc32c(data)}}
        )
    name = "projects/test-project/secrets/api-key"
    latest = client.access_secret_version(name=f"{name}/versions/latest")
    assert (latest.name, latest.payload.data) == (secret.name + "/versions/2", b"two")
    assert latest.payload.data_crc32c == crc32c(b"two")
    assert client.access_secret_version(name=f"{name}/versions/1").payload.data == b"one"
    client.disable_secret_version(name=f"{name}/versions/2")
    for version in ("2", "latest"):  # latest means the newest, not the newest readable
        with pytest.raises(gx.FailedPrecondition):
            client.access_secret_version(name=f"{name}/versions/{version}")
    client.enable_secret_version(name=f"{name}/versions/2")
    client.destroy_secret_version(name=f"{name}/versions/1")
    with pytest.raises(gx.FailedPrecondition):
        client.access_secret_version(name=f"{name}/versions/1")
    with pytest.raises(gx.FailedPrecondition):
        client.enable_secret_version(name=f"{name}/versions/1")
    state = secretmanager_v1.SecretVersion.State
    found = client.list_secret_versions(request={"parent": name, "page_size": 1})
    assert [v.state for v in found] == [state.ENABLED, state.DESTROYED]
    enabled = client.list_secret_versions(request={"parent": name, "filter": "state:ENABLED"})
    assert [v.name for v in enabled] == [secret.name + "/versions/2"]


def test_secret_manager_refuses_what_is_not_there_or_too_large(secret_manager: SecretManagerServer) -> None:
    client = secret_manager.client()
    name = secret_manager.seed("key")
    with pytest.raises(gx.NotFound):
        client.access_secret_version(name=f"{name}/versions/latest")
    with pytest.raises(gx.NotFound):
        client.access_secret_version(name="projects/test-project/secrets/none/versions/1")
    with pytest.raises(gx.PermissionDenied):
        client.access_secret_version(name="projects/other/secrets/key/versions/1")
    for payload in ({"data": b"x" * 65_537}, {"data": b""}, {"data": b"x", "data_crc32c": 1}):
        with pytest.raises(gx.InvalidArgument):
            client.add_secret_version(request={"parent": name, "payload": payload})
    client.add_secret_version(request={"parent": name, "payload": {"data": b"x" * 65_536}})
    with pytest.raises(gx.AlreadyExists):
        client.create_secret(request={"parent": "projects/test-project", "secret_id": "key", "secret": AUTOMATIC})


def test_the_client_itself_repeats_a_read_after_503(secret_manager: SecretManagerServer) -> None:
    name = secret_manager.seed("key", b"value")
    secret_manager.fail("AccessSecretVersion", grpc.StatusCode.UNAVAILABLE)
    assert secret_manager.client().access_secret_version(name=f"{name}/versions/latest").payload.data == b"value"
    assert [call.code for call in secret_manager.calls] == ["UNAVAILABLE", "OK"]


# --- KMS --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def kms() -> Iterator[KmsServer]:
    with KmsServer() as server:
        yield server


def test_what_kms_encrypts_opens_only_with_the_same_context(kms: KmsServer) -> None:
    client, key = kms.client(), kms.create_key()
    sealed = client.encrypt(
        request={
            "name": key,
            "plaintext": b"data key",
            "plaintext_crc32c": crc32c(b"data key"),
            "additional_authenticated_data": b"v1|t1|notion",
        }
    )
    assert sealed.name == key + "/cryptoKeyVersions/1"
    assert sealed.verified_plaintext_crc32c
    assert not sealed.verified_additional_authenticated_data_crc32c
    assert sealed.ciphertext_crc32c == crc32c(sealed.ciphertext)
    assert b"data key" not in sealed.ciphertext
    opened = client.decrypt(
        request={"name": key, "ciphertext": sealed.ciphertext, "additional_authenticated_data": b"v1|t1|notion"}
    )
    assert (opened.plaintext, opened.plaintext_crc32c) == (b"data key", crc32c(b"data key"))
    other = kms.create_key(key.replace("cryptoKeys/key", "cryptoKeys/other"))
    changed = sealed.ciphertext[:-1] + bytes([sealed.ciphertext[-1] ^ 1])
    wrong = [
        {"name": key, "ciphertext": sealed.ciphertext, "additional_authenticated_data": b"v1|t2|notion"},
        {"name": key, "ciphertext": sealed.ciphertext},
        {"name": other, "ciphertext": sealed.ciphertext, "additional_authenticated_data": b"v1|t1|notion"},
        {"name": key, "ciphertext": changed, "additional_authenticated_data": b"v1|t1|notion"},
        {"name": key, "ciphertext": b""},
        {"name": key, "ciphertext": b"garbage" * 9},
    ]
    for request in wrong:
        with pytest.raises(gx.InvalidArgument):
            client.decrypt(request=request)


def test_an_old_key_version_opens_until_it_is_disabled_or_destroyed(kms: KmsServer) -> None:
    client, key = kms.client(), kms.create_key()
    old = client.encrypt(name=key, plaintext=b"old")
    second = kms.rotate(key)
    new = client.encrypt(name=key, plaintext=b"new")
    assert (new.name, client.get_crypto_key(name=key).primary.name) == (second, second)
    assert not client.decrypt(name=key, ciphertext=old.ciphertext).used_primary
    assert client.decrypt(name=key, ciphertext=new.ciphertext).used_primary
    state = kms_v1.CryptoKeyVersion.CryptoKeyVersionState
    changed = {"crypto_key_version": {"name": old.name, "state": state.DISABLED}, "update_mask": {"paths": ["state"]}}
    client.update_crypto_key_version(request=changed)
    with pytest.raises(gx.FailedPrecondition):
        client.decrypt(name=key, ciphertext=old.ciphertext)
    changed = {"crypto_key_version": {"name": old.name, "state": state.ENABLED}, "update_mask": {"paths": ["state"]}}
    client.update_crypto_key_version(request=changed)
    assert client.decrypt(name=key, ciphertext=old.ciphertext).plaintext == b"old"
    client.destroy_crypto_key_version(name=old.name)
    with pytest.raises(gx.FailedPrecondition):
        client.decrypt(name=key, ciphertext=old.ciphertext)


def test_kms_checks_sizes_sums_and_names(kms: KmsServer) -> None:
    client, key = kms.client(), kms.create_key()
    largest = client.encrypt(name=key, plaintext=b"x" * 65_536)
    assert client.decrypt(name=key, ciphertext=largest.ciphertext).plaintext == b"x" * 65_536
    for request in (
        {"name": key, "plaintext": b"x" * 65_537},
        {"name": key, "plaintext": b"x", "additional_authenticated_data": b"x" * 65_537},
        {"name": key, "plaintext": b"x", "plaintext_crc32c": 1},
        {"name": "key", "plaintext": b"x"},
    ):
        with pytest.raises(gx.InvalidArgument):
            client.encrypt(request=request)
    with pytest.raises(gx.NotFound):
        client.encrypt(name=key.replace("cryptoKeys/key", "cryptoKeys/none"), plaintext=b"x")
    with pytest.raises(gx.InvalidArgument):
        client.decrypt(name=key + "/cryptoKeyVersions/1", ciphertext=largest.ciphertext)
