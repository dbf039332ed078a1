"""What the HTTP client sends: tokens only where they belong, no redirect followed, no cookie kept, all of it traced."""

import base64
import json
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from shared.core.errors import (
    Missing,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from shared.http_answers import Answer
from shared.http_client import HttpClient, file_trace
from shared.ports import Secret
from tests.support.servers.scripted_http import TOKEN, Script, client


def test_headers_token_and_parameters_arrive(scripted: Script) -> None:
    client(scripted, headers={"X-Fixed": "1"}).call(
        "GET", "/x", params=[("a", "1"), ("a", "ä&b")], headers={"X-Once": "2"}
    )
    (asked,) = scripted.seen
    headers = asked["headers"]
    assert isinstance(headers, dict)
    assert asked["path"] == "/x?a=1&a=%C3%A4%26b"
    assert (headers["Authorization"], headers["X-Fixed"], headers["X-Once"]) == (f"Bearer {TOKEN}", "1", "2")
    assert headers["User-Agent"].startswith("workwright/")


def test_no_token_goes_where_none_is_wanted(scripted: Script) -> None:
    client(scripted).call("POST", "/a", auth="none")
    client(scripted).call("POST", "/b", auth=("id", Secret("pw")))
    first, second = (asked["headers"] for asked in scripted.seen)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert "Authorization" not in first
    assert second["Authorization"] == "Basic " + base64.b64encode(b"id:pw").decode()


def test_a_cookie_does_not_travel_to_the_next_tenant(scripted: Script) -> None:
    scripted.headers = {"Set-Cookie": "session=of-tenant-one; Path=/"}
    client(scripted).call("GET", "/x")
    HttpClient("acme", scripted.url, Secret("other")).call("GET", "/x")
    headers = scripted.seen[1]["headers"]
    assert isinstance(headers, dict)
    assert "Cookie" not in headers


def test_a_redirect_is_not_followed(scripted: Script) -> None:
    scripted.status, scripted.headers = 302, {"Location": f"{scripted.url}/elsewhere"}
    with pytest.raises(Rejected):
        client(scripted).call("GET", "/x")
    assert [asked["path"] for asked in scripted.seen] == ["/x"]


def test_the_environment_changes_nothing(scripted: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert client(scripted).call("GET", "/x").status == 200


def test_a_system_may_have_its_own_word_on_a_refusal(scripted: Script) -> None:
    scripted.status, scripted.body = 409, b'{"taken": true}'
    kept = client(scripted).call("POST", "/x", judge=lambda answer: Answer(200, {}, {"was": answer.status}, ""))
    assert kept.json == {"was": 409}
    with pytest.raises(Missing):
        client(scripted).call("POST", "/x", judge=lambda answer: Missing("acme", "gone"))
    with pytest.raises(Rejected):
        client(scripted).call("POST", "/x", judge=lambda answer: None)


def test_connections_are_kept_and_shared_by_all_clients(scripted: Script) -> None:
    client(scripted).call("GET", "/x")
    client(scripted).call("POST", "/x", json={})
    HttpClient("acme", scripted.url, Secret("other")).call("GET", "/x")
    assert len({asked["from"] for asked in scripted.seen}) == 1


def test_the_trace_has_every_exchange_and_no_secret(scripted: Script, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    asker = client(scripted, trace=file_trace(file))
    asker.call("POST", "/a", json={"note": f"my {TOKEN}", "refresh_token": "r-1"}, params={"q": TOKEN})
    asker.call("POST", "/token", data={"client_secret": "c-1", "code": "k-1"}, auth=("id", Secret("pw-1")))
    asker.call("POST", "/file", data=b"\x00\x01")
    scripted.how = "drop"
    with pytest.raises(OutcomeUnknown):
        asker.call("DELETE", "/b")
    text = file.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["method"], line["status"]) for line in lines] == [
        ("POST", 200), ("POST", 200), ("POST", 200), ("DELETE", None),
    ]  # fmt: skip
    assert lines[0]["body"] == {"note": "my ***", "refresh_token": "***"}
    assert lines[0]["url"] == f"{scripted.url}/a?q=***"
    assert lines[2]["body"] == "<2 bytes>"
    assert all(isinstance(line["duration_ms"], int) for line in lines)
    pair = base64.b64encode(b"id:pw-1").decode()
    assert [secret for secret in (TOKEN, "r-1", "c-1", "k-1", "pw-1", pair) if secret in text] == []
    assert file.stat().st_mode & 0o077 == 0


def test_json_goes_out_as_utf_8_without_blanks(scripted: Script) -> None:
    client(scripted).call("POST", "/things", json={"text": "żółw 🐢", "n": [1, 2]})
    client(scripted).call("POST", "/things", json={})
    assert [sent["body"] for sent in scripted.seen] == ['{"text":"żółw 🐢","n":[1,2]}'.encode(), b"{}"]
    headers = scripted.seen[0]["headers"]
    assert isinstance(headers, dict)
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("value", ["\ud83d", float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused_before_it_is_sent(scripted: Script, value: object) -> None:
    with pytest.raises(Rejected, match="cannot be expressed in HTTP"):
        client(scripted).call("POST", "/things", json={"value": value})
    assert scripted.seen == []


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
