"""The list of runs: which ones are meant, and cursors that lead nowhere else than to the next page."""

from __future__ import annotations

import base64
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.core.documents.places import Place
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import StepSpec, Trigger
from shared.ports import Put
from tests.functions.conftest import BUILD, GATE, MINE, OTHER, Service

DATABASE, SOURCE, IDEA, PART, ELSEWHERE = (f"{d * 8}-{d * 4}-{d * 4}-{d * 4}-{d * 12}" for d in "abcde")
STEP = StepSpec("s", "test.step")


def _open(service: Service, run: str, day: int, trigger: Trigger, *more: Any, tenant: str = MINE) -> None:
    steps = (GATE, BUILD) if run == "run-waits" else (STEP,)
    opened = ev.RunOpened(datetime(2026, 11, day, 23, 59, 59, tzinfo=UTC), tenant, run, trigger, specs=steps)
    service.save(opened, *(replace(each, at=opened.at) for each in more))


@pytest.fixture
def listed(service: Service) -> Service:
    """Return a service with five runs of a team, and the map of its workspace."""
    places = [
        Place(DATABASE, "database"),
        Place(SOURCE, "data_source", parent=DATABASE),
        Place(IDEA, "page", parent=SOURCE),
        Place(PART, "page", parent=IDEA),
        Place(ELSEWHERE, "page", parent=ELSEWHERE),  # a loop, should Notion ever answer one
    ]
    service.deps.store.put(MINE, *(Put("map", place.id, asdict(place)) for place in places))
    now = datetime(2026, 11, 20, tzinfo=UTC)
    cancelled = acts.CancelRequested(now, "Ada", force=True)
    failed = ev.StepFailed(now, "s", 1, "broken")
    _open(service, "run-waits", 16, Trigger("page", IDEA, "A CLUB site", "Ada"))
    _open(service, "run-moves", 17, Trigger("page", PART, "Café prices", "Grace"))
    _open(service, "run-done", 18, Trigger("routine", SOURCE, "Weekly", "every Monday"), ev.StepSucceeded(now, "s", 1))
    _open(service, "run-failed", 19, Trigger("retry", ELSEWHERE, "A club site", "Ada"), failed)
    _open(service, "run-stopped", 20, Trigger("take-away", title="Take away club", by="Ada"), cancelled)
    _open(service, "run-theirs", 20, Trigger("page", IDEA, "A club site", "Ada"), tenant=OTHER)
    return service


def _ids(service: Service, query: str = "", **given: Any) -> list[str]:
    answer = service.call("GET", f"/v1/runs?{query}", **given)
    assert answer.status_code == 200, answer.text
    return [run["id"].removeprefix("run-") for run in answer.json["runs"]]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["stopped", "failed", "done", "moves", "waits"]),
        ("group=waiting", ["waits"]),
        ("group=moving", ["moves"]),
        ("group=done", ["stopped", "done"]),
        ("group=failed", ["failed"]),
        ("group=done&status=cancelled", ["stopped"]),
        ("group=done&status=failed", []),
        ("status=awaiting_approval", ["waits"]),
        ("by=ada", ["stopped", "failed", "waits"]),
        ("by=Ad", []),
        ("kind=page", ["moves", "waits"]),
        ("kind=day", []),
        ("text=club", ["stopped", "failed", "waits"]),
        ("text=CAFE%CC%81", ["moves"]),
        ("text=%25", []),
        ("from=2026-11-19", ["stopped", "failed"]),
        ("to=2026-11-17", ["moves", "waits"]),
        ("from=2026-11-18&to=2026-11-18", ["done"]),
        ("from=0001-01-01&to=9999-12-31", ["stopped", "failed", "done", "moves", "waits"]),
        ("from=9999-12-31", []),
        ("from=2026-11-20&to=2026-11-16", []),
        (f"project={DATABASE}", ["done", "moves", "waits"]),
        (f"project=https://www.notion.so/Idea-{IDEA.replace('-', '')}?pvs=4", ["moves", "waits"]),
        (f"project={ELSEWHERE}", ["failed"]),
        (f"project={PART}", ["moves"]),
        (f"project={'f' * 32}", []),
        ("by=&text=&project=", ["stopped", "failed", "done", "moves", "waits"]),
        ("by=ada&kind=page&text=site&group=waiting&from=2026-11-16&to=2026-11-16", ["waits"]),
    ],
)
def test_runs_are_listed_by_what_is_asked_for(listed: Service, query: str, wanted: list[str]) -> None:
    assert _ids(listed, query) == wanted


def _cursor(service: Service, query: str, **given: Any) -> str:
    return str(service.call("GET", f"/v1/runs?{query}", **given).json["next_cursor"])


def test_a_cursor_goes_on_with_what_was_asked_for(listed: Service) -> None:
    cursor = _cursor(listed, "by=ada&limit=1")
    assert _ids(listed, f"by=ada&limit=1&cursor={cursor}") == ["failed"]
    assert _ids(listed, f"limit=7&by=ada&cursor={cursor}") == ["failed", "waits"]  # a page may have another size
    assert _ids(listed, f"by=ada&cursor={cursor}", key="viewer") == [
        "failed",
        "waits",
    ]  # and another reader of the team


def test_a_cursor_counts_more_than_the_run_after_which_a_page_begins(listed: Service) -> None:
    cursor = _cursor(listed, "limit=3")
    assert _ids(listed, f"cursor={cursor}&after=run-stopped") == ["moves", "waits"]
    assert _ids(listed, "after=run-stopped&by=ada") == ["failed", "waits"]


def _changed(cursor: str, at: int) -> str:
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[at] ^= 1
    return base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()


def test_a_cursor_leads_nowhere_else(listed: Service) -> None:
    cursor = _cursor(listed, "by=ada&limit=1")
    plain = base64.urlsafe_b64encode(b"run-failed").decode().rstrip("=")
    unsigned = base64.urlsafe_b64encode(bytes(16) + b"run-failed").decode().rstrip("=")
    refused = [
        ("", cursor, "owner"),
        ("by=grace", cursor, "owner"),
        ("by=ada&group=failed", cursor, "owner"),
        ("by=ada", cursor, "foreign owner"),
        ("by=ada", plain, "owner"),
        ("by=ada", unsigned, "owner"),
        ("by=ada", "A", "owner"),
        ("by=ada", "__--", "owner"),
        *(("by=ada", _changed(cursor, at), "owner") for at in (0, 15, 16, -1)),
    ]
    for query, given, key in refused:
        answer = listed.call("GET", f"/v1/runs?{query}&cursor={given}", key=key)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), (query, given)
        assert "'cursor'" in answer.json["detail"]
        assert answer.json["way_out"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("group=asleep", "'group'"),
        ("kind=bench", "'kind'"),
        ("project=ideas", "'project'"),
        ("from=2026-02-30", "'from'"),
        ("to=tomorrow", "'to'"),
        ("text=" + "x" * 201, "'text'"),
        ("by=" + "x" * 201, "'by'"),
        ("cursor=", "'cursor'"),
        ("cursor=no%20cursor", "'cursor'"),
        ("cursor=" + "A" * 701, "'cursor'"),
    ],
)
def test_a_refusal_names_the_field(listed: Service, query: str, named: str) -> None:
    answer = listed.call("GET", f"/v1/runs?{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert named in answer.json["detail"]


def test_an_empty_project_of_notion_reaches_no_run_without_a_page(listed: Service) -> None:
    assert "stopped" not in _ids(listed, f"project={DATABASE}")


def test_where_few_runs_are_meant_a_page_ends_before_all_were_looked_at(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.app.api.run.run_list.SCAN", 3)
    for day in range(1, 9):
        _open(service, f"run-{day}", day, Trigger("page", IDEA, "An idea", "Ada" if day == 2 else "Grace"))
    first = service.call("GET", "/v1/runs?by=ada").json
    assert (first["runs"], first["next"]) == ([], "run-6")
    seen, cursor = [], first["next_cursor"]
    while cursor:
        page = service.call("GET", f"/v1/runs?by=ada&cursor={cursor}").json
        seen += [run["id"] for run in page["runs"]]
        cursor = page["next_cursor"]
    assert seen == ["run-2"]
