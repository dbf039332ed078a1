"""Which try goes with which system, with what was just given or is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from shared.accounts.endpoints import Endpoints
from shared.app.tries import bucket as buckets
from shared.app.tries.github import try_github
from shared.app.tries.gitlab import try_gitlab
from shared.app.tries.mail_login import try_ses, try_smtp
from shared.app.tries.sites_folder import try_sites_folder
from shared.app.tries.slack_token import try_slack as try_slack_token
from shared.app.tries.slack_token import try_slack_app
from shared.app.tries.tried import Tried
from shared.app.tries.vercel import try_vercel
from shared.http_client import Trace
from shared.integrations.cloud_storage.bucket import BASE_URL
from shared.ports import Secret


class Reached(Protocol):
    """Where systems are, and who hears of each exchange."""

    @property
    def endpoints(self) -> Endpoints:
        """Return the systems' addresses."""
        ...

    @property
    def trace(self) -> Trace | None:
        """Return who hears of each exchange."""
        ...


_SMTP = ("smtp-username", "smtp-password")
_SES = ("ses-access-key-id", "ses-secret-access-key")


def try_code(there: Reached, system: str, token: Secret, owner: str, host: str) -> Tried:
    """Say whether the forge takes the token, and whether repositories can be made at `owner`."""
    ends = there.endpoints
    if system == "github":
        return try_github(token, at=ends.of(system), owner=owner, trace=there.trace)
    return try_gitlab(token, at=host or ends.of(system), owner=owner, trace=there.trace)


def try_host(there: Reached, token: Secret) -> Tried:
    """Say whether Vercel takes the token."""
    return try_vercel(token, at=there.endpoints.of("vercel"), trace=there.trace)


def try_slack(there: Reached, token: Secret, channel: str) -> Tried:
    """Say whether Slack takes the token, and lets it write to the channel, "" for none."""
    return try_slack_token(token, at=there.endpoints.of("slack"), channel=channel, trace=there.trace)


def try_clicks(there: Reached, token: Secret) -> Tried:
    """Say whether Slack opens a socket to the app, over which clicks come in."""
    return try_slack_app(token, at=there.endpoints.of("slack"), trace=there.trace)


def try_folder(folder: str, data: Path) -> Tried:
    """Say whether sites may be kept in the folder; it is not made yet."""
    return try_sites_folder(folder, data)


def try_bucket(bucket: str, address: str = "") -> Tried:
    """Say whether this machine's identity of Google's may keep sites in the bucket."""
    from shared.backends.models.google_identity import google_token_source

    try:
        token = Secret(google_token_source()())
    except Exception as error:  # of Google's client, loaded only here: whatever it is, there is no identity
        way_out = "Run `gcloud auth application-default login`, or run as a service account."
        return Tried(False, f"There is no Google identity here ({type(error).__name__}).", way_out)
    return buckets.try_bucket(bucket, token, at=address or BASE_URL)


def try_model_of(chosen: Mapping[str, str], key: Secret) -> Tried:
    """Say whether the model answers; of a vendor that was named alone, its cheapest is asked."""
    from shared.backends.clock import SystemClock
    from shared.wiring.tried_models import try_model_key

    provider, _, model = chosen["ask"].partition("/")
    reference = f"{provider}/{model or chosen.get('name', '')}".rstrip("/")
    url, project = chosen.get("url", ""), chosen.get("project", "")
    return try_model_key(reference, key, SystemClock(), url=url, project=project)


def try_mail(facts: Mapping[str, str], secrets: Mapping[str, Secret]) -> Tried:
    """Say whether the mail server, or Amazon SES, takes what was given; nothing is sent."""
    nothing = Secret("")
    name, word = (secrets.get(each, nothing) for each in (_SMTP if facts["by"] == "smtp" else _SES))
    if facts["by"] == "smtp":
        login = (name.reveal(), word) if name else None
        ca = os.environ.get("WORKWRIGHT_SMTP_CA", "")
        return try_smtp(facts.get("url", ""), facts["sender"], login, lambda: datetime.now(UTC), ca=ca)
    return try_ses(facts["sender"], facts.get("region", ""), name, word, at=facts.get("address", ""))
