"""The audit's chain by the API: its entries can be checked by anybody, and what was done to them is named."""

from __future__ import annotations

import hashlib
import json

from tests.functions.conftest import MINE, Service
from tests.support.rigs.meddler import Meddler


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
    assert found == {"whole": True, "entries": 3, "older": 0, "hash": previous, "broken": None, "id": "", "why": ""}


def test_a_forged_entry_is_named(service: Service) -> None:
    service.call("POST", "/v1/pause", json={"paused": True})
    service.call("POST", "/v1/pause", json={"paused": False})
    second = service.call("GET", "/v1/audit").json["entries"][1]["id"]
    Meddler(service.deps.store, MINE).write(second, body='{"at": "", "what": "Resumed", "by": "nobody"}')
    found = service.call("GET", "/v1/audit/verify").json
    assert (found["whole"], found["entries"], found["broken"], found["id"]) == (False, 1, 2, second)
    assert "changed" in found["why"]
    assert service.call("GET", "/v1/audit/verify", key="member").status_code == 403
