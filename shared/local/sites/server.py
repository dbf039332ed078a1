"""The server of the folder for sites: on loopback, on a port that stays the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.serving import BaseWSGIServer

from shared.backends.local.keys.keyfile import write_private
from shared.core.errors import AgentError, ConfigError
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.layout import LOCAL_BASE, STATE
from shared.integrations.local_sites.trial import try_sites_folder
from shared.lasting_port import find_lasting_port
from shared.local.serve import listen
from shared.local.sites.serving import SitesApp

KEPT = "sites.json"  # in the data folder: the port of the last start, and of which folder


class SitesServer:
    """Serves one folder until it is stopped; `url` is the address below which its sites are seen."""

    def __init__(self, server: BaseWSGIServer, url: str) -> None:
        self._server = server
        self.url = url

    @classmethod
    def start(cls, data: Path, env: Mapping[str, str]) -> SitesServer | None:
        """Serve the folder of WORKWRIGHT_SITES_FOLDER; None where none is named."""
        if not env.get("WORKWRIGHT_SITES_FOLDER"):
            return None
        root = Path(env["WORKWRIGHT_SITES_FOLDER"])
        kept = _read_kept(data)
        _prepare(root, kept, data)
        public = env.get("WORKWRIGHT_SITES_FOLDER_URL") or ""
        base = urlsplit(public).hostname or LOCAL_BASE
        port = int(kept.get("port") or find_lasting_port())
        try:
            server = listen(SitesApp(root, tuple(dict.fromkeys((LOCAL_BASE, base)))), port)
        except ConfigError:
            raise ConfigError(
                f"port {port}, where sites are served, is in use: end what uses it, or delete {data / KEPT} and sites"
                " get another port (links to them that people have will lead nowhere)"
            ) from None
        served = {"port": server.server_port, "folder": str(root)}
        write_private(data / KEPT, json.dumps(served) + "\n", replace=True)
        return cls(server, public or f"http://{LOCAL_BASE}:{server.server_port}")

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


def _prepare(root: Path, kept: Mapping[str, Any], data: Path) -> None:
    if kept.get("folder") == str(root) and not (root / STATE).is_dir():
        raise ConfigError(
            f"the folder for sites, {root}, is gone or empty, and there were sites in it: bring it back (is a disk not"
            f" mounted?), or delete {data / KEPT} to begin with an empty one"
        )
    if not (root / STATE).is_dir() and not (found := try_sites_folder(str(root), data)).ok:
        raise ConfigError(f"{found.says} {found.way_out} It is named by WORKWRIGHT_SITES_FOLDER.")
    try:
        Disk(root).prepare()
    except AgentError as error:
        raise ConfigError(f"the folder for sites, {root}, cannot be used: {error}") from error


def _read_kept(data: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((data / KEPT).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}
