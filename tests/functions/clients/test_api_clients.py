"""Who builds on the API has its description checked, types made of it in TypeScript, and models in Python."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.app.engine.engine import open_run
from shared.core.run.events import RunOpened
from shared.core.run.run import Trigger
from tests.functions.conftest import BUILD, GATE
from tests.support import generated_clients as clients
from tests.support.parts import require
from tests.support.rigs.served_api import ServedApi, served_api

pytestmark = pytest.mark.slow

TENANT = "t-0123456789abcdef01234567"
RUNS = ("run-1", "run-2", "run-3")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    """Yield a service with three runs that wait for an approval."""
    with served_api(tmp_path_factory.mktemp("data"), TENANT) as api:
        for name in RUNS:
            opened = RunOpened(api.deps.clock.now(), TENANT, name, Trigger("page", "p"), specs=(GATE, BUILD))
            open_run(api.deps, opened)
        yield api


@pytest.fixture(scope="module")
def description(api: ServedApi, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the description, as the service gives it."""
    target = tmp_path_factory.mktemp("description") / "openapi.json"
    target.write_bytes(requests.get(f"{api.url}/openapi.json", timeout=10).content)
    return target


@pytest.fixture(scope="module")
def typed(description: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the scripts, and the types made of the description."""
    require("client-makers")
    folder = tmp_path_factory.mktemp("typed")
    clients.lay_out_scripts(folder)
    done = clients.make_types(folder, description)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def modelled(description: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the models made of the description."""
    require("model-maker")
    folder = tmp_path_factory.mktemp("modelled")
    done = clients.make_models(folder, description)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _problems(folder: Path, description: Path) -> set[str]:
    done = clients.lint_description(folder, description)
    found = json.loads(done.stdout)["problems"]
    assert bool(done.returncode) == bool(found)
    return {f"{each['ruleId']} {each['location'][0].get('pointer')}" for each in found}


def test_a_strict_linter_finds_nothing_in_the_description(description: Path, tmp_path: Path) -> None:
    require("client-makers")
    assert _problems(tmp_path, description) == set()
    described = json.loads(description.read_text())
    del described["info"]["license"]
    described["paths"]["/v1/runs"]["get"]["tags"] = ["Nowhere"]
    described["components"]["schemas"]["Lonely"] = {"type": "object"}
    described["paths"]["/v1/runs/{other}"] = {"get": described["paths"]["/v1/health"]["get"]}
    (tmp_path / "worse.json").write_text(json.dumps(described))
    rules = {found.split()[0] for found in _problems(tmp_path, tmp_path / "worse.json")}
    assert rules >= {"info-license", "operation-tag-defined", "no-unused-components", "path-parameters-defined"}


def test_the_description_holds_what_the_linter_is_not_asked_for(description: Path) -> None:
    for path, item in json.loads(description.read_text())["paths"].items():
        for method, operation in item.items():
            answers = operation["responses"]
            assert {"200", "201", "202", "303"} & set(answers), f"{method} {path}"
            kinds = {kind for status, each in answers.items() if status[0] == "4" for kind in each["content"]}
            wanted = "text/html" if operation["tags"] == ["Pages"] else "application/problem+json"
            assert kinds == {wanted}, f"{method} {path}"


def test_a_typescript_client_does_what_a_frontend_would(api: ServedApi, typed: Path) -> None:
    done = clients.compile_scripts(typed, "frontend.ts", "wrong.ts")
    refused = set(map(int, re.findall(r"^wrong\.ts\((\d+),\d+\): error TS", done.stdout, re.MULTILINE)))
    lines = (clients.CLIENTS / "wrong.ts").read_text().splitlines()
    assert refused == {number for number, line in enumerate(lines, 1) if "// refused: " in line}, done.stdout
    assert "frontend.ts" not in done.stdout
    ran = clients.run_node(typed, "frontend.js", api.url, api.key)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert sorted(seen["waiting"]) == sorted(RUNS)
    assert (seen["done"], seen["again"], seen["feedback"]) == ([], 304, [201, "true"])
    assert seen["steps"] == ["approval", "pending"]
    kind, status, way_out = seen["nobody"]
    assert (kind.partition(";")[0], status) == ("application/problem+json", 404)
    assert way_out
    assert [told for told in seen["told"] if told.endswith("RunOpened")] == [f"{run} RunOpened" for run in RUNS]


def test_python_models_take_every_answer_and_refuse_a_wrong_one(api: ServedApi, modelled: Path) -> None:
    described = requests.get(f"{api.url}/openapi.json", timeout=10).json()
    asked: list[tuple[str, Any]] = []
    for path, item in described["paths"].items():
        media = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get("application/json")
        if media is None or ("{" in path and "{run}" not in path) or path.count("{") > 1:
            continue
        answer = requests.get(
            api.url + path.replace("{run}", RUNS[0]), headers={"Authorization": f"Bearer {api.key}"}, timeout=10
        )
        if answer.status_code == 200:
            asked.append((media["schema"]["$ref"].rpartition("/")[2], answer.json()))
    assert len(asked) > 30
    runs = next(answer for name, answer in asked if name == "Runs")
    wrong = [
        ("Runs", {**runs, "next_cursor": 1}),
        ("Runs", {**runs, "runs": [{**runs["runs"][0], "status": "asleep"}]}),
        ("Runs", {**runs, "more": True}),
        ("Problem", {"title": "It has no type"}),
    ]
    schemas = described["components"]["schemas"]
    fields = {name: list(schema["properties"]) for name, schema in schemas.items() if schema.get("properties")}
    given = json.dumps({"fields": fields, "answers": [*asked, *wrong]})
    ran = clients.run_beside_models(modelled, clients.CLIENTS / "read_answers.py", given)
    assert ran.returncode == 0, ran.stderr
    others, misfits = json.loads(ran.stdout)
    assert others == [], "a field with a shape of its own has this name too, so that a generator gives one another"
    assert dict(zip((name for name, _ in asked), misfits, strict=False)) == dict.fromkeys(name for name, _ in asked)
    for place, found in zip(("next_cursor", "runs.0.status", "more", "type"), misfits[len(asked) :], strict=True):
        assert place in found
