"""What Cloud Storage says of itself."""

from __future__ import annotations

from shared.core.system import ByHand, System

CLOUD_STORAGE = System(
    "cloud_storage",
    title="Cloud Storage",
    address="https://storage.googleapis.com",
    client="shared.integrations.cloud_storage.hosting:CloudStorage",
    hosts_sites=True,
    files_alone=True,
    for_all=True,
    by_hand=ByHand(
        "ask the operator to copy, in the bucket for sites, what is below preview/…/{token}/ to live/…/{site}/",
        "ask the operator to delete, in the bucket for sites, what is below live/…/{site}/",
    ),
    publishes=True,
)
