"""What Vercel says of itself."""

from __future__ import annotations

from shared.core.system import System

VERCEL = System(
    "vercel",
    title="Vercel",
    address="https://api.vercel.com",
    client="shared.integrations.vercel.client:Vercel",
    by_token=True,
    hosts_sites=True,
    publishes=True,
)
