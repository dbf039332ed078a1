"""Set up a provider by which people sign in beside Notion and mail: the operator's client there."""

from __future__ import annotations

from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.setup.guide import Guide
from shared.cli.setup.system_part import ask_until_it_works, keep_secrets
from shared.cli.setup.trials import read_now
from shared.core.system import System
from shared.integrations.systems import SIGN_INS
from shared.integrations.trial_result import Given
from shared.local.configuration.choices import NONE, REAL, SIMULATED


def tell_about_sign_in(system: System) -> str:
    """Return what it is there for."""
    return f"{system.title}: not needed. With a client of yours there, people sign in with {system.title} too."


def set_up_sign_in(guide: Guide, name: str) -> None:
    """Ask for the client; without one nobody signs in that way."""
    system = SIGN_INS[name]
    offered = system.offered or f"Yes, with a client of mine at {system.title}"
    uses = ((REAL, offered), (SIMULATED, f"A simulated {system.title} on this machine"), (NONE, "No"))
    question = f"Shall people sign in with {system.title}?"
    use = guide.ask.choose(f"{name}.use", question, uses, guide.choices.mode(system.name))
    if use == REAL:
        answers = ask_until_it_works(guide, system, Given(read_now))
        if answers is None:
            return
        keep_secrets(guide.data, answers.secrets)
    else:
        for secret in system.secrets:  # of a real client, which a simulated one is not told
            LocalSecrets(guide.data).forget(secret)
    guide.keep(guide.choices.choosing(system.name, use))
