"""What Terraform grants is the table of docs/reference/privileges.md, and nothing in it is more than its line says."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.repository.terraform import Verdicts

pytestmark = pytest.mark.xdist_group("terraform")
ROOT = Path(__file__).resolve().parents[2]
DOORS = {"notion-webhook", "oauth-callback", "api", "forge-webhook"}
_IAM = re.compile(r"_iam_(member|binding|policy)$")
_INDEX = re.compile(r'\["([^"]+)"\]')


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("terraform_privileges", ROOT / "terraform" / "privileges.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


privileges = _load()


@pytest.fixture(scope="module")
def granted(tested: Verdicts) -> list[dict[str, Any]]:
    changes = tested.plans["core.tftest.hcl/everything"]
    return [change for change in changes if _IAM.search(change["type"])]


def _rows(granted: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield function, role and place of each grant to a function's account, as its address says."""
    for change in granted:
        named, address = _INDEX.findall(change["address"]), change["address"]
        if ".callers[" in address and "module.runner" in address:
            yield named[-1], "run-code", "code-runner"
        elif "google_project_iam_member.this" in address:
            yield named[0], named[1], "project"
        elif "google_kms_crypto_key_iam_member.this" in address:
            yield named[0], named[1], "key"
        elif ".enqueuers[" in address:
            yield named[1], "enqueue", f"queue `{named[0]}`"
        elif ".act_as_tasks[" in address:
            yield named[0], "act-as", "account `tasks-caller`"
        elif ".reads[" in address:
            yield named[0], "read", f"secret `{named[1]}`"
        elif ".writes[" in address:
            yield named[0], "write", f"secret `{named[1]}`"
        elif ".sites_writers[" in address:
            yield named[0], "storage-sites", "sites bucket"


def test_the_page_is_what_its_sources_say() -> None:
    assert privileges.FILE.read_text(encoding="utf-8") == privileges.text(), "run: python terraform/privileges.py"


def test_what_is_granted_is_what_the_page_says(granted: list[dict[str, Any]]) -> None:
    told = sorted((each.function, each.role, each.on) for each in privileges.grants())
    assert sorted(_rows(granted)) == told
    assert len(told) > 100


def test_no_grant_is_left_out_of_the_comparison(granted: list[dict[str, Any]]) -> None:
    others = [change["address"] for change in granted if not list(_rows([change]))]
    ours = [each for each in others if not each.startswith(("module.ci", "module.observability", "module.edge"))]
    known = re.compile(
        r'module\.function\["[a-z-]+"\]\.google_cloud_run_v2_service_iam_member\.callers\["(anybody|tasks)"\]'
        r"|google_(project|artifact_registry_repository|storage_bucket)_iam_member\.build"
        r"|google_project_iam_member\.build_sources"
        r'|google_storage_managed_folder_iam_member\.sites_readers\["(live|preview)/"\]'
    )
    assert [each for each in ours if not known.fullmatch(each)] == []


def test_everybody_may_call_the_doors_and_nothing_else(granted: list[dict[str, Any]]) -> None:
    anybody = {
        _INDEX.findall(change["address"])[0]: change["change"]["after"]["member"]
        for change in granted
        if change["address"].endswith('.callers["anybody"]')
    }
    assert anybody == dict.fromkeys(DOORS, "allUsers")
    everybody = ("allUsers", "allAuthenticatedUsers")
    open_to_all = [change["address"] for change in granted if change["change"]["after"].get("member") in everybody]
    assert len([each for each in open_to_all if "sites_readers" not in each]) == len(DOORS)  # sites are for everybody


def test_only_members_are_added(granted: list[dict[str, Any]]) -> None:
    """A binding or a policy would take away what Google's own agents were given."""
    assert {_IAM.search(change["type"])[1] for change in granted} == {"member"}  # type: ignore[index]


def test_no_role_is_basic_and_no_account_has_a_key(tested: Verdicts) -> None:
    for changes in tested.plans.values():
        for change in changes:
            assert change["type"] != "google_service_account_key"
            role = change["change"]["after"].get("role") or ""
            assert role not in ("roles/owner", "roles/editor", "roles/viewer", "roles/reader", "roles/writer")


def test_no_permission_has_a_wildcard_and_each_says_why() -> None:
    roles = yaml.safe_load((ROOT / "terraform" / "roles.yaml").read_text(encoding="utf-8"))
    for role in roles.values():
        assert role["why"]
        assert all(re.fullmatch(r"[a-z]+\.[a-zA-Z]+\.[a-zA-Z]+", each) for each in role["permissions"])


def test_nobody_reads_all_secrets_or_acts_as_all_accounts(granted: list[dict[str, Any]]) -> None:
    in_project = [change for change in granted if change["type"] == "google_project_iam_member"]
    roles = {change["change"]["after"].get("role") for change in in_project if "module.ci" not in change["address"]}
    assert roles <= {None, "roles/logging.logWriter"}  # None: custom roles, whose full names are known later


def test_each_secret_says_what_it_is_for(tested: Verdicts) -> None:
    told = yaml.safe_load((ROOT / "terraform" / "secrets.yaml").read_text(encoding="utf-8"))
    made = {
        _INDEX.findall(change["address"])[0]
        for change in tested.plans["core.tftest.hcl/everything"]
        if change["type"] == "google_secret_manager_secret"
    }
    assert made == set(told)


def test_each_function_has_an_account_of_its_own(tested: Verdicts) -> None:
    changes = tested.plans["core.tftest.hcl/everything"]
    made = {change["change"]["after"]["account_id"] for change in changes if change["type"] == "google_service_account"}
    names = set(privileges.read_declarations())
    assert {f"fn-{name}" for name in names - {"code-runner"}} | {
        "code-runner",
        "tasks-caller",
        "build-functions",
    } <= made
