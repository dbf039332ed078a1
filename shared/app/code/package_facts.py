"""What registries say of packages: since when they have been there, and their licence. Only those configured are asked.

npm answers `GET /{name}` with the time each version came and a licence; a Python index answers `GET /{name}/` as JSON
with the time each file came (PEP 691 and 700). Names of packages are all that is told to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from shared.core.code.dependencies import NPM, PYPI
from shared.core.errors import AgentError, Missing
from shared.core.ship.policy import Known
from shared.http_client import HttpClient

Key = tuple[str, str]  # system and name, as in Dependency
PackageFacts = Callable[[Iterable[Key]], Mapping[Key, Known]]

MAX = 40  # packages that are asked about at once
_TIMEOUTS = (3.0, 10.0)
_SIMPLE = "application/vnd.pypi.simple.v1+json"


def package_facts(npm: str, pip: str, now: Callable[[], datetime]) -> PackageFacts:
    """Return what asks these registries; "" and "none" are none, and of what cannot be answered nothing is known."""
    at = {NPM: npm, PYPI: pip}
    clients = {system: _client(url) for system, url in at.items() if url.startswith(("https://", "http://"))}

    def look_up(keys: Iterable[Key]) -> dict[Key, Known]:
        asked = [key for key in dict.fromkeys(keys) if key[0] in clients][:MAX]
        found = {key: _ask(*clients[key[0]], key, now()) for key in asked}
        return {key: fact for key, fact in found.items() if fact is not None}

    return look_up


def _client(url: str) -> tuple[HttpClient, str]:
    parts = urlsplit(url)
    return HttpClient("packages", f"{parts.scheme}://{parts.netloc}", None, timeouts=_TIMEOUTS), parts.path.rstrip("/")


def _ask(http: HttpClient, path: str, key: Key, now: datetime) -> Known | None:
    system, name = key
    place = f"{path}/{quote(name, safe='@')}" + ("/" if system == PYPI else "")
    headers = {"Accept": _SIMPLE if system == PYPI else "application/json"}
    try:
        answer = http.call("GET", place, headers=headers, auth="none").json
    except Missing:
        return Known(exists=False)
    except AgentError:
        return None
    if not isinstance(answer, Mapping):
        return None
    came = _times(answer) if system == PYPI else [str((answer.get("time") or {}).get("created") or "")]
    days = [read for each in came if (read := _read(each)) is not None]
    licence = answer.get("license") if system == NPM else ""
    return Known(now - min(days) if days else None, licence if isinstance(licence, str) else "")


def _times(answer: Mapping[str, Any]) -> list[str]:
    return [str(each.get("upload-time") or "") for each in answer.get("files", ()) if isinstance(each, Mapping)]


def _read(time: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(time)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
