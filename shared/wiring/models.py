"""Which vendors' adapters are behind a tenant's model, and with whose key. Only functions that think load any of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache

from shared.accounts import Accounts
from shared.app.deps import Deps
from shared.app.model_health import Health
from shared.app.model_keys import connected_models, key_of, own_keys
from shared.app.routed_model import RoutedModel
from shared.core.errors import ConfigError, Unauthorized
from shared.core.model_facts import KEYED, OFFLINE, Catalogue
from shared.core.routing import rules_of
from shared.core.run import Usage
from shared.mind.catalogue import offered
from shared.ports import Model, ModelRequest, ModelResult, Provider, Secret
from shared.settings import Settings

SECRET = "{}-api-key"  # the operator's, in deps.secrets


class Models:
    """Hands out each tenant's model. One per process: what was met is remembered in it."""

    def __init__(self, deps: Deps, settings: Settings, accounts: Accounts) -> None:
        self._deps, self._settings, self._accounts = deps, settings, accounts
        self._trace = accounts.trace
        self._health = lru_cache(maxsize=1024)(lambda tenant: Health(deps.store, deps.clock, tenant))
        self._catalogue: Catalogue | None = None
        self._with_operators_key = cache(lambda name: self._build(name, lambda: self._operators_key(name), True))

    @property
    def catalogue(self) -> Catalogue:
        """Return what is known of models; raises ConfigError where the operator's table is wrong."""
        if self._catalogue is None:
            self._catalogue = offered(self._settings.models)
        return self._catalogue

    def of(self, tenant: str) -> Model:
        """Return the tenant's model: its rules, its keys, what the installation offers."""
        deps = self._deps
        doc = deps.store.get(tenant, "settings", "tenant")
        own = {name for name, key in own_keys(deps, tenant).items() if key["status"] == "connected"}
        return RoutedModel(
            rules_of(doc.body if doc else {}),
            _Providers(lambda name: self._provider(name, tenant if name in own else "")),
            self.catalogue,
            deps.clock,
            self._health(tenant),
            connected=connected_models(deps, tenant),
        )

    def operators(self, name: str) -> Provider:
        """Return a provider with the operator's key, where it needs one; raises ConfigError for an unknown one."""
        return self._with_operators_key(name)

    def _provider(self, name: str, tenant: str) -> Provider:
        """Return a provider with the tenant's own key, or with the operator's where no tenant is named."""
        if not tenant:
            return self.operators(name)
        own = _OwnKey(name, lambda: key_of(self._deps, tenant, name))
        own.provider = self._build(name, own.key, False)
        own.refused = lambda used: self._accounts.give_up(tenant, name, used)
        return own

    def _build(self, name: str, key: Callable[[], Secret], operators: bool) -> Provider:
        if name == OFFLINE:
            from shared.backends.offline.provider import OfflineProvider

            return OfflineProvider()
        if name not in _BUILT:
            raise ConfigError(f"no provider {name!r}; there are: {OFFLINE}, {', '.join(_BUILT)}")
        return _BUILT[name](self, key, operators)

    def _operators_key(self, name: str) -> Secret:
        secret = SECRET.format(name)
        try:
            return self._deps.secrets.get(secret)
        except KeyError:
            if name not in KEYED:  # a server of one's own mostly wants none
                return Secret("")
            raise ConfigError(
                f"WORKWRIGHT_MODEL offers {name}, but the secret {secret!r} is not set: store the key under that name,"
                " or take the provider from the list"
            ) from None

    # --- the adapters, each imported where it is first asked for

    def _anthropic(self, key: Callable[[], Secret], operators: bool) -> Provider:
        from shared.backends.models.anthropic import Anthropic

        return Anthropic(
            key,
            self.catalogue,
            self._deps.clock,
            base_url=self._url("anthropic"),
            trace=self._trace,
            operators=operators,
        )

    def _openai(self, key: Callable[[], Secret], operators: bool) -> Provider:
        return self._responses("openai", key, operators)

    def _xai(self, key: Callable[[], Secret], operators: bool) -> Provider:
        return self._responses("xai", key, operators)

    def _responses(self, name: str, key: Callable[[], Secret], operators: bool) -> Provider:
        from shared.backends.models.openai_responses import OpenAIResponses

        return OpenAIResponses(
            name, key, self.catalogue, self._deps.clock,
            base_url=self._url(name), trace=self._trace, operators=operators,
        )  # fmt: skip

    def _gemini(self, key: Callable[[], Secret], operators: bool) -> Provider:
        from shared.backends.models.gemini import Gemini

        return Gemini.with_key(
            key, self.catalogue, self._deps.clock,
            base_url=self._url("gemini"), trace=self._trace, operators=operators,
        )  # fmt: skip

    def _vertex(self, key: Callable[[], Secret], operators: bool) -> Provider:
        from shared.backends.models.gemini import Gemini

        return Gemini.on_vertex(
            self._settings.project, self._settings.location, _google(), self.catalogue, self._deps.clock,
            base_url=self._url("vertex"), trace=self._trace,
        )  # fmt: skip

    def _compatible(self, key: Callable[[], Secret], operators: bool) -> Provider:
        from shared.backends.models.openai_chat import OpenAIChat

        url = self._url("compatible")
        return OpenAIChat(
            "compatible", url, key, self.catalogue, self._deps.clock, trace=self._trace, operators=operators
        )

    def _url(self, name: str) -> str:
        return self._settings.model_urls.get(name, "")


_BUILT: Mapping[str, Callable[[Models, Callable[[], Secret], bool], Provider]] = {
    "anthropic": Models._anthropic,
    "openai": Models._openai,
    "xai": Models._xai,
    "gemini": Models._gemini,
    "vertex": Models._vertex,
    "compatible": Models._compatible,
}


def _google() -> Callable[[], str]:
    from shared.backends.models.google_identity import google_token_source

    try:
        return google_token_source()
    except Exception as error:
        raise ConfigError(
            f"vertex is offered, but there is no Google identity ({type(error).__name__}): run `gcloud auth"
            " application-default login`, or run as a service account"
        ) from error


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
        self._used = self._read()
        return self._used

    def estimate(self, model: str, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost."""
        return self.provider.estimate(model, request)

    def window(self, model: str) -> int:
        """Return the model's window."""
        return self.provider.window(model)

    def count(self, model: str, request: ModelRequest) -> int:
        """Return the tokens of the prompt."""
        return self.provider.count(model, request)

    def complete(self, model: str, request: ModelRequest) -> ModelResult:
        """Ask once; raises Unauthorized when the key is refused."""
        try:
            return self.provider.complete(model, request)
        except Unauthorized:
            self.refused(self._used)
            raise
