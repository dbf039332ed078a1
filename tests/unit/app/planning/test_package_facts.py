"""What registries say of packages, in the shapes of npm and of PEP 691 and 700; what none says is not known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.app.code.package_facts import package_facts
from shared.core.ship.policy import Known
from tests.support.servers.http_loopback import Handler, HttpServer

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ANSWERS = {  # as the documentation of npm's registry and the two proposals show them
    "/npm/left-pad": {"name": "left-pad", "license": "WTFPL", "time": {"created": "2014-03-14T21:00:00.000Z"}},
    "/npm/@acme%2Fshop": {"name": "@acme/shop", "time": {"created": "2026-11-12T00:00:00.000Z"}},
    "/simple/flask/": {
        "meta": {"api-version": "1.1"},
        "files": [{"filename": "b", "upload-time": "2026-11-01T00:00:00Z"}, {"upload-time": "2010-04-16T00:00:00Z"}],
    },
    "/simple/old/": {"meta": {"api-version": "1.0"}, "files": [{"filename": "a"}]},
}


class _Registry(Handler):
    def do_GET(self) -> None:  # the name that http.server calls
        """Answer with what is there."""
        python = self.path.startswith("/simple/")
        wanted = "application/vnd.pypi.simple.v1+json" if python else "application/json"
        found = ANSWERS.get(self.path) if self.headers["Accept"] == wanted else None
        status = 200 if found is not None else 500 if self.path.startswith("/npm/broken") else 404
        self.reply(status, json.dumps(found or {}).encode(), {"Content-Type": wanted})


@pytest.fixture
def url() -> Iterator[str]:
    """Yield where a registry answers."""
    server = HttpServer(_Registry).start()
    yield server.url
    server.stop()


def test_age_licence_and_that_a_package_is_not_there(url: str) -> None:
    ask = package_facts(f"{url}/npm", f"{url}/simple/", lambda: NOW)
    names = [("npm", "left-pad"), ("npm", "@acme/shop"), ("npm", "nowhere"), ("npm", "broken"), ("pypi", "flask")]
    found = ask([*names, ("pypi", "old")])
    assert found[("npm", "left-pad")] == Known(NOW - datetime(2014, 3, 14, 21, tzinfo=UTC), "WTFPL")
    assert found[("npm", "@acme/shop")] == Known(timedelta(days=10))
    assert found[("npm", "nowhere")] == Known(exists=False)
    assert ("npm", "broken") not in found  # what is out of order tells nothing
    assert found[("pypi", "flask")] == Known(NOW - datetime(2010, 4, 16, tzinfo=UTC))
    assert found[("pypi", "old")] == Known(None)


@pytest.mark.parametrize("where", ["", "none"])
def test_nobody_is_asked_who_is_not_configured(where: str) -> None:
    assert package_facts(where, where, lambda: NOW)([("npm", "left-pad"), ("pypi", "flask")]) == {}
