"""All external systems: one line each, in the order of preference where several do the same.

A new one is a folder with its `system.py`, and a line here. Whoever lists systems reads this list.
"""

from __future__ import annotations

# ruff: isort: skip_file
from collections.abc import Mapping

from shared.core.errors import Rejected
from shared.core.models.model_facts import PROVIDER_NAMES
from shared.core.system import System
from shared.integrations.notion.system import NOTION as NOTION
from shared.integrations.github.system import GITHUB as GITHUB
from shared.integrations.gitlab.system import GITLAB as GITLAB
from shared.integrations.vercel.system import VERCEL as VERCEL
from shared.integrations.local_sites.system import LOCAL_SITES as LOCAL_SITES
from shared.integrations.slack.system import SLACK as SLACK
from shared.integrations.ses.system import SES as SES
from shared.integrations.smtp.system import SMTP as SMTP
from shared.integrations.cloud_storage.system import CLOUD_STORAGE as CLOUD_STORAGE
from shared.integrations.google_accounts.system import GOOGLE_ACCOUNTS as GOOGLE_ACCOUNTS

SYSTEMS: Mapping[str, System] = {each.name: each for each in [*globals().values()] if isinstance(each, System)}
TITLES = {each.name: each.title for each in SYSTEMS.values()}
FILES_ALONE = frozenset(each.name for each in SYSTEMS.values() if each.files_alone)
USUAL_SECONDS = {each.name: each.usual_seconds for each in SYSTEMS.values() if each.usual_seconds is not None}
FORGES = tuple(each.name for each in SYSTEMS.values() if each.keeps_code)
APP_FORGE = next(each.name for each in SYSTEMS.values() if each.app)
SELF_MANAGED = " or ".join(each.title for each in SYSTEMS.values() if each.self_managed)  # as people read them
BUILDING_HOSTS = tuple(each for each in SYSTEMS.values() if each.hosts_sites and not each.files_alone)
TO_BUILD = " or ".join(each.title for each in BUILDING_HOSTS)  # as people read them
UNNAMED_HOST = next(each.name for each in SYSTEMS.values() if each.was_alone)
HOSTS = tuple(each.name for each in SYSTEMS.values() if each.hosts_sites)
MESSENGERS = tuple(each.name for each in SYSTEMS.values() if each.sends_messages)
SIGN_INS = {each.signs_in.name: each for each in SYSTEMS.values() if each.signs_in is not None}
EMAIL = "email"
CHANNELS = (EMAIL, *MESSENGERS)  # the ways to a person beside Notion, as settings and stored messages have them
BY_PART: Mapping[str, tuple[str, ...]] = {  # of a guided set-up → the systems that it asks for
    part: tuple(each.name for each in SYSTEMS.values() if each.part == part)
    for part in dict.fromkeys(each.part for each in SYSTEMS.values() if each.signs_in is None)
}


def name_system(system: str) -> str:
    """Return the name that people know a system or a provider of models by; an id without one stands for itself."""
    known = SYSTEMS.get(system)
    return known.title if known is not None else PROVIDER_NAMES.get(system, system)


def name_channel(channel: str) -> str:
    """Return what people call a way to them beside Notion."""
    return "mail" if channel == EMAIL else name_system(channel)


def hosts_variable(system: str) -> str:
    """Return the variable in which the operator lists the self-managed hosts of a system that teams may connect."""
    return f"WORKWRIGHT_{system.upper()}_HOSTS"


def refuse_framework(system: str, what: str, framework: str | None) -> None:
    """Raise Rejected for a site that has to be built where files are served as they are."""
    if framework is not None:
        names = " or ".join(each.name for each in BUILDING_HOSTS)
        raise Rejected(system, f"{what} cannot build anything ({framework}): set ship.site.system to {names}")
