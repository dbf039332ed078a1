"""The way to registries alone: a tunnel speaks with the registry it names, and odd words are refused and told."""

from __future__ import annotations

import os
import socket
import ssl

import pytest

from shared.backends.sandbox.packages.registry_proxy import RegistryProxy


@pytest.mark.parametrize(
    ("host", "named", "arrives"),
    [
        ("localhost", "localhost", True),
        ("localhost", "elsewhere.example", False),
        ("localhost", "127.0.0.1", False),  # no name is sent for a number
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "elsewhere.example", False),
    ],
)
def test_a_tunnel_to_a_registry_speaks_with_that_registry(host: str, named: str, arrives: bool) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=named)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = outgoing.read()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as end:
        server.settimeout(5)
        port = server.getsockname()[1]
        with RegistryProxy({(host, port)}) as proxy:
            end.connect(proxy.path)
            end.settimeout(5)
            end.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\n\r\n".encode())
            assert end.recv(100).startswith(b"HTTP/1.1 200 ")
            end.sendall(hello)
            reached, _ = server.accept()
            with reached:
                reached.settimeout(5)
                assert reached.recv(len(hello)) == (hello if arrives else b"")
        whom = "elsewhere.example" if named == "elsewhere.example" else "nobody by name"
        assert proxy.refused == ([] if arrives else [f"{host}:{port}, to speak there with {whom}"])
        assert not os.path.exists(proxy.path)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (b"CONNECT 127.0.0.1:\xb2", "127.0.0.1:?"),  # a digit to Unicode, and to nobody else
        (b"CONNECT 127.0.0.1:65536", "127.0.0.1:65536"),
        (b"CONNECT 127.0.0.1:9@elsewhere.example:9", "127.0.0.1:9@elsewhere.example:9"),
        (b"GET http://127.0.0.1:9\\@elsewhere.example/", "http://127.0.0.1:9\\@elsewhere.example/"),
        (b"GET http://127.0.0.1:99999/", "http://127.0.0.1:99999/"),
        (b"GET /simple/", "/simple/"),
        (b"OPTIONS *", "OPTIONS *"),
    ],
)
def test_odd_words_to_the_proxy_are_refused_and_told(asked: bytes, told: str) -> None:
    with RegistryProxy({("127.0.0.1", 9)}) as proxy, socket.socket(socket.AF_UNIX) as end:
        end.connect(proxy.path)
        end.settimeout(5)
        end.sendall(asked + b" HTTP/1.1\r\n\r\n")
        assert end.recv(100).startswith(b"HTTP/1.1 403 ")
        assert proxy.refused == [told]
