"""What Notion refuses the tenants of a deployment for good, by their settings; nothing they have written is told."""

from __future__ import annotations

import json
from collections.abc import Iterator

from shared.app.installation.left_alone import WAY_OUT, find_left_alone
from shared.cli.doctor.cloud_site import Site
from shared.core.tenants.finding import MISSING, OK, Finding

MAX = 500  # tenants that are looked at: a request each
_TOLD = 20
_WHY = "Its owners were told once. Until they act, nothing happens there, and it is asked for rarely."


def refusals(site: Site) -> Iterator[Finding]:
    """Whether Notion refuses any tenant a table, a page, a routine or the plan of the day.

    Source: cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.documents/list; nothing is stored at a
    tenant itself, so it is listed only with `showMissing`. A body is JSON text, as the store writes it.
    """
    documents = f"projects/{site.wanted.project}/databases/(default)/documents"
    listed = site.google.list_all("firestore", f"{documents}/tenants", "documents", showMissing="true", pageSize=300)
    names = [name for each in listed if not (name := str(each["name"]).rpartition("/")[2]).startswith("_")]
    left: list[str] = []
    for tenant in names[:MAX]:
        read = site.google.find("firestore", f"{documents}/tenants/{tenant}/settings/tenant")
        settings = json.loads(read["fields"]["body"]["stringValue"]) if read else {}
        left += find_left_alone(settings, of=tenant, titles=False)
    seen = f" (the first {MAX} of {len(names)} tenants)" if len(names) > MAX else ""
    if not left:
        yield Finding("refusals", OK, f"nothing is left alone because Notion refuses it{seen}", needed=False, why=_WHY)
        return
    more = f"; and {len(left) - _TOLD} more" if len(left) > _TOLD else ""
    detail = f"Notion refuses {'; '.join(left[:_TOLD])}{more}{seen}"
    yield Finding("refusals", MISSING, detail, WAY_OUT, needed=False, why=_WHY)
