"""The API's own description is true: schemathesis reads it from a running service and tries to prove it wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from hypothesis.configuration import storage_directory

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
    config = f'[parameters]\n"query.wait" = "0"\n{config}'  # who waits for the next event waits in vain here
    (folder / "schemathesis.toml").write_text(config, encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file", str(folder / "schemathesis.toml"),
        "run", f"{api.url}/openapi.json",
        "--header", f"Authorization: Bearer {api.key}",
        "--checks", "all", "--continue-on-failure", "--no-color", "--seed", "20261121",
        "--generation-database", "none", *more,
    ]  # fmt: skip
    # Which letters there are, Hypothesis works out once for all who keep their things in one place.
    env = os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(storage_directory().path.resolve())}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_nothing_is_found_from_outside(api: ServedApi, tmp_path: Path) -> None:
    said = _schemathesis(api, tmp_path, "", "--max-examples", "10")
    found = re.search(r"Tested: (\d+)", said)
    assert found
    assert int(found.group(1)) >= len(ROUTES) - 1  # the description itself is read, not tried


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
    config = "".join(f'"path.{name}" = "{value}"\n' for name, value in names.items())
    config += '"query.path" = "README.md"\n'
    tried = (
        "--phases",
        "fuzzing,stateful",
        "--max-examples",
        "8",
    )  # what is sent in wrong shapes, the parts above have
    said = _schemathesis(api, tmp_path, config, *tried, "--include-path-regex", r"\{(run|token)\}")
    assert "404" not in said


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
