"""A call over our own session is what `requests` itself makes of it, for every way in which we call."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from werkzeug.wrappers import Request, Response

from shared.local.serve import listen
from shared.plain_session import PlainSession

ROOT = "http://127.0.0.1:9"


def _theirs() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    return session


@pytest.mark.parametrize(
    ("method", "url", "more"),
    [
        ("GET", f"{ROOT}/v1/pages/a", {}),
        ("get", f"{ROOT}", {"params": {"page_size": 100, "cursor": None, "of": ["a b", "ü&="]}}),
        ("GET", f"{ROOT}/a b/ü%20~", {"params": [("a", "1"), ("a", "2")]}),
        ("GET", "https://bücher.example/x", {"headers": {"Accept": "application/json"}}),
        ("POST", f"{ROOT}/v1/pages", {"data": b'{"a":1}', "headers": {"Content-Type": "application/json"}}),
        ("POST", f"{ROOT}/token", {"data": {"grant_type": "code", "scope": "a b"}}),
        ("POST", f"{ROOT}/empty", {}),
        ("PATCH", f"{ROOT}/empty", {"data": b""}),
        ("DELETE", f"{ROOT}/v1/blocks/a", {}),
        ("GET", "http://ada:word@127.0.0.1:9/x", {"headers": {"Authorization": "Bearer other"}}),
        ("GET", f"{ROOT}/@ada", {"headers": {"Authorization": "Bearer mine"}}),
    ],
)
def test_it_is_sent_as_requests_would_send_it(method: str, url: str, more: dict[str, Any]) -> None:
    asked = requests.Request(method, url, **more)
    ours, theirs = (each.prepare_request(asked) for each in (PlainSession(), _theirs()))
    assert (ours.method, ours.url, ours.body) == (theirs.method, theirs.url, theirs.body)
    assert list(ours.headers.items()) == list(theirs.headers.items())


@pytest.mark.parametrize(
    ("url", "headers"),
    [("127.0.0.1/x", {}), ("http://", {}), ("http://*.example/", {}), (f"{ROOT}/", {"Authorization": "a\nb"})],
)
def test_what_http_cannot_say_is_refused_alike(url: str, headers: dict[str, str]) -> None:
    asked = requests.Request("GET", url, headers=headers)
    said = []
    for session in (PlainSession(), _theirs()):
        with pytest.raises(ValueError) as caught:
            session.prepare_request(asked)
        said.append((type(caught.value), str(caught.value)))
    assert said[0] == said[1]


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_nobody_reads_keeps_its_connection_unless_it_was_to_be_read_in_parts(stream: bool) -> None:
    came: list[int] = []

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        came.append(int(environ["REMOTE_PORT"]))
        return Response(f"to {len(Request(environ).get_data())} bytes")(environ, start_response)

    server = listen(app, 0)
    session = PlainSession()
    answers = [session.post(f"http://127.0.0.1:{server.server_port}/", data=b"a", stream=stream) for _ in range(3)]
    assert len(set(came)) == (3 if stream else 1)
    assert {answer.text for answer in answers} == {"to 1 bytes"}
    session.close()
    server.shutdown()
    server.server_close()
