"""The audit by the API: its entries can be checked by anybody, what was done to them is named, and they can be had."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

import pytest

from tests.functions.conftest import MINE, Service
from tests.support.measures.meddler import Meddler


def test_what_the_api_gives_is_enough_to_check_the_chain(service: Service) -> None:
    run = service.waiting()
    service.call("POST", "/v1/pause", json={"paused": True, "reason": "Ümzug"})
    service.call("POST", "/v1/pause", json={"paused": False})
    service.call("POST", f"/v1/runs/{run.id}/approve")
    entries = service.call("GET", "/v1/audit").json["entries"]
    assert [entry["what"] for entry in entries] == ["Paused", "Resumed", "ApprovalGranted"]
    previous = ""
    for number, entry in enumerate(entries, 1):
        del entry["id"]
        given = {name: entry.pop(name) for name in ("number", "previous", "hash")}
        assert (given["number"], given["previous"]) == (number, previous)
        whole = {"entry": entry, "number": number, "previous": previous, "tenant": MINE}
        canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        previous = hashlib.sha256(canonical.encode("ascii")).hexdigest()
        assert given["hash"] == previous
    found = service.call("GET", "/v1/audit/verify").json
    kept = {"removed": 0, "removed_until": "", "older": 0}
    assert found == {"whole": True, "entries": 3, **kept, "hash": previous, "broken": None, "id": "", "why": ""}


def test_a_forged_entry_is_named(service: Service) -> None:
    service.call("POST", "/v1/pause", json={"paused": True})
    service.call("POST", "/v1/pause", json={"paused": False})
    second = service.call("GET", "/v1/audit").json["entries"][1]["id"]
    Meddler(service.deps.store, MINE).write(second, body='{"at": "", "what": "Resumed", "by": "nobody"}')
    found = service.call("GET", "/v1/audit/verify").json
    assert (found["whole"], found["entries"], found["broken"], found["id"]) == (False, 1, 2, second)
    assert "changed" in found["why"]
    assert service.call("GET", "/v1/audit/verify", key="member").status_code == 403


ENTRIES: tuple[dict[str, Any], ...] = (
    {"at": "2026-11-01T23:30:00+00:00", "run": "r1", "what": "RunOpened", "by": "Ada"},
    {"at": "2026-11-02T00:30:00+02:00", "run": "r1", "what": "ApprovalGranted", "by": "ada"},
    {
        "at": "2026-11-02T09:00:00+00:00",
        "run": "",
        "what": "Paused",
        "by": '=HYPERLINK("http://a.example")',
        "why": 'a,\n"b"',
    },
    {"at": "2026-11-03T09:00:00+00:00", "run": "", "what": "Paused", "by": "Grace ☕", "tenant": "odd"},
    {"at": "when", "run": "", "what": "Paused", "by": "nobody"},
)


@pytest.fixture
def noted(service: Service) -> Service:
    for entry in ENTRIES:
        service.deps.store.note(MINE, entry)
    return service


@pytest.mark.parametrize(
    ("asked", "whats"),
    [
        ("actor=ADA", ["RunOpened", "ApprovalGranted"]),
        ("action=paused", ["Paused"] * 3),
        ("action=paused&actor=nobody", ["Paused"]),
        ("from=2026-11-02&to=2026-11-02", ["Paused"]),
        ("to=2026-11-01", ["RunOpened", "ApprovalGranted"]),  # 00:30 in Helsinki is the day before in UTC
        ("from=2026-11-03&to=2026-11-20", ["Paused"]),
        ("actor=zoe", []),
    ],
)
def test_an_export_has_what_was_asked_for(noted: Service, asked: str, whats: list[str]) -> None:
    found = noted.call("GET", f"/v1/audit/export?{asked}")
    assert [entry["what"] for entry in found.json["entries"]] == whats
    assert found.json["tenant"] == MINE


def test_each_export_is_in_the_audit_with_what_was_chosen(noted: Service) -> None:
    noted.call("GET", "/v1/audit/export?actor=Ada&from=2026-11-02")
    (entry,) = noted.call("GET", "/v1/audit/export?action=AuditExported").json["entries"][:1]
    assert (entry["by"], entry["about"]) == ("owner's key", "actor Ada, from 2026-11-02")
    assert noted.call("GET", "/v1/audit/verify").json["whole"]


def test_a_whole_export_in_json_can_be_checked_without_the_store(noted: Service) -> None:
    found = noted.call("GET", "/v1/audit/export").json
    previous = ""
    for entry in found["entries"]:
        body = {name: value for name, value in entry.items() if name not in ("id", "number", "previous", "hash")}
        whole = {"entry": body, "number": entry["number"], "previous": previous, "tenant": found["tenant"]}
        previous = hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        assert entry["hash"] == previous
    assert len(found["entries"]) == len(ENTRIES) + 1


def test_csv_is_read_back_and_nothing_in_it_is_a_formula(noted: Service) -> None:
    found = noted.call("GET", "/v1/audit/export?format=csv")
    assert found.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(found.text, newline="")))
    assert [row["what"] for row in rows] == [*(entry["what"] for entry in ENTRIES), "AuditExported"]
    assert rows[2]["by"] == '\'=HYPERLINK("http://a.example")'
    assert rows[2]["why"] == 'a,\n"b"'
    assert (rows[3]["by"], rows[3]["more"]) == ("Grace ☕", '{"tenant": "odd"}')
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5", "6"]


# OWASP, "CSV Injection": what a cell must not begin with
@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0=", "＝", "＋", "－", "＠"])
def test_a_cell_that_could_be_a_formula_begins_with_an_apostrophe(service: Service, begin: str) -> None:
    entry = {"at": "", "run": "", "what": "Paused", "by": f"{begin}1+1", "why": f"{begin}cmd|' /C calc'!A0"}
    service.deps.store.note(MINE, entry)
    (row, _) = csv.DictReader(io.StringIO(service.call("GET", "/v1/audit/export?format=csv").text, newline=""))
    assert (row["by"], row["why"]) == (f"'{entry['by']}", f"'{entry['why']}")


def test_who_may_not_read_the_audit_cannot_export_it_and_leaves_no_entry(noted: Service) -> None:
    assert noted.call("GET", "/v1/audit/export", key="member").status_code == 403
    assert noted.call("GET", "/v1/audit/export?from=yesterday").status_code == 400
    assert noted.call("GET", "/v1/audit").json["entries"][-1]["what"] == "Paused"
