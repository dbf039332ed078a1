"""Where code is run is chosen by the environment; what is wrong is named, and nothing runs beside our tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.core.code.sandbox_settings import RegistrySettings, RunnerSettings, read_runner, read_sandbox
from shared.core.environment import Environment
from shared.core.errors import ConfigError, SandboxUnavailable
from shared.ports.sandbox import SandboxRequest
from shared.settings import Settings
from shared.wiring.choose_sandbox import chosen_sandbox, prove_sandbox
from tests.cli.operating.test_settings import CLOUD

RUNNER = "https://code-runner.example"


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"WORKWRIGHT_SANDBOX": "docker"}, "WORKWRIGHT_SANDBOX is 'docker'; use one of local, remote, vertex"),
        ({"WORKWRIGHT_SANDBOX": "remote"}, "WORKWRIGHT_CODE_RUNNER_URL is missing"),
        ({"WORKWRIGHT_SANDBOX": "vertex"}, "GOOGLE_CLOUD_PROJECT is missing"),
        ({"WORKWRIGHT_CODE_RUNNER_URL": "code-runner"}, "WORKWRIGHT_CODE_RUNNER_URL is 'code-runner'"),
        ({"WORKWRIGHT_SANDBOX_RUNTIME": "123"}, "WORKWRIGHT_SANDBOX_RUNTIME is '123'"),
        ({"WORKWRIGHT_PIP_INDEX": "simple"}, "WORKWRIGHT_PIP_INDEX is 'simple'"),
        ({"WORKWRIGHT_NPM_REGISTRY": "https://a:b@npm.example"}, "WORKWRIGHT_NPM_REGISTRY holds a password"),
        ({"WORKWRIGHT_REGISTRY_HOSTS": "fine.example,x/y"}, "WORKWRIGHT_REGISTRY_HOSTS names 'x/y'"),
        ({"WORKWRIGHT_REGISTRY_HOSTS": "a@b"}, "WORKWRIGHT_REGISTRY_HOSTS names 'a@b'"),
    ],
)
def test_what_is_wrong_is_named_with_its_variable(env: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_env(env)
    assert named in str(refused.value)
    assert len(str(refused.value).splitlines()) == 2


def test_what_is_right_is_read() -> None:
    env = {
        "WORKWRIGHT_SANDBOX": "remote",
        "WORKWRIGHT_CODE_RUNNER_URL": RUNNER + "/",
        "WORKWRIGHT_NPM_REGISTRY": "none",
        "WORKWRIGHT_PIP_INDEX": "http://10.0.0.7:8080/simple/",
        "WORKWRIGHT_REGISTRY_HOSTS": "files.example, other.example:8443",
    }
    reader = Environment(env)
    found = read_sandbox(reader)
    assert reader.problems == []
    assert (found.driver, found.runner_url) == ("remote", RUNNER)
    hosts = ("files.example", "other.example:8443")
    assert found.registries == RegistrySettings("none", "http://10.0.0.7:8080/simple", hosts)


def test_the_service_knows_only_what_it_needs_and_names_what_is_missing() -> None:
    with pytest.raises(ConfigError) as refused:
        read_runner({"WORKWRIGHT_MODE": "cloud", "WORKWRIGHT_RUNNER_ANSWERS": "-1"})
    for name in ("WORKWRIGHT_RUNNER_CALLERS", "WORKWRIGHT_CODE_RUNNER_URL", "WORKWRIGHT_RUNNER_ANSWERS"):
        assert name in str(refused.value)
    with pytest.raises(ConfigError, match="on this machine"):
        read_runner({"WORKWRIGHT_CERTS_URL": "https://certs.example"})
    env = {"WORKWRIGHT_MODE": "cloud", "WORKWRIGHT_RUNNER_CALLERS": "a@x, b@x", "WORKWRIGHT_CODE_RUNNER_URL": RUNNER}
    assert read_runner(env) == RunnerSettings("cloud", url=RUNNER, callers=frozenset({"a@x", "b@x"}))


def test_in_the_cloud_nothing_is_run_beside_our_tokens() -> None:
    sandbox = chosen_sandbox(Settings.from_env(CLOUD))
    for refused in (lambda: prove_sandbox(sandbox), lambda: sandbox.run(SandboxRequest({}, ("true",), "offline"))):
        with pytest.raises(SandboxUnavailable, match="WORKWRIGHT_SANDBOX to remote or vertex"):
            refused()


def test_each_choice_is_the_driver_it_names(tmp_path: Path) -> None:
    remote = {"WORKWRIGHT_SANDBOX": "remote", "WORKWRIGHT_CODE_RUNNER_URL": RUNNER, "WORKWRIGHT_DATA": str(tmp_path)}
    vertex = {"WORKWRIGHT_SANDBOX": "vertex", "GOOGLE_CLOUD_PROJECT": "acme"}
    assert chosen_sandbox(Settings.from_env(remote)).name == "remote"
    assert chosen_sandbox(Settings.from_env(CLOUD | vertex)).name == "vertex"
    assert list(tmp_path.iterdir()) == []  # choosing makes no key
