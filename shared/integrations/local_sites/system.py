"""What the folder for sites says of itself."""

from __future__ import annotations

from shared.core.system import Ask, ByHand, System

LOCAL_SITES = System(
    "local_sites",
    title="the machine that Workwright runs on",
    client="shared.integrations.local_sites.hosting:LocalSites",
    trial="shared.integrations.local_sites.trial:try_given",
    elsewhere=False,
    hosts_sites=True,
    files_alone=True,
    for_all=True,
    by_hand=ByHand(
        "ask the operator to let the link live/{site}-… in the folder for sites lead to the version {token}",
        "ask the operator to remove the link live/{site}-… in the folder for sites",
    ),
    publishes=True,
    simulated=False,  # the folder is as harmless as its simulator would be
    offered="A folder on this machine",
    called="a folder for sites",
    asks=(Ask("folder", "The folder for sites", "sites", variable="WORKWRIGHT_SITES_FOLDER", is_folder=True),),
)
