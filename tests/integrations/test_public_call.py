"""The one guard before what teams have us call, against real sockets: where it connects, and what can hold it up."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.x509.oid import NameOID

from shared.public_call import Answered, PublicCaller

NAME, PUBLIC = "receiver.example.com", "93.184.215.14"
URL = f"https://{NAME}/hooks?team=1"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def _write_certificate(folder: Path, name: str) -> Path:
    """Write a certificate for one name that is its own authority, with its key; return the file."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(text)
    return file


@dataclass
class Receiver:
    """A server of a team's on this machine, which a public name stands for."""

    port: int
    certificate: Path
    asked: list[bytes] = field(default_factory=list)
    dialled: list[tuple[str, int]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    addresses: list[list[str]] = field(default_factory=lambda: [[PUBLIC]])

    def resolve(self, host: str) -> Sequence[str]:
        self.looked_up.append(host)
        return self.addresses[min(len(self.looked_up), len(self.addresses)) - 1]

    def dial(self, address: tuple[str, int], timeout: float) -> socket.socket:
        """Note where a connection was wanted to, and connect here: nobody else stands for that address."""
        self.dialled.append(address)
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def caller(self, within_s: float = 5.0) -> PublicCaller:
        context = ssl.create_default_context(cafile=str(self.certificate))
        return PublicCaller(False, self.resolve, self.dial, lambda: context, within_s)

    def post(self, url: str = URL, **given: float) -> Answered:
        return self.caller(**given).post(url, b"{}", {"webhook-id": "msg_1"})


def _read(used: ssl.SSLSocket) -> bytes:
    """Return a whole request: who closes with some of it unread resets the connection."""
    found = b""
    while not found.endswith(b"\r\n\r\n{}") and (part := used.recv(65_536)):
        found += part
    return found


@contextmanager
def _receive(folder: Path, answer: Callable[[ssl.SSLSocket], None], name: str = NAME) -> Iterator[Receiver]:
    certificate = _write_certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        receiver = Receiver(listening.getsockname()[1], certificate)

        def serve() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return
                with suppress(OSError), context.wrap_socket(plain, server_side=True) as used:
                    receiver.asked.append(_read(used))
                    answer(used)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield receiver
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _say(text: bytes) -> Callable[[ssl.SSLSocket], None]:
    return lambda used: used.sendall(text)


def test_it_connects_to_the_address_that_was_looked_at_and_asks_for_the_name(tmp_path: Path) -> None:
    with _receive(tmp_path, _say(OK)) as receiver:
        assert receiver.post() == Answered(200)
        assert receiver.dialled == [(PUBLIC, 443)]
        assert receiver.looked_up == [NAME]
        head = receiver.asked[0].decode().lower()
    assert head.startswith("post /hooks?team=1 http/1.1\r\n")
    assert f"\r\nhost: {NAME}\r\n" in head
    assert "\r\nwebhook-id: msg_1\r\n" in head
    assert "cookie" not in head
    assert "authorization" not in head


def test_a_name_that_leads_elsewhere_the_next_time_is_not_asked_twice(tmp_path: Path) -> None:
    with _receive(tmp_path, _say(OK)) as receiver:
        receiver.addresses = [[PUBLIC], ["169.254.169.254"]]
        assert receiver.post().ok
        again = receiver.post()
        assert again.status == 0
        assert "not sent" in again.why
        assert receiver.dialled == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["::1"], [PUBLIC, "10.0.0.1"], ["64:ff9b::a00:1"], ["2002:7f00:1::"], []]
)
def test_nothing_is_dialled_for_a_name_that_leads_inside(tmp_path: Path, addresses: list[str]) -> None:
    with _receive(tmp_path, _say(OK)) as receiver:
        receiver.addresses = [addresses]
        assert receiver.post().why.startswith("not sent: ")
        assert receiver.dialled == []


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://receiver.example.com/", "https://ada@example.com/"])
def test_nothing_is_looked_up_for_an_address_that_is_refused(tmp_path: Path, url: str) -> None:
    with _receive(tmp_path, _say(OK)) as receiver:
        assert receiver.post(url).why.startswith("not sent: ")
        assert (receiver.looked_up, receiver.dialled) == ([], [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_leads_nowhere(tmp_path: Path, status: int) -> None:
    moved = f"HTTP/1.1 {status} Moved\r\nLocation: https://{NAME}/else\r\nContent-Length: 0\r\n\r\n".encode()
    with _receive(tmp_path, _say(moved)) as receiver:
        answered = receiver.post()
        assert (answered.status, answered.ok, "redirect" in answered.why) == (status, False, True)
        assert len(receiver.dialled) == 1


def test_a_certificate_of_another_name_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with _receive(tmp_path, _say(OK), "another.example.com") as receiver:
        answered = receiver.post()
        assert (answered.status, "certificate" in answered.why) == (0, True)
        assert b"".join(receiver.asked) == b""


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with _receive(tmp_path, _say(OK)) as receiver:
        stranger = PublicCaller(False, receiver.resolve, receiver.dial)
        assert "certificate" in stranger.post(URL, b"{}", {}).why


def _drip(used: ssl.SSLSocket) -> None:
    for letter in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: " + b"a" * 10_000:
        used.sendall(bytes([letter]))
        time.sleep(0.05)


def test_who_drips_an_answer_holds_nobody(tmp_path: Path) -> None:
    with _receive(tmp_path, _drip) as receiver:
        began = time.monotonic()
        answered = receiver.post(within_s=1.0)
        assert (answered.status, "within" in answered.why) == (0, True)
        assert time.monotonic() - began < 4


def test_who_says_nothing_holds_nobody(tmp_path: Path) -> None:
    with _receive(tmp_path, lambda used: time.sleep(3)) as receiver:
        answered = receiver.post(within_s=0.5)
        assert (answered.status, "within" in answered.why) == (0, True)


def test_a_body_without_end_is_not_read(tmp_path: Path) -> None:
    def pour(used: ssl.SSLSocket) -> None:
        used.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        for _ in range(10_000):
            used.sendall(b"a" * 100_000)

    with _receive(tmp_path, pour) as receiver:
        assert receiver.post() == Answered(200)


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X-Much: a\r\n" * 1000, b"HTTP/1.1 abc\r\n\r\n"]
)
def test_what_is_no_answer_is_none(tmp_path: Path, answer: bytes) -> None:
    with _receive(tmp_path, _say(answer)) as receiver:
        assert receiver.post() == Answered(0, "no answer")


def test_a_proxy_of_the_environment_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with _receive(tmp_path, _say(OK)) as receiver:
        assert receiver.post().ok
