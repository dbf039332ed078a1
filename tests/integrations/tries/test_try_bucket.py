"""A bucket is tried by asking alone: whether it is there, who may write to it, and whether it may be seen."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.core.errors import Rejected
from shared.http_client import HttpClient
from shared.integrations.cloud_storage.bucket import Bucket
from shared.integrations.cloud_storage.trial import try_bucket
from shared.integrations.trial_result import Tried
from shared.local.simulators.cloud_storage.simulator import CloudStorageSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served

WORD = "-".join(["google", "token"])
OBJECTS = [f"storage.objects.{each}" for each in ("create", "get", "list", "delete")]


@pytest.fixture(scope="module")
def served(kept_served: Callable[[Any], Served]) -> Served:
    return kept_served(CloudStorageSimulator())


@pytest.fixture
def storage(served: Served) -> Iterator[Served]:
    """Whatever is tried, nothing is written, and nothing is even asked to."""
    served.control("/_seed", {"token": WORD, "bucket": "sites"})
    before = len(served.journal())
    yield served
    assert {entry["method"] for entry in served.journal()[before:]} <= {"GET"}


def tried(storage: Served, name: str = "sites", token: str = WORD) -> Tried:
    return try_bucket(name, Secret(token), at=storage.url)


def test_a_bucket_that_may_be_written_to(storage: Served):
    facts = {"bucket": "sites", "public": "unknown"}
    assert tried(storage) == Tried(True, "Sites can be kept in the bucket sites.", "", facts)


def test_a_bucket_whose_settings_may_not_be_read_will_do(storage: Served):
    storage.control("/_seed", {"token": WORD, "bucket": "sites", "permissions": OBJECTS})
    assert tried(storage).ok


@pytest.mark.parametrize(("left_out", "word"), [(0, "write"), (1, "read"), (2, "list"), (3, "delete")])
def test_a_right_that_is_missing_is_named(storage: Served, left_out: int, word: str):
    given = [each for number, each in enumerate(OBJECTS) if number != left_out]
    storage.control("/_seed", {"token": WORD, "bucket": "sites", "permissions": given})
    found = tried(storage)
    assert found.says == f"This machine's identity may not {word} objects in the bucket sites."
    assert "Storage Object User" in found.way_out


def test_what_is_said_to_be_missing_is_refused_in_earnest(served: Served):
    served.control("/_seed", {"token": WORD, "bucket": "closed", "permissions": OBJECTS[1:]})
    bucket = Bucket(HttpClient("cloud_storage", served.url, Secret(WORD)), "closed")
    with pytest.raises(Rejected, match=r"storage\.objects\.create"):
        bucket.put("a", b"a", content_type="text/plain")


def test_a_bucket_that_nobody_may_see(storage: Served):
    storage.control("/_seed", {"token": WORD, "bucket": "sites", "prevented": True})
    found = tried(storage)
    assert (found.ok, found.facts["public"]) == (False, "no")
    assert "public access is prevented" in found.says


def test_a_bucket_that_is_not_there_and_a_name_that_is_none(storage: Served):
    assert tried(storage, "other").says == "There is no bucket “other”."
    for name in ("", "gs://sites", "Sites", "a"):
        assert tried(storage, name).says == f"“{name}” cannot be the name of a bucket."


def test_an_identity_that_is_not_accepted(storage: Served):
    found = tried(storage, token="wrong")
    assert "does not accept this machine's identity" in found.says
    assert "gcloud auth application-default login" in found.way_out
    storage.fault(status=401, skip=1)
    assert "does not accept this machine's identity" in tried(storage).says


def test_a_service_that_is_away(storage: Served):
    storage.fault(status=503)
    assert "Cloud Storage does not answer" in tried(storage).says
