"""What a cold start has to load, and that nothing in the middle looks at a clock or leaves anything to chance."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.app.prompts import prompt

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "boto3",
    "botocore",
    "vertexai",
    "google.genai",
    "moto",
    "rich",
    "hypothesis",
    "grpc",
    "pytest",
    "numpy",
    "onnxruntime",
    "opentelemetry",
    "prometheus_client",
    "sentry_sdk",
)
LOAD = """
import json, sys
from functions_framework import create_app
for name in sys.argv[1:]:
    create_app(name.replace("-", "_"), f"functions/{name}/main.py")
print(json.dumps(sorted(sys.modules)))
"""
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/main.py"))
# What thinking takes: adapters, the rules, vendors' libraries, numbers. Loaded when a model is first asked.
THINKING = (
    "shared.backends.models", "shared.backends.offline", "shared.wiring.models", "shared.app.models.routed_model",
    "anthropic", "openai", "pydantic_ai", "genai_prices", "httpx", "numpy", "onnxruntime",
)  # fmt: skip

# What keeps what belongs to tenants, or leads to it. Where untrusted code is run none of it may even be loaded.
HOLDING = (
    "sqlite3", "google.cloud.firestore", "google.cloud.tasks_v2", "google.cloud.secretmanager", "google.cloud.kms",
    "shared.backends.local.state.local_store", "shared.backends.local.delivery.local_queue",
    "shared.backends.local.keys.local_secrets",
    "shared.backends.cloud.store", "shared.backends.cloud.queue", "shared.backends.cloud.secrets",
    "shared.accounts", "shared.integrations", "shared.steps",
)  # fmt: skip

DOORS = ("notion-webhook", "forge-webhook", "oauth-callback", "api")  # people and webhooks wait while they start
WORKERS = ("plan", "execute-step", "deploy", "notify", "sweep", "sync")
# What a door answers without: vendors' clients, the validator, the HTTP library of the integrations, every step kind.
NOT_AT_A_DOOR = (
    "google.cloud.firestore", "google.cloud.tasks_v2", "google.cloud.secretmanager", "google.cloud.kms",
    "google.api_core", "google.auth", "pydantic", "requests", "flask_cors", "markdown", "sqlite3", "shared.steps",
    "shared.backends.local", "shared.app.engine.execute_step", "shared.app.planning.make_plan",
    "shared.app.intake.consider_page",
)  # fmt: skip
NOT_AT_A_WEBHOOK = ("shared.accounts", "shared.mind", "shared.integrations.github.client", "shared.app.api")
NOT_AT_A_WORKER = ("google.cloud.kms", "sqlite3", "boto3", "botocore", "shared.backends.local", "vertexai", "rich")
CLOUD = {
    "WORKWRIGHT_MODE": "cloud",
    "GOOGLE_CLOUD_PROJECT": "weighed",
    "WORKWRIGHT_KMS_KEY": "projects/weighed/locations/l/keyRings/r/cryptoKeys/k",
    "WORKWRIGHT_TASKS_ACCOUNT": "tasks@weighed.iam.gserviceaccount.com",
    "WORKWRIGHT_PUBLIC_URL": "http://127.0.0.1:9",
    "WORKWRIGHT_FUNCTIONS_URL": "http://127.0.0.1:9",
    "WORKWRIGHT_CERTS_URL": "http://127.0.0.1:9/certs",
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9",
    "WORKWRIGHT_TASKS_ENDPOINT": "127.0.0.1:9",
    "WORKWRIGHT_SECRETS_ENDPOINT": "127.0.0.1:9",
    "WORKWRIGHT_KMS_ENDPOINT": "127.0.0.1:9",
}

# Who may look at the clock or at chance: what stands outside of the decisions.
OUTSIDE = (
    "backends", "bench", "cli", "local", "programs", "telemetry", "http_answers.py", "http_client.py",
    "lasting_port.py", "public_call.py", "__main__.py",
)  # fmt: skip
CLOCKS = {"time", "random", "uuid"}
NOW = {"now", "utcnow", "today"}
INSIDE = sorted(
    path for path in ROOT.glob("shared/**/*.py") if path.relative_to(ROOT / "shared").parts[0] not in OUTSIDE
)
PROMPTS = sorted((ROOT / "shared" / "app" / "prompts").glob("*.md"))


def _loaded(folder: Path, *functions: str, **more: str) -> list[str]:
    """Return the modules of a process that has loaded these functions."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *functions],
        cwd=ROOT,
        env={**env, **more, "WORKWRIGHT_DATA": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def _of(loaded: list[str], packages: tuple[str, ...]) -> list[str]:
    return [name for name in loaded if any(name == each or name.startswith(f"{each}.") for each in packages)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("webhook", "use_case"), [("notion-webhook", "accept_delivery"), ("forge-webhook", "accept_forge_delivery")]
)
def test_a_webhook_loads_nothing_heavy_on_one_machine(tmp_path: Path, webhook: str, use_case: str) -> None:
    loaded = _loaded(tmp_path, webhook)
    assert f"shared.app.intake.{use_case}" in loaded
    assert _of(loaded, HEAVY) == []
    # functions-framework itself brings the one package google.cloud.functions along.
    cloud = [name for name in loaded if name.startswith("google.cloud.") and ".functions" not in name]
    assert cloud == []


@pytest.mark.slow
def test_no_function_loads_what_thinking_takes_before_it_thinks(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, *FUNCTIONS)
    assert {
        "shared.app.intake.accept_delivery",
        "shared.app.planning.make_plan",
        "shared.app.engine.sweep",
        "shared.app.api.router",
    } <= set(loaded)
    assert _of(loaded, THINKING) == []


@pytest.mark.slow
def test_in_the_cloud_a_door_loads_no_vendors_client_and_no_step(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, *DOORS, **CLOUD)
    assert {"shared.backends.cloud.rest.firestore", "shared.app.api.router"} <= set(loaded)
    assert _of(loaded, (*HEAVY, *THINKING, *NOT_AT_A_DOOR)) == []


@pytest.mark.slow
def test_in_the_cloud_a_webhook_loads_no_client_of_any_integration(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, "notion-webhook", "forge-webhook", **CLOUD)
    assert "shared.backends.cloud.rest.firestore" in loaded
    assert _of(loaded, NOT_AT_A_WEBHOOK) == []


@pytest.mark.slow
def test_in_the_cloud_a_worker_loads_no_kind_of_step_before_it_attempts_one(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, *WORKERS, **CLOUD)
    paths = (path.relative_to(ROOT).with_suffix("") for path in ROOT.glob("shared/steps/**/[a-z]*.py"))
    kinds = tuple(".".join(path.parts) for path in paths)
    assert len(kinds) > 20
    assert "google.cloud.firestore" in loaded  # by design: docs/why/performance.md
    assert _of(loaded, (*THINKING, *NOT_AT_A_WORKER, *kinds)) == []


@pytest.mark.slow
def test_the_code_runner_holds_no_store_no_queue_and_no_secret(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, "code-runner")
    assert "shared.backends.remote.runner" in loaded
    assert _of(loaded, (*HEAVY, *THINKING, *HOLDING)) == []


def _offences(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in NOW:
            owner = ast.unparse(node.func.value)
            names = ["time"] if owner.split(".")[-1] in ("datetime", "date") else []
        else:
            continue
        found += [f"{path.relative_to(ROOT)}:{node.lineno}" for name in names if name.split(".")[0] in CLOCKS]
    return found


def test_decisions_read_no_clock_and_roll_no_dice() -> None:
    assert len(INSIDE) > 40
    assert [offence for path in INSIDE for offence in _offences(path)] == []


def test_the_search_for_clocks_finds_them_where_they_are() -> None:
    assert _offences(ROOT / "shared" / "backends" / "clock.py")
    assert _offences(ROOT / "shared" / "http_client.py")


@pytest.mark.parametrize("path", PROMPTS, ids=lambda path: path.stem)
def test_every_prompt_has_a_version(path: Path) -> None:
    version, text = prompt(path.stem)
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"version: {version}"
    assert int(version) >= 1
    assert len(text) > 100
