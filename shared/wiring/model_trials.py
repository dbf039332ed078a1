"""A model is tried with a key that is not kept yet, by the adapter that will use it."""

from __future__ import annotations

from shared.app.models.model_answer import COMPATIBLE, try_model
from shared.core.errors import ConfigError
from shared.core.models.model_facts import Catalogue, Offer, describe_own_model
from shared.http_client import Trace
from shared.integrations.trial_result import Tried
from shared.ports import Clock, Secret
from shared.settings import Settings
from shared.wiring.models import Adapters


def try_model_key(
    reference: str,
    key: Secret,
    clock: Clock,
    *,
    url: str = "",
    project: str = "",
    location: str = "global",
    trace: Trace | None = None,
) -> Tried:
    """Try `provider/model` with a key, or the provider's cheapest model where none is named.

    `url` is where it answers, "" for the vendor's own address.
    `project` and `location` are for vertex, whose identity is this machine's; a server of one's own is `compatible`.
    """
    name, _, model = reference.partition("/")
    if name == COMPATIBLE and (missing := _missing_of_server(url, model)) is not None:
        return missing
    own = describe_own_model(model, name, window=32_000, speed=2, rank=9) if name == COMPATIBLE else None
    settings = Settings(
        models=Offer((name,), compatible=own),
        model_urls={name: url} if url else {},
        project=project,
        model_location=location,
    )
    try:
        adapters = Adapters(settings, lambda _: key, clock, trace)
        if not model:
            reference = _cheapest(adapters.catalogue, name)
            model = reference.partition("/")[2]
        if not adapters.catalogue.knows(reference):
            raise ConfigError(f"Nothing is known of the model {reference}, so that nobody could say what it costs.")
        provider = adapters.build_vendor(name, lambda: key, operators=False)
    except ConfigError as error:
        return Tried(False, str(error), "Choose a provider and a model that `workwright models` lists.")
    return try_model(provider, model, key, at=url if name == COMPATIBLE else "")


def _missing_of_server(url: str, model: str) -> Tried | None:
    """Return what is missing to ask a server of one's own; None where nothing is."""
    if not url.startswith(("http://", "https://")):
        way_out = "Give it as the server's guide does, as in http://127.0.0.1:11434/v1."
        return Tried(
            False, "The address of the model server is missing, or begins with neither http nor https.", way_out
        )
    if not model:
        return Tried(
            False, "The model's name is missing.", "Give it by the name that the server lists under /v1/models."
        )
    return None


def _cheapest(catalogue: Catalogue, provider: str) -> str:
    for task_class in ("cheap", "quick", "code", "reason"):
        if found := catalogue.references(task_class, provider):
            return found[0]
    raise ConfigError(f"There is no model of {provider!r} that anything is known of.")
