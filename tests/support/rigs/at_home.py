"""Calls to what runs on this machine: a connection is kept for the next call, where `requests.get` makes a new one.

A story asks the simulators hundreds of times. Cookies are not kept, and no proxy of the environment is looked for.
"""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("http://", HTTPAdapter(pool_connections=32, pool_maxsize=32))
    return session


AT_HOME = _session()
