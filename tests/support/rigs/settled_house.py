"""What a settled house is and how it died, and ports that nobody else chooses."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.support.rigs.at_home import AT_HOME

SYSTEMS = ("notion", "github", "vercel", "slack", "ses")


@dataclass(frozen=True)
class Settled:
    """A folder with a house and its simulators as they are before anything happens, and the page to begin with."""

    folder: Path
    tenant: str
    person: str
    page: str
    port: int


@dataclass
class Death:
    """What was on the disk when a process had died."""

    points: tuple[str, ...] = ()  # passed until then, in all its lives
    emails_begun: tuple[str, ...] = ()  # e-mails whose intent was written and whose result was not

    @property
    def point(self) -> str:
        """Return the point at which it died."""
        return self.points[-1] if self.points else ""


def control(url: str, path: str, body: Any) -> Any:
    """Call a control endpoint of a simulator."""
    answer = AT_HOME.post(url + path, json=body, timeout=30)
    assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text[:500]}"
    return answer.json()


def free_ports(count: int) -> list[int]:
    """Return free ports of this process of tests alone: they stay free until somebody starts there, and between starts.

    They lie below those that simulators choose for themselves and those that outgoing connections get. No two calls
    get the same port before all have been given out.
    """
    found: list[int] = []
    while len(found) < count:
        port = next(OWN_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
    return found


def own_ports() -> Iterator[int]:
    """Yield the ports of this worker, of at most eight, over and over; two runs at once begin at different places."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw7").removeprefix("gw")) % 8
    ports = list(range(10_000 + 1_000 * worker, 11_000 + 1_000 * worker))
    begin = os.getpid() % len(ports)
    return cycle(ports[begin:] + ports[:begin])


OWN_PORTS = own_ports()


def choose_ports(folder: Path, more: int = 0) -> list[int]:
    """Choose the ports of a folder's simulators before they start, and return so many others."""
    found = free_ports(more + len(SYSTEMS))
    (folder / "simulators").mkdir(parents=True)
    ports = dict(zip(SYSTEMS, found[more:], strict=True))
    (folder / "simulators" / "ports.json").write_text(json.dumps(ports), encoding="utf-8")
    return found[:more]
