"""What Vercel says of itself."""

from __future__ import annotations

from shared.core.system import ByHand, System

VERCEL = System(
    "vercel",
    title="Vercel",
    address="https://api.vercel.com",
    client="shared.integrations.vercel.client:Vercel",
    webhook="shared.integrations.vercel.webhook:WEBHOOK",
    by_token=True,
    hosts_sites=True,
    by_hand=ByHand(
        "open the project {site} at Vercel and make the deployment {deployment} the one in production"
        " (there: Instant Rollback, or Promote)",
        "open the project {site} at Vercel and take the deployment {deployment} down",
    ),
    publishes=True,
)
