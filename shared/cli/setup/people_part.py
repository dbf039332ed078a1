"""Set up who is told, and how: people, and the mail that goes to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.cli.setup.guide import Guide
from shared.cli.setup.setup_folder import open_folder
from shared.cli.setup.system_part import ask_until_it_works, keep_secrets
from shared.cli.setup.trials import read_now
from shared.core.errors import ConfigError
from shared.integrations.systems import BY_PART, CHANNELS, MESSENGERS, SYSTEMS
from shared.integrations.trial_result import Given
from shared.local.configuration.choices import MAIL, NONE, REAL, SIMULATED
from shared.local.configuration.tenant import carry_over

ABOUT_MAIL = "Mail: how people are told and asked outside Notion."
ABOUT_PEOPLE = "People: who is told of plans, questions and results."
_USES = (
    *((each, SYSTEMS[each].offered) for each in reversed(BY_PART[MAIL])),  # what most people have comes first
    (SIMULATED, "Simulated: mail is shown on this machine and goes nowhere"),
    (NONE, "No mail"),
)


def set_up_mail(guide: Guide) -> None:
    """Ask how mail goes out, and try it."""
    ask, known = guide.ask, guide.choices.read(MAIL)
    use = ask.choose("mail.use", "How does mail go out?", _USES, known.fact("by") or known.mode)
    if use in (SIMULATED, NONE):
        guide.keep(guide.choices.choosing(MAIL, use))
        return
    address = ask.read_prepared("mail.address") or known.fact("address")
    answers = ask_until_it_works(guide, SYSTEMS[use], Given(read_now, address), MAIL)
    if answers is None:
        return
    keep_secrets(guide.data, answers.secrets)
    guide.keep(guide.choices.choosing(MAIL, REAL, by=use, address=address, **answers.facts))


def set_up_people(guide: Guide) -> None:
    """Ask who is told; the first of them is the owner."""
    people = guide.ask.people()
    for number, person in enumerate(people, 1):
        if wrong := _wrong(person):
            raise ConfigError(f"people {number}: {wrong}")
    kept: list[Mapping[str, Any]] = []
    for person in people:
        others = {each["id"] for each in kept}
        channels = person.get("channels") or (["email"] if person.get("email") else [])
        places = {each: person.get(each) or guide.choices.read(each).fact("channel") for each in MESSENGERS}
        reached = {each: place for each, place in places.items() if each in channels}
        role = person.get("role") or ("member" if kept else "owner")
        kept.append({"id": _id(person, others), **person, **reached, "role": role, "channels": channels})
    wanted = replace(guide.choices, people=kept)
    with open_folder(guide.data, wanted) as house:
        guide.keep(wanted)
        carry_over(house.deps, house.accounts, guide.data, wanted)


def _wrong(person: Mapping[str, Any]) -> str:
    if not str(person.get("name") or "").strip():
        return "a name is missing"
    channels = person.get("channels", [])
    if not isinstance(channels, list) or set(channels) - set(CHANNELS):
        return f"channels has to be a list of {', '.join(CHANNELS)}"
    if "email" in channels and "@" not in str(person.get("email") or ""):
        return "an e-mail address is missing"
    return ""


def _id(person: Mapping[str, Any], taken: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", str(person["name"]).lower()).strip("-") or "person"
    return next(each for each in (plain, *(f"{plain}-{n}" for n in range(2, 1000))) if each not in taken)
