"""Mail on one machine where nothing leaves it: a simulated Amazon SES, or a simulated mail server that speaks SMTP."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import requests

from shared.ports import Secret

if TYPE_CHECKING:
    from shared.local.first_setup import Installation

LOGIN = "simulated"
_TIMEOUT = 30


def mail_as_told(simulators: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """Return what has to run: a mail server instead of SES, where mail goes by one that has no address."""
    by_smtp = env.get("WORKWRIGHT_MAIL") == "smtp" and not env.get("WORKWRIGHT_SMTP_URL")
    return tuple("smtp" if each == "ses" and by_smtp else each for each in simulators)


def mail_surroundings(simulators: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment is to say of mail, where a mail server is simulated."""
    if "smtp" not in simulators:
        return {}
    where = requests.get(f"{simulators['smtp']}/_smtp", timeout=_TIMEOUT).json()
    return {
        "WORKWRIGHT_MAIL": "smtp",
        "WORKWRIGHT_SMTP_URL": where["starttls"],
        "WORKWRIGHT_SMTP_CA": where["ca"],
        "WORKWRIGHT_MAIL_SENDER": given.get("WORKWRIGHT_MAIL_SENDER") or "Workwright <agent@workwright.invalid>",
    }


def let_mail_be_sent(house: Installation) -> None:
    """Give the operator a login at the simulated mail server; one for a real server is not told to it."""
    if "smtp" not in house.simulators:
        return
    secrets = house.wired.deps.secrets
    try:
        name, password = secrets.get("smtp-username").reveal(), secrets.get("smtp-password").reveal()
    except KeyError:
        name, password = LOGIN, random_source.token_hex(16)
        secrets.set("smtp-username", Secret(name))
        secrets.set("smtp-password", Secret(password))
    if name == LOGIN:
        seed = {"username": name, "password": password}
        requests.post(f"{house.simulators['smtp']}/_seed", json=seed, timeout=_TIMEOUT).raise_for_status()
