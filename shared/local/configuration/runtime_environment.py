"""The environment of the house on this machine, from its choices: addresses, and how patient and how quick it is.

What is quick with simulators would be a nuisance or a mistake with real systems: a hundred thousand requests a minute,
answers given up after twenty seconds that may still arrive, a site that is watched for one second.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.integrations.systems import BY_PART, FORGES, HOSTS, SYSTEMS, hosts_variable
from shared.local.configuration.choices import MAIL, NONE, REAL, SIMULATED, Choices
from shared.local.simulated_mail import mail_surroundings

AMONG_SIMULATORS: Mapping[str, str] = {
    "WORKWRIGHT_SETTLE_S": "21",  # longer than an answer may take: a request that is waited for may still arrive
    "WORKWRIGHT_HTTP_READ_S": "20",
    "WORKWRIGHT_BACKOFF_S": "0.5",
}
WITH_NOTION_SIMULATED: Mapping[str, str] = {
    "WORKWRIGHT_GATHER_S": "0.05",
    "WORKWRIGHT_NOTION_RATE": "100000",  # the simulator's own limit counts
}
WITH_NOTION_REAL: Mapping[str, str] = {
    "WORKWRIGHT_NOTION_RATE": "150",  # the smallest plan allows 180, and people's other tools share the workspace
}
WATCH_SIMULATED: Mapping[str, str] = {"WORKWRIGHT_WATCH_S": "1"}
WATCH_REAL: Mapping[str, str] = {"WORKWRIGHT_WATCH_S": "600"}  # as long as in the cloud
_VARIABLES: Mapping[str, Mapping[str, str]] = {  # system → its facts → the variables that say the same
    each.name: {ask.name: ask.variable for ask in each.questions if ask.variable} for each in SYSTEMS.values()
}
_OF_MAIL: Mapping[str, str] = {fact: name for each in BY_PART[MAIL] for fact, name in _VARIABLES[each].items()}


def surroundings(choices: Choices, simulators: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment is to say; beside addresses of simulators, what is `given` there is kept."""
    found = {f"WORKWRIGHT_{name.upper()}_URL": url for name, url in simulators.items() if SYSTEMS[name].elsewhere}
    found |= mail_surroundings(simulators, given)
    defaults = _defaults(choices)
    if any(SYSTEMS[name].for_all for name in simulators):
        defaults["WORKWRIGHT_SITES_BUCKET"] = "workwright-sites"
    return found | {name: given.get(name) or value for name, value in defaults.items()}


def select_used(choices: Choices, env: Mapping[str, str]) -> Choices:
    """Return what is used in fact: the environment may name a folder, a bucket or a way of mail that nobody chose."""
    mail, by = choices.mode("mail"), env.get("WORKWRIGHT_MAIL") or ""
    for host in HOSTS:
        facts = {fact: env.get(name) or "" for fact, name in _VARIABLES[host].items()}
        if any(facts.values()) and choices.mode(host) != SIMULATED:
            choices = choices.choosing(host, REAL, **facts, address=choices.read(host).fact("address"))
    if by == NONE or (by and mail == NONE):
        facts = {fact: env.get(name) or "" for fact, name in _OF_MAIL.items()}
        choices = choices.choosing("mail", NONE) if by == NONE else choices.choosing("mail", REAL, by=by, **facts)
    return choices


def _defaults(choices: Choices) -> dict[str, str]:
    """Return what holds where the environment says nothing else."""
    found = dict(_addresses(choices))
    if not choices.real:
        found.update(AMONG_SIMULATORS)
    found.update(WITH_NOTION_REAL if choices.mode("notion") == REAL else WITH_NOTION_SIMULATED)
    found.update(WATCH_REAL if any(choices.mode(host) == REAL for host in HOSTS) else WATCH_SIMULATED)
    return found


def _addresses(choices: Choices) -> dict[str, str]:
    """Return what the real systems need that is no secret."""
    addresses = {system: choices.read(system).fact("address") for system in choices.real}
    found = {f"WORKWRIGHT_{_find_addressed_system(system).upper()}_URL": url for system, url in addresses.items()}
    mail = choices.read(MAIL)
    found |= {
        **{name: mail.fact(fact) for fact, name in _OF_MAIL.items()},
        **{name: choices.read(host).fact(fact) for host in HOSTS for fact, name in _VARIABLES[host].items()},
        **{hosts_variable(each): choices.read(each).fact("host") for each in FORGES if SYSTEMS[each].self_managed},
        "WORKWRIGHT_MAIL": {REAL: mail.fact("by"), NONE: "none"}.get(mail.mode, ""),
        **model_environment(choices.model),
    }
    return {name: value for name, value in found.items() if value}


def _find_addressed_system(choice: str) -> str:
    """Return the system that the address of a choice is of: of mail the one that may be elsewhere."""
    return next(each for each in BY_PART[MAIL] if SYSTEMS[each].elsewhere) if choice == MAIL else choice


def model_environment(model: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment says of a chosen model."""
    use = model.get("ask", "")
    variables = {"WORKWRIGHT_MODEL": use, "GOOGLE_CLOUD_PROJECT": model.get("project", "")}
    variables[f"WORKWRIGHT_{use.upper()}_URL"] = model.get("url", "") if use else ""
    variables["WORKWRIGHT_COMPATIBLE_MODEL"] = model.get("name", "")
    return {name: value for name, value in variables.items() if value}
