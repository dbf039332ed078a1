"""Each bundle, installed alone from its hashes, starts with the platform's own command and answers as it should.

All of them run at once, in cloud mode, against one set of emulated parts of the cloud.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from shared.settings import ALONE, FUNCTIONS
from terraform.bundle import make_bundles, write_bundles
from tests.support.parts import require
from tests.support.repository.bundle_env import RUNNERS_CALLER, BundledHouse, bundled_house
from tests.support.servers.cloud.shared_emulator import GROUP

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

ROOT = Path(__file__).resolve().parents[2]
QUEUE = ("plan", "execute-step", "deploy", "notify", "sync")
NAMES = {"plan": "consider", "execute-step": "attempt", "deploy": "attempt", "notify": "mirror", "sync": "reconcile"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BundledHouse]:
    """Serve every function from its bundle."""
    require("firestore-emulator")
    require("package-index")
    folder = tmp_path_factory.mktemp("bundles")
    write_bundles(make_bundles(ROOT), folder / "build")
    with bundled_house(folder, folder / "build") as opened:
        yield opened


def _delivery() -> bytes:
    event = {
        "id": str(uuid.uuid4()),
        "timestamp": datetime.now(UTC).isoformat(),
        "type": "page.created",
        "workspace_id": str(uuid.uuid4()),
        "subscription_id": str(uuid.uuid4()),
        "integration_id": str(uuid.uuid4()),
        "authors": [{"id": str(uuid.uuid4()), "type": "person"}],
        "attempt_number": 1,
        "api_version": "2026-03-11",
        "entity": {"id": str(uuid.uuid4()), "type": "page"},
        "data": {"parent": {"id": str(uuid.uuid4()), "type": "page"}},
    }
    return json.dumps(event).encode()


def _signed(raw: bytes, key: str) -> dict[str, str]:
    return {"X-Notion-Signature": "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()}


def test_all_run_from_their_bundles_and_nothing_of_this_checkout_is_theirs(house: BundledHouse) -> None:
    assert set(house.urls) == {*FUNCTIONS, *ALONE}
    asked = "import sys, json; print(json.dumps(sys.path))"
    for packages in set(house.packages.values()):
        path = json.loads(subprocess.check_output([str(packages / "python"), "-c", asked], cwd="/", env={}))
        assert not [each for each in path if each and Path(each).is_relative_to(ROOT)]
        installed = [each.name for each in packages.parent.glob("lib/*/site-packages/*")]
        assert "moto" not in installed
        assert "pytest" not in installed


def test_notions_delivery_is_taken_with_its_signature_alone(house: BundledHouse) -> None:
    raw = _delivery()
    good = _signed(raw, house.secrets["notion-webhook-token"])
    assert house.post("notion-webhook", data=raw, headers=good).status_code == 200
    forged = _signed(raw, "another token")
    for headers in ({}, forged):
        answer = house.post("notion-webhook", data=raw, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:workwright:bad_signature")


def test_the_other_public_doors_answer(house: BundledHouse) -> None:
    health = requests.get(house.urls["api"] + "/v1/health", timeout=60)
    assert (health.status_code, health.json()["store"]) == (200, "ok")
    assert requests.get(house.urls["api"] + "/v1/runs", timeout=60).status_code == 401
    start = requests.get(house.urls["oauth-callback"] + "/start", timeout=60, allow_redirects=False)
    assert start.status_code == 303
    assert start.headers["Location"].startswith(
        "https://api.notion.com/v1/oauth/authorize?client_id=client-of-the-test"
    )
    forge = house.post("forge-webhook", f"/hooks/github/{'a' * 32}", data=b"{}")
    assert (forge.status_code, forge.json()["type"]) == (401, "urn:workwright:bad_signature")


@pytest.mark.parametrize("function", [*QUEUE, "sweep", "code-runner"])
def test_a_private_function_answers_nobody_without_a_token_for_it(house: BundledHouse, function: str) -> None:
    other = "notify" if function != "notify" else "plan"
    stranger = house.token(function, "somebody@else.iam.gserviceaccount.com")
    for headers, status in (({}, 401), (house.token(other), 401), (stranger, 403)):
        assert house.post(function, headers=headers).status_code == status, headers


@pytest.mark.parametrize("function", QUEUE)
def test_a_queue_function_takes_the_queues_tasks(house: BundledHouse, function: str) -> None:
    """A task about what nobody waits for any more is done: the store was asked, and everything needed was there."""
    task = {"id": uuid.uuid4().hex, "name": NAMES[function], "function": function, "tenant": "t-nobody"}
    task |= {"run": "run-x", "step": "s", "ref": "page-x"}
    answer = house.post(function, "/t/t-nobody", headers=house.token(function), json=task)
    assert answer.status_code == 204, f"{answer.text}\n{house.said(function)[-3000:]}"
    assert house.post(function, "/t/t-nobody", headers=house.token(function), data=b"{").status_code == 400


def test_the_schedulers_calls_are_answered(house: BundledHouse) -> None:
    assert house.post("sweep", headers=house.token("sweep")).json()["relayed"] == 0
    assert house.post("sync", headers=house.token("sync")).json() == {"ordered": 0}


def test_the_smoke_test_of_a_deployment_passes_and_finds_a_door_that_stands_open(
    house: BundledHouse, tmp_path: Path
) -> None:
    def look(urls: Mapping[str, str]) -> tuple[int, str, str]:
        (tmp_path / "urls.json").write_text(json.dumps(urls))
        (tmp_path / "token").write_text(house.secrets["notion-webhook-token"])
        command = [sys.executable, "tools/smoke.py", "--urls", str(tmp_path / "urls.json")]
        command += ["--webhook-token-file", str(tmp_path / "token"), "--result", str(tmp_path / "result")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, (tmp_path / "result").read_text().strip(), done.stdout

    code, result, said = look(house.urls)
    assert (code, result) == (0, "passed"), said
    assert said.count("✓") == 7 + len(house.urls) - 4
    code, result, said = look({**house.urls, "sweep": house.urls["api"]})  # it answers 405: not for the missing token
    assert (code, result) == (1, "failed")
    assert "✗ sweep answers nobody without a token: it answered 405" in said


def test_the_code_runner_runs_code_for_its_caller(house: BundledHouse) -> None:
    require("bubblewrap")
    program = base64.b64encode(b"print(6 * 7)").decode()
    asked = {"files": {"main.py": program}, "command": ["python3", "main.py"]}
    answer = house.post("code-runner", headers=house.token("code-runner", RUNNERS_CALLER), json=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["exit_code"] == 0, answer.text
    assert "42" in json.dumps(answer.json())


def test_nothing_that_was_answered_failed_within(house: BundledHouse) -> None:
    for function in house.urls:
        said = house.said(function)
        assert "Traceback" not in said, f"{function}:\n{said[-3000:]}"
        assert "ModuleNotFoundError" not in said, function
