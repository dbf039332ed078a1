"""Code that a language model has written is run in the strongest sandbox alone; without it nothing is set up for it."""

from __future__ import annotations

import os

from shared.cli.setup.choices import Choices
from shared.core.errors import ConfigError
from shared.core.model_facts import OFFLINE

_STRONG = "bubblewrap"
_HOW = (
    "Install bubblewrap (apt-get install bubblewrap) and allow it user namespaces; where AppArmor forbids them, as on"
    " Ubuntu 24.04: sysctl kernel.apparmor_restrict_unprivileged_userns=0. Or choose the model offline, or no code."
)


def refuse_unsafe_code(choices: Choices, *, model: str = "", programs: bool | None = None) -> None:
    """Raise ConfigError where a language model would write code, and this machine cannot shut that code in.

    `model` and `programs` are what is about to be chosen; without them what was chosen before holds.
    """
    asked = model or choices.model.get("ask", "")
    if programs is None:
        programs = any(choices.mode(forge) != "none" for forge in ("github", "gitlab"))
    if not asked or asked == OFFLINE or not programs:
        return
    if why := _lacking():
        raise ConfigError(f"a language model would write code that is run on this machine, and {why}. {_HOW}")


def _lacking() -> str:
    """Return what is wrong with the sandbox, "" where another machine runs the code or this one shuts it in."""
    from shared.core.errors import SandboxUnavailable
    from shared.settings import Settings
    from shared.wiring.sandbox import chosen_sandbox, proven

    settings = Settings.from_env(os.environ)
    if settings.sandbox.driver != "local":
        return ""
    try:
        name = proven(chosen_sandbox(settings))
    except SandboxUnavailable as error:
        return str(error)
    return "" if name == _STRONG else f"only {name} holds here, which is too weak for it"
