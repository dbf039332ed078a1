"""What an external system says of itself, as data: `shared/integrations/systems.py` is the one list of them.

The core is handed what it needs of it, as capabilities and words; it knows no system by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class OAuthProvider:
    """What one system's OAuth looks like."""

    name: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...] = ()
    auth: Literal["basic", "body"] = "body"  # where the token endpoint wants the client's secret
    encoding: Literal["form", "json"] = "form"
    authorize_params: Mapping[str, str] = field(default_factory=dict)  # fixed ones, e.g. owner=user
    headers: Mapping[str, str] = field(default_factory=dict)
    pkce: bool = False
    scope_separator: str = " "
    introspect_url: str = ""  # empty: the system does not have this endpoint
    revoke_url: str = ""

    @property
    def origin(self) -> str:
        """Return the base URL for the HTTP client that `exchange` and `refresh` are given."""
        scheme, _, rest = self.token_url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person does where we could not, at a host; `{site}`, `{deployment}` and `{token}` are filled in."""

    put_live: str
    take_down: str


@dataclass(frozen=True, slots=True)
class System:
    """One external system. `client` and `webhook` are loaded by their paths ("module:name") where they are needed.

    So whoever reads the list loads no client, and ships none.
    """

    name: str  # in settings, stored documents and commands; never changes
    title: str  # as people know it
    address: str = ""  # of its API; empty: nothing is asked over HTTP by a team's token
    client: str = ""
    webhook: str = ""
    oauth: OAuthProvider | None = None
    by_link: bool = False  # a team connects it by a link that leads through its OAuth
    by_token: bool = False  # a team connects it from the terminal by a token of its own
    self_managed: bool = False  # a team may have one of its own, at a host that the operator allows
    elsewhere: bool = True  # WORKWRIGHT_<NAME>_URL may name another address
    keeps_code: bool = False
    hosts_sites: bool = False
    files_alone: bool = False  # a host that serves files, and neither builds nor runs anything
    for_all: bool = False  # the operator's, there without a team's choice
    sends_messages: bool = False
    sends_mail: bool = False
    publishes: bool = False  # what is written there may be seen by strangers
    usual_seconds: tuple[int, int] | None = None  # from and to, of a step of its own
    by_hand: ByHand | None = None
    token_looks: tuple[str, ...] = ()  # what its tokens begin with
    secrets: Mapping[str, str] = field(default_factory=dict)  # the operator's: name → where to get it
