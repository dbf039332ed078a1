"""The API's own description is true: schemathesis reads it from a running service and tries to prove it wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis.configuration import storage_directory

from shared.app.api.keys import create_key
from shared.app.api.openapi import document
from shared.app.api.routes import ROUTES
from shared.app.approval.approvals import approval_token
from shared.app.code.snapshots import keep_snapshot
from shared.app.models.contexts import keep_context
from shared.core.code.worktree import Worktree
from shared.core.run.commands import Command
from shared.core.run.events import RunOpened
from shared.core.run.reducer import reduce
from shared.core.run.run import Trigger
from shared.mind.context import Part, assemble
from shared.ports import Commit, Put
from tests.functions.conftest import BUILD, GATE
from tests.support.rigs.served_api import ServedApi, served_api

pytestmark = pytest.mark.slow

TENANT = "t-0123456789abcdef01234567"
LETTER = "run-waits.1.0"
# Who waits for the next event waits in vain here. A key that is revoked is not the one the calls are made with. That
# each schema refuses what does not fit it, and each address the other methods, test_api_shapes shows in less time;
# here a route of each kind is sent wrong input. What an agent or a pattern takes, its own schema says, which another
# route answers with; what a mail address is, none says, nor which ETag was read. And no model answers here,
# and the calls that a key has in a minute stay as many as they are: all settings are changed in test_all_settings.
_CONFIG = """
[parameters]
"query.wait" = "0"

[phases.coverage]
unexpected-methods = ["PATCH"]
generation.mode = "positive"

[phases.fuzzing]
generation.mode = "positive"

[[operations]]
include-path-regex = "^/v1/keys/"
parameters = {{ "path.key" = "{spare}" }}

[[operations]]
include-name = ["POST /v1/runs", "GET /v1/runs/{{run}}/events", "POST /approvals/{{token}}"]
phases.coverage.generation.mode = "all"
phases.fuzzing.generation.mode = "all"

[[operations]]
include-path-regex = "^/v1/((agents|patterns)/[^/]+/ask|invitations)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409"]

[[operations]]
include-name = ["PATCH /v1/settings"]
parameters = {{ "header.If-Match" = "\\"nobody has seen this\\"" }}

[[operations]]
include-path-regex = "^/v1/(policy|settings)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409", "412"]

[[operations]]
include-path-regex = "^/v1/(ask|chats/[^/]+|(agents|patterns)/[^/]+/ask)$"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", "503"]
"""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    """Yield a service with one thing of each kind in it, and with room for many calls."""
    folder = tmp_path / "data"
    folder.mkdir()
    with served_api(folder, TENANT) as api:
        api.deps.store.put(TENANT, Put("settings", "tenant", {"api_per_minute": 1_000_000}))
        opened = RunOpened(api.deps.clock.now(), TENANT, "run-waits", Trigger("page", "p"), specs=(GATE, BUILD))
        run, commands = reduce(None, opened)
        api.deps.store.commit(Commit(run, (opened,), commands, "", "first"))
        api.deps.queue.bury(Command(LETTER, "notify", "notify", TENANT, "run-waits"), "lost", 8)
        yield api


def _schemathesis(api: ServedApi, folder: Path, config: str, *more: str) -> str:
    """Run every check of it over every operation; return what it says, or fail with it."""
    spare = create_key(api.deps, TENANT, "viewer", "to be revoked").split(".")[1]
    (folder / "schemathesis.toml").write_text(_CONFIG.format(spare=spare) + config, encoding="utf-8")
    described = requests.get(f"{api.url}/openapi.json", timeout=10).json()
    (folder / "openapi.json").write_text(json.dumps({**described, "paths": _cut(described["paths"])}), encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file", str(folder / "schemathesis.toml"),
        "run", str(folder / "openapi.json"), "--url", api.url,
        "--header", f"Authorization: Bearer {api.key}",
        "--checks", "all", "--continue-on-failure", "--no-color", "--seed", "20261121",
        "--generation-database", "none", *more,
    ]  # fmt: skip
    # Which letters there are, Hypothesis works out once for all who keep their things in one place. Of the environment
    # it gets no more, because each of its calls reads the whole of it, for a proxy.
    env = {"PATH": os.environ["PATH"], "HYPOTHESIS_STORAGE_DIRECTORY": str(storage_directory().path.resolve())}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout.partition("= WARNINGS =")[0][-9000:] + done.stderr[-2000:]
    whoami = requests.get(f"{api.url}/v1/whoami", headers={"Authorization": f"Bearer {api.key}"}, timeout=10)
    assert whoami.status_code == 200, "the key was lost on the way, and what came after it shows nothing"
    return done.stdout


def _cut(described: Any) -> Any:
    """Return what routes take with four of each long list of words, because each word is tried: 600 are time zones.

    And the calls in a minute are set to the most there may be, so that the others are not made in vain.
    """
    if isinstance(described, dict):
        if "api_per_minute" in described:
            described = {**described, "api_per_minute": {"type": "integer", "enum": [6000]}}
        return {
            name: value[:4] if name == "enum" and len(value) > 40 else _cut(value) for name, value in described.items()
        }
    return [_cut(each) for each in described] if isinstance(described, list) else described


def test_nothing_is_found_from_outside(api: ServedApi, tmp_path: Path) -> None:
    said = _schemathesis(api, tmp_path, "", "--max-examples", "1")
    found = re.search(r"Tested: (\d+)", said)
    assert found
    assert int(found.group(1)) >= len(ROUTES) - 1  # the description itself is read, not tried
    refused = set(
        re.findall(r"^  - (\w+ \S+)$", said.partition("returned only 401/403")[2].partition("\U0001f4a1")[0], re.M)
    )
    assert refused
    assert refused <= {f"{route.method} {route.path}" for route in ROUTES if not route.needs_key}


def test_nothing_is_found_among_things_that_exist(api: ServedApi, tmp_path: Path) -> None:
    loaded = api.deps.store.load_run(TENANT, "run-waits")
    assert loaded is not None
    token = approval_token(api.deps, loaded.run)
    build = loaded.run.step(BUILD.id)
    assert build is not None
    keep_context(api.deps, loaded.run, build, assemble([Part("task", "ours", "Write.", trusted=True)], budget=100))
    keep_snapshot(
        api.deps,
        loaded.run,
        build,
        1,
        {"work": api.deps.store.put_text(TENANT, Worktree({"README.md": b"Adds."}).to_text())},
    )
    names = {"run": "run-waits", "token": token, "step": BUILD.id, "n": "1"}
    known = ", ".join(f'"path.{name}" = "{value}"' for name, value in names.items())
    config = f"""
[[operations]]
include-path-regex = ".*"
parameters = {{ {known}, "query.path" = "README.md" }}
"""
    tried = ("--phases", "fuzzing,stateful", "--max-examples", "4")
    said = _schemathesis(api, tmp_path, config, *tried, "--include-path-regex", r"\{(run|token)\}")
    assert "404" not in said


def test_every_operation_has_a_group_and_every_parameter_words() -> None:
    described = document(ROUTES, "https://api.example")
    groups = {group["name"] for group in described["tags"]}
    for path, item in described["paths"].items():
        for method, operation in item.items():
            assert set(operation["tags"]) <= groups, f"{method} {path}: say its group in route_groups.py"
            for parameter in operation.get("parameters", ()):
                assert parameter["description"], (
                    f"{method} {path}: say in parameter_words.py what {parameter['name']} is"
                )


def test_the_description_names_what_the_router_has(api: ServedApi) -> None:
    described = requests.get(f"{api.url}/openapi.json", timeout=10).json()
    operations = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    assert operations == {(route.method, route.path) for route in ROUTES}
    assert described["servers"] == [{"url": api.url}]
    for path, item in described["paths"].items():
        for method, operation in item.items():
            keyed = bool(operation["security"])
            answer = requests.request(method.upper(), api.url + re.sub(r"\{\w+\}", "run-x", path), timeout=10)
            assert (answer.status_code == 401) >= keyed, f"{method} {path}"
