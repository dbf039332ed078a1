"""A system or a model is tried with what was just given, or is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from shared.backends.clock import SystemClock
from shared.core.errors import ConfigError, Unavailable
from shared.integrations.systems import SYSTEMS
from shared.integrations.trial_result import Given, Tried
from shared.integrations.trials import load_trial
from shared.ports import Secret
from shared.settings import process_environment


def try_system(system: str, given: Given, path: str = "") -> Tried:
    """Say whether what was given for a system will do, by its own trial or by the one at `path`."""
    entry = SYSTEMS[system]
    facts = {name: process_environment().get(variable, "") for name, variable in entry.variables.items()}
    given = replace(given, facts={**facts, **given.facts})
    if not entry.by_identity:
        return load_trial(system, path)(given)
    from shared.backends.models.google_identity import google_token_source

    try:
        token = Secret(google_token_source()())
    except (ConfigError, Unavailable) as error:
        way_out = "Run `gcloud auth application-default login`, or run as a service account."
        return Tried(False, f"There is no Google identity here ({type(error.__cause__).__name__}).", way_out)
    return load_trial(system, path)(replace(given, token=token))


def read_now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


def try_model_of(chosen: Mapping[str, str], key: Secret) -> Tried:
    """Say whether the model answers; of a vendor that was named alone, its cheapest is asked."""
    from shared.wiring.model_trials import try_model_key

    provider, _, model = chosen["ask"].partition("/")
    reference = f"{provider}/{model or chosen.get('name', '')}".rstrip("/")
    url, project = chosen.get("url", ""), chosen.get("project", "")
    return try_model_key(reference, key, SystemClock(), url=url, project=project)
