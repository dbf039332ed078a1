"""Emulators of the cloud: reached on this machine alone, and never by mistake; every problem is named at once."""

from __future__ import annotations

import pytest

from shared.core.errors import ConfigError
from shared.settings import Settings

CLOUD = {
    "WORKWRIGHT_MODE": "cloud",
    "GOOGLE_CLOUD_PROJECT": "p",
    "WORKWRIGHT_KMS_KEY": "projects/p/locations/l/keyRings/r/cryptoKeys/k",
    "WORKWRIGHT_TASKS_ACCOUNT": "tasks@p.iam.gserviceaccount.com",
    "WORKWRIGHT_FUNCTIONS_URL": "https://functions.example",
    "WORKWRIGHT_PUBLIC_URL": "https://workwright.example",
}
ENDPOINTS = (
    "FIRESTORE_EMULATOR_HOST",
    "WORKWRIGHT_TASKS_ENDPOINT",
    "WORKWRIGHT_SECRETS_ENDPOINT",
    "WORKWRIGHT_KMS_ENDPOINT",
)


def problems(**env: str) -> str:
    with pytest.raises(ConfigError) as refused:
        Settings.from_env({**CLOUD, **env})
    return str(refused.value)


def test_without_emulators_nothing_of_the_cloud_is_played_here() -> None:
    settings = Settings.from_env(CLOUD)
    assert (settings.emulated, settings.emulators, settings.certs_url) == (False, {}, "")


def test_emulators_are_reached_on_this_machine() -> None:
    hosts = ("127.0.0.1:8085", "localhost:8086", "[::1]:8087", "127.0.0.1:8088")
    env = dict(zip(ENDPOINTS, hosts, strict=True))
    settings = Settings.from_env({**CLOUD, **env, "WORKWRIGHT_CERTS_URL": "http://127.0.0.1:8089/certs"})
    assert list(settings.emulators.values()) == list(hosts)
    assert settings.certs_url == "http://127.0.0.1:8089/certs"
    assert settings.emulated


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    "value",
    [
        "firestore.example:8085",
        "10.0.0.7:8085",
        "0.0.0.0:8085",
        "127.0.0.1.example:8085",
        "localhost@evil.example:8085",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:port",
        "127.0.0.1:0",
        "127.0.0.1:8085/path",
        "http://127.0.0.1:8085",
        "[::1:8085",
        ":8085",
        "dns:///cloudtasks.example:443",
    ],
)
def test_no_plain_connection_leaves_this_machine(name: str, value: str) -> None:
    assert f"{name} is {value!r}" in problems(**{name: value})


@pytest.mark.parametrize("url", ["https://issuer.example/certs", "http://127.0.0.1.example/certs", "http://@example/"])
def test_keys_come_from_google_or_from_this_machine(url: str) -> None:
    assert "WORKWRIGHT_CERTS_URL" in problems(WORKWRIGHT_CERTS_URL=url)


def test_every_problem_is_named_at_once() -> None:
    env = dict.fromkeys([*ENDPOINTS, "WORKWRIGHT_CERTS_URL"], "http://other.example:1")
    text = problems(**env, WORKWRIGHT_KMS_KEY="", WORKWRIGHT_MODEL="none")
    assert all(name in text for name in [*env, "WORKWRIGHT_KMS_KEY", "WORKWRIGHT_MODEL"])


def test_on_one_machine_emulators_are_of_no_concern() -> None:
    settings = Settings.from_env(dict.fromkeys(ENDPOINTS, "elsewhere.example:1"))
    assert not settings.emulated


def test_a_lease_ends_after_the_queue_has_taken_its_holder_for_lost() -> None:
    assert "WORKWRIGHT_LEASE_S is 600; give more than 600" in problems(WORKWRIGHT_LEASE_S="600")
    assert Settings.from_env({**CLOUD, "WORKWRIGHT_LEASE_S": "601"}).lease.total_seconds() == 601
    short = {**CLOUD, "WORKWRIGHT_LEASE_S": "2", "FIRESTORE_EMULATOR_HOST": "127.0.0.1:8085"}
    assert Settings.from_env(short).lease.total_seconds() == 2
