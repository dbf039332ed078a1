"""A session that sends what it is given: what `requests` does beside that costs a quarter of a call on loopback.

No cookies, no proxies, no login of the machine's owner, no redirects, no hooks.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter


class PlainSession(requests.Session):
    """Keeps its connections open, and nothing else of a call."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        adapter = HTTPAdapter(pool_connections=16, pool_maxsize=32, max_retries=0)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Return the call as it is sent; a login in the address counts, as everywhere."""
        made = requests.PreparedRequest()
        made.prepare_method(request.method)
        made.prepare_url(str(request.url), request.params)
        made.prepare_headers(request.headers)
        made.prepare_body(request.data, request.files, request.json)
        if "@" in str(made.url):
            made.prepare_auth(None)
        made.hooks = {}
        return made

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Return what holds for each call."""
        return {"proxies": None, "stream": stream, "verify": True, "cert": None}

    def send(self, request: requests.PreparedRequest, **given: Any) -> requests.Response:
        """Send it once."""
        given.pop("allow_redirects", None)
        answer = self.get_adapter(str(request.url)).send(request, **given)
        if not given.get("stream"):
            _ = answer.content  # until it is read, its connection is nobody else's
        return answer
