"""Manifests of packages in generated code: exact versions, JSON of the right shape, and who tests what they name."""

from __future__ import annotations

import json

import pytest

from shared.core.run.run import RunStatus
from tests.support.builders.generated_files import run_of
from tests.support.measures.prompts import part_of
from tests.support.ports.local_ports import Ports
from tests.unit.code.code_run import outline, planned, written

NODE = outline(
    planned("package.json"), planned("lib/adds.mjs"), planned("test/adds.test.mjs", "lib/adds.mjs"), runner="node",
    checks=[], site_root="",
)  # fmt: skip


def manifest(**packages: str) -> dict[str, str]:
    return {"package.json": json.dumps({"name": "adds", "type": "module", "dependencies": packages})}


@pytest.mark.parametrize("version", ["^16.0.0", "latest", "*", "16", "git+https://example.org/next.git", ">=1.0.0"])
def test_a_new_manifest_names_exact_versions(ports: Ports, version: str) -> None:
    rest = {"lib/adds.mjs": "", "test/adds.test.mjs": ""}
    right = written({**manifest(next="16.0.3", react="19.2.0-rc.1"), **rest}, tests=1)
    made = run_of(ports, NODE, written({**manifest(next=version), **rest}), right)
    run = made.start("node_project")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert "names 'next' without an exact version" in part_of(made.model.asked[2].prompt, "errors")
    assert (made.output["runner"], made.output["kind"]) == ("node", "node_project")


def test_a_manifest_that_is_no_json_goes_back(ports: Ports) -> None:
    rest = {"lib/adds.mjs": "", "test/adds.test.mjs": ""}
    made = run_of(ports, NODE, written({"package.json": "{", **rest}), written({**manifest(), **rest}))
    assert made.start("node_project").status == RunStatus.SUCCEEDED
    assert "is not JSON" in part_of(made.model.asked[2].prompt, "errors")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps({"dependencies": ["next"]}), id="a list of packages"),
        pytest.param(json.dumps({"devDependencies": "next"}), id="a word for packages"),
        pytest.param("[" * 200_000, id="deeper than can be read"),
        pytest.param("[]", id="a list"),
    ],
)
def test_a_manifest_of_another_shape_goes_back(ports: Ports, text: str) -> None:
    rest = {"lib/adds.mjs": "", "test/adds.test.mjs": ""}
    made = run_of(ports, NODE, written({"package.json": text, **rest}), written({**manifest(), **rest}))
    run = made.start("node_project")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert "'package.json'" in part_of(made.model.asked[2].prompt, "errors")


def test_a_manifest_in_two_pieces_is_looked_at_whole(ports: Ports) -> None:
    rest = {"lib/adds.mjs": "", "test/adds.test.mjs": ""}
    text = manifest(next="^16.0.0")["package.json"]
    first = written({**rest, "package.json": text[:20]}, unfinished="package.json")
    loose, exact = written({"package.json": text[20:]}), written({"package.json": text[20:].replace("^", "")}, tests=1)
    made = run_of(ports, NODE, first, loose, exact)
    run = made.start("node_project")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert "names 'next' without an exact version" in part_of(made.model.asked[3].prompt, "errors")
    assert json.loads(made.tree()["package.json"])["dependencies"] == {"next": "16.0.0"}


def test_a_node_project_is_tested_by_node(ports: Ports) -> None:
    made = run_of(ports, {**NODE, "runner": "python"}, NODE, written({path["path"]: "{}" for path in NODE["files"]}))
    assert made.start("node_project").status == RunStatus.SUCCEEDED
    assert "a Node project is tested by node" in part_of(made.model.asked[1].prompt, "errors")
