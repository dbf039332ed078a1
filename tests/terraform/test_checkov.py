"""checkov finds nothing in the folder that is not excused in writing, beside what it is about."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.support.parts import require
from tests.support.repository.terraform import INFRA, ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("checkov")]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    require("checkov")
    asked = [str(INFRA / "checkov"), "--directory", "terraform", "--framework", "terraform", "--skip-download"]
    done = subprocess.run(
        [*asked, "--compact", "--output", "json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_it_has_read_everything(found: dict[str, Any]) -> None:
    assert found["results"]["parsing_errors"] == []
    assert found["summary"]["passed"] > 50
    assert found["summary"]["resource_count"] > 100


def test_it_finds_nothing(found: dict[str, Any]) -> None:
    assert [f"{each['check_id']} {each['resource']}" for each in found["results"]["failed_checks"]] == []


def test_each_excuse_has_its_reason(found: dict[str, Any]) -> None:
    excused = {
        each["check_id"]: each["check_result"]["suppress_comment"] for each in found["results"]["skipped_checks"]
    }
    assert excused
    assert [
        check for check, reason in excused.items() if len(reason.split()) < 5 or reason.startswith("No comment")
    ] == []
