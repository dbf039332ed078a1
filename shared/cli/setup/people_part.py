"""Set up who is told, and how: people, the mail that goes to them, and Slack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.app.tries.tried import Tried
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.setup.guide import Guide
from shared.cli.setup.opened import Opened, opened
from shared.cli.setup.trials import try_clicks, try_mail, try_slack
from shared.core.errors import ConfigError
from shared.local.chosen.choices import NONE, REAL, SIMULATED
from shared.local.chosen.tenant import carry_over, drop_token, keep_token
from shared.ports import Secret

ABOUT_MAIL = "Mail: how people are told and asked outside Notion."
ABOUT_SLACK = "Slack: how people are told and asked outside Notion."
ABOUT_PEOPLE = "People: who is told of plans, questions and results."
_MAIL = (
    ("smtp", "Any mail server, over SMTP"),
    ("ses", "Amazon SES"),
    (SIMULATED, "Simulated: mail is shown on this machine and goes nowhere"),
    (NONE, "No mail"),
)
_SLACK = (("real", "My workspace, by a bot token"), (SIMULATED, "A simulated one"), (NONE, "No Slack"))
_SECRETS: Mapping[str, Mapping[str, str]] = {  # the operator's secret → where it is asked for, and how
    "smtp": {"smtp-username": "mail.username", "smtp-password": "mail.password"},
    "ses": {"ses-access-key-id": "mail.access_key_id", "ses-secret-access-key": "mail.secret_access_key"},
}
_CHANNELS = ("email", "slack")
_CLICKS = {"socket": "slack.app_token", "web": "slack.signing_secret"}  # the way they come → what it takes
_BUTTONS = (
    ("no", "No"),
    ("socket", "Yes, by an app-level token: this machine has no public address"),
    ("web", "Yes, by the app's signing secret: Slack reaches this machine at a public address"),
)


def set_up_mail(guide: Guide) -> None:
    """Ask how mail goes out, and try it."""
    ask, known = guide.ask, guide.choices.of("mail")
    use = ask.choose("mail.use", "How does mail go out?", _MAIL, known.fact("by") or known.mode)
    if use in (SIMULATED, NONE):
        guide.keep(guide.choices.choosing("mail", use))
        return
    facts: dict[str, str] = {}
    secrets: dict[str, Secret] = {}

    def attempt() -> Tried:
        nonlocal facts, secrets
        facts = {"by": use, "address": ask.written("mail.address") or known.fact("address")}
        if use == "smtp":
            facts["url"] = ask.text("mail.url", "The server, like smtps://mail.example:465", known.fact("url"))
        else:
            facts["region"] = ask.text("mail.region", "The region", known.fact("region") or "eu-central-1")
        facts["sender"] = ask.text("mail.sender", "The address that mail comes from", known.fact("sender"))
        secrets = {name: ask.secret(key, name.replace("-", " ")) for name, key in _SECRETS[use].items()}
        return try_mail(facts, secrets)

    if guide.until_it_works(attempt) is None:
        return
    for name, secret in secrets.items():
        LocalSecrets(guide.data).set(name, secret)
    guide.keep(guide.choices.choosing("mail", REAL, **facts))


def set_up_slack(guide: Guide) -> None:
    """Ask which Slack, and try the token."""
    ask, known = guide.ask, guide.choices.of("slack")
    use = ask.choose("slack.use", "Which Slack?", _SLACK, known.mode)
    address = ask.written("slack.address") or known.fact("address")
    wanted = guide.choices.choosing("slack", use, address=address if use == REAL else "")
    with opened(guide.data, wanted) as house:
        if use != REAL:
            drop_token(house.deps, guide.data, "slack")
            guide.keep(wanted)
            return
        token, channel = Secret(""), ""

        def attempt() -> Tried:
            nonlocal token, channel
            token = ask.secret("slack.token", "The app's bot token")
            channel = ask.text("slack.channel", "The channel to write to: its id", known.fact("channel"))
            return try_slack(house.accounts, token, channel)

        found = guide.until_it_works(attempt)
        if found is None:
            return
        _set_up_clicks(guide, house)
        facts = {"channel": channel, "workspace": found.facts.get("team", ""), "address": address}
        guide.keep(wanted.choosing("slack", REAL, **facts))
        keep_token(house.deps, house.accounts, guide.data, guide.choices, "slack", token)


def _set_up_clicks(guide: Guide, house: Opened) -> None:
    """Ask how clicks on buttons come in, and for what that takes: a token, or what shows that they are Slack's."""
    ask = guide.ask
    told = {way for way, key in _CLICKS.items() if ask.written(key)}
    ways = told or {ask.choose("slack.buttons", "Shall people approve by buttons in Slack?", _BUTTONS, "no")}
    if "socket" in ways:
        _set_up_socket(guide, house)
    if "web" in ways:
        secret = ask.secret(_CLICKS["web"], "The app's signing secret, under Basic information")
        LocalSecrets(guide.data).set("slack-signing-secret", secret)


def _set_up_socket(guide: Guide, house: Opened) -> None:
    app = Secret("")

    def attempt() -> Tried:
        nonlocal app
        app = guide.ask.secret(_CLICKS["socket"], "The app-level token")
        return try_clicks(house.accounts, app)

    if guide.until_it_works(attempt) is not None:
        LocalSecrets(guide.data).set("slack-app-token", app)


def set_up_people(guide: Guide) -> None:
    """Ask who is told; the first of them is the owner."""
    people = guide.ask.people()
    for number, person in enumerate(people, 1):
        if wrong := _wrong(person):
            raise ConfigError(f"people {number}: {wrong}")
    channel = guide.choices.of("slack").fact("channel")
    kept: list[Mapping[str, Any]] = []
    for person in people:
        others = {each["id"] for each in kept}
        channels = person.get("channels") or (["email"] if person.get("email") else [])
        slack = {"slack": person.get("slack") or channel} if "slack" in channels else {}
        role = person.get("role") or ("member" if kept else "owner")
        kept.append({"id": _id(person, others), **person, **slack, "role": role, "channels": channels})
    wanted = replace(guide.choices, people=kept)
    with opened(guide.data, wanted) as house:
        guide.keep(wanted)
        carry_over(house.deps, house.accounts, guide.data, wanted)


def _wrong(person: Mapping[str, Any]) -> str:
    if not str(person.get("name") or "").strip():
        return "a name is missing"
    channels = person.get("channels", [])
    if not isinstance(channels, list) or set(channels) - set(_CHANNELS):
        return f"channels has to be a list of {', '.join(_CHANNELS)}"
    if "email" in channels and "@" not in str(person.get("email") or ""):
        return "an e-mail address is missing"
    return ""


def _id(person: Mapping[str, Any], taken: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", str(person["name"]).lower()).strip("-") or "person"
    return next(each for each in (plain, *(f"{plain}-{n}" for n in range(2, 1000))) if each not in taken)
