"""Where Vertex AI is: the hosts of its regions, and the address of a project below them."""

from __future__ import annotations

_MULTI_REGIONS = frozenset({"us", "eu"})


def vertex_root(project: str, location: str, base_url: str = "") -> str:
    """Return the address below which a project's Vertex AI answers; `base_url` takes the place of Google's host."""
    return f"{base_url.rstrip('/') or _host(location)}/v1beta1/projects/{project}/locations/{location}"


def _host(location: str) -> str:
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in _MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"
