"""The wire under the small clients: a refused token, a lost answer, a broken connection; and the account's token."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from shared.backends.cloud.api_error import ApiError
from shared.backends.cloud.rest.token import KeptToken, account_token
from shared.backends.cloud.rest.wire import Rest, connections
from tests.support.http_loopback import Handler, HttpServer


class World:
    """A server that gives the answers it was given, in order, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes] | None] = []  # None: the connection breaks
        self.asked: list[tuple[str, str]] = []  # path and Authorization (or Metadata-Flavor)
        world = self

        class Answer(Handler):
            def do_GET(self) -> None:
                self.body()
                told = self.headers.get("Authorization") or self.headers.get("Metadata-Flavor") or ""
                world.asked.append((self.path, told))
                answer = world.answers.pop(0)
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.reply(*answer, {})

            do_POST = do_GET  # noqa: N815 — the name the standard library calls

        self.http = HttpServer(Answer)
        self.tokens = ["first", "second"]
        self.paused: list[float] = []

    def token(self, fresh: bool) -> str:
        if fresh:
            self.tokens.pop(0)
        return self.tokens[0]

    def rest(self) -> Rest:
        return Rest(f"{self.http.url}/v1", self.token, pause=self.paused.append)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with world.http:
        yield world
    connections().clear()


def _refused(status: int, name: str) -> tuple[int, bytes]:
    return status, json.dumps({"error": {"code": status, "status": name, "message": "no"}}).encode()


def test_a_refused_token_is_asked_for_once_more(world: World) -> None:
    world.answers = [_refused(401, "UNAUTHENTICATED"), (200, b'{"a": 1}')]
    assert world.rest().call("POST", "x", {}, timeout=5) == {"a": 1}
    assert world.asked == [("/v1/x", "Bearer first"), ("/v1/x", "Bearer second")]


def test_a_call_is_sent_once_and_a_read_again_where_nobody_knows(world: World) -> None:
    world.answers = [_refused(503, "UNAVAILABLE")]
    with pytest.raises(ApiError) as caught:
        world.rest().call("POST", "x", {}, timeout=5)
    assert caught.value.code == "UNAVAILABLE"
    world.answers = [_refused(503, "UNAVAILABLE"), None, (200, b"[]")]
    assert world.rest().read("GET", "x", timeout=5) == []
    assert len(world.asked) == 4
    assert len(world.paused) == 2


def test_a_read_that_is_refused_is_not_repeated(world: World) -> None:
    world.answers = [_refused(403, "PERMISSION_DENIED")]
    with pytest.raises(ApiError) as caught:
        world.rest().read("GET", "x", timeout=5)
    assert (caught.value.code, caught.value.unclear) == ("PERMISSION_DENIED", False)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (None, "UNAVAILABLE"),
        ((502, b"<html>"), "UNAVAILABLE"),
        ((504, b""), "DEADLINE_EXCEEDED"),
        ((400, b'[{"error": {"status": "FAILED_PRECONDITION", "message": "m"}}]'), "FAILED_PRECONDITION"),
        ((429, b"{}"), "RESOURCE_EXHAUSTED"),
        ((302, b""), "UNKNOWN"),
        ((200, b"<html>"), "UNKNOWN"),
    ],
    ids=str,
)
def test_every_refusal_has_the_name_of_its_code(world: World, answer: tuple[int, bytes] | None, code: str) -> None:
    world.answers = [answer]
    with pytest.raises(ApiError) as caught:
        world.rest().call("POST", "x", {}, timeout=5)
    assert caught.value.code == code


def test_where_nobody_listens_the_request_counts_as_unclear(world: World) -> None:
    with pytest.raises(ApiError) as caught:
        Rest("http://127.0.0.1:9/v1", world.token).call("POST", "x", {}, timeout=1)
    assert caught.value.unclear


def test_the_accounts_token_comes_from_the_metadata_server(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", world.http.url.removeprefix("http://"))
    world.answers = [(200, b'{"access_token": "made-up", "expires_in": 3600, "token_type": "Bearer"}')]
    token = account_token()
    assert [token(False), token(False)] == ["made-up", "made-up"]
    assert world.asked == [("/computeMetadata/v1/instance/service-accounts/default/token", "Google")]


def test_a_token_is_kept_until_shortly_before_its_end_or_until_it_is_refused() -> None:
    now, made = [0.0], iter("abc")
    token = KeptToken(lambda: (next(made), 3600.0), lambda: now[0])
    assert [token(False), token(False)] == ["a", "a"]
    now[0] = 3600.0 - 225.0
    assert token(False) == "b"
    assert [token(True), token(False)] == ["c", "c"]
