"""What is deleted of a tenant's part of the bucket as a whole: one site, or all of them.

Records go last: until then what is left can be told to be a site's, and whoever comes again goes on.
"""

from __future__ import annotations

from shared.integrations.cloud_storage.bucket import Bucket


def erase_all(bucket: Bucket, owner: str) -> int:
    """Delete everything of a tenant's; return how many objects that were."""
    return sum(_erase(bucket, f"{part}/{owner}/") for part in ("live", "preview", "state"))


def erase_site(bucket: Bucket, owner: str, site: str) -> None:
    """Delete a site's objects; whoever calls this holds the site's lock, which goes with them."""
    live, state = f"live/{owner}/{site}/", f"state/{owner}/{site}/"
    _erase(bucket, live)
    bucket.remove(live.removesuffix("/"))
    for part in ("ready", "begun"):
        for each in bucket.list_below(f"{state}{part}/"):
            _erase(bucket, f"preview/{owner}/{each.name.rpartition('/')[2]}")
            bucket.remove(each.name)
    bucket.remove(f"{state}site.json")
    _erase(bucket, state)


def _erase(bucket: Bucket, prefix: str) -> int:
    found = bucket.list_below(prefix)
    for each in found:
        bucket.remove(each.name)
    return len(found)
