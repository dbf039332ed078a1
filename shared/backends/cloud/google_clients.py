"""Google's own clients, for the functions that the queue calls.

They are `google-cloud-firestore`, `google-cloud-tasks` and `google-cloud-secret-manager`, over gRPC: a call waits
1 ms less than one by REST (docs/why/performance.md), and nobody waits while such a function starts. The doors, where
people and webhooks do wait, reach the same services by `rest/`, whose classes have the words of these.
"""

from __future__ import annotations

from typing import Any

import grpc
from google.cloud import firestore, secretmanager, tasks_v2
from google.cloud.firestore_v1.base_query import FieldFilter

_NO_PROXY = (("grpc.enable_http_proxy", 0),)


class GoogleFirestore(firestore.Client):
    """Firestore's client; like all of Google's it finds an emulator of its own by FIRESTORE_EMULATOR_HOST."""

    @staticmethod
    def field_filter(field: str, operator: str, value: Any) -> FieldFilter:
        return FieldFilter(field, operator, value)


def google_tasks(emulator: str | None) -> tasks_v2.CloudTasksClient:
    """Return Cloud Tasks; `emulator` is host:port on this machine."""
    client: tasks_v2.CloudTasksClient = _client(tasks_v2.CloudTasksClient, emulator)
    return client


def google_secret_manager(emulator: str | None) -> secretmanager.SecretManagerServiceClient:
    """Return Secret Manager; `emulator` is host:port on this machine."""
    client: secretmanager.SecretManagerServiceClient = _client(secretmanager.SecretManagerServiceClient, emulator)
    return client


def _client(vendors: Any, emulator: str | None) -> Any:
    """Return the vendor's client; at an emulator without credentials and encryption, which it does not know."""
    if emulator is None:
        return vendors()
    transport = vendors.get_transport_class("grpc")
    return vendors(transport=transport(channel=grpc.insecure_channel(emulator, options=_NO_PROXY)))
