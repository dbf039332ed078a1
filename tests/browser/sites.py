"""Sites as the offline model builds them from pages, and a server that shows them."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

from shared.core.page import Page
from shared.http_client import HttpClient
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.values.property_values import property_value
from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.local.story.idea import read_idea
from shared.ports import Secret
from tests.support.servers.http_loopback import Handler, HttpServer
from tests.unit.offline import pages

IDEAS = Path(__file__).resolve().parents[1] / "ideas"
NAMES = [
    "bakery-opening",
    "bike-workshop-prices",
    "birthday-party",
    "poetry-evening",
    "school-sports-day",
    "village-library-api",
]  # long and short, both directions of writing, a site and a service; a browser looks at each for seconds


def idea_pages() -> dict[str, Page]:
    """Return every idea as the planner reads it: written to a simulated Notion, and read back by our client."""
    simulator = NotionSimulator()
    server = serve(simulator)
    try:
        requests.post(f"{simulator.base_url}/_config", json={"rate_limit": 0}, timeout=10)
        seeded = requests.post(f"{simulator.base_url}/_seed", json={"internal": True}, timeout=10).json()
        notion = Notion(HttpClient("notion", simulator.base_url, Secret(seeded["token"]), timeouts=(2, 10)))
        found = {}
        for name in NAMES:
            idea = read_idea(IDEAS / f"{name}.md")
            made = notion.create_page(
                page_id=seeded["home_page_id"],
                properties={"title": property_value("title", idea.title)},
                children=idea.blocks,
            )
            found[name] = notion.read_page(str(made["id"]))
        return found
    finally:
        server.shutdown()
        server.server_close()


def site_of(page: Page) -> dict[str, str]:
    """Return the files of the page's site as they would be deployed, by path."""
    answer = pages.code(page)
    root = answer["site_root"].strip("/")
    prefix = f"{root}/" if root else ""
    return {path.removeprefix(prefix): text for path, text in pages.files(answer).items() if path.startswith(prefix)}


class SiteServer(HttpServer):
    """Serves each site in a folder of its own, and nothing else."""

    def __init__(self, sites: Mapping[str, Mapping[str, str]]) -> None:
        class Files(Handler):
            def do_GET(self) -> None:
                _, site, path = [*unquote(urlsplit(self.path).path).split("/", 2), "", ""][:3]
                text = sites.get(site, {}).get(path or "index.html")
                kind = mimetypes.guess_type(path or "index.html")[0] or "text/plain"
                headers = {"Content-Type": f"{kind}; charset=utf-8"}
                self.reply(404 if text is None else 200, (text or "").encode(), headers)

        super().__init__(Files)
