"""Who asks again and again is answered 304 while nothing has changed, by the rules of RFC 9110, section 13."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Service


def _read(service: Service, tag: str = "", key: str = "owner", path: str = "/v1/planning") -> Any:
    return service.call("GET", path, key=key, headers={"If-None-Match": tag} if tag else {})


def test_what_has_not_changed_is_answered_without_a_body(service: Service) -> None:
    first = _read(service)
    again = _read(service, first.headers["ETag"])
    assert (again.status_code, again.text) == (304, "")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_what_has_changed_is_answered_whole(service: Service) -> None:
    tag = _read(service).headers["ETag"]
    service.call("POST", "/v1/planning", json={"day_hours": 5})
    changed = _read(service, tag)
    assert (changed.status_code, changed.json["day_hours"]) == (200, 5)
    assert changed.headers["ETag"] != tag


@pytest.mark.parametrize("given", ["W/{}", '"other", {}', "*", '"a",W/{}'])
def test_each_way_to_give_a_tag_is_understood(service: Service, given: str) -> None:
    tag = _read(service).headers["ETag"]
    assert _read(service, given.format(tag)).status_code == 304


def test_a_tag_that_only_resembles_it_is_another(service: Service) -> None:
    tag = _read(service).headers["ETag"]
    for other in (tag[:-2] + '"', tag.strip('"'), tag.upper().replace('"', "'")):
        assert _read(service, other).status_code == 200


def test_a_tag_tells_nothing_to_whoever_may_not_read(service: Service) -> None:
    tag = _read(service, path="/v1/keys").headers["ETag"]
    assert _read(service, tag, key="viewer", path="/v1/service-accounts").status_code == 403
    assert _read(service, tag, key="foreign owner", path="/v1/keys").status_code == 200
    assert _read(service, "*", key="", path="/v1/keys").status_code == 401


def test_what_is_missing_stays_missing(service: Service) -> None:
    assert _read(service, "*", path="/v1/runs/run-none").status_code == 404
