"""What a deployment keeps: the database and its indexes, secrets, the key, and Notion's webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from shared.cli.doctor.cloud_site import Site, finding
from shared.cli.doctor.needed_secrets import OPERATOR_SECRETS
from shared.core.tenants.finding import LATER, MISSING, OK, Finding

# Without these nothing works; the others belong to one thing each that an installation may do without.
ALWAYS = (
    "approval-link-key", "oauth-state-key", "api-key-pepper", "hook-key", "notion-client-id", "notion-client-secret",
)  # fmt: skip
_WEBHOOK = "notion-webhook-token"  # of the handshake; `webhook` speaks of it


def database(site: Site) -> Iterator[Finding]:
    """Source: cloud.google.com/firestore/docs/reference/rest/v1/projects.databases#Database."""
    read = site.google.find("firestore", _database(site))
    if read is None:
        yield finding("database", "Everything is stored in it.", ["no database"], "", site.apply())
        return
    native = read.get("type") == "FIRESTORE_NATIVE"
    why = "Everything is stored in it, and only native mode has what the code needs."
    yield finding("database", why, [] if native else [f"it is {read.get('type')}"], "native mode", site.apply())
    wanted = {
        "pointInTimeRecoveryEnablement": (
            "POINT_IN_TIME_RECOVERY_ENABLED",
            "no point-in-time recovery for the last week",
        ),
        "deleteProtectionState": ("DELETE_PROTECTION_ENABLED", "not protected from deletion"),
    }
    problems = [words for field, (value, words) in wanted.items() if read.get(field) != value]
    if not site.google.get("firestore", f"{_database(site)}/backupSchedules").get("backupSchedules"):
        problems.append("no backups")
    why = "Production needs all three; in staging they are missing on purpose."
    yield finding(
        "recovery",
        why,
        problems,
        "point-in-time recovery, backups, protected from deletion",
        site.apply(),
        needed=False,
    )


def indexes(site: Site) -> Iterator[Finding]:
    """Whether each index that the code's queries need is there and ready. An index takes minutes to be built.

    Sources: cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.collectionGroups.indexes#Index and
    …collectionGroups.fields#Field; `-` stands for all collection groups.
    """
    groups, wanted = f"{_database(site)}/collectionGroups/-", site.wanted.indexes
    built = {
        _normalise_index(index): str(index.get("state"))
        for index in site.google.list_all("firestore", f"{groups}/indexes", "indexes")
    }
    problems = []
    for index in wanted["composite"]:
        state = built.get(_normalise_wanted(index))
        if state != "READY":
            fields = ", ".join(field["path"] for field in index["fields"])
            problems.append(f"{index['collection']} ({fields}) is {state or 'not there'}")
    apart = "indexConfig.usesAncestorConfig:false OR ttlConfig:*"
    own = {
        (exempted["name"].split("/")[-3], exempted["name"].split("/")[-1]): exempted
        for exempted in site.google.list_all("firestore", f"{groups}/fields", "fields", filter=apart, pageSize=200)
    }
    for index in wanted["fields"]:
        problems += _field_problems(index, own.get((index["collection"], index["field"])))
    why = "A query without its index is refused, also while the index is being built, which takes minutes."
    count = len(wanted["composite"]) + len(wanted["fields"])
    yield finding("indexes", why, problems, f"{count} ready", site.apply())


def _field_problems(wanted: dict[str, Any], field: dict[str, Any] | None) -> Iterator[str]:
    name = f"{wanted['collection']}.{wanted['field']}"
    if field is None:
        yield f"{name} is not exempted from indexes"
        return
    built = field.get("indexConfig", {}).get("indexes", ())
    has = {(index.get("queryScope"), index["fields"][0].get("order"), index.get("state")) for index in built}
    needs = {(index["scope"], index["order"], "READY") for index in wanted["indexes"]}
    yield from (f"{name} has no index {order} for {scope}" for scope, order, _ in sorted(needs - has))
    ttl = field.get("ttlConfig", {}).get("state")
    if wanted["ttl"] and ttl != "ACTIVE":
        yield f"{name} does not expire: {ttl or 'no TTL'}"


def secrets(site: Site) -> Iterator[Finding]:
    """Whether each secret has a version that is enabled. Values are never read.

    Source: cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/list.
    """
    project = site.wanted.project
    for name in site.wanted.secrets:
        if name == _WEBHOOK or name.endswith("-before"):  # there only while a secret is being changed
            continue
        path, needed = f"projects/{project}/secrets/{name}/versions", name in ALWAYS
        read = site.google.find("secretmanager", path, filter="state:ENABLED")
        if read is not None and read.get("versions"):
            yield Finding(name, OK, "has an enabled version", needed=needed)
            continue
        detail = "no enabled version" if read is not None else "no such secret"
        way_out = (
            f"gcloud secrets versions add {name} --data-file=- --project={project}"
            if read is not None
            else site.apply()
        )
        why = "Nothing works without it." if needed else "Needed only for what uses it."
        whence = OPERATOR_SECRETS.get(name, "docs/guides/deploy.md says whence")
        why = f"{why} {site.wanted.purposes.get(name, '')}; {whence}."
        yield Finding(name, MISSING if needed else LATER, detail, way_out, needed=needed, why=why)


def key(site: Site) -> Iterator[Finding]:
    """Source: cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys#CryptoKey."""
    name = f"{site.place}/keyRings/{site.wanted.name}/cryptoKeys/tenants"
    read = site.google.find("cloudkms", name)
    why = "It decrypts every tenant's tokens. If it does not rotate, one version decrypts more and more of them."
    place = f"--keyring={site.wanted.name} --location={site.wanted.region} --project={site.wanted.project}"
    if read is None:
        yield finding("key", why, ["no key"], "", site.apply())
        return
    problems, way_out = [], site.apply()
    if not read.get("rotationPeriod"):
        problems.append("does not rotate")
    primary = read.get("primary", {})
    if primary.get("state") != "ENABLED":
        problems.append(f"its primary version is {primary.get('state', 'not there')}")
        version = str(primary.get("name", "1")).rpartition("/")[2]
        way_out = f"gcloud kms keys versions enable {version} --key=tenants {place}"
    yield finding("key", why, problems, f"rotates every {read.get('rotationPeriod')}, enabled", way_out)


def webhook(site: Site) -> Iterator[Finding]:
    """Whether Notion's handshake was made or is waited for: the document of `arm_handshake`.

    Source: cloud.google.com/firestore/docs/reference/rest/v1/Value; its body is JSON text, as the store writes it.
    """
    at = f"--project {site.wanted.project} --region {site.wanted.region}"
    subscribe = f"create the subscription in Notion for {site.url('notion-webhook')}"
    why = "Without it, changes in Notion and approvals are found only by sync, minutes later."
    read = site.google.find("firestore", f"{_database(site)}/documents/tenants/_system/webhook/notion")
    body = json.loads(read["fields"]["body"]["stringValue"]) if read else {}
    if body.get("verified"):
        yield Finding("webhook", OK, f"verified at {body['verified']}", why=why)
    elif body.get("armed_until") and datetime.fromisoformat(body["armed_until"]) > datetime.now(UTC):
        detail = f"armed until {body['armed_until']}; no handshake has come yet"
        yield Finding("webhook", LATER, detail, f"Now {subscribe}", needed=False, why=why)
    else:
        detail = "armed too long ago" if body.get("armed_until") else "never armed"
        yield Finding("webhook", MISSING, detail, f"workwright webhook arm {at}, then {subscribe}", why=why)


def _database(site: Site) -> str:
    return f"projects/{site.wanted.project}/databases/(default)"


def _normalise_wanted(index: dict[str, Any]) -> tuple[Any, ...]:
    fields = tuple((field["path"], field.get("order"), field.get("dimension")) for field in index["fields"])
    return index["collection"], index["scope"], fields


def _normalise_index(index: dict[str, Any]) -> tuple[Any, ...]:
    """Return the same of an index that is there; Firestore adds `__name__` where nobody asked for it."""
    fields = tuple(
        (field["fieldPath"], field.get("order"), field.get("vectorConfig", {}).get("dimension"))
        for field in index["fields"]
        if field["fieldPath"] != "__name__"
    )
    return index["name"].split("/")[-3], index.get("queryScope"), fields
