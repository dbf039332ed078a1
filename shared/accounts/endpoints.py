"""Where the external systems are: the vendors' addresses, or simulators'."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the external systems are: the vendors' addresses, or simulators'."""

    notion: str = "https://api.notion.com"
    github: str = "https://api.github.com"
    gitlab: str = "https://gitlab.com"
    gitlab_hosts: tuple[str, ...] = ()  # self-managed ones that a tenant's grant may name, by the operator's leave
    vercel: str = "https://api.vercel.com"
    slack: str = "https://slack.com/api"
    cloud_storage: str = "https://storage.googleapis.com"
    timeouts: tuple[float, float] = (5.0, 65.0)
