"""The environment: everything missing or malformed is named at once, and what is right is read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bench.chaos.processes import ENV
from shared.core.errors import ConfigError
from shared.core.models.model_facts import PROVIDERS
from shared.local.configuration.choices import Choices
from shared.local.configuration.runtime_environment import surroundings
from shared.settings import FUNCTIONS, Settings

CLOUD = {
    "WORKWRIGHT_MODE": "cloud",
    "GOOGLE_CLOUD_PROJECT": "acme",
    "WORKWRIGHT_KMS_KEY": "projects/acme/locations/global/keyRings/k/cryptoKeys/t",
    "WORKWRIGHT_TASKS_ACCOUNT": "tasks@acme.example",
    "WORKWRIGHT_FUNCTIONS_URL": "https://functions.example/",
    "WORKWRIGHT_PUBLIC_URL": "https://workwright.example",
}


def problems(env: dict[str, str]) -> list[str]:
    """Return the lines that name what is wrong."""
    with pytest.raises(ConfigError) as refused:
        Settings.from_env(env)
    first, *lines = str(refused.value).splitlines()
    assert first == "The environment is wrong:"
    return [line.removeprefix("  - ") for line in lines]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("WORKWRIGHT_MODE", ["moon", "Cloud", " local"]),
        ("WORKWRIGHT_MODEL", ["gpt", "OFFLINE", "openai/"]),
        *(
            (name, ["workwright.example", "ftp://x", "http:", "https://:80", "http://[::1", "http://x:port", "//x"])
            for name in (
                "WORKWRIGHT_PUBLIC_URL",
                "WORKWRIGHT_FUNCTIONS_URL",
                "WORKWRIGHT_NOTION_URL",
                "WORKWRIGHT_SES_URL",
            )
        ),
        *(
            (f"WORKWRIGHT_{name}_S", ["soon", "0", "-1", "nan", "inf", "1e99", "1,5", "٣x"])
            for name in ("HTTP_READ", "SETTLE", "LEASE", "BACKOFF", "APPROVAL")
        ),
        ("WORKWRIGHT_NOTION_RATE", ["0", "-1", "3/s", "1000001"]),
        ("WORKWRIGHT_WORKERS", ["0", "257", "many", "-1", "2.5", "٣"]),
        *((f"WORKWRIGHT_MOST_{name}", ["0", "257", "all"]) for name in ("BROWSER", "SANDBOX", "GIT", "MODEL")),
        ("WORKWRIGHT_DUPLICATES", ["-0.1", "1.5", "half"]),
        ("WORKWRIGHT_SHUFFLE", ["-1", "x", "1e3"]),
        ("WORKWRIGHT_SITES_BUCKET", ["gs://acme-sites", "Acme", "a", "acme/sites", "-acme", "a" * 64]),
        ("WORKWRIGHT_SITES_URL", ["sites.example", "ftp://x"]),
        ("WORKWRIGHT_SITES_FOLDER", ["sites", "./sites", "~/sites"]),
        (
            "WORKWRIGHT_SITES_FOLDER_URL",
            [
                *("sites.example", "ftp://x", "https://sites.example/below", "https://sites.example?a", "http://[::1]"),
                *("http://127.0.0.1:8701", "https://a@sites.example", "https://-x.example", "https://x_y.example"),
            ],
        ),
    ],
)
def test_a_malformed_value_is_named_with_its_variable(name: str, values: list[str]) -> None:
    for value in values:
        (line,) = problems({name: value})
        assert line.startswith(f"{name} is {value!r}")


def test_everything_wrong_is_named_at_once() -> None:
    env = {
        "WORKWRIGHT_MODE": "moon",
        "WORKWRIGHT_MODEL": "gpt",
        "WORKWRIGHT_PUBLIC_URL": "x",
        "WORKWRIGHT_SLACK_URL": "x",
        "WORKWRIGHT_LEASE_S": "x",
        "WORKWRIGHT_SETTLE_S": "x",
    }
    assert sorted(line.partition(" ")[0] for line in problems(env)) == sorted(env)


def test_the_cloud_names_every_missing_variable_and_what_it_is() -> None:
    named = {line.partition(" ")[0] for line in problems({"WORKWRIGHT_MODE": "cloud"})}
    wanted = {
        "GOOGLE_CLOUD_PROJECT",
        "WORKWRIGHT_KMS_KEY",
        "WORKWRIGHT_TASKS_ACCOUNT",
        "WORKWRIGHT_FUNCTIONS_URL",
        "WORKWRIGHT_PUBLIC_URL",
    }
    assert wanted <= named


@pytest.mark.parametrize(
    "name",
    [
        "GOOGLE_CLOUD_PROJECT",
        "WORKWRIGHT_KMS_KEY",
        "WORKWRIGHT_TASKS_ACCOUNT",
        "WORKWRIGHT_FUNCTIONS_URL",
        "WORKWRIGHT_PUBLIC_URL",
    ],
)
@pytest.mark.parametrize("empty", [True, False])
def test_each_variable_of_the_cloud_is_missed_alone(name: str, empty: bool) -> None:
    left = {**CLOUD, name: ""} if empty else {k: v for k, v in CLOUD.items() if k != name}
    (line,) = problems(left)
    assert line.startswith(f"{name} is missing; set it to ")


def test_addresses_of_some_functions_alone_leave_the_others_missing() -> None:
    env = {k: v for k, v in CLOUD.items() if k != "WORKWRIGHT_FUNCTIONS_URL"}
    env["WORKWRIGHT_URL_PLAN"] = "https://plan.example"
    env["WORKWRIGHT_URL_EXECUTE_STEP"] = "https://execute.example"
    named = {line.partition(" ")[0] for line in problems(env)}
    others = set(FUNCTIONS) - {"plan", "execute-step"}
    assert named == {f"WORKWRIGHT_URL_{name.upper().replace('-', '_')}" for name in others}


def test_the_cloud_is_read() -> None:
    found = Settings.from_env({**CLOUD, "WORKWRIGHT_URL_PLAN": "https://plan.example/"})
    assert (found.mode, found.project, found.tasks_account) == ("cloud", "acme", "tasks@acme.example")
    assert found.function_url("plan") == "https://plan.example"
    assert found.function_url("execute-step") == "https://functions.example/execute-step"


def test_an_empty_environment_is_one_machine() -> None:
    found = Settings.from_env({})
    assert (found.mode, found.models.references, found.data, found.endpoints) == (
        "local",
        ("offline",),
        Path(".workwright"),
        {},
    )
    assert found == Settings.from_env({"WORKWRIGHT_MODE": "", "WORKWRIGHT_LEASE_S": "", "WORKWRIGHT_NOTION_URL": ""})


def test_what_is_given_is_read() -> None:
    found = Settings.from_env(
        {
            "WORKWRIGHT_DATA": "/srv/data",
            "WORKWRIGHT_PUBLIC_URL": "https://workwright.example/",
            "WORKWRIGHT_NOTION_URL": "http://[::1]:8080",
            "WORKWRIGHT_LEASE_S": "30.5",
            "WORKWRIGHT_TRACE": "/srv/trace",
        }
    )
    assert (found.data, found.trace) == (Path("/srv/data"), Path("/srv/trace"))
    assert found.public_url == "https://workwright.example"
    assert found.endpoints == {"notion": "http://[::1]:8080"}
    assert found.lease == timedelta(seconds=30.5)


NAMES = st.sampled_from(
    [*CLOUD, "WORKWRIGHT_LEASE_S", "WORKWRIGHT_NOTION_URL", "WORKWRIGHT_MODEL", "WORKWRIGHT_URL_PLAN"]
)


REAL = surroundings(Choices().choosing("notion", "real"), {}, {})


@pytest.mark.parametrize(
    "env",
    [{}, surroundings(Choices(), {}, {}), REAL, ENV],
    ids=["usual", "on one machine", "with a real Notion", "in the chaos bench"],
)
def test_a_write_is_done_again_only_when_an_answer_to_the_first_could_not_come_any_more(env: dict[str, str]) -> None:
    found = Settings.from_env(env)
    assert found.settle.total_seconds() > found.http_read_s


@pytest.mark.slow
@given(st.dictionaries(NAMES, st.text(max_size=20) | st.text(max_size=8).map("http://{}".format), max_size=6))
def test_no_environment_is_answered_with_anything_but_settings_or_the_reasons(env: dict[str, str]) -> None:
    try:
        found = Settings.from_env(env)
    except ConfigError:
        return
    assert found.mode in ("local", "cloud")
    assert {each.partition("/")[0] for each in found.models.references} <= set(PROVIDERS)
    assert found.models.references


def test_a_folder_for_sites_is_for_one_machine_and_has_an_address_of_its_own() -> None:
    folder = Settings.from_env({"WORKWRIGHT_SITES_FOLDER": "/srv/sites"}).sites_folder
    assert (folder.path, folder.url) == ("/srv/sites", "http://localhost:8701")
    own = {"WORKWRIGHT_SITES_FOLDER_URL": "https://sites.example/"}
    assert Settings.from_env(own).sites_folder.url == "https://sites.example"
    (line,) = problems({**CLOUD, "WORKWRIGHT_SITES_FOLDER": "/srv/sites"})
    assert line.startswith("WORKWRIGHT_SITES_FOLDER is '/srv/sites'; leave it out")
    assert "WORKWRIGHT_SITES_BUCKET" in line
