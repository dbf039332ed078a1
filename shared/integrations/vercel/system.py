"""What Vercel says of itself."""

from __future__ import annotations

from shared.core.system import ByHand, SecretLook, System

VERCEL = System(
    "vercel",
    title="Vercel",
    address="https://api.vercel.com",
    client="shared.integrations.vercel.client:Vercel",
    webhook="shared.integrations.vercel.webhook:WEBHOOK",
    trial="shared.integrations.vercel.trial:try_given",
    by_token=True,
    hosts_sites=True,
    was_alone=True,
    by_hand=ByHand(
        "open the project {site} at Vercel and make the deployment {deployment} the one in production"
        " (there: Instant Rollback, or Promote)",
        "open the project {site} at Vercel and take the deployment {deployment} down",
    ),
    publishes=True,
    offered="Vercel, by a token",
    learns=("login",),
    secret_looks=(SecretLook("vercel-token", "vcp_ vci_ vca_ vcr_ vck_", r"vc[piark]_[A-Za-z0-9]{20,}+"),),
    acts_on=("vercel.json", ".vercel/**"),
)
