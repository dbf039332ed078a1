"""Calls an address that a team has given: the one guard before everything that strangers can make us send.

The name is looked up once, every address it has must be public, and the connection goes to the very address that was
looked at, so that no second look-up can lead elsewhere. No proxy, no redirect, no cookie; of the answer the status
alone is read. Time is bounded as a whole: whoever drips bytes holds nobody.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Timer

import certifi

from shared.core.notify.public_targets import Target, check_addresses, read_target

CONNECT_S, WITHIN_S = 5.0, 15.0
_MAX_ADDRESSES = 3  # of a name that are tried
USER_AGENT = "workwright-webhooks/1"

_SECONDS = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,6})?")  # of Retry-After; one that names a date is not read

Resolve = Callable[[str], Sequence[str]]
Dial = Callable[[tuple[str, int], float], socket.socket]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: a status, or 0 and why there is none."""

    status: int
    why: str = ""
    retry_after_s: float = 0.0  # how long it asks to be left alone, 0 where it does not
    took_ms: int = field(default=0, compare=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def resolve_name(host: str) -> Sequence[str]:
    """Return the addresses of a name; raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@cache
def trust_context() -> ssl.SSLContext:
    """Return what certificates are checked with: the roots that our other calls trust."""
    return ssl.create_default_context(cafile=certifi.where())


@dataclass(frozen=True, slots=True)
class PublicCaller:
    """Posts to addresses of strangers. `loopback` lets this machine be called as well."""

    loopback: bool = False
    resolve: Resolve = resolve_name
    dial: Dial = socket.create_connection
    context: Callable[[], ssl.SSLContext] = trust_context
    within_s: float = WITHIN_S

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Send it once and return what came back; it raises nothing for what others do."""
        began = time.monotonic()
        answered = self._post(url, body, headers)
        return replace(answered, took_ms=round((time.monotonic() - began) * 1000))

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        try:
            target = read_target(url, loopback=self.loopback)
            addresses = self._find_addresses(target)
        except ValueError as error:
            return Answered(0, f"not sent: {error}")
        except OSError:
            return Answered(0, "not sent: the name cannot be found")
        ends = time.monotonic() + self.within_s
        try:
            with closing(self._connect(addresses, target.port)) as plain, _cut_off(plain, ends):
                answered = self._exchange(plain, target, body, headers)
                if time.monotonic() >= ends:  # what was cut off in the middle reads as if it had ended
                    raise TimeoutError
                return answered
        except ssl.SSLCertVerificationError as error:
            return Answered(0, f"the certificate does not hold: {error.verify_message}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = time.monotonic() >= ends or isinstance(error, TimeoutError)
            return Answered(0, f"no answer within {self.within_s:.0f} s" if late else "no answer")

    def _find_addresses(self, target: Target) -> list[str]:
        """Return where to connect. Raises ValueError for what is not public, OSError for a name nobody knows."""
        if not target.secure:
            return ["127.0.0.1" if target.host == "localhost" else target.host]
        return check_addresses(self.resolve(target.host))

    def _connect(self, addresses: Sequence[str], port: int) -> socket.socket:
        failed: OSError = OSError("no address")
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                return self.dial((address, port), min(CONNECT_S, self.within_s))
            except OSError as error:
                failed = error
        raise failed

    def _exchange(self, plain: socket.socket, target: Target, body: bytes, headers: Mapping[str, str]) -> Answered:
        plain.settimeout(self.within_s)
        used = self.context().wrap_socket(plain, server_hostname=target.host) if target.secure else plain
        with closing(used):
            connection = http.client.HTTPConnection(target.host, target.port)
            connection.sock = used
            sent = {"User-Agent": USER_AGENT, "Content-Type": "application/json", "Connection": "close", **headers}
            if target.secure:
                sent["Host"] = target.host
            connection.request("POST", target.path, body, sent)
            answer = connection.getresponse()
            return _judge(answer.status, answer.headers.get("Retry-After") or "")


def _judge(status: int, retry_after: str) -> Answered:
    why = "redirects are not followed" if 300 <= status < 400 else ""
    asked = float(retry_after) if status in (429, 503) and _SECONDS.fullmatch(retry_after.strip()) else 0.0
    return Answered(status, why, asked)


@contextmanager
def _cut_off(plain: socket.socket, ends: float) -> Iterator[None]:
    """Shut the connection when its time is over, whatever is being waited for then."""
    handle = plain.dup()  # TLS takes the other one over

    def shut() -> None:
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = Timer(max(0.0, ends - time.monotonic()), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        handle.close()
