"""What the environment names beside the choices is shown as used: a folder or a bucket for sites, a way for mail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from shared.cli.doctor.connection_checks import try_connected
from shared.cli.root import workwright
from shared.local.configuration.choices import Choices, write_choices
from shared.local.configuration.runtime_environment import select_used
from tests.support.rigs.house import own_settings

TEAM = Choices().choosing("notion", "real")
SERVER = {
    "WORKWRIGHT_MAIL": "smtp",
    "WORKWRIGHT_SMTP_URL": "smtps://mail.example",
    "WORKWRIGHT_MAIL_SENDER": "a@b.example",
}


@pytest.mark.parametrize("choices", [Choices(), TEAM, TEAM.choosing("local_sites", "real", folder="/srv/before")])
def test_a_folder_that_only_the_environment_names_is_used(choices: Choices) -> None:
    found = select_used(choices, {"WORKWRIGHT_SITES_FOLDER": "/srv/sites"})
    assert (found.mode("local_sites"), found.read("local_sites").fact("folder")) == ("real", "/srv/sites")


@pytest.mark.parametrize(
    ("choices", "env", "system", "mode"),
    [
        (TEAM, {"WORKWRIGHT_SITES_BUCKET": "our-sites"}, "cloud_storage", "real"),
        (Choices(), {"WORKWRIGHT_SITES_BUCKET": "workwright-sites"}, "cloud_storage", "simulated"),
        (TEAM, SERVER, "mail", "real"),
        (TEAM, {"WORKWRIGHT_MAIL": "none"}, "mail", "none"),
        (TEAM.choosing("mail", "real", by="ses"), {"WORKWRIGHT_MAIL": "none"}, "mail", "none"),
        (Choices(), {"WORKWRIGHT_MAIL": "smtp"}, "mail", "simulated"),
        (TEAM, {}, "local_sites", "none"),
    ],
)
def test_so_are_the_other_systems_that_a_variable_alone_turns_on(
    choices: Choices, env: Mapping[str, str], system: str, mode: str
) -> None:
    assert select_used(choices, env).mode(system) == mode


def test_status_and_the_doctor_show_it(tmp_path: Path) -> None:
    write_choices(tmp_path, TEAM)
    folder = {"WORKWRIGHT_SITES_FOLDER": str(tmp_path / "sites")}
    with own_settings(**folder):
        told = CliRunner().invoke(workwright, ["status", "--json", "--data", str(tmp_path)])
        shown = CliRunner().invoke(workwright, ["status", "--data", str(tmp_path)])
    assert json.loads(told.output)["systems"]["local_sites"] == {"mode": "real", "folder": str(tmp_path / "sites")}
    assert f"a folder for sites ({tmp_path / 'sites'})" in shown.output
    (tried,) = [each for each in try_connected(tmp_path, folder) if each.name == "local_sites"]
    assert str(tmp_path / "sites") in tried.detail
