"""What `requests.get` and `requests.post` do, on connections that stay open: each of those makes a session anew.

For what a test asks of its simulators beside our clients, which takes as long as what is tested otherwise.
"""

from __future__ import annotations

import requests

_SESSION = requests.Session()
_SESSION.trust_env = False  # no proxy stands before a loopback address

get, post, put, patch, delete, request = (
    _SESSION.get,
    _SESSION.post,
    _SESSION.put,
    _SESSION.patch,
    _SESSION.delete,
    _SESSION.request,
)
