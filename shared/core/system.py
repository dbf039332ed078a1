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
    revoke_url: str = ""  # empty: the system does not have this endpoint


@dataclass(frozen=True, slots=True)
class OpenId:
    """A provider that says who somebody is (OpenID Connect Core 1.0); it is asked for nothing else."""

    name: str  # of its identities, as in google:SUB, of its secrets, and in addresses; never changes
    issuers: tuple[str, ...]  # as its tokens name it
    scopes: tuple[str, ...] = ("openid", "email", "profile")


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person does where we could not, at a host; `{site}`, `{deployment}` and `{token}` are filled in."""

    put_live: str
    take_down: str


@dataclass(frozen=True, slots=True)
class SecretLook:
    """What a secret of a system looks like in a text: `literals`, apart by blanks, of which the pattern needs one."""

    kind: str
    literals: str
    pattern: str


TOKEN = "token"  # what a team's own token is kept as, among what a set-up asks for


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a guided set-up asks for."""

    name: str  # in a file of answers, and as it is kept where it is no secret
    text: str
    usual: str = ""
    secret: str = ""  # what it is kept as: TOKEN, or the name of a secret of the operator's; empty: it is none
    variable: str = ""  # of the environment, which may say the same
    is_folder: bool = False  # of this machine; `usual` is one in the data folder


@dataclass(frozen=True, slots=True)
class ClickWay:
    """One way for clicks on the buttons of a message to come in, by a secret of the operator's."""

    name: str
    offered: str
    ask: Ask
    trial: str = ""  # as a system's own; empty: nothing can be tried
    at_address: bool = False  # the system calls us, so that this machine has to have a public address


@dataclass(frozen=True, slots=True)
class System:
    """One external system. `client`, `webhook`, `trial` and `app` are loaded by their paths ("module:name").

    So whoever reads the list loads no client, and ships none.
    """

    name: str  # in settings, stored documents and commands; never changes
    title: str  # as people know it
    address: str = ""  # of its API; empty: nothing is asked over HTTP by a team's token
    client: str = ""
    webhook: str = ""
    trial: str = ""  # says whether what was given for it will do
    oauth: OAuthProvider | None = None
    signs_in: OpenId | None = None  # says who somebody is
    by_link: bool = False  # a team connects it by a link that leads through its OAuth
    by_token: bool = False  # a team connects it from the terminal by a token of its own
    self_managed: bool = False  # a team may have one of its own, at a host that the operator allows
    elsewhere: bool = True  # WORKWRIGHT_<NAME>_URL may name another address
    app: str = ""  # hands out tokens of an app of ours that an owner may install there, in place of giving one
    shows_owner: str = ""  # the right of a token by which somebody shows that they may install it
    keeps_code: bool = False
    hosts_sites: bool = False
    files_alone: bool = False  # a host that serves files, and neither builds nor runs anything
    for_all: bool = False  # the operator's, there without a team's choice
    sends_messages: bool = False
    sends_mail: bool = False
    was_alone: bool = False  # what earlier versions have stored without a host's name is of it
    publishes: bool = False  # what is written there may be seen by strangers
    usual_seconds: tuple[int, int] | None = None  # from and to, of a step of its own
    by_hand: ByHand | None = None
    token_looks: tuple[str, ...] = ()  # what its tokens begin with
    secret_looks: tuple[SecretLook, ...] = ()  # to find them in texts
    acts_on: tuple[str, ...] = ()  # patterns of files in a repository that tell it what to do
    not_in_new: tuple[str, ...] = ()  # names in whose folders, in a new repository, nobody has approved what it runs
    secrets: Mapping[str, str] = field(default_factory=dict)  # the operator's: name → where to get it
    simulated: bool = True  # there is a simulator of it
    simulator_needs: tuple[str, ...] = ()  # modules of others
    by_identity: bool = False  # this machine's identity at Google is what opens it
    offered: str = ""  # how a guided set-up names it among others of its kind
    called: str = ""  # in lists of what is used here, where that is not its title
    asks: tuple[Ask, ...] = ()  # what a guided set-up asks for, where that is not a token alone
    learns: tuple[str, ...] = ()  # what is kept beside the answers of what its trial finds
    clicks: tuple[ClickWay, ...] = ()
    variables: Mapping[str, str] = field(
        default_factory=dict
    )  # what its trial takes from the environment: name → there

    @property
    def part(self) -> str:
        """Return the part of a guided set-up that asks for it: with its kind, or alone."""
        kinds = {"code": self.keeps_code, "sites": self.hosts_sites, "mail": self.sends_mail}
        alone = self.signs_in.name if self.signs_in is not None else self.name
        return next((kind for kind, is_it in kinds.items() if is_it), alone)

    @property
    def questions(self) -> tuple[Ask, ...]:
        """Return what a guided set-up asks for, in this order."""
        if self.asks or not self.by_token:
            return self.asks
        owner = f"The organisation, group or user that repositories belong to on {self.title} (Enter: the token's)"
        token = Ask("token", f"A token of {self.title}", secret=TOKEN)
        return (Ask("owner", owner), token) if self.keeps_code else (token,)

    @property
    def facts(self) -> tuple[str, ...]:
        """Return what is kept of it on one machine that is no secret."""
        asked = (each.name for each in self.questions if not each.secret)
        own = ("host",) if self.self_managed else ()
        place_facts = ("address",) if self.elsewhere else ()
        return tuple(dict.fromkeys((*asked, *self.learns, *own, *place_facts)))
