"""What Cloud Storage says of itself."""

from __future__ import annotations

from shared.core.system import System

CLOUD_STORAGE = System(
    "cloud_storage",
    title="Cloud Storage",
    address="https://storage.googleapis.com",
    client="shared.integrations.cloud_storage.hosting:CloudStorage",
    hosts_sites=True,
    files_alone=True,
    for_all=True,
    publishes=True,
)
