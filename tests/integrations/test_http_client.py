"""The HTTP client against a small real server on loopback: every status, timeouts, drops, traces."""

import json
import socket
from datetime import timedelta

import pytest

from shared.core.errors import (
    IntegrationError,
    Missing,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.http_client import HttpClient, segment
from shared.ports import Secret
from tests.support.servers.scripted_http import TOKEN, Script, client


@pytest.mark.parametrize(
    ("status", "on_read", "on_write"),
    [
        (301, Rejected, Rejected),
        (400, Rejected, Rejected),
        (401, Unauthorized, Unauthorized),
        (403, Rejected, Rejected),
        (404, Missing, Missing),
        (405, Rejected, Rejected),
        (408, Unavailable, OutcomeUnknown),
        (409, Rejected, Rejected),
        (410, Missing, Missing),
        (422, Rejected, Rejected),
        (429, RateLimited, RateLimited),
        (500, Unavailable, OutcomeUnknown),
        (502, Unavailable, OutcomeUnknown),
        (503, Unavailable, OutcomeUnknown),
        (504, Unavailable, OutcomeUnknown),
        (521, Unavailable, OutcomeUnknown),
        (529, Unavailable, Unavailable),
    ],
)
@pytest.mark.parametrize("body", [b'{"message":"no"}', b"<html>edge</html>", b"", b'{"message":'])
def test_a_status_becomes_one_of_our_errors(
    scripted: Script, status: int, on_read: type[IntegrationError], on_write: type[IntegrationError], body: bytes
) -> None:
    scripted.status, scripted.body = status, body
    for method, kind in (("GET", on_read), ("POST", on_write)):
        with pytest.raises(IntegrationError) as caught:
            client(scripted).call(method, "/x")
        assert type(caught.value) is kind
    assert len(scripted.seen) == 2  # never a second try


def test_a_post_that_only_asks_counts_as_a_read(scripted: Script) -> None:
    scripted.status = 503
    with pytest.raises(Unavailable):
        client(scripted).call("POST", "/query", read=True)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "17"}, 17),
        (
            429,
            {"Retry-After": "Sat, 21 Nov 2026 10:00:30 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"},
            30,
        ),
        (
            403,
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "1795255245",
                "Date": "Sat, 21 Nov 2026 10:00:00 GMT",
            },
            45,
        ),
        (403, {"Retry-After": "60"}, 60),
        (429, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 0),
        (429, {"Retry-After": "999999999"}, 86_400),
        (429, {"Retry-After": "soon"}, None),
        (429, {}, None),
    ],
)
def test_a_limit_says_when_to_come_back(
    scripted: Script, status: int, headers: dict[str, str], wait: int | None
) -> None:
    scripted.status, scripted.headers = status, headers
    with pytest.raises(RateLimited) as caught:
        client(scripted).call("POST", "/x")
    assert caught.value.retry_after == (None if wait is None else timedelta(seconds=wait))


def test_a_write_on_an_overloaded_system_keeps_the_wait_but_not_the_certainty(scripted: Script) -> None:
    scripted.status, scripted.headers = 503, {"Retry-After": "5"}
    with pytest.raises(OutcomeUnknown) as caught:
        client(scripted).call("PATCH", "/x")
    assert caught.value.retry_after == timedelta(seconds=5)


@pytest.mark.parametrize("how", ["drop", "hang", "cut"])
def test_an_answer_that_never_comes_leaves_a_write_unclear(scripted: Script, how: str) -> None:
    scripted.how = how
    asker = client(scripted, timeouts=(2, 0.2))
    with pytest.raises(OutcomeUnknown):
        asker.call("POST", "/x", json={})
    with pytest.raises(Unavailable):
        asker.call("GET", "/x")
    assert len(scripted.seen) == 2


def test_a_refused_connection_was_certainly_not_carried_out() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(Unavailable):
        HttpClient("acme", f"http://127.0.0.1:{port}", None).call("POST", "/x", json={})


def test_an_unknown_host_was_certainly_not_asked() -> None:
    with pytest.raises(Unavailable):
        HttpClient("acme", "http://no-such-host.invalid", None).call("POST", "/x", json={})


@pytest.mark.parametrize("body", [b"<html>hello</html>", b'{"id":'])
def test_a_success_nobody_can_read_is_unclear(scripted: Script, body: bytes) -> None:
    scripted.body = body
    with pytest.raises(OutcomeUnknown):
        client(scripted).call("POST", "/x")
    with pytest.raises(Unavailable):
        client(scripted).call("GET", "/x")
    assert client(scripted).call("POST", "/x", text=True).text == body.decode()


def test_the_vendors_words_are_kept_short_and_without_the_token(scripted: Script) -> None:
    scripted.status = 400
    scripted.body = json.dumps({"code": "validation_error", "message": f"bad {TOKEN} " + "x" * 900}).encode()
    with pytest.raises(Rejected) as caught:
        client(scripted).call("POST", "/x")
    shown = str(caught.value)
    assert "validation_error bad ***" in shown
    assert TOKEN not in shown
    assert len(shown) < 360


@pytest.mark.parametrize("token", ["abc\ndef", "abc\r\nX-Evil: 1", "żółw"])
def test_a_token_that_is_no_header_is_refused_and_not_shown(scripted: Script, token: str) -> None:
    with pytest.raises(Rejected) as caught:
        HttpClient("acme", scripted.url, Secret(token)).call("GET", "/x", auth="bearer")
    assert token.strip() not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert scripted.seen == []


@pytest.mark.parametrize(
    "path", ["x", "/a/../b", "/a/%2e%2e/b", "/a/%2E%2E/b", "/a?b=c", "/a#b", "/a\\b", "http://evil/x"]
)
def test_a_path_that_leads_elsewhere_is_not_called(scripted: Script, path: str) -> None:
    with pytest.raises(Rejected):
        client(scripted).call("GET", path)
    assert scripted.seen == []


@pytest.mark.parametrize("id", ["", ".", "..", "a/b", "a\\b", "%2e%2e", "x%2E", "a\nb", "a\0", "a..b"])
def test_an_id_that_leads_elsewhere_is_refused(id: str) -> None:
    with pytest.raises(Rejected):
        segment(id)


def test_an_id_is_quoted_once() -> None:
    assert segment("a b?c#d%41é") == "a%20b%3Fc%23d%2541%C3%A9"
