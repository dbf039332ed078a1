"""Google Cloud's REST interfaces with the operator's own credentials, for reading alone.

Two kinds of request are made: GET, and POST of an empty body to `…:getIamPolicy`, which is how Resource Manager, Cloud
Tasks and IAM let a policy be read (cloud.google.com/resource-manager/reference/rest/v3/projects/getIamPolicy). Nothing
here can change anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import google.auth
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from shared.core.errors import ConfigError, Missing
from shared.http_client import HttpClient
from shared.ports import Secret

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SERVICES = {  # service → version, as the address begins
    "cloudfunctions": "v2",
    "cloudkms": "v1",
    "cloudresourcemanager": "v3",
    "cloudscheduler": "v1",
    "cloudtasks": "v2",
    "firestore": "v1",
    "iam": "v1",
    "run": "v2",
    "secretmanager": "v1",
    "serviceusage": "v1",
}
_PAGES = 50


class GoogleReader:
    """Reads with one token. `endpoint` stands for all services at once: `{endpoint}/{service}/{version}`."""

    def __init__(self, project: str, token: Secret | None, *, endpoint: str = "") -> None:
        # who pays for the quota of the question: without it, user credentials are refused by some services
        headers = {"x-goog-user-project": project} if token else {}
        self._clients = {
            service: HttpClient(
                "google",
                f"{endpoint}/{service}/{version}" if endpoint else f"https://{service}.googleapis.com/{version}",
                token,
                headers=headers,
                timeouts=(5.0, 20.0),
            )
            for service, version in SERVICES.items()
        }

    def get(self, service: str, path: str, **params: Any) -> dict[str, Any]:
        """Return one resource; raises Missing, Unauthorized, Rejected or Unavailable."""
        answer = self._clients[service].call("GET", f"/{path}", params=params or None)
        return dict(answer.json or {})

    def find(self, service: str, path: str, **params: Any) -> dict[str, Any] | None:
        """Return one resource, None where there is none."""
        try:
            return self.get(service, path, **params)
        except Missing:
            return None

    def list_all(self, service: str, path: str, field: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield every resource of a list, over all its pages (`nextPageToken`)."""
        page: Mapping[str, Any] = {}
        for _ in range(_PAGES):
            found = self.get(service, path, **params, **page)
            yield from found.get(field, ())
            if not found.get("nextPageToken"):
                return
            page = {"pageToken": found["nextPageToken"]}

    def policy(self, service: str, path: str, *, post: bool = False) -> dict[str, set[str]]:
        """Return role → members on one resource. Bindings with a condition count too: they are none of ours."""
        client = self._clients[service]
        if post:
            answer = client.call("POST", f"/{path}:getIamPolicy", json={}, read=True)
        else:
            answer = client.call("GET", f"/{path}:getIamPolicy")
        given: dict[str, set[str]] = {}
        for binding in (answer.json or {}).get("bindings", ()):
            given.setdefault(binding["role"], set()).update(binding.get("members", ()))
        return given


def operators_token() -> Secret:
    """Return an access token of the operator's application default credentials; raises ConfigError without any."""
    try:
        credentials, _ = google.auth.default(scopes=[SCOPE])
        credentials.refresh(Request())  # type: ignore[no-untyped-call]
    except GoogleAuthError as error:
        raise ConfigError(
            f"no Google credentials ({type(error).__name__}); run `gcloud auth application-default login`"
        ) from None
    return Secret(str(credentials.token))
