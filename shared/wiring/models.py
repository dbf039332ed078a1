"""Which vendors' adapters are behind a tenant's model, and with whose key. Only functions that think load any of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from shared.accounts.accounts import Accounts
from shared.app.engine.deps import Deps
from shared.app.models.model_health import Health
from shared.app.models.model_keys import choose_models, key_of, own_keys
from shared.app.models.model_verdicts import NoModel
from shared.app.models.routed_model import RoutedModel
from shared.app.notify.announce import announce_quota
from shared.core.errors import ConfigError, Unauthorized
from shared.core.models.model_facts import OFFLINE, Catalogue
from shared.core.models.routing import rules_of
from shared.core.run.faults import Fault
from shared.core.run.run import Usage
from shared.http_client import Trace
from shared.mind.catalogue import load_offered
from shared.ports import Clock, Secret
from shared.ports.documents import all_settings
from shared.ports.model import Model, ModelRequest, ModelResult, Provider
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.backends.models.pydantic_ai import PydanticAI
    from shared.backends.models.vendor import Vendor

Key = Callable[[], Secret]

SECRET = "{}-api-key"  # the operator's, in deps.secrets


class Adapters:
    """Builds vendors' adapters, each imported when it is first asked for.

    `secret` returns one of the operator's secrets by its name; raises KeyError.
    """

    def __init__(
        self, settings: Settings, secret: Callable[[str], Secret], clock: Clock, trace: Trace | None = None
    ) -> None:
        self._settings, self._secret = settings, secret
        self._clock, self._trace = clock, trace
        self.catalogue = load_offered(settings.models)
        self.operators = cache(self._operators)

    def build_vendor(self, name: str, key: Key, *, operators: bool) -> Vendor:
        """Return a vendor's adapter that asks `key` at each call; raises ConfigError for an unknown vendor."""
        if name not in _BUILT:
            raise ConfigError(f"there is no provider {name!r}; use one of {OFFLINE}, {', '.join(_BUILT)}")
        url = self._settings.model_urls.get(name, "")
        more: dict[str, Any] = {"base_url": url, "trace": self._trace, "operators": operators}
        return _BUILT[name](name, key, self.catalogue, self._clock, self._settings, more)

    def check(self, name: str) -> None:
        """Ask the provider for something free with the operator's key; raises what a call would raise."""
        if name == "pydantic-ai":
            self._library().check()
        elif name != OFFLINE:
            self.build_vendor(name, lambda: self._operators_key(name), operators=True).check()

    def _operators(self, name: str) -> Provider:
        """Return a provider with the operator's key, where it needs one."""
        if name == OFFLINE:
            from shared.backends.offline.model import OfflineProvider

            return OfflineProvider()
        if name == "pydantic-ai":
            return self._library()
        return self.build_vendor(name, lambda: self._operators_key(name), operators=True)

    def _library(self) -> PydanticAI:
        from shared.backends.models.pydantic_ai import PydanticAI

        return PydanticAI(self._operators_key, self.catalogue, self._clock)

    def _operators_key(self, name: str) -> Secret:
        secret = SECRET.format(name)
        try:
            return self._secret(secret)
        except KeyError:
            if name == "compatible":  # a server of one's own mostly wants none
                return Secret("")
            way_out = f"Store the key as the operator's secret {secret!r}, or take {name} out of WORKWRIGHT_MODEL."
            why = f"this installation offers {name}, but has no key for it"
            raise NoModel(why, way_out=way_out, fault=Fault.NO_KEY) from None


class Models:
    """Hands out each tenant's model. One per process: what was met is remembered in it."""

    def __init__(self, deps: Deps, settings: Settings, accounts: Accounts) -> None:
        self._deps, self._accounts = deps, accounts
        self._adapters = Adapters(settings, deps.secrets.get, deps.clock, accounts.trace)
        self._health = lru_cache(maxsize=1024)(lambda tenant: Health(deps.store, deps.clock, tenant))

    @property
    def catalogue(self) -> Catalogue:
        return self._adapters.catalogue

    def open_for(self, tenant: str) -> Model:
        """Return the tenant's model: its rules, its keys, what the installation offers."""
        deps = self._deps
        keys = own_keys(deps, tenant)
        connected = choose_models(deps, keys)
        own = {name for name, key in keys.items() if key["status"] == "connected"}
        if not connected:  # all were refused: a call says so, and waits for a new one
            connected, own = tuple(keys), set(keys)
        return RoutedModel(
            rules_of(all_settings(deps.store, tenant)),
            _Providers(lambda name: self._build_own(name, tenant) if name in own else self._adapters.operators(name)),
            self.catalogue,
            deps.clock,
            self._health(tenant),
            connected=connected,
            used_up=lambda provider: announce_quota(deps, tenant, provider),
        )

    def _build_own(self, name: str, tenant: str) -> Provider:
        """Return a provider with the tenant's own key."""
        own = _OwnKey(name, lambda: key_of(self._deps, tenant, name))
        own.provider = self._adapters.build_vendor(name, own.key, operators=False)
        own.refused = lambda used: self._accounts.give_up(tenant, name, used)
        return own


# One function per vendor, because each imports another module.


def _anthropic(name: str, key: Key, prices: Catalogue, clock: Clock, settings: Settings, more: Any) -> Vendor:
    from shared.backends.models.anthropic import Anthropic

    return Anthropic(key, prices, clock, **more)


def _responses(name: str, key: Key, prices: Catalogue, clock: Clock, settings: Settings, more: Any) -> Vendor:
    from shared.backends.models.openai_responses import OpenAIResponses

    return OpenAIResponses(name, key, prices, clock, **more)


def _gemini(name: str, key: Key, prices: Catalogue, clock: Clock, settings: Settings, more: Any) -> Vendor:
    from shared.backends.models.gemini import Gemini

    return Gemini.open_with_key(key, prices, clock, **more)


def _vertex(name: str, key: Key, prices: Catalogue, clock: Clock, settings: Settings, more: Any) -> Vendor:
    from shared.backends.models.gemini import Gemini

    at = {name: value for name, value in more.items() if name != "operators"}  # it never is a tenant's
    return Gemini.open_on_vertex(settings.project, settings.model_location, _google(), prices, clock, **at)


def _compatible(name: str, key: Key, prices: Catalogue, clock: Clock, settings: Settings, more: Any) -> Vendor:
    from shared.backends.models.openai_chat import OpenAIChat

    at = {name: value for name, value in more.items() if name != "base_url"}
    return OpenAIChat(name, more["base_url"], key, prices, clock, **at)


_BUILT: Mapping[str, Callable[[str, Key, Catalogue, Clock, Settings, Any], Vendor]] = {
    "anthropic": _anthropic,
    "openai": _responses,
    "xai": _responses,
    "gemini": _gemini,
    "vertex": _vertex,
    "compatible": _compatible,
}


def _google() -> Callable[[], str]:
    from shared.backends.models.google_identity import google_token_source

    try:
        return google_token_source()
    except ConfigError as error:
        raise ConfigError(f"vertex is configured, but {error}") from error


class _Providers(Mapping[str, Provider]):
    """Builds each provider when it is first asked for: most tenants use one, and each loads modules of its own."""

    def __init__(self, build: Callable[[str], Provider]) -> None:
        self._build = lru_cache(maxsize=None)(build)

    def __getitem__(self, name: str) -> Provider:
        return self._build(name)

    def __iter__(self) -> Iterator[str]:
        return iter((*_BUILT, OFFLINE))

    def __len__(self) -> int:
        return len(_BUILT) + 1


class _OwnKey:
    """A provider with a tenant's key; one that is refused is marked, and its people are told."""

    provider: Provider
    refused: Callable[[Secret], None]

    def __init__(self, name: str, read: Callable[[], Secret]) -> None:
        self.name = name
        self._read = read
        self._used = Secret("")

    def key(self) -> Secret:
        """Return the key, and remember which it was: a newer one must not be blamed for it."""
        self._used = Secret("")
        self._used = self._read()
        return self._used

    def estimate(self, model: str, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost."""
        return self.provider.estimate(model, request)

    def window(self, model: str) -> int:
        return self.provider.window(model)

    def count(self, model: str, request: ModelRequest) -> int:
        return self.provider.count(model, request)

    def complete(self, model: str, request: ModelRequest) -> ModelResult:
        """Ask once; raises Unauthorized when the key is refused."""
        try:
            return self.provider.complete(model, request)
        except Unauthorized:
            if self._used.reveal():
                self.refused(self._used)
            raise
