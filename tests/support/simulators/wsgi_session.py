"""A `requests` session that calls a simulator in this process: as strict as over HTTP, without the wire's time."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from werkzeug.test import Client

from shared.local.simulators._server import Simulator


class _Calls(BaseAdapter):
    def __init__(self, simulator: Simulator) -> None:
        super().__init__()
        self._client = Client(simulator)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer the request; a dropped connection is what it is on the wire."""
        assert request.url is not None
        try:
            answer = self._client.open(
                request.path_url,
                method=request.method,
                data=request.body,
                headers=list(request.headers.items()),
            )
        except ConnectionResetError as dropped:
            raise requests.exceptions.ConnectionError(str(dropped), request=request) from dropped
        response = requests.Response()
        response.status_code = answer.status_code
        response.headers.update(dict(answer.headers.items()))
        response.raw = HTTPResponse(io.BytesIO(answer.data), preload_content=False)
        response.url, response.request = request.url, request
        return response

    def close(self) -> None:
        """Nothing is open."""


def session_of(simulator: Simulator) -> requests.Session:
    """Return a session whose every address leads to the simulator."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", _Calls(simulator))
    return session
