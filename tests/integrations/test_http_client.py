"""The HTTP client against a small real server on loopback: every status, timeouts, drops, traces."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

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
from shared.http_answers import Answer
from shared.http_client import HttpClient, file_trace, segment
from shared.ports import Secret

TOKEN = "tok-" + "s3cr3t" * 4


@dataclass
class Script:
    """What the server answers, and what it was asked."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    how: str = "answer"  # answer, drop, hang, cut
    seen: list[dict[str, object]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""


@pytest.fixture
def server() -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.seen.append(
                {"path": self.path, "headers": dict(self.headers), "body": body, "from": self.client_address}
            )
            if script.how == "hang":
                script.released.wait(10)
            if script.how in ("drop", "hang"):
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response_only(script.status)
            length = len(script.body) + (10 if script.how == "cut" else 0)
            for name, value in {"Content-Length": str(length), **script.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(script.body)
            if script.how == "cut":
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 - the library looks for these names

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{http.server_address[1]}"
    yield script
    script.released.set()
    http.shutdown()
    http.server_close()


def client(server: Script, **options: object) -> HttpClient:
    return HttpClient("acme", server.url, Secret(TOKEN), **options)  # type: ignore[arg-type]


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
    server: Script, status: int, on_read: type[IntegrationError], on_write: type[IntegrationError], body: bytes
) -> None:
    server.status, server.body = status, body
    for method, kind in (("GET", on_read), ("POST", on_write)):
        with pytest.raises(IntegrationError) as caught:
            client(server).call(method, "/x")
        assert type(caught.value) is kind
    assert len(server.seen) == 2  # never a second try


def test_a_post_that_only_asks_counts_as_a_read(server: Script) -> None:
    server.status = 503
    with pytest.raises(Unavailable):
        client(server).call("POST", "/query", read=True)


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
def test_a_limit_says_when_to_come_back(server: Script, status: int, headers: dict[str, str], wait: int | None) -> None:
    server.status, server.headers = status, headers
    with pytest.raises(RateLimited) as caught:
        client(server).call("POST", "/x")
    assert caught.value.retry_after == (None if wait is None else timedelta(seconds=wait))


def test_a_write_on_an_overloaded_system_keeps_the_wait_but_not_the_certainty(server: Script) -> None:
    server.status, server.headers = 503, {"Retry-After": "5"}
    with pytest.raises(OutcomeUnknown) as caught:
        client(server).call("PATCH", "/x")
    assert caught.value.retry_after == timedelta(seconds=5)


@pytest.mark.parametrize("how", ["drop", "hang", "cut"])
def test_an_answer_that_never_comes_leaves_a_write_unclear(server: Script, how: str) -> None:
    server.how = how
    asker = client(server, timeouts=(2, 0.2))
    with pytest.raises(OutcomeUnknown):
        asker.call("POST", "/x", json={})
    with pytest.raises(Unavailable):
        asker.call("GET", "/x")
    assert len(server.seen) == 2


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
def test_a_success_nobody_can_read_is_unclear(server: Script, body: bytes) -> None:
    server.body = body
    with pytest.raises(OutcomeUnknown):
        client(server).call("POST", "/x")
    with pytest.raises(Unavailable):
        client(server).call("GET", "/x")
    assert client(server).call("POST", "/x", text=True).text == body.decode()


def test_the_vendors_words_are_kept_short_and_without_the_token(server: Script) -> None:
    server.status = 400
    server.body = json.dumps({"code": "validation_error", "message": f"bad {TOKEN} " + "x" * 900}).encode()
    with pytest.raises(Rejected) as caught:
        client(server).call("POST", "/x")
    shown = str(caught.value)
    assert "validation_error bad ***" in shown
    assert TOKEN not in shown
    assert len(shown) < 360


@pytest.mark.parametrize("token", ["abc\ndef", "abc\r\nX-Evil: 1", "żółw"])
def test_a_token_that_is_no_header_is_refused_and_not_shown(server: Script, token: str) -> None:
    with pytest.raises(Rejected) as caught:
        HttpClient("acme", server.url, Secret(token)).call("GET", "/x", auth="bearer")
    assert token.strip() not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert server.seen == []


@pytest.mark.parametrize(
    "path", ["x", "/a/../b", "/a/%2e%2e/b", "/a/%2E%2E/b", "/a?b=c", "/a#b", "/a\\b", "http://evil/x"]
)
def test_a_path_that_leads_elsewhere_is_not_called(server: Script, path: str) -> None:
    with pytest.raises(Rejected):
        client(server).call("GET", path)
    assert server.seen == []


@pytest.mark.parametrize("id", ["", ".", "..", "a/b", "a\\b", "%2e%2e", "x%2E", "a\nb", "a\0", "a..b"])
def test_an_id_that_leads_elsewhere_is_refused(id: str) -> None:
    with pytest.raises(Rejected):
        segment(id)


def test_an_id_is_quoted_once() -> None:
    assert segment("a b?c#d%41é") == "a%20b%3Fc%23d%2541%C3%A9"


def test_headers_token_and_parameters_arrive(server: Script) -> None:
    client(server, headers={"X-Fixed": "1"}).call(
        "GET", "/x", params=[("a", "1"), ("a", "ä&b")], headers={"X-Once": "2"}
    )
    (asked,) = server.seen
    headers = asked["headers"]
    assert isinstance(headers, dict)
    assert asked["path"] == "/x?a=1&a=%C3%A4%26b"
    assert (headers["Authorization"], headers["X-Fixed"], headers["X-Once"]) == (f"Bearer {TOKEN}", "1", "2")
    assert headers["User-Agent"].startswith("workwright/")


def test_no_token_goes_where_none_is_wanted(server: Script) -> None:
    client(server).call("POST", "/a", auth="none")
    client(server).call("POST", "/b", auth=("id", Secret("pw")))
    first, second = (asked["headers"] for asked in server.seen)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert "Authorization" not in first
    assert second["Authorization"] == "Basic " + base64.b64encode(b"id:pw").decode()


def test_a_cookie_does_not_travel_to_the_next_tenant(server: Script) -> None:
    server.headers = {"Set-Cookie": "session=of-tenant-one; Path=/"}
    client(server).call("GET", "/x")
    HttpClient("acme", server.url, Secret("other")).call("GET", "/x")
    headers = server.seen[1]["headers"]
    assert isinstance(headers, dict)
    assert "Cookie" not in headers


def test_a_redirect_is_not_followed(server: Script) -> None:
    server.status, server.headers = 302, {"Location": f"{server.url}/elsewhere"}
    with pytest.raises(Rejected):
        client(server).call("GET", "/x")
    assert [asked["path"] for asked in server.seen] == ["/x"]


def test_the_environment_changes_nothing(server: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert client(server).call("GET", "/x").status == 200


def test_a_system_may_have_its_own_word_on_a_refusal(server: Script) -> None:
    server.status, server.body = 409, b'{"taken": true}'
    kept = client(server).call("POST", "/x", judge=lambda answer: Answer(200, {}, {"was": answer.status}, ""))
    assert kept.json == {"was": 409}
    with pytest.raises(Missing):
        client(server).call("POST", "/x", judge=lambda answer: Missing("acme", "gone"))
    with pytest.raises(Rejected):
        client(server).call("POST", "/x", judge=lambda answer: None)


def test_connections_are_kept_and_shared_by_all_clients(server: Script) -> None:
    client(server).call("GET", "/x")
    client(server).call("POST", "/x", json={})
    HttpClient("acme", server.url, Secret("other")).call("GET", "/x")
    assert len({asked["from"] for asked in server.seen}) == 1


def test_the_trace_has_every_exchange_and_no_secret(server: Script, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    asker = client(server, trace=file_trace(file))
    asker.call("POST", "/a", json={"note": f"my {TOKEN}", "refresh_token": "r-1"}, params={"q": TOKEN})
    asker.call("POST", "/token", data={"client_secret": "c-1", "code": "k-1"}, auth=("id", Secret("pw-1")))
    asker.call("POST", "/file", data=b"\x00\x01")
    server.how = "drop"
    with pytest.raises(OutcomeUnknown):
        asker.call("DELETE", "/b")
    text = file.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["method"], line["status"]) for line in lines] == [
        ("POST", 200), ("POST", 200), ("POST", 200), ("DELETE", None),
    ]  # fmt: skip
    assert lines[0]["body"] == {"note": "my ***", "refresh_token": "***"}
    assert lines[0]["url"] == f"{server.url}/a?q=***"
    assert lines[2]["body"] == "<2 bytes>"
    assert all(isinstance(line["duration_ms"], int) for line in lines)
    pair = base64.b64encode(b"id:pw-1").decode()
    assert [secret for secret in (TOKEN, "r-1", "c-1", "k-1", "pw-1", pair) if secret in text] == []
    assert file.stat().st_mode & 0o077 == 0


def test_json_goes_out_as_utf_8_without_blanks(server: Script) -> None:
    client(server).call("POST", "/things", json={"text": "żółw 🐢", "n": [1, 2]})
    client(server).call("POST", "/things", json={})
    assert [sent["body"] for sent in server.seen] == ['{"text":"żółw 🐢","n":[1,2]}'.encode(), b"{}"]
    headers = server.seen[0]["headers"]
    assert isinstance(headers, dict)
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("value", ["\ud83d", float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused_before_it_is_sent(server: Script, value: object) -> None:
    with pytest.raises(Rejected, match="cannot be expressed in HTTP"):
        client(server).call("POST", "/things", json={"value": value})
    assert server.seen == []


def test_a_server_that_drips_holds_nobody() -> None:
    """Each byte comes in time, and the whole of the body would take days."""
    listener = socket.create_server(("127.0.0.1", 0))
    sent: list[int] = []

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            while len(sent) < 200:
                connection.sendall(b" ")
                sent.append(1)
                time.sleep(0.02)

    dripping = threading.Thread(target=drip)
    dripping.start()
    client = HttpClient("x", f"http://127.0.0.1:{listener.getsockname()[1]}", Secret(TOKEN), timeouts=(1, 0.1))
    with pytest.raises(Unavailable, match="no complete answer"):
        client.call("GET", "/x")
    dripping.join(10)
    listener.close()
    assert len(sent) < 200
