"""A small real server on loopback that behaves as a test says."""

import threading
from dataclasses import dataclass, field

from shared.http_client import HttpClient
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


def client(scripted: Script, **options: object) -> HttpClient:
    return HttpClient("acme", scripted.url, Secret(TOKEN), **options)  # type: ignore[arg-type]
