"""Which try goes with which system: one harmless call with what was just given."""

from __future__ import annotations

import os
import smtplib
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from shared.accounts import Accounts
from shared.app.tries.credentials import find_misfit
from shared.app.tries.github import try_github
from shared.app.tries.tried import Tried, tell_unclear
from shared.core.errors import AgentError, IntegrationError, Unauthorized
from shared.core.system_names import name_system
from shared.ports import Secret

_WHO = {"gitlab": ("/api/v4/user", "username"), "vercel": ("/v2/user", "username")}


def try_code(accounts: Accounts, system: str, token: Secret, owner: str, host: str) -> Tried:
    """Say whether the forge takes the token."""
    if system == "github":
        return try_github(token, at=accounts.endpoints.github, owner=owner, trace=accounts.trace)
    return _asked_who(accounts, system, token, host)


def try_host(accounts: Accounts, token: Secret) -> Tried:
    """Say whether Vercel takes the token."""
    return _asked_who(accounts, "vercel", token, "")


def _asked_who(accounts: Accounts, system: str, token: Secret, host: str) -> Tried:
    if why := find_misfit(system, token):
        return Tried(False, why)
    path, name = _WHO[system]
    return _judged(system, lambda: _login(accounts.http_with(system, token, host).call("GET", path).json, name))


def try_slack(accounts: Accounts, token: Secret) -> Tried:
    """Say whether Slack takes the token."""
    if why := find_misfit("slack", token):
        return Tried(False, why)

    def ask() -> str:
        answer = accounts.http_with("slack", token).call("POST", "/auth.test").json
        if not answer.get("ok"):
            raise Unauthorized("slack", str(answer.get("error")))
        return str(answer.get("team") or "")

    return _judged("slack", ask)


def _judged(system: str, ask: Callable[[], str]) -> Tried:
    name = name_system(system)
    try:
        login = ask()
    except Unauthorized:
        return Tried(False, f"{name} does not accept this token.", "Create a new token and give that one.")
    except IntegrationError as error:
        return tell_unclear(system, error)
    return Tried(True, f"{name} accepts the token of {login or 'somebody'}.", facts={"login": login})


def _login(found: object, name: str) -> str:
    user = found.get("user", found) if isinstance(found, dict) else {}
    return str(user.get(name) or "")


def try_bucket(bucket: str) -> Tried:
    """Say whether there is an identity of Google's for a bucket; what it may do shows when a site goes there."""
    from shared.backends.models.google_identity import google_token_source

    if not bucket:
        return Tried(False, "The bucket's name is missing.", "Give it without gs://.")
    try:
        google_token_source()()
    except Exception as error:
        way_out = "Run `gcloud auth application-default login`, or run as a service account."
        return Tried(False, f"There is no Google identity here ({type(error).__name__}).", way_out)
    return Tried(True, f"Sites go to the bucket {bucket}.")


def try_model_of(chosen: Mapping[str, str], key: Secret) -> Tried:
    """Say whether the model answers."""
    from shared.backends.clock import SystemClock
    from shared.cli.setup.surroundings import model_environment
    from shared.settings import Settings
    from shared.wiring.models import Adapters

    try:
        settings = Settings.from_env({**os.environ, **model_environment(chosen)})
        Adapters(settings, lambda _: key, SystemClock()).check(chosen["ask"])
    except AgentError as error:
        return Tried(False, str(error), getattr(error, "way_out", "") or "Check the key, the address and the name.")
    return Tried(True, f"{name_system(chosen['ask'])} answers and accepts the key.")


def try_mail(facts: Mapping[str, str], secrets: Mapping[str, Secret]) -> Tried:
    """Say whether the mail server, or Amazon SES, takes what was given; nothing is sent."""
    if "@" not in facts["sender"]:
        return Tried(False, "The address that mail comes from is missing.", "Give it like agent@example.org.")
    return _try_smtp(facts, secrets) if facts["by"] == "smtp" else _try_ses(facts, secrets)


def _try_smtp(facts: Mapping[str, str], secrets: Mapping[str, Secret]) -> Tried:
    parts = urlsplit(facts["url"])
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(parts.hostname or "", parts.port or 0, timeout=20) as server:
            if parts.scheme == "smtp+starttls":
                server.starttls()
            server.login(secrets["smtp-username"].reveal(), secrets["smtp-password"].reveal())
    except smtplib.SMTPAuthenticationError:
        return Tried(False, "The mail server does not accept this user name and password.", "Give others.")
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return Tried(False, f"The mail server does not answer as one ({type(error).__name__}).", "Check its address.")
    return Tried(True, f"The mail server {parts.hostname} accepts the user name and password.")


def _try_ses(facts: Mapping[str, str], secrets: Mapping[str, Secret]) -> Tried:
    from botocore.exceptions import BotoCoreError, ClientError

    from shared.integrations.ses import connect

    client = connect(
        endpoint_url=facts.get("address") or None,
        region=facts["region"],
        access_key=secrets["ses-access-key-id"],
        secret_key=secrets["ses-secret-access-key"],
    )
    try:
        client.get_account()
    except (BotoCoreError, ClientError) as error:
        return Tried(False, f"Amazon SES refuses this key ({type(error).__name__}).", "Give one that may send mail.")
    return Tried(True, f"Amazon SES accepts the key in {facts['region']}.")
