"""The kinds of software that can be asked for."""

from __future__ import annotations

from typing import Literal

STATIC_SITE, PYTHON_SERVICE, NODE_PROJECT, CHANGE = "static_site", "python_service", "node_project", "change"
Artifact = Literal["static_site", "python_service", "node_project", "change"]
