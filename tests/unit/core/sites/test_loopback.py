"""Names below `localhost` are reached at this machine, whatever the system's resolver knows (RFC 6761, section 6.3)."""

from __future__ import annotations

import pytest

from shared.core.loopback import resolve_loopback


@pytest.mark.parametrize(
    ("url", "where", "host"),
    [
        ("http://a.localhost:81/b?c=d", "http://127.0.0.1:81/b?c=d", "a.localhost:81"),
        ("http://a.b.LOCALHOST/", "http://127.0.0.1/", "a.b.LOCALHOST"),
        ("http://a.localhost.:81/", "http://127.0.0.1:81/", "a.localhost.:81"),
    ],
)
def test_such_a_name_is_this_machine_and_is_told_to_whoever_answers(url: str, where: str, host: str) -> None:
    assert resolve_loopback(url) == (where, {"Host": host})


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost:81/", "http://127.0.0.1:81/", "http://a.localhost.example/", "http://alocalhost/"),
        *("https://a.localhost/", "http://example.com/a.localhost", "http://[::1]:81/"),
    ],
)
def test_every_other_address_stays_as_it_is(url: str) -> None:
    assert resolve_loopback(url) == (url, {})
