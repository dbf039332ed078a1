"""The whole with everything that can be left out: what reaches the doors, who may plan and apply."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.repository.terraform import Verdicts

pytestmark = pytest.mark.xdist_group("terraform")

EVERYTHING = "operations.tftest.hcl/everything"

# What making a resource takes: a role of Google's, or a permission of the deployer's own role.
RIGHTS = {
    "google_artifact_registry_repository": "roles/artifactregistry.admin",
    "google_artifact_registry_repository_iam_member": "roles/artifactregistry.admin",
    "google_billing_budget": "",  # on the billing account, from its owner
    "google_cloud_run_v2_service": "roles/run.admin",
    "google_cloud_run_v2_service_iam_member": "roles/run.admin",
    "google_cloud_scheduler_job": "roles/cloudscheduler.admin",
    "google_cloud_tasks_queue": "roles/cloudtasks.queueAdmin",
    "google_cloud_tasks_queue_iam_member": "roles/cloudtasks.queueAdmin",
    "google_cloudbuild_trigger": "roles/cloudbuild.builds.editor",
    "google_cloudfunctions2_function": "roles/cloudfunctions.developer",
    "google_compute_backend_service": "roles/compute.loadBalancerAdmin",
    "google_compute_global_address": "roles/compute.loadBalancerAdmin",
    "google_compute_global_forwarding_rule": "roles/compute.loadBalancerAdmin",
    "google_compute_managed_ssl_certificate": "roles/compute.loadBalancerAdmin",
    "google_compute_network": "roles/compute.networkAdmin",
    "google_compute_network_firewall_policy": "roles/compute.securityAdmin",
    "google_compute_network_firewall_policy_association": "roles/compute.securityAdmin",
    "google_compute_network_firewall_policy_rule": "roles/compute.securityAdmin",
    "google_compute_region_network_endpoint_group": "roles/compute.loadBalancerAdmin",
    "google_compute_router": "roles/compute.networkAdmin",
    "google_compute_router_nat": "roles/compute.networkAdmin",
    "google_compute_security_policy": "roles/compute.securityAdmin",
    "google_compute_ssl_policy": "roles/compute.securityAdmin",
    "google_compute_subnetwork": "roles/compute.networkAdmin",
    "google_compute_target_http_proxy": "roles/compute.loadBalancerAdmin",
    "google_compute_target_https_proxy": "roles/compute.loadBalancerAdmin",
    "google_compute_url_map": "roles/compute.loadBalancerAdmin",
    "google_dns_record_set": "roles/dns.admin",
    "google_firestore_backup_schedule": "datastore.backupSchedules.create",
    "google_firestore_database": "datastore.databases.create",
    "google_firestore_field": "datastore.indexes.update",
    "google_firestore_index": "datastore.indexes.create",
    "google_iam_workload_identity_pool": "roles/iam.workloadIdentityPoolAdmin",
    "google_iam_workload_identity_pool_provider": "roles/iam.workloadIdentityPoolAdmin",
    "google_kms_crypto_key": "roles/cloudkms.admin",
    "google_kms_crypto_key_iam_member": "roles/cloudkms.admin",
    "google_kms_key_ring": "roles/cloudkms.admin",
    "google_logging_metric": "roles/logging.configWriter",
    "google_logging_project_bucket_config": "roles/logging.configWriter",
    "google_logging_project_exclusion": "roles/logging.configWriter",
    "google_logging_project_sink": "roles/logging.configWriter",
    "google_monitoring_alert_policy": "roles/monitoring.editor",
    "google_monitoring_custom_service": "roles/monitoring.editor",
    "google_monitoring_dashboard": "roles/monitoring.editor",
    "google_monitoring_notification_channel": "roles/monitoring.editor",
    "google_monitoring_slo": "roles/monitoring.editor",
    "google_monitoring_uptime_check_config": "roles/monitoring.editor",
    "google_project_iam_audit_config": "roles/resourcemanager.projectIamAdmin",
    "google_project_iam_custom_role": "roles/iam.roleAdmin",
    "google_project_iam_member": "roles/resourcemanager.projectIamAdmin",
    "google_project_service": "roles/serviceusage.serviceUsageAdmin",
    "google_pubsub_topic": "pubsub.topics.create",
    "google_secret_manager_secret": "secretmanager.secrets.create",
    "google_secret_manager_secret_iam_member": "secretmanager.secrets.setIamPolicy",
    "google_service_account": "roles/iam.serviceAccountAdmin",
    "google_service_account_iam_member": "roles/iam.serviceAccountAdmin",
    "google_storage_bucket": "storage.buckets.create",
    "google_storage_bucket_iam_member": "storage.buckets.setIamPolicy",
    "google_storage_managed_folder": "storage.managedFolders.create",
    "google_storage_managed_folder_iam_member": "storage.managedFolders.setIamPolicy",
}


@pytest.fixture(scope="module")
def everything(tested: Verdicts) -> list[dict[str, Any]]:
    return [{**each["change"]["after"], "address": each["address"]} for each in tested.plans[EVERYTHING]]


def within(plan: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in plan if f".{kind}." in f".{each['address']}"]


@pytest.fixture(scope="module")
def declared(root: Path) -> dict[str, dict[str, Any]]:
    return {path.parent.name: yaml.safe_load(path.read_text()) for path in (root / "functions").glob("*/function.yaml")}


def test_the_edge_leads_to_the_public_doors_alone(
    everything: list[dict[str, Any]], declared: dict[str, dict[str, Any]]
) -> None:
    public = {name for name, given in declared.items() if given["trigger"] == "public"}
    ends = within(everything, "google_compute_region_network_endpoint_group")
    assert {each["cloud_run"][0]["service"] for each in ends} == public
    assert len(within(everything, "google_compute_backend_service")) == len(public)
    for function in within(everything, "google_cloudfunctions2_function"):
        ingress = function["service_config"][0]["ingress_settings"]
        wanted = "ALLOW_INTERNAL_AND_GCLB" if function["name"] in public else "ALLOW_INTERNAL_ONLY"
        assert ingress == wanted, function["name"]


def test_what_is_probed_is_what_people_reach(everything: list[dict[str, Any]]) -> None:
    probed = {
        each["monitored_resource"][0]["labels"]["host"]
        for each in within(everything, "google_monitoring_uptime_check_config")
    }
    assert probed == set(within(everything, "google_compute_managed_ssl_certificate")[0]["managed"][0]["domains"])
    given = {
        name: value
        for function in within(everything, "google_cloudfunctions2_function")
        for name, value in function["service_config"][0]["environment_variables"].items()
        if name in ("WORKWRIGHT_URL_OAUTH_CALLBACK", "WORKWRIGHT_PUBLIC_URL")
    }
    assert given == {
        "WORKWRIGHT_URL_OAUTH_CALLBACK": "https://oauth-callback.work.example.com",
        "WORKWRIGHT_PUBLIC_URL": "https://work.example.com",
    }


def test_the_deployer_may_give_what_the_plan_gives(everything: list[dict[str, Any]]) -> None:
    """Roles of Google's that accounts other than the pipeline's get in the project; our own are listed with them."""
    given = {
        each["role"]
        for each in within(everything, "google_project_iam_member")
        if not each["address"].startswith("module.ci[") and each.get("role", "").startswith("roles/")
    }
    assert given <= {"roles/logging.logWriter"}


def test_the_deployer_can_make_all_there_is(everything: list[dict[str, Any]], root: Path) -> None:
    folder = root / "terraform"
    files = [path for path in folder.rglob("*.tf") if "bootstrap" not in path.parts and ".terraform" not in path.parts]
    made = {kind for path in files for kind in re.findall(r'^resource "(google_\w+)"', path.read_text(), re.M)}
    pipeline = [each for each in everything if each["address"].startswith("module.ci[")]
    granted = {each["role"] for each in pipeline if ".deployer" in each["address"] and "role" in each}
    granted |= {each["role"] for each in pipeline if '.runner["deployer' in each["address"]}
    for role in within(pipeline, "google_project_iam_custom_role"):
        granted |= set(role["permissions"]) if role["address"].endswith(".deployer") else set()
    assert made <= set(RIGHTS)
    assert {kind for kind in made if RIGHTS[kind] and RIGHTS[kind] not in granted} == set()


def test_nobody_of_the_pipeline_is_given_a_basic_role_or_other_accounts(everything: list[dict[str, Any]]) -> None:
    roles = {each.get("role", "") for each in everything if each["address"].startswith("module.ci[")}
    assert "roles/run.admin" in roles
    assert not roles & {"roles/owner", "roles/editor", "roles/viewer", "roles/iam.serviceAccountUser"}


def test_builds_are_given_all_they_ask_for(everything: list[dict[str, Any]], root: Path) -> None:
    """Substitutions of a build: given by its trigger or by a default of its own; and both builds' files are there."""
    for trigger in within(everything, "google_cloudbuild_trigger"):
        path = trigger["filename"] or trigger["git_file_source"][0]["path"]
        text = (root / path).read_text()
        own = set(yaml.safe_load(text).get("substitutions") or {})
        asked = set(re.findall(r"(?<!\$)\$\{?(_[A-Z][A-Z0-9_]*)", text))
        assert asked - own - set(trigger["substitutions"]) == set(), path
