"""The operator's commands on a deployment: its real store and secrets, reached as `--project` names them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from shared.app.api.keys import caller_of
from shared.app.engine.deps import Deps
from shared.app.intake.accept_delivery import accept_delivery
from shared.cli.operations.webhook import build_deployment_deps
from shared.cli.root import workwright
from shared.core.errors import ConfigError, Forbidden
from shared.ports import Put
from shared.settings import Settings
from tests.support.servers.cloud.google_project import NUMBER, PROJECT, GoogleProject, served
from tests.support.servers.cloud.secret_manager_server import SecretManagerServer

ROOT = Path(__file__).resolve().parents[2]
TENANT = "t-0123456789abcdef01234567"
HANDSHAKE = json.dumps({"verification_token": "secret_" + "a1b2c3"}).encode()


@pytest.fixture
def deployment(firestore_host: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The project of a deployment that has the operator's secrets, empty or not."""
    project = f"t-{uuid4().hex[:12]}"
    with SecretManagerServer(project) as manager:
        manager.seed("notion-webhook-token")
        manager.seed("api-key-pepper", b"0123456789abcdef0123456789abcdef")
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_host)
        monkeypatch.setenv("WORKWRIGHT_SECRETS_ENDPOINT", manager.url.removeprefix("http://"))
        yield project


def _deps(project: str) -> Deps:
    return build_deployment_deps(project, "europe-west1")


def _run(*words: str) -> Result:
    return CliRunner().invoke(workwright, list(words))


def test_the_handshake_is_armed_by_its_project_alone(deployment: str) -> None:
    with pytest.raises(Forbidden):
        accept_delivery(HANDSHAKE, "", _deps(deployment))
    armed = _run("webhook", "arm", "--project", deployment, "--json")
    assert json.loads(armed.output)["armed_until"]
    assert accept_delivery(HANDSHAKE, "", _deps(deployment)) == {"handshake": "accepted"}
    after = json.loads(_run("webhook", "status", "--token", "--project", deployment, "--json").output)
    assert (after["token"], after["value"]) == (True, json.loads(HANDSHAKE)["verification_token"])


def test_a_folder_is_attached_to_a_team_with_a_key_of_its_own(deployment: str, tmp_path: Path) -> None:
    words = ["attach", "--project", deployment, "--tenant", TENANT, "--url", "https://api.acme.example", "--data"]
    refused = _run(*words, str(tmp_path))
    assert isinstance(refused.exception, ConfigError)
    assert "connect Notion first" in str(refused.exception)
    _deps(deployment).store.put(TENANT, Put("grants", "notion", {"status": "connected"}))
    assert _run(*words, str(tmp_path)).exit_code == 0
    key = (tmp_path / "owner.key").read_text(encoding="ascii").strip()
    assert (tmp_path / "owner.key").stat().st_mode & 0o777 == 0o600
    caller = caller_of(_deps(deployment), f"Bearer {key}")
    assert (caller.tenant, caller.role, key.startswith("ww_live_")) == (TENANT, "owner", True)
    assert json.loads((tmp_path / "house.json").read_text(encoding="utf-8"))["url"] == "https://api.acme.example"


def test_a_house_on_this_machine_is_not_attached(deployment: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("", encoding="ascii")
    found = _run("attach", "--project", deployment, "--tenant", TENANT, "--data", str(tmp_path))
    assert "another one" in str(found.exception)


def test_the_printed_environment_is_whole_and_readable_for_a_shell() -> None:
    with served(GoogleProject(ROOT)) as server:
        printed = _run("environment", "--project", PROJECT, "--endpoint", server.url).output
    bare = {"PATH": os.environ["PATH"]}
    read = subprocess.run(["sh", "-c", f"{printed}\nenv"], env=bare, capture_output=True, text=True, check=True).stdout
    env = dict(line.split("=", 1) for line in read.splitlines())
    settings = Settings.from_env(env)
    assert (settings.mode, settings.project) == ("cloud", PROJECT)
    assert settings.function_url("execute-step") == f"https://execute-step-{NUMBER}.europe-west1.run.app"
    assert shlex.split(printed)[0] == "export"
