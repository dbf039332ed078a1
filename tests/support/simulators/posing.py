"""Simulators that stand for real systems: served in this process, apart from any house, each at its own address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from shared.local.simulators._server import Simulator, serve
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.local.simulators.vercel import VercelSimulator


@dataclass(frozen=True)
class Posing:
    """One of them."""

    url: str

    def seed(self, **given: Any) -> None:
        """Give it an account."""
        answer = requests.post(f"{self.url}/_seed", json=given, timeout=10)
        assert answer.status_code < 300, answer.text

    def journal(self) -> list[dict[str, Any]]:
        """Return every request there was."""
        return list(requests.get(f"{self.url}/_journal", timeout=10).json())


@contextmanager
def posing(folder: Path) -> Iterator[dict[str, Posing]]:
    """Serve GitHub, GitLab, Vercel and Slack."""
    kinds: dict[str, type[Simulator]] = {
        "github": GitHubSimulator,
        "gitlab": GitLabSimulator,
        "vercel": VercelSimulator,
        "slack": SlackSimulator,
    }
    with ExitStack() as stack:
        found = {}
        for name, kind in kinds.items():
            simulator = kind(folder / name)
            server = serve(simulator)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            found[name] = Posing(simulator.base_url)
        yield found
