"""The simulated Cloud Storage: a bucket's objects over the JSON API, and the pages that everybody may read."""

from shared.local.simulators.cloud_storage.simulator import CloudStorageSimulator

__all__ = ["CloudStorageSimulator"]
