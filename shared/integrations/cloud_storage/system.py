"""What Cloud Storage says of itself."""

from __future__ import annotations

from shared.core.system import Ask, ByHand, System

CLOUD_STORAGE = System(
    "cloud_storage",
    title="Cloud Storage",
    address="https://storage.googleapis.com",
    client="shared.integrations.cloud_storage.hosting:CloudStorage",
    trial="shared.integrations.cloud_storage.trial:try_given",
    hosts_sites=True,
    files_alone=True,
    for_all=True,
    by_hand=ByHand(
        "ask the operator to copy, in the bucket for sites, what is below preview/…/{token}/ to live/…/{site}/",
        "ask the operator to delete, in the bucket for sites, what is below live/…/{site}/",
    ),
    publishes=True,
    by_identity=True,
    offered="A bucket of Google Cloud Storage, with this machine's Google identity",
    called="a bucket for sites",
    asks=(Ask("bucket", "The bucket's name", variable="WORKWRIGHT_SITES_BUCKET"),),
)
