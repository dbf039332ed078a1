"""What attempts may use beside the ports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from shared.app.knowledge.empty_knowledge import no_embedder, no_knowledge, no_secrets
from shared.app.workspace.write_journal import Noted
from shared.mind.safety.redaction import discreet_embedder, discreet_model
from shared.ports import Secret
from shared.ports.browser import Browser, no_browser
from shared.ports.knowledge import Embedder, Knowledge
from shared.ports.model import Model
from shared.ports.sandbox import Sandbox
from shared.steps._kind import Connect, StepKind

if TYPE_CHECKING:
    from shared.app.code.package_facts import PackageFacts


class Accounts(Protocol):
    """Finds a tenant's grants and builds clients with them; see `shared/accounts/accounts.py`."""

    def connect_for(self, tenant: str, noted: Noted | None = None) -> Connect:
        """Return what hands over clients of this tenant's systems; `noted` hears of writes to Notion beforehand."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What attempts may use beside the ports; the wiring decides what is behind it."""

    kinds: Mapping[str, StepKind]
    accounts: Accounts
    model: Callable[[str], Model]  # tenant → model
    sandbox: Callable[[], Sandbox]
    check_site: Callable[..., tuple[int, str]]  # url[, headers] → status, body
    settings: Callable[[str], Mapping[str, Any]]  # tenant → its settings
    knowledge: Callable[[str], Knowledge] = no_knowledge  # tenant → what its workspace says
    embedder: Callable[[str], Embedder | None] = no_embedder  # tenant → what searches by meaning, where there is one
    known_secrets: Callable[[str], Iterable[str]] = no_secrets  # tenant → values that nobody may be told
    packages: PackageFacts = lambda keys: {}  # what registries say of packages
    site_environment: Callable[[str], Mapping[str, Secret]] = lambda tenant: {}  # tenant → variables of its sites
    browser: Callable[[], Browser] = no_browser

    def __post_init__(self) -> None:
        """Wrap what thinks, so that no request leaves with a secret in it, whoever makes it."""
        model, embedder, known = self.model, self.embedder, self.known_secrets
        object.__setattr__(self, "model", lambda tenant: discreet_model(model(tenant), lambda: known(tenant)))
        object.__setattr__(self, "embedder", lambda tenant: discreet_embedder(embedder(tenant), lambda: known(tenant)))
