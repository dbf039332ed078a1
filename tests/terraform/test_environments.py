"""The files of the environments, and what is applied by hand before them."""

from __future__ import annotations

import re

import pytest

from tests.support.repository.terraform import ROOT, Terraform

pytestmark = pytest.mark.xdist_group("terraform")
HERE = ROOT / "terraform"
ENVIRONMENTS = ("staging", "production")


def _names(text: str) -> dict[str, str]:
    return dict(re.findall(r'^(\w+)\s*=\s*(?:"([^"]*)"|[\[{].*)$', text, flags=re.MULTILINE))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_its_file_sets_variables_that_there_are(environment: str) -> None:
    declared = {name for file in HERE.glob("*.tf") for name in re.findall(r'variable "(\w+)"', file.read_text("utf-8"))}
    given = _names((HERE / "envs" / f"{environment}.tfvars").read_text(encoding="utf-8"))
    assert given["environment"] == environment
    assert given.keys() <= declared
    needed = {"project_id", "environment"} | ({"alert_emails"} if environment == "production" else set())
    assert needed <= given.keys()


def test_no_two_environments_share_a_state_or_a_project() -> None:
    states = [_names((HERE / "envs" / f"{name}.gcs.tfbackend").read_text("utf-8"))["bucket"] for name in ENVIRONMENTS]
    projects = [_names((HERE / "envs" / f"{name}.tfvars").read_text("utf-8"))["project_id"] for name in ENVIRONMENTS]
    assert len({*states}) == len({*projects}) == len(ENVIRONMENTS)
    # bootstrap/ names the bucket after the project, and so does what deploys
    assert states == [f"{project}-workwright-state" for project in projects]


def test_bootstrap_is_valid(terraform: Terraform) -> None:
    assert terraform.run("init", "-backend=false", "-input=false", at="bootstrap").returncode == 0
    done = terraform.run("validate", at="bootstrap")
    assert done.returncode == 0, done.stdout + done.stderr
