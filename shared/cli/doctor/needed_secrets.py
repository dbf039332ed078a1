"""The operator's secrets: which are set, and where to get those that the systems in use need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.backends.local.keys.keyfile import KEY_FILE
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.root import format_command
from shared.core.environment import Environment
from shared.core.tenants.finding import LATER, OK, Finding
from shared.integrations.mail_settings import read_mail
from shared.integrations.systems import SIGN_INS, SYSTEMS
from shared.local.configuration.choices import OAUTH, REAL, SIMULATED, Choices, read_choices
from shared.local.configuration.runtime_environment import surroundings

OPERATOR_SECRETS: Mapping[str, str] = {
    **dict.fromkeys(
        ("approval-link-key", "oauth-state-key", "api-key-pepper", "hook-key"),
        "any 32 random bytes as text; `workwright up` makes it",
    ),
    **{name: source for each in SYSTEMS.values() for name, source in each.secrets.items()},
}
_OWN = ("approval-link-key", "oauth-state-key", "api-key-pepper", "hook-key")
_CLIENT = ("notion-client-id", "notion-client-secret")
_WEBHOOK = ("notion-webhook-token",)
_CLICKED = [each for each in SYSTEMS.values() if each.clicks]
_CLICKS = tuple(way.ask.secret for each in _CLICKED for way in each.clicks if way.at_address)
_OF_MAIL: Mapping[str, tuple[str, ...]] = {
    each.name: tuple(each.secrets) for each in SYSTEMS.values() if each.sends_mail
}


def look_at_secrets(data: Path, env: Mapping[str, str]) -> Iterator[Finding]:
    """Say of each secret that is set or needed on this machine whether it is set, and where it comes from."""
    if not (data / KEY_FILE).exists():
        yield Finding("secrets", LATER, "none yet", f"Start Workwright with: workwright up --data {data}", needed=False)
        return
    kept, choices = LocalSecrets(data), read_choices(data)
    needed = list_needed_secrets(choices, env)
    for name, source in OPERATOR_SECRETS.items():
        if kept.find(name) is not None:
            yield Finding(name, OK, "set", needed=False)
        elif name in needed:
            yield Finding(name, LATER, "not set", source, needed=False)
    for name, system in SIGN_INS.items():
        if all(kept.find(secret) is not None for secret in system.secrets):
            yield Finding(f"{name}-sign-in", OK, f"people may sign in with {system.title}", needed=False)
        elif choices.mode(system.name) != SIMULATED:
            way_out = f"Not needed; a client is given with: {format_command('init', name, data=data)}"
            yield Finding(f"{name}-sign-in", LATER, f"nobody signs in with {system.title} here", way_out, needed=False)


def look_at_cloud_secrets(env: Mapping[str, str]) -> Iterator[Finding]:
    """Say where the secrets come from that a deployment needs; they are not read."""
    for name in (*_OWN, *_CLIENT, *_WEBHOOK, *_CLICKS, *_OF_MAIL.get(read_mail(Environment(env)).by, ())):
        yield Finding(
            name, LATER, "kept in Secret Manager; not checked from here", OPERATOR_SECRETS[name], needed=False
        )


def list_needed_secrets(choices: Choices, env: Mapping[str, str]) -> frozenset[str]:
    """Return the secrets that the systems in use need on one machine."""
    notion = choices.read("notion")
    reached = bool(choices.public_url or env.get("WORKWRIGHT_PUBLIC_URL"))
    found = [*_OWN, *_OF_MAIL.get(read_mail(Environment(surroundings(choices, {}, env))).by, ())]
    if notion.mode == SIMULATED or notion.fact("by") == OAUTH:
        found += _CLIENT
    if notion.mode == SIMULATED or reached:
        found += _WEBHOOK
    for system in SIGN_INS.values():
        found += system.secrets if choices.mode(system.name) == REAL else ()
    for system in _CLICKED:
        mode = choices.mode(system.name)
        if mode in (SIMULATED, REAL):
            called = mode == SIMULATED or reached
            found += [way.ask.secret for way in system.clicks if way.at_address == called]
    return frozenset(found)
