"""The page of configuration names every variable that is read, no other, and the defaults that hold."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pytest

from shared.core.code.sandbox_settings import read_runner
from shared.core.errors import ConfigError
from shared.settings import Settings
from tests.support.builders.noting_environment import Noting
from tests.support.repository.documents import ROOT

PAGE = (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "configuration_document.py"))
SMTP = {"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_SMTP_URL": "smtps://m.example", "WORKWRIGHT_MAIL_SENDER": "a@b.example"}
OWN_MODEL = {"WORKWRIGHT_COMPATIBLE_URL": "http://127.0.0.1:1/v1", "WORKWRIGHT_COMPATIBLE_MODEL": "m"}
LOCAL_DEFAULTS = {"WORKWRIGHT_MODE", "WORKWRIGHT_PUBLIC_URL", "WORKWRIGHT_FUNCTIONS_URL"}


def _asked() -> set[str]:
    """Return every variable that is asked for, on one machine, in the cloud and by `code-runner`."""
    environments = [Noting(SMTP | OWN_MODEL), Noting({}), Noting(TOOL["CLOUD"])]
    for each in environments:
        Settings.from_env(each)
    runner = Noting({"WORKWRIGHT_MODE": "cloud"})
    with pytest.raises(ConfigError):
        read_runner(runner)
    return {name for each in (*environments, runner) for name in each.asked}


def test_the_page_is_what_the_settings_say() -> None:
    """`python tools/configuration_document.py` writes it anew."""
    assert TOOL["render_page"]() == PAGE


def test_every_variable_that_is_read_is_on_the_page_and_no_other() -> None:
    named = [
        whole for name in re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE) for whole in TOOL["expand_name"](name)
    ]
    assert len(named) > 80
    assert len(named) == len(set(named))
    assert set(named) == _asked()


@pytest.mark.parametrize("name", sorted(TOOL["defaults"]()))
def test_a_variable_set_to_its_default_changes_nothing(name: str) -> None:
    base = {} if name in LOCAL_DEFAULTS else TOOL["CLOUD"]
    assert Settings.from_env({**base, name: TOOL["defaults"]()[name]}) == Settings.from_env(base)
