"""What a demo leaves out: the addresses and credentials of real systems, wherever the environment names them."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path

from shared.core.errors import ConfigError
from shared.integrations.systems import SYSTEMS, hosts_variable
from shared.local.configuration.choices import FILE, Choices
from shared.settings import MODEL_SYSTEMS

_MODELS = tuple(f"WORKWRIGHT_{name.upper()}_URL" for name in MODEL_SYSTEMS)  # who thinks is asked for by name
_HOSTS = tuple(hosts_variable(each.name) for each in SYSTEMS.values() if each.self_managed)
_NAMES = ("WORKWRIGHT_MODE", "WORKWRIGHT_DATA", *_HOSTS, "FIRESTORE_EMULATOR_HOST", "SENTRY_DSN")
_BEGINNINGS = ("WORKWRIGHT_SITES_", "AWS_", "OTEL_")
_GOOGLE = "GOOGLE_APPLICATION_CREDENTIALS"


def leave_out_the_real(env: MutableMapping[str, str]) -> None:
    """Take from an environment whatever leads to a real system; a model that it names for thinking stays."""
    for name in [name for name in env if _leads_out(name, env)]:
        del env[name]


def refuse_real_choices(choices: Choices, data: Path) -> None:
    """Raise ConfigError where a real system was chosen: a demo makes up people and pages, and approves by itself."""
    if choices.real:
        raise ConfigError(
            f"a demo touches nothing real, and {data / FILE} chooses {', '.join(choices.real)}; a demo has a folder of"
            " its own: run `workwright demo` without it"
        )


def _leads_out(name: str, env: Mapping[str, str]) -> bool:
    if name == _GOOGLE:
        return "vertex" not in env.get("WORKWRIGHT_MODEL", "")
    if name.startswith("WORKWRIGHT_") and name.endswith("_URL") and name not in _MODELS:
        return True
    return name in _NAMES or name.startswith(_BEGINNINGS)
