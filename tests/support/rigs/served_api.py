"""The function `api` alone on a loopback port, over a store in a folder, as a house would serve it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.app.api.keys import create_key
from shared.app.engine.deps import Deps
from shared.local.serve import listen, load_function
from shared.ports import Secret
from shared.settings import MODEL_SYSTEMS, SYSTEMS
from shared.wiring import tools, wire


@dataclass(frozen=True, slots=True)
class ServedApi:
    """Where it answers, its ports, and an owner's key."""

    url: str
    deps: Deps
    key: str


class _Later:
    """Answers with the function as soon as it is loaded: the port is taken first, because the function names it."""

    app: Callable[..., Iterable[bytes]]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self.app(environ, start_response)


_NOWHERE = "http://127.0.0.1:9"  # the port of `discard`: nobody answers


def _forget() -> None:
    for cached in (wire, tools.wire_accounts, tools.wire_models, tools.wire_tools):
        cached.cache_clear()


@contextmanager
def served_api(folder: Path, tenant: str) -> Iterator[ServedApi]:
    """Serve it from this folder, which then looks like the one of a running house."""
    later = _Later()
    server = listen(later, 0)
    url = f"http://127.0.0.1:{server.server_port}"
    given = {"WORKWRIGHT_DATA": str(folder), "WORKWRIGHT_PUBLIC_URL": url}
    elsewhere = {*SYSTEMS, *MODEL_SYSTEMS} - {"compatible"}  # which is nowhere by itself, and asks for a model's name
    given |= {f"WORKWRIGHT_{system.upper()}_URL": _NOWHERE for system in elsewhere}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    _forget()
    wired = wire()
    try:
        for name in ("api-key-pepper", "approval-link-key", "slack-signing-secret", "oauth-state-key", "hook-key"):
            wired.deps.secrets.set(name, Secret(f"{name} of the tests"))
        later.app = load_function("api")
        key = create_key(wired.deps, tenant, "owner", "the tests")
        (folder / "house.json").write_text(json.dumps({"url": url}), encoding="utf-8")
        (folder / "owner.key").write_text(key, encoding="ascii")
        yield ServedApi(url, wired.deps, key)
    finally:
        server.shutdown()
        server.server_close()
        assert wired.local_store is not None
        wired.local_store.close()
        _forget()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
