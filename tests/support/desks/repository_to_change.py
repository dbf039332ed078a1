"""A real git repository behind the simulated GitHub, which a run is to change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.http_client import HttpClient
from shared.integrations.forge import SYMLINK, Author
from shared.integrations.github.client import GitHub
from shared.ports import Secret
from tests.integrations.conftest import Served

DATE = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
TEST = (
    "import unittest\nfrom shop.sums import add\n\n\nclass Sums(unittest.TestCase):\n    def test_add(self):\n"
    "        self.assertEqual(add(2, 3), 5)\n"
)
FILES: Mapping[str, bytes] = {
    "README.md": b"# Shop\n",
    "shop/__init__.py": b"",
    "shop/sums.py": b"def add(a, b):\n    return a + b\n",
    "shop/mail.py": b"def send(to):\n    return to\n",
    "tests/__init__.py": b"",
    "tests/test_sums.py": TEST.encode(),
    "logo.png": b"\x89PNG\x00\xff",
    "node_modules/x/index.js": b"made by a tool",
    "link": b"README.md",
    "video.bin": bytes(1_000_001),
}


class RepositoryDesk:
    """A repository with files, our client of it, and what was asked."""

    def __init__(self, sim: Served) -> None:
        sim.control("/_seed", [{"login": "ada", "token": "gh-word-" + "1", "org": "acme"}])
        self.asked: list[dict[str, Any]] = []
        http = HttpClient("github", sim.url, Secret("gh-word-" + "1"), timeouts=(2, 10), trace=self.asked.append)
        self.github = GitHub(http)
        self.github.ensure_repository("acme", "shop")
        self.base = self.commit("main", self.github.head("acme", "shop", "main"), FILES, link=True)
        self.asked.clear()

    def commit(self, branch: str, head: str, files: Mapping[str, bytes], *, link: bool = False, **more: Any) -> str:
        expected = self.github.head("acme", "shop", branch)
        return self.github.commit(
            "acme", "shop", base=head, branch=branch, expected_head=expected, files=files, message="Change",
            modes={"link": SYMLINK} if link else {}, author=Author("Ada", "ada@example.test"), date=DATE, **more,
        )  # fmt: skip
