"""What the container is made of is there and is enough to run, and its own look at its health is a true one."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support.repository.documents import ROOT
from tests.support.repository.service_files import SERVICE

_PYTHON = "/opt/workwright/.venv/bin/python"
_PROGRAM = "/opt/workwright/.venv/bin/workwright"


def _instructions() -> list[tuple[str, str]]:
    text = (SERVICE / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def _last(name: str) -> str:
    return [rest for each, rest in _instructions() if each == name][-1]


def _copied() -> list[tuple[str, str]]:
    return [(source, target) for each, rest in _instructions() if each == "COPY" for source, target in [rest.split()]]


def test_only_what_the_repository_keeps_is_copied_and_all_of_it_is_there() -> None:
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    sources = [source for source, _ in _copied()]
    assert len(sources) > 3
    assert [source for source in sources if not any(name.startswith(source) for name in kept)] == []
    assert {"ADD", "ARG", "ENV"}.isdisjoint(name for name, _ in _instructions())  # no way in for a secret


def test_it_is_not_run_by_root_and_what_it_keeps_is_in_the_volume() -> None:
    assert _last("USER") == "workwright"
    assert json.loads(_last("CMD"))[-2:] == ["--data", _last("VOLUME")]
    names = [name for name, _ in _instructions()]
    assert names.index("USER") > max(at for at, name in enumerate(names) if name == "RUN")


def test_the_compose_file_builds_it_and_keeps_its_data() -> None:
    said: dict[str, Any] = yaml.safe_load((SERVICE / "compose.yaml").read_text(encoding="utf-8"))
    service = said["services"]["workwright"]
    context = (SERVICE / service["build"]["context"]).resolve()
    assert (context, (context / service["build"]["dockerfile"]).is_file()) == (ROOT, True)
    assert service["volumes"] == [f"{next(iter(said['volumes']))}:{_last('VOLUME')}"]
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service


def _compose_problems(text: str) -> list[str]:
    """Return what the published schema of compose files has against one; docker's own `config` begins with the same."""
    carried = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    judge = Draft202012Validator(json.loads(carried.read_text(encoding="utf-8")))
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(yaml.safe_load(text))]


def test_the_compose_file_is_one_by_the_published_schema() -> None:
    assert _compose_problems((SERVICE / "compose.yaml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("read_only: true", "read_onyl: true", "$.services.workwright"),
        ("cap_drop: [ALL]", "cap_drop: ALL", "$.services.workwright.cap_drop"),
        ("required: false", "required: {}", "$.services.workwright.env_file"),
        ("volumes:\n  data:", "volume:\n  data:", "$"),
    ],
)
def test_a_compose_file_with_a_fault_is_refused_by_it(right: str, wrong: str, place: str) -> None:
    text = (SERVICE / "compose.yaml").read_text(encoding="utf-8")
    assert text.count(right) == 1
    assert place in [problem.split(":")[0] for problem in _compose_problems(text.replace(right, wrong))]


@pytest.mark.slow
def test_what_is_copied_is_enough_to_run_and_its_health_is_told(tmp_path: Path) -> None:
    image, data = tmp_path / "image", tmp_path / "data"
    for source, target in _copied():
        place = image / target / ("" if source.endswith("/") else Path(source).name)
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith("/"):
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, place)
    words = json.loads(re.sub(r"^.*? CMD ", "", _last("HEALTHCHECK")))
    assert words[0] == _PYTHON
    health = [sys.executable, *(word.replace("/data/", f"{data}/") for word in words[1:])]
    assert json.loads(_last("ENTRYPOINT")) == [_PROGRAM]
    command = [str(data) if word == "/data" else word for word in json.loads(_last("CMD"))]
    env = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "shared", *command], cwd=image, env=env, stdout=subprocess.PIPE, stderr=log
        )
    assert process.stdout is not None
    try:
        assert json.loads(process.stdout.readline())["ready"] is True, (tmp_path / "log").read_text()
        assert subprocess.run(health, capture_output=True, timeout=30, check=False).returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert subprocess.run(health, capture_output=True, timeout=30, check=False).returncode != 0, shlex.join(health)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
