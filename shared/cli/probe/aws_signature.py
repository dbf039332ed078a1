"""Amazon's own signing of requests, version 4; botocore is loaded with it."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def sign_request(
    key: tuple[str, str], service: tuple[str, str], method: str, url: str, sent: Mapping[str, str], raw: bytes
) -> dict[str, str]:
    """Return the headers of a request with its signature.

    `key` is the id of an access key and its secret; `service` the service's name and its region.
    """
    request = AWSRequest(method=method, url=url, data=raw, headers=dict(sent))
    SigV4Auth(Credentials(*key), *service).add_auth(request)
    return dict(request.headers.items())
