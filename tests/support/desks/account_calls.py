"""A tenant's calls to the simulated Notion, with its budget and a token that ends."""

from __future__ import annotations

from collections.abc import Callable

from shared.accounts.accounts import Accounts
from shared.accounts.providers import PROVIDERS
from shared.core.rate_window import Rate
from shared.integrations.notion.client.client import Notion
from shared.oauth import GrantTokens, exchange
from shared.ports import Secret
from tests.integrations.conftest import Served
from tests.support.rigs.small_house import SmallHouse
from tests.support.simulators import kept_open

CLIENT, BACK = "workwright-test", "http://127.0.0.1:9/back"


class AccountCalls:
    """A house and a simulated Notion, with grants as a person gives them; any number of instances of ours."""

    def __init__(self, house: SmallHouse, notion: Served) -> None:
        self.house, self.notion = house, notion
        self.slept: list[float] = []
        self.lost: list[tuple[str, str, str]] = []
        notion.control("/_config", {"rate_limit": 0})
        self.secret = "word-of-the-client"
        house.secrets.set("notion-client-id", Secret(CLIENT))
        house.secrets.set("notion-client-secret", Secret(self.secret))
        for client in (CLIENT, "another"):
            connection = {"client_id": client, "client_secret": self.secret, "redirect_uris": [BACK], "name": client}
            notion.control("/_seed", {"integration": {**connection, "auto_approve": True}})

    def consent(self, client: str = CLIENT) -> GrantTokens:
        """Let the person say yes to a connection; return what Notion hands over."""
        asked = {"client_id": client, "redirect_uri": BACK, "response_type": "code"}
        to = kept_open.get(f"{self.notion.url}/v1/oauth/authorize", params=asked, allow_redirects=False, timeout=10)
        code = to.headers["Location"].partition("code=")[2]
        http = self.house.accounts.plain_http("notion")
        return exchange(http, PROVIDERS["notion"], client, Secret(self.secret), code, BACK)

    def instance(self, limit: int = 100, sleep: Callable[[float], None] | None = None) -> Accounts:
        """Return the accounts of another instance."""
        house = self.house
        return Accounts(
            house.store,
            house.secrets,
            house.clock,
            house.accounts.endpoints,
            house.deps.owner,
            rate=Rate(limit=limit),
            sleep=sleep or self._sleep,
            lost=lambda tenant, system, what, since: self.lost.append((tenant, system, what)),
        )

    def asked(self, path: str = "/v1/users/me") -> int:
        """Return how many requests of that path arrived."""
        return sum(entry["path"] == path for entry in self.notion.journal())

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.house.clock.move(seconds=seconds)


def notion_of(accounts: Accounts, tenant: str) -> Notion:
    return accounts.connect_for(tenant)(Notion)
