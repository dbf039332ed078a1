"""The doctor: it finds what is there and what is missing, changes nothing, and its exit code says whether to go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.ports import Secret
from tests.support.programs.commands import GROUP, type_command
from tests.support.rigs.served_api import served_api

pytestmark = pytest.mark.xdist_group(GROUP)

ROOT = Path(__file__).resolve().parents[3]


def _doctor(data: Path, *, fresh: bool = False, **env: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code, and the findings by name."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    words = ["doctor", "--json", "--data", str(data)]
    if fresh:
        command = [sys.executable, "-m", "shared", *words]
        done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=100, check=False)
    else:
        done = type_command(*words, env=kept | env, timeout=100)
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    assert said["usable"] == (done.returncode == 0)
    return done.returncode, {check["name"]: check for check in said["checks"]}


def test_a_fresh_folder_is_fine_and_stays_untouched(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    code, found = _doctor(data, fresh=True)
    assert {"python", "environment", "sandbox", "git", "sqlite", "data", "port", "running", "secrets"} <= set(found)
    assert {found[system]["state"] for system in ("notion", "github", "vercel", "slack", "ses")} == {"ok"}
    missing = {name for name, check in found.items() if check["state"] == "missing" and check["needed"]}
    assert missing <= {"sandbox"}  # the one thing a machine may lack
    assert code == (1 if missing else 0)
    assert all(check["way_out"] for check in found.values() if check["state"] != "ok")
    assert not data.exists()
    assert not data.parent.exists()


@pytest.mark.slow
def test_a_running_house_and_its_secrets_are_seen(tmp_path: Path) -> None:
    with served_api(tmp_path, "t-0123456789abcdef01234567") as api:
        code, found = _doctor(tmp_path)
    assert found["running"]["state"] == "ok"
    assert api.url in found["running"]["detail"]
    assert found["api-key-pepper"]["state"] == "ok"
    assert found["notion-client-id"]["state"] == "later"
    assert "Notion" in found["notion-client-id"]["way_out"]
    assert code in (0, 1)


@pytest.mark.slow
def test_without_a_browser_it_says_so_and_goes_on(tmp_path: Path) -> None:
    _, found = _doctor(tmp_path, WORKWRIGHT_BROWSER="off")
    assert (found["browser"]["state"], found["browser"]["needed"]) == ("missing", False)
    assert "switched off" in found["browser"]["detail"]


@pytest.mark.slow
def test_no_secret_is_told(tmp_path: Path) -> None:
    LocalSecrets(tmp_path).set("notion-client-secret", Secret("a-secret-nobody-should-see"))
    _, found = _doctor(tmp_path)
    assert found["notion-client-secret"]["state"] == "ok"
    assert "nobody-should-see" not in json.dumps(found)


@pytest.mark.slow
def test_a_key_file_that_others_may_read_is_named(tmp_path: Path) -> None:
    LocalSecrets(tmp_path).set("slack-signing-secret", Secret("x"))
    (tmp_path / "key").chmod(0o644)
    code, found = _doctor(tmp_path)
    assert code == 1
    assert "chmod 600" in found["secrets"]["detail"]


@pytest.mark.slow
def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")
    code, found = _doctor(tmp_path / "data")
    assert code == 1
    assert (found["data"]["state"], "--data" in found["data"]["way_out"]) == ("missing", True)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), [("WORKWRIGHT_MODEL", "oracle"), ("WORKWRIGHT_LEASE_S", "soon")])
def test_a_wrong_environment_is_named(tmp_path: Path, name: str, value: str) -> None:
    code, found = _doctor(tmp_path, **{name: value})
    assert code == 1
    assert name in found["environment"]["detail"]


@pytest.mark.slow
def test_in_cloud_mode_everything_missing_is_named_at_once(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no-credentials")
    env = {"WORKWRIGHT_MODE": "cloud", "NO_GCE_CHECK": "true", "CLOUDSDK_CONFIG": nowhere, "HOME": nowhere}
    code, found = _doctor(tmp_path, **env)
    assert code == 1
    for name in ("GOOGLE_CLOUD_PROJECT", "WORKWRIGHT_KMS_KEY", "WORKWRIGHT_TASKS_ACCOUNT", "WORKWRIGHT_FUNCTIONS_URL"):
        assert name in found["environment"]["detail"]
    assert found["google"]["state"] == "missing"
    assert "gcloud auth" in found["google"]["way_out"]
    assert "sqlite" not in found


@pytest.mark.slow
def test_a_folder_of_a_person_asks_the_api_what_their_team_lacks(tmp_path: Path) -> None:
    installed, mine = tmp_path / "installed", tmp_path / "mine"
    mine.mkdir()
    with served_api(installed, "t-0123456789abcdef01234567") as api:
        for name in ("house.json", "owner.key"):
            (mine / name).write_text((installed / name).read_text("utf-8"), "utf-8")
        code, found = _doctor(mine)
        assert code == 1
        assert "python" not in found  # what this machine has says nothing about theirs
        assert (found["notion"]["state"], found["databases"]["state"]) == ("missing", "missing")
        for folder in (mine, installed):
            done = type_command(
                "doctor", "--team", "--url", f"{api.url}/", "--data", str(folder), env=os.environ, timeout=100
            )
            assert "→ An owner goes on at" in done.stdout
            assert "Your team lacks something" in done.stdout
        done = type_command(
            "doctor", "--url", "https://elsewhere.example", "--data", str(mine), env=os.environ, timeout=100
        )
        assert done.returncode == 2
        assert f"is signed in to {api.url}" in done.stderr
        assert "workwright login --url https://elsewhere.example" in done.stderr
