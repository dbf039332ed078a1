"""The environment of the house on this machine, from its choices: addresses, and how patient and how quick it is.

What is quick with simulators would be a nuisance or a mistake with real systems: a hundred thousand requests a minute,
answers given up after twenty seconds that may still arrive, a site that is watched for one second.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.local.chosen.choices import NONE, REAL, SIMULATED, Choices
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
_MAIL_FACTS: Mapping[str, str] = {
    "url": "WORKWRIGHT_SMTP_URL",
    "sender": "WORKWRIGHT_MAIL_SENDER",
    "region": "WORKWRIGHT_SES_REGION",
}
_HOSTS = ("vercel", "local_sites", "cloud_storage")


def surroundings(choices: Choices, simulators: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment is to say; beside addresses of simulators, what is `given` there is kept."""
    found = {f"WORKWRIGHT_{name.upper()}_URL": url for name, url in simulators.items() if name != "smtp"}
    found |= mail_surroundings(simulators, given)
    defaults = _defaults(choices)
    if "cloud_storage" in simulators:
        defaults["WORKWRIGHT_SITES_BUCKET"] = "workwright-sites"
    return found | {name: given.get(name) or value for name, value in defaults.items()}


def in_use(choices: Choices, env: Mapping[str, str]) -> Choices:
    """Return what is used in fact: the environment may name a folder, a bucket or a way of mail that nobody chose."""
    mail, by = choices.mode("mail"), env.get("WORKWRIGHT_MAIL") or ""
    if folder := env.get("WORKWRIGHT_SITES_FOLDER"):
        choices = choices.choosing("local_sites", REAL, folder=folder)
    if (bucket := env.get("WORKWRIGHT_SITES_BUCKET")) and choices.mode("cloud_storage") != SIMULATED:
        known = choices.of("cloud_storage").fact("address")
        choices = choices.choosing("cloud_storage", REAL, bucket=bucket, address=known)
    if by == NONE or (by and mail == NONE):
        told = {fact: env.get(name) or "" for fact, name in _MAIL_FACTS.items()}
        choices = choices.choosing("mail", NONE) if by == NONE else choices.choosing("mail", REAL, by=by, **told)
    return choices


def _defaults(choices: Choices) -> dict[str, str]:
    """Return what holds where the environment says nothing else."""
    found = dict(_addresses(choices))
    if not choices.real:
        found.update(AMONG_SIMULATORS)
    found.update(WITH_NOTION_REAL if choices.mode("notion") == REAL else WITH_NOTION_SIMULATED)
    found.update(WATCH_REAL if any(choices.mode(host) == REAL for host in _HOSTS) else WATCH_SIMULATED)
    return found


def _addresses(choices: Choices) -> dict[str, str]:
    """Return what the real systems need that is no secret."""
    told = {system: choices.of(system).fact("address") for system in choices.real}
    names = {"mail": "ses"}
    found = {f"WORKWRIGHT_{names.get(system, system).upper()}_URL": url for system, url in told.items()}
    mail = choices.of("mail")
    found |= {
        "WORKWRIGHT_SITES_FOLDER": choices.of("local_sites").fact("folder"),
        "WORKWRIGHT_SITES_BUCKET": choices.of("cloud_storage").fact("bucket"),
        "WORKWRIGHT_GITLAB_HOSTS": choices.of("gitlab").fact("host"),
        "WORKWRIGHT_MAIL": {REAL: mail.fact("by"), NONE: "none"}.get(mail.mode, ""),
        "WORKWRIGHT_MAIL_SENDER": mail.fact("sender"),
        "WORKWRIGHT_SMTP_URL": mail.fact("url"),
        "WORKWRIGHT_SES_REGION": mail.fact("region"),
        **model_environment(choices.model),
    }
    return {name: value for name, value in found.items() if value}


def model_environment(model: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment says of a chosen model."""
    use = model.get("ask", "")
    told = {"WORKWRIGHT_MODEL": use, "GOOGLE_CLOUD_PROJECT": model.get("project", "")}
    told[f"WORKWRIGHT_{use.upper()}_URL"] = model.get("url", "") if use else ""
    told["WORKWRIGHT_COMPATIBLE_MODEL"] = model.get("name", "")
    return {name: value for name, value in told.items() if value}
