"""Set up the systems of a kind, or one that is alone of its kind: what is asked and tried stands in their entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.setup.code_safety import refuse_unsafe_code
from shared.cli.setup.guide import Guide
from shared.cli.setup.setup_folder import Opened, open_folder
from shared.cli.setup.trials import read_now, try_system
from shared.core.system import TOKEN, Ask, ClickWay, System
from shared.integrations.systems import BY_PART, SYSTEMS
from shared.integrations.trial_result import Given, Tried
from shared.local.configuration.choices import NONE, REAL, SIMULATED, Choices
from shared.local.configuration.tenant import GRANTED, carry_over, drop_token, keep_token
from shared.ports import Secret


def set_up_clicks(guide: Guide, house: Opened, system: System) -> None:
    """Ask by which way clicks come in, and for what it takes; nothing where the system has no buttons."""
    if not system.clicks:
        return
    ask, by_name = guide.ask, {each.name: each for each in system.clicks}
    prepared = {name for name, way in by_name.items() if ask.read_prepared(_key(system, way))}
    uses = (("no", "No"), *((each.name, each.offered) for each in system.clicks))
    question = f"Shall people approve by buttons in {system.title}?"
    ways = prepared or {ask.choose(f"{system.part}.buttons", question, uses, "no")}
    for name, way in by_name.items():
        if name in ways:
            _set_up_way(guide, house, system, way)


def _set_up_way(guide: Guide, house: Opened, system: System, way: ClickWay) -> None:
    accounts, secret = house.accounts, Secret("")

    def attempt() -> Tried:
        nonlocal secret
        secret = guide.ask.secret(_key(system, way), way.ask.text)
        given = Given(
            read_now, accounts.endpoints.get_address(system.name), keys={way.ask.secret: secret}, trace=accounts.trace
        )
        return try_system(system.name, given, way.trial)

    if not way.trial:
        secret = guide.ask.secret(_key(system, way), way.ask.text)
    elif guide.try_until_it_works(attempt) is None:
        return
    LocalSecrets(guide.data).set(way.ask.secret, secret)


def _key(system: System, way: ClickWay) -> str:
    return f"{system.part}.{way.ask.name}"


ABOUT_CODE = "Code: where what is programmed goes, as a pull request."
ABOUT_SITES = "Sites: where what was built goes live."
_NOTHING: Mapping[str, tuple[str, str]] = {  # part → its question, and how people say that they want none of it
    "code": ("Where does code go?", "Nowhere: nothing is programmed"),
    "sites": ("Where do sites go?", "Nowhere: no site is put live"),
}


@dataclass(slots=True)
class Answers:
    """What was answered for a system, and found true of it."""

    facts: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)


def tell_about(system: System) -> str:
    """Return what a system that is alone of its kind is there for."""
    if system.sends_messages:
        return f"{system.title}: how people are told and asked outside Notion."
    return f"{system.title}: used by a token of yours."


def set_up_part(guide: Guide, part: str) -> None:
    """Ask which system of the part is used; try it, and keep it."""
    use = _choose(guide, part)
    if part == "code":
        refuse_unsafe_code(guide.choices, programs=use != NONE)
    names, others = BY_PART[part], guide.choices
    for name in names:
        others = others.choosing(name, NONE)
    if use in names:
        _connect(guide, SYSTEMS[use], others)
        return
    wanted = others.choosing(names[0], use)
    with open_folder(guide.data, wanted) as house:
        _drop_tokens(guide, house, names)
        guide.keep(wanted)
        carry_over(house.deps, house.accounts, guide.data, wanted)


def _choose(guide: Guide, part: str) -> str:
    """Return the system that was chosen, or that none is real; one that is alone of its kind is real or not."""
    names = BY_PART[part]
    first, real = SYSTEMS[names[0]], next((each for each in names if guide.choices.mode(each) == REAL), "")
    if part in _NOTHING:
        question, nothing = _NOTHING[part]
        uses = [(each, SYSTEMS[each].offered) for each in names]
        simulated, known = f"A simulated {first.title} on this machine", real or guide.choices.mode(first.name)
    else:
        question, nothing, simulated = f"Which {first.title}?", f"No {first.title}", "A simulated one"
        uses, known = [(REAL, first.offered or f"{first.title}, by a token")], guide.choices.mode(first.name)
    uses += [(SIMULATED, simulated)] if first.simulated else []
    use = guide.ask.choose(f"{part}.use", question, (*uses, (NONE, nothing)), known)
    return first.name if use == REAL else use


def _connect(guide: Guide, system: System, others: Choices) -> None:
    ask, known = guide.ask, guide.choices.read(system.name)
    fixed = (
        {"address": ask.read_prepared(f"{system.part}.address") or known.fact("address")} if system.elsewhere else {}
    )
    if system.self_managed:
        asked = f"Its address, for a {system.title} of your own"
        fixed["host"] = ask.text(f"{system.part}.host", asked, known.fact("host"))
    wanted = others.choosing(system.name, REAL, **fixed)
    with open_folder(guide.data, wanted) as house:
        at = fixed.get("host") or house.accounts.endpoints.get_address(system.name)
        answers = ask_until_it_works(guide, system, Given(read_now, at, trace=house.accounts.trace))
        if answers is None:
            return
        set_up_clicks(guide, house, system)
        token = answers.secrets.pop(TOKEN, None)
        keep_secrets(guide.data, answers.secrets)
        guide.keep(wanted.choosing(system.name, REAL, **fixed, **answers.facts))
        _drop_tokens(guide, house, (each for each in BY_PART[system.part] if each != system.name))
        if token is None:
            carry_over(house.deps, house.accounts, guide.data, guide.choices)
        else:
            keep_token(house.deps, house.accounts, guide.data, guide.choices, system.name, token)


def _drop_tokens(guide: Guide, house: Opened, systems: Iterable[str]) -> None:
    for name in systems:
        if name in GRANTED:
            drop_token(house.deps, guide.data, name)


def ask_until_it_works(guide: Guide, system: System, given: Given, choice: str = "") -> Answers | None:
    """Ask what the system needs, and try it; None when a person leaves it for later."""
    answers, known = Answers(), guide.choices.read(choice or system.name)

    def attempt() -> Tried:
        for each in system.questions:
            key = f"{system.part}.{each.name}"
            if each.secret:
                answers.secrets[each.secret] = guide.ask.secret(key, each.text)
            else:
                answers.facts[each.name] = _ask_fact(guide, key, each, known.fact(each.name))
        facts = {**answers.facts, "data": str(guide.data)}
        token = answers.secrets.get(TOKEN) or Secret("")
        return try_system(system.name, replace(given, token=token, facts=facts, keys=answers.secrets))

    found = guide.try_until_it_works(attempt)
    if found is None:
        return None
    answers.facts |= {name: found.facts[name] for name in system.learns if found.facts.get(name)}
    for each in system.questions:
        if each.is_folder:
            Path(answers.facts[each.name]).mkdir(parents=True, exist_ok=True, mode=0o700)
    return answers


def _ask_fact(guide: Guide, key: str, ask: Ask, known: str) -> str:
    if not ask.is_folder:
        return guide.ask.text(key, ask.text, known or ask.usual)
    given = guide.ask.text(key, ask.text, known or str((guide.data / ask.usual).resolve()))
    return str(Path(given).expanduser().resolve()) if given else ""


def keep_secrets(data: Path, secrets: Mapping[str, Secret]) -> None:
    """Keep what the operator has given."""
    for name, secret in secrets.items():
        LocalSecrets(data).set(name, secret)
