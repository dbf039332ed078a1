"""A project in the simulated GitLab, our client of it, and git itself."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.http_client import HttpClient
from shared.integrations.forge import Author
from shared.integrations.gitlab.client import GitLab
from shared.ports import Secret
from tests.integrations.conftest import Served

AUTHOR = Author("Workwright", "agent@example.test")
DATE = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
FILES = {"app/page.js": "let ż = 1\n".encode(), "logo.bin": b"\x00\xff\x01", "win.txt": b"one\r\ntwo\r\n"}
WORD, OTHER = "gl-word-" + "1", "gl-word-" + "2"
BRANCH = "workwright/shop-1"


@dataclass
class GitLabProject:
    """A simulated GitLab, our client of it, and all that the client asked."""

    sim: Served
    gitlab: GitLab
    asked: list[dict[str, Any]] = field(default_factory=list)

    def client(self, token: str) -> GitLab:
        return GitLab(HttpClient("gitlab", self.sim.url, Secret(token), timeouts=(2, 10), trace=self.asked.append))

    def person(self, who: str, method: str, path: str, body: Any = None) -> Any:
        return self.sim.control("/_as_person", {"user": who, "method": method, "path": path, "body": body})

    def commit(self, **changes: Any) -> str:
        asked: dict[str, Any] = {
            "base": self.gitlab.head("acme", "shop", "main"), "branch": BRANCH, "expected_head": "", "files": FILES,
            "message": "Build the shop", "author": AUTHOR, "date": DATE,
        }  # fmt: skip
        return self.gitlab.commit("acme", "shop", **(asked | changes))

    def writes(self) -> list[str]:
        return [f"{e['method']} {e['path']}" for e in self.sim.journal() if e["method"] != "GET" and e["status"] < 300]

    def git(self, *arguments: str) -> str:
        found = self.sim.simulator.project_named("acme/shop")
        place = self.sim.simulator.bare(found).path
        done = subprocess.run(["git", f"--git-dir={place}", *arguments], capture_output=True, check=True)
        return done.stdout.decode("utf-8", "replace")
