"""Whatever a system answers, and however it quotes what it was given, what a try says never holds the token."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.integrations.github.trial import try_github
from shared.integrations.gitlab.trial import try_gitlab
from shared.integrations.notion.trial import try_notion
from shared.integrations.slack.trial import try_slack, try_slack_app
from shared.integrations.trial_result import Tried
from shared.integrations.vercel.trial import try_vercel
from shared.ports import Secret
from tests.support.servers.http_loopback import Handler, HttpServer

WORD = "-".join(["a", "word", "that", "nobody", "should", "see", "0123456789"])
TRIES: dict[str, Callable[..., Tried]] = {
    "notion": try_notion,
    "github": try_github,
    "gitlab": try_gitlab,
    "vercel": try_vercel,
    "slack": try_slack,
    "slack-app": try_slack_app,
}
QUOTED: dict[str, Any] = {
    "message": f"no access for {WORD}",
    "error": {"code": "forbidden", "message": f"Not authorized: {WORD}"},
    "code": "restricted_resource",
}


@pytest.fixture(scope="module")
def parrot() -> Iterator[tuple[str, list[tuple[int, Any]]]]:
    """Yield a server that answers everything alike, and what that is."""
    says: list[tuple[int, Any]] = []

    class Echo(Handler):
        def do_GET(self) -> None:
            self.body()
            status, body = says[-1]
            self.reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

        do_POST = do_PATCH = do_GET  # noqa: N815 - as the standard library names them

    with HttpServer(Echo) as server:
        yield server.url, says


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 422, 500])
@pytest.mark.parametrize("system", TRIES)
def test_what_is_said_never_holds_the_token(parrot: tuple[str, list[tuple[int, Any]]], system: str, status: int):
    url, says = parrot
    for body in (QUOTED, {**QUOTED, "error": WORD}, {"ok": False, "error": WORD}, {"error": f"invalid {WORD}"}):
        says.append((status, body))
        found = TRIES[system](Secret(WORD), at=url)
        assert not found.ok
        assert found.way_out
        assert WORD not in repr(found)
