"""Code that a language model has written is run in the strongest sandbox alone; without it nothing is set up for it."""

from __future__ import annotations

from collections.abc import Callable

from shared.core.errors import ConfigError, SandboxUnavailable
from shared.core.models.model_facts import OFFLINE
from shared.integrations.systems import FORGES
from shared.local.configuration.choices import NONE, Choices
from shared.ports.sandbox import Sandbox
from shared.settings import Settings, process_environment
from shared.wiring.choose_sandbox import chosen_sandbox, prove_sandbox

_STRONG = "bubblewrap"
_HOW = (
    "Install bubblewrap (apt-get install bubblewrap) and allow it user namespaces; where AppArmor forbids them, as on"
    " Ubuntu 24.04: sysctl kernel.apparmor_restrict_unprivileged_userns=0. Or choose the model offline, or no code."
)


def refuse_unsafe_code(
    choices: Choices, *, model: str = "", programs: bool | None = None, sandbox: Callable[[], Sandbox] | None = None
) -> None:
    """Raise ConfigError where a language model would write code, and this machine cannot shut that code in.

    `model` and `programs` are what is about to be chosen; without them what was chosen before holds. `sandbox` returns
    what would run the code, by default that of the environment.
    """
    asked = model or choices.model.get("ask", "")
    if programs is None:
        programs = any(choices.mode(forge) != NONE for forge in FORGES)
    if not asked or asked == OFFLINE or not programs:
        return
    if why := _lacking(sandbox):
        raise ConfigError(f"a language model would write code that is run on this machine, and {why}. {_HOW}")


def _lacking(given: Callable[[], Sandbox] | None) -> str:
    """Return what is wrong with the sandbox, "" where another machine runs the code or this one shuts it in."""
    settings = Settings.from_env(process_environment())
    if settings.sandbox.driver != "local":
        return ""
    try:
        name = prove_sandbox(given() if given is not None else chosen_sandbox(settings))
    except SandboxUnavailable as error:
        return str(error)
    return "" if name == _STRONG else f"only {name} holds here, which is too weak for it"
