"""The versions of a run's work over the API: what was tried, what failed, what changed, what it cost."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.app.code.snapshots import keep_days
from shared.core.code.worktree import Worktree
from shared.ports import Put
from tests.functions.conftest import MINE, Service
from tests.support.builders.work_versions import FIRST, ORIGINAL, SECOND, TestedRun


@pytest.fixture
def told(service: Service) -> TestedRun:
    made = TestedRun(service.deps, MINE)
    made.tell()
    return made


def test_each_version_is_listed_with_its_tests_and_cost(service: Service, told: TestedRun) -> None:
    found = service.call("GET", "/v1/runs/run-work/work", key="viewer").json
    assert found["run"] == "run-work"
    first, second = found["versions"]
    assert (first["n"], first["green"], first["reason"], first["cost"]) == (
        1, False, "1 wrong", {"tokens": 100, "micros": 2000}
    )  # fmt: skip
    assert (second["n"], second["green"], second["step"], second["cost"]["micros"]) == (2, True, "test~try-2", 500)
    assert all(each["kept"] for each in found["versions"])


def test_one_version_is_shown_with_diff_and_report(service: Service, told: TestedRun) -> None:
    first = service.call("GET", "/v1/runs/run-work/work/1").json
    assert "-    pass\n+    return a - b\n" in first["diff"]
    assert first["report"]["failures"] == [["tests/test_adds.py: test_it", "AssertionError: -1 != 5"]]
    second = service.call("GET", "/v1/runs/run-work/work/2").json
    assert "-    return a - b\n+    return a + b\n" in second["diff"]
    assert [file["path"] for file in second["files"]] == ["README.md", "adds.py"]


BEFORE = {0: ORIGINAL, 1: FIRST, 2: SECOND}


@pytest.mark.parametrize(("n", "since"), [(1, 0), (2, 0), (2, 1), (1, 2), (2, 2)])
def test_any_two_versions_are_compared_as_git_understands_it(
    service: Service, told: TestedRun, tmp_path: Path, n: int, since: int
) -> None:
    place = tmp_path / "tree"
    place.mkdir()
    for path, data in BEFORE[since].items():
        (place / path).write_bytes(data)
    found = service.call("GET", f"/v1/runs/run-work/work/{n}?since={since}").json["diff"]
    assert bool(found) == (n != since)
    if found:
        subprocess.run(["git", "apply", "-"], input=found.encode(), cwd=place, check=True)
    assert {each.name: each.read_bytes() for each in place.iterdir()} == BEFORE[n]


def test_a_file_is_read_as_it_is_in_a_version(service: Service, told: TestedRun) -> None:
    def ask(n: int, path: str) -> Any:
        return service.call("GET", f"/v1/runs/run-work/work/{n}/file", key="viewer", query_string={"path": path})

    read = ask(1, "adds.py")
    assert (read.json["text"].encode(), read.json["bytes"]) == (FIRST["adds.py"], len(FIRST["adds.py"]))
    assert (read.content_type, read.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")
    assert ask(2, "README.md").json["text"] == "Adds.\n"
    for path in ("README.md", "../adds.py", "adds.py/", "nothing"):
        missing = ask(1, path)
        assert (missing.status_code, "lists its files" in missing.json["way_out"]) == (404, True), path
    assert ask(1, "/etc/passwd").status_code == 400
    assert ask(7, "adds.py").status_code == 404


def test_a_file_that_a_version_leaves_as_it_was_is_read_too(service: Service, told: TestedRun) -> None:
    told.keep(2, "test~try-2", Worktree({"b.py": b"new"}), green=True)
    read = service.call("GET", "/v1/runs/run-work/work/2/file?path=adds.py").json
    assert read["text"].encode() == ORIGINAL["adds.py"]
    told.keep(2, "test~try-2", Worktree({"b.py": b"new"}, frozenset({"adds.py"})), green=True)
    assert service.call("GET", "/v1/runs/run-work/work/2/file?path=adds.py").status_code == 404


def test_what_is_no_text_comes_in_base64_and_what_is_long_is_cut(service: Service, told: TestedRun) -> None:
    picture, long = bytes(range(256)), "ä" * 300_000
    told.keep(2, "test~try-2", Worktree({"a.png": picture, "long.txt": long.encode()}), green=True)
    read = service.call("GET", "/v1/runs/run-work/work/2/file?path=a.png").json
    assert (base64.b64decode(read["base64"]), read["text"], read["cut"]) == (picture, "", False)
    read = service.call("GET", "/v1/runs/run-work/work/2/file?path=long.txt").json
    assert (read["bytes"], read["cut"], read["text"]) == (600_000, True, "ä" * 200_000)


def test_what_is_no_longer_kept_is_neither_read_nor_compared_with(service: Service, told: TestedRun) -> None:
    doc = service.deps.store.get(MINE, "snapshots", "run-work.001")
    assert doc is not None
    service.deps.store.put(MINE, Put("snapshots", doc.id, {**doc.body, "ref": ""}))
    for path in ("work/1/file?path=adds.py", "work/2?since=1"):
        answer = service.call("GET", f"/v1/runs/run-work/{path}")
        assert (answer.status_code, "no longer kept" in answer.json["detail"]) == (404, True), path


def test_what_is_no_longer_kept_says_so(service: Service, told: TestedRun) -> None:
    service.deps.store.delete_text(MINE, told.refs["work 1"])
    service.deps.store.delete_text(MINE, told.refs["report 1"])
    first = service.call("GET", "/v1/runs/run-work/work/1").json
    assert (first["diff"], first["files"], first["report"]) == ("", [], None)
    second = service.call("GET", "/v1/runs/run-work/work/2").json
    assert "-    pass\n+    return a + b\n" in second["diff"]  # since its base: the version before is gone


def test_a_version_that_is_not_there_names_those_that_are(service: Service, told: TestedRun) -> None:
    answer = service.call("GET", "/v1/runs/run-work/work/7")
    assert (answer.status_code, answer.json["way_out"]) == (404, "Existing versions: 1 to 2.")
    assert service.call("GET", "/v1/runs/run-else/work").status_code == 404


def test_a_run_that_wrote_nothing_has_none(service: Service) -> None:
    service.waiting()
    assert service.call("GET", "/v1/runs/run-waits/work").json["versions"] == []


def test_owners_say_how_long_versions_stay(service: Service) -> None:
    assert service.call("GET", "/v1/settings/ship").json["versions"] == {"keep_days": 90}
    assert service.call("PUT", "/v1/settings/ship", json={"versions": {"keep_days": 7}}).status_code == 200
    settings = service.deps.store.get(MINE, "settings", "tenant")
    assert settings is not None
    assert keep_days(settings.body) == 7
    assert service.call("PUT", "/v1/settings/ship", json={"versions": {"keep_days": 0}}).status_code == 400


def test_a_version_is_restored_by_its_team_alone_and_only_while_the_work_can_be_changed(
    service: Service, told: TestedRun
) -> None:
    place = "/v1/runs/run-work/work/2/restore"
    assert service.call("POST", place, key="viewer", json={}).status_code == 403
    assert service.call("POST", place, key="foreign owner", json={}).status_code == 404
    for version, status, words in ((3, 404, "no version 3"), (1, 409, "just now")):
        refused = service.call("POST", f"/v1/runs/run-work/work/{version}/restore", key="member", json={})
        assert (refused.status_code, words in refused.json["detail"]) == (status, True), refused.json
    told.end()
    ended = service.call("POST", place, key="member", json={})
    assert (ended.status_code, "/v1/runs/run-work/retry" in ended.json["way_out"]) == (409, True)
