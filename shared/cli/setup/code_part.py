"""Set up where code goes: GitHub or GitLab by a token, the simulated GitHub, or nowhere."""

from __future__ import annotations

from shared.app.tries.tried import Tried
from shared.cli.setup.code_safety import refuse_unsafe_code
from shared.cli.setup.guide import Guide
from shared.cli.setup.opened import opened
from shared.cli.setup.trials import try_code
from shared.integrations.systems import FORGES, name_system
from shared.local.chosen.choices import NONE, REAL, SIMULATED, Choices
from shared.local.chosen.tenant import carry_over, drop_token, keep_token
from shared.ports import Secret

ABOUT = "Code: where what is programmed goes, as a pull request."
_USES = (
    ("github", "GitHub, by a token"),
    ("gitlab", "GitLab, by a token"),
    (SIMULATED, "A simulated GitHub on this machine"),
    (NONE, "Nowhere: nothing is programmed"),
)


def set_up_code(guide: Guide) -> None:
    """Ask where code goes, and try the token."""
    use = guide.ask.choose("code.use", "Where does code go?", _USES, _known(guide.choices))
    refuse_unsafe_code(guide.choices, programs=use != NONE)
    if use in FORGES:
        _connect(guide, use)
        return
    wanted = guide.choices.choosing("github", use).choosing("gitlab", NONE)
    with opened(guide.data, wanted) as house:
        for system in FORGES:
            drop_token(house.deps, guide.data, system)
        guide.keep(wanted)
        carry_over(house.deps, house.accounts, guide.data, wanted)


def _known(choices: Choices) -> str:
    real = next((each for each in FORGES if choices.mode(each) == REAL), "")
    return real or choices.mode("github")


def _connect(guide: Guide, system: str) -> None:
    ask, known = guide.ask, guide.choices.of(system)
    address = ask.written("code.address") or known.fact("address")
    other = next(each for each in FORGES if each != system)
    host = (
        ask.text("code.host", "Its address, for a GitLab of your own", known.fact("host")) if system != "github" else ""
    )
    asked = f"The organisation, group or user that repositories belong to on {name_system(system)} (Enter: the token's)"
    wanted = guide.choices.choosing(system, REAL, host=host, address=address).choosing(other, NONE)
    with opened(guide.data, wanted) as house:
        token, owner = Secret(""), ""

        def attempt() -> Tried:
            nonlocal token, owner
            owner = ask.text("code.owner", asked, known.fact("owner"))
            token = ask.secret("code.token", f"A token of {name_system(system)}")
            return try_code(house.accounts, system, token, owner, host)

        found = guide.until_it_works(attempt)
        if found is None:
            return
        login = found.facts.get("login", "")
        facts = {"owner": owner or login, "login": login, "host": host, "address": address}
        guide.keep(wanted.choosing(system, REAL, **facts))
        drop_token(house.deps, guide.data, other)
        keep_token(house.deps, house.accounts, guide.data, guide.choices, system, token)
