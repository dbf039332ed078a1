"""The versions of a run's work over the API: what was tried, what failed, what changed, what it cost."""

from __future__ import annotations

import pytest

from shared.app.code.snapshots import keep_days
from tests.functions.conftest import MINE, Service
from tests.support.builders.work_versions import TestedRun


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
