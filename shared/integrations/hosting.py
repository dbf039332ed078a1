"""What we ask of whoever hosts sites; `vercel`, `cloud_storage` and `local_sites` do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from shared.core.errors import NotAllowed
from shared.http_client import HttpClient
from shared.ports import Secret

State = Literal["queued", "building", "ready", "failed", "cancelled", "blocked"]
ENDED: frozenset[str] = frozenset({"ready", "failed", "cancelled", "blocked"})  # nothing follows by itself
RUNNING: frozenset[str] = frozenset({"queued", "building"})


@dataclass(frozen=True, slots=True)
class Switch:
    """The last change of what a site's own address shows.

    `kind` is "promote" or "rollback"; `state` is "pending", "done" or "failed"; `to` is the deployment's id.
    """

    kind: str
    state: str
    to: str


@dataclass(frozen=True, slots=True)
class Site:
    """A site; `production` is the id of the deployment that its own address shows, "" when there is none yet.

    `domain` is that address without a scheme, "" until there is one (a path may belong to it). `auto_assigns` says
    whether the next production build would go live by itself: after a rollback it does not, until somebody promotes.
    """

    id: str
    name: str
    production: str = ""
    domain: str = ""
    auto_assigns: bool = True
    last_switch: Switch | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """One version of a site at an address of its own; `url` has no scheme.

    "ready" is built, `live` says that its address answers too; "ready" with an `error` never will. `error` says why it
    failed; `meta` is what we wrote to it when it was made.
    """

    id: str
    url: str
    state: State
    live: bool = False
    error: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit at a forge ("github", "gitlab"): `id` is the repository's number there, `root` the folder to deploy."""

    system: str
    id: int
    branch: str
    sha: str
    root: str = ""


class Hosting(Protocol):
    """A system that hosts sites. Every method raises IntegrationError; Missing for what is not there.

    Nothing here waits: `deploy`, `promote` and `rollback` return at once; `deployment` and `site` tell how far it is.
    """

    system: ClassVar[str]

    @property
    def scheme(self) -> str:
        """Return the scheme of all addresses that it tells."""

    def ensure_site(self, name: str, framework: str | None = None) -> Site:
        """Return the site of that name, made if need be. Called again it returns the one there."""

    def site(self, name_or_id: str) -> Site:
        """Return a site as it is now; raises Missing."""

    def set_environment(self, site: Site, values: Mapping[str, Secret]) -> None:
        """Set these variables for previews and production alike; called again it ends the same.

        Raises Rejected where the system has nothing that could read them.
        """

    def deploy(
        self, site: Site, files: Mapping[str, bytes], meta: Mapping[str, str], *, framework: str | None = None,
        fresh: bool = False,
    ) -> Deployed:  # fmt: skip
        """Put these files (path → content) at an address of their own and return at once; nothing goes live by it.

        With `fresh` it is another deployment even if the same files are there: ask `find_deployment` first.
        """

    def deploy_commit(
        self, site: Site, commit: Commit, meta: Mapping[str, str], *, framework: str | None = None
    ) -> Deployed:
        """Let the host fetch exactly this commit itself; else as `deploy` with `fresh`.

        Raises Rejected, with the way out, where it cannot reach the repository.
        """

    def find_deployment(self, site_id: str, key: str, value: str) -> Deployed | None:
        """Return the newest deployment of the site with this value in its `meta`."""

    def deployment(self, id: str) -> Deployed:
        """Return a deployment as it is now; raises Missing."""

    def build_log(self, id: str) -> str:
        """Return what the build said, oldest first; "" where nothing is built."""

    def visit_headers(self, site_id: str) -> Mapping[str, Secret]:
        """Return what a request for a protected preview has to carry; {} where previews are open."""

    def promote(self, site_id: str, id: str) -> None:
        """Show this deployment at the site's own address; done when `site(...).production` says so.

        Called again for what is there already it changes nothing, but for taking back what a rollback switched off.
        """

    def rollback(self, site_id: str, id: str, why: str = "") -> None:
        """Show an earlier deployment at the site's own address again; done when `site(...).production` says so."""

    def cancel(self, id: str) -> None:
        """Stop a build; one that has ended is left as it is."""

    def delete(self, id: str) -> None:
        """Delete a deployment; one that is gone counts as deleted. With one in production its site shows nothing."""

    def remove_site(self, id: str) -> None:
        """Delete a site with all its deployments, what is live too; one that is gone counts as deleted."""


Leaving = Callable[[str, str, Any], Any]
"""Looks at a write before it leaves: method, path and body; returns what is sent."""


@dataclass(frozen=True, slots=True)
class OwnParts:
    """What the operator has set for hosts of its own, "" for none, and what they need; `connect` is for HTTP.

    `connect` and `look` are asked with the system and the tenant, `passed` hears of each change that has been made.
    """

    folder: str
    folder_url: str
    bucket: str
    url: str
    connect: Callable[[str, str], HttpClient]
    look: Callable[[str, str], Leaving | None]
    passed: Callable[[str], None]


class OwnHosts:
    """Hosts of the operator's own, there for all tenants: by the client's class what hands over a tenant's part."""

    def __init__(self, parts: Mapping[type[Any], Callable[[str], Any]] | None = None) -> None:
        self._parts = parts or {}

    def __contains__(self, client: type[Any]) -> bool:
        """Say whether this installation has that host."""
        return client in self._parts

    @property
    def systems(self) -> list[str]:
        """Return what the hosts are called."""
        return [str(client.system) for client in self._parts]

    def part(self, client: type[Any], tenant: str) -> Any:
        """Return the client of a tenant's part; raises NotAllowed where the operator has no such host."""
        if client not in self._parts:
            way_out = "The operator has to set it up, or the team has to choose another one for ship.site.system."
            raise NotAllowed(str(getattr(client, "system", client.__name__)), "there is none here", way_out=way_out)
        return self._parts[client](tenant)
