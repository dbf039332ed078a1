"""The folder is formatted, valid, and its own tests pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repository.terraform import Terraform, Verdicts

pytestmark = pytest.mark.xdist_group("terraform")


def test_it_is_formatted(terraform: Terraform) -> None:
    done = terraform.run("fmt", "-check", "-recursive", "-diff")
    assert (done.returncode, done.stdout) == (0, "")


def test_it_is_valid(terraform: Terraform) -> None:
    done = terraform.run("validate")
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_providers_leave_nothing_where_temporary_files_are(terraform: Terraform, elsewhere: Path) -> None:
    assert terraform.run("validate").returncode == 0
    assert list(elsewhere.iterdir()) == []


def test_its_own_tests_pass(tested: Verdicts) -> None:
    assert tested.complaints == []
    assert len(tested.statuses) >= 2
    assert set(tested.statuses.values()) == {"pass"}
