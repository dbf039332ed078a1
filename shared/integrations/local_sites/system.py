"""What the folder for sites says of itself."""

from __future__ import annotations

from shared.core.system import ByHand, System

LOCAL_SITES = System(
    "local_sites",
    title="the machine that Workwright runs on",
    client="shared.integrations.local_sites.hosting:LocalSites",
    elsewhere=False,
    hosts_sites=True,
    files_alone=True,
    for_all=True,
    by_hand=ByHand(
        "ask the operator to let the link live/{site}-… in the folder for sites lead to the version {token}",
        "ask the operator to remove the link live/{site}-… in the folder for sites",
    ),
    publishes=True,
)
