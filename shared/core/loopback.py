"""Names below `localhost`, which are this machine by definition (RFC 6761, section 6.3).

Browsers know that by themselves. Other programs ask the system's resolver, and many of those know only `localhost`.
"""

from __future__ import annotations

from urllib.parse import urlsplit

_HOST = "127.0.0.1"
_BELOW = ".localhost"


def resolve_loopback(url: str) -> tuple[str, dict[str, str]]:
    """Return the address to connect to, and the headers that name whom we mean; other addresses stay as they are."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not (parts.hostname or "").removesuffix(".").endswith(_BELOW):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{_HOST}{port}").geturl(), {"Host": parts.netloc.rpartition("@")[2]}
