"""What a new project of Google's refuses, or does anew at each apply, seen in the plan."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.repository.terraform import Verdicts

pytestmark = pytest.mark.xdist_group("terraform")
NUMBER, REGION = "123456789012", "europe-west1"  # of core.tftest.hcl
PROCESSORS, GIB = 20, 40  # Cloud Run's quota per project and region: CpuAllocPerProjectRegion, MemAllocPerProjectRegion
_UNITS = {"Mi": 1 / 1024, "Gi": 1.0}


@pytest.fixture(scope="module")
def planned(tested: Verdicts) -> dict[str, dict[str, Any]]:
    """All that is planned where everything is asked for: address → what it is after."""
    return {each["address"]: each["change"]["after"] for each in tested.plans["core.tftest.hcl/everything"]}


def test_builds_may_read_where_the_platform_lays_the_bundle(planned: dict[str, dict[str, Any]]) -> None:
    """Cloud Functions copies a bundle to a bucket of its own first, and the build reads it there."""
    assert "storage.objects.get" in planned["google_project_iam_custom_role.reads_bundles"]["permissions"]
    given = planned["google_project_iam_member.build_sources"]
    copied = f'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-{NUMBER}-{REGION}")'
    assert given["condition"][0]["expression"] == copied


def test_nothing_is_built_before_rights_are_known(planned: dict[str, dict[str, Any]]) -> None:
    assert planned["time_sleep.build_rights_are_known"]["create_duration"] == "90s"


def test_most_instances_stay_within_a_new_projects_quota(planned: dict[str, dict[str, Any]]) -> None:
    """A service that could use more than the whole quota is refused: "Max instances must be set to … or fewer"."""
    asked = {}
    for address, after in planned.items():
        if address.endswith(".google_cloudfunctions2_function.this"):
            service = after["service_config"][0]
            asked[address] = (service["max_instance_count"], service["available_cpu"], service["available_memory"])
        elif address == "module.runner[0].google_cloud_run_v2_service.this":
            template = after["template"][0]
            limits = template["containers"][0]["resources"][0]["limits"]
            asked[address] = (template["scaling"][0]["max_instance_count"], limits["cpu"], limits["memory"])
    assert len(asked) == 11
    for address, (most, cpu, memory) in asked.items():
        assert most >= 1
        assert most * float(cpu) <= PROCESSORS, address
        assert most * float(memory[:-2]) * _UNITS[memory[-2:]] <= GIB, address


def test_an_index_of_vectors_names_what_firestore_adds(planned: dict[str, dict[str, Any]]) -> None:
    """Firestore puts `__name__` before the vector; unless it is written here, each plan replaces the index."""
    indexes = [after["fields"] for address, after in planned.items() if ".google_firestore_index." in address]
    vectors = [fields for fields in indexes if fields[-1]["vector_config"]]
    assert len(vectors) == 1
    for fields in vectors:
        assert (fields[-2]["field_path"], fields[-2]["order"]) == ("__name__", "ASCENDING")
