"""The doctor names only secrets that the systems in use need, and one sender of mail is told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.doctor.doctor import look_over
from shared.cli.doctor.needed_secrets import OPERATOR_SECRETS, look_at_secrets
from shared.core.tenants.finding import LATER, Finding
from shared.local.configuration.choices import Choices, write_choices
from shared.local.configuration.runtime_environment import surroundings
from shared.ports import Secret

OWN = {"approval-link-key", "oauth-state-key", "api-key-pepper", "hook-key"}
CLIENT = {"notion-client-id", "notion-client-secret"}
SES, SMTP = {"ses-access-key-id", "ses-secret-access-key"}, {"smtp-username", "smtp-password"}
TEAM = Choices().choosing("notion", "real", by="secret")
PUBLIC = Choices(TEAM.choosing("slack", "real").systems, public_url="https://workwright.example")
CASES: Mapping[str, tuple[Choices, Mapping[str, str], set[str]]] = {
    "notion alone, by a secret": (TEAM, {}, set()),
    "notion by a client of its own": (Choices().choosing("notion", "real", by="oauth"), {}, CLIENT),
    "mail by a server": (
        TEAM.choosing("mail", "real", by="smtp", url="smtps://mail.example", sender="a@b.c"),
        {},
        SMTP,
    ),
    "mail by Amazon": (TEAM.choosing("mail", "real", by="ses", sender="a@b.c"), {}, SES),
    "mail as the environment says": (TEAM, {"WORKWRIGHT_MAIL": "ses"}, SES),
    "Slack, and no public address": (TEAM.choosing("slack", "real"), {}, {"slack-app-token"}),
    "Slack, and a public address": (PUBLIC, {}, {"slack-signing-secret", "notion-webhook-token"}),
    "all simulated": (Choices(), {}, {*CLIENT, *SES, "notion-webhook-token", "slack-signing-secret"}),
}


@pytest.mark.parametrize("case", CASES)
def test_only_what_the_systems_in_use_need_is_hinted_at(case: str, tmp_path: Path) -> None:
    choices, env, expected = CASES[case]
    write_choices(tmp_path, choices)
    LocalSecrets(tmp_path)
    assert _hinted(look_at_secrets(tmp_path, env)) == {*OWN, *expected}


def test_what_is_set_is_told_whoever_needs_it(tmp_path: Path) -> None:
    write_choices(tmp_path, TEAM)
    LocalSecrets(tmp_path).set("smtp-password", Secret("a word"))
    told = [each.state for each in look_at_secrets(tmp_path, {}) if each.name == "smtp-password"]
    assert told == ["ok"]


def test_a_deployment_is_told_of_its_own_way_of_sending_alone(tmp_path: Path) -> None:
    cloud = {"WORKWRIGHT_MODE": "cloud", "WORKWRIGHT_MAIL": "smtp"}
    hinted = _hinted(look_over(tmp_path, cloud))
    assert not {*SES, "slack-app-token"} & hinted
    assert {*SMTP, *CLIENT} <= hinted


def test_whom_mail_comes_from_is_said_by_one_variable() -> None:
    told = surroundings(TEAM.choosing("mail", "real", by="ses", sender="agent@example.com"), {}, {})
    assert {name for name, value in told.items() if value == "agent@example.com"} == {"WORKWRIGHT_MAIL_SENDER"}


def _hinted(found: Iterable[Finding]) -> set[str]:
    return {each.name for each in found if each.name in OPERATOR_SECRETS and each.state == LATER}
