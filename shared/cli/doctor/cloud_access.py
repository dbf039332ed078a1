"""Who may do what in a deployment: accounts, their roles, and who may call the functions."""

from __future__ import annotations

from collections.abc import Iterator

from shared.cli.doctor.cloud_site import Site, finding
from shared.core.tenants.finding import Finding

_INVOKER = "roles/run.invoker"
_READS, _WRITES = "roles/secretmanager.secretAccessor", "roles/secretmanager.secretVersionAdder"
_TOO_MUCH = ("roles/owner", "roles/editor", "roles/viewer")


def accounts(site: Site) -> Iterator[Finding]:
    """Source: cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/list."""
    path = f"projects/{site.wanted.project}/serviceAccounts"
    found = {str(account["email"]): account for account in site.google.list_all("iam", path, "accounts", pageSize=100)}
    wanted = [*(site.wanted.account(name) for name in site.wanted.functions), site.wanted.email("tasks-caller")]
    problems = [f"no {email}" for email in wanted if email not in found]
    asleep = [email for email in wanted if found.get(email, {}).get("disabled")]
    problems += [f"{email} is disabled" for email in asleep]
    way_out = (
        f"gcloud iam service-accounts enable {asleep[0]} --project={site.wanted.project}" if asleep else site.apply()
    )
    yield finding(
        "accounts", "Each function acts as an account of its own; without it nothing that it asks for is answered.",
        problems, f"{len(wanted)} accounts exist", way_out,
    )  # fmt: skip


def roles(site: Site) -> Iterator[Finding]:
    """Whether each custom role holds exactly its permissions.

    Source: cloud.google.com/iam/docs/reference/rest/v1/projects.roles#Role.
    """
    problems = []
    for name, role in site.wanted.roles.items():
        if role["at"] == "sites bucket" and not any(name in each["roles"] for each in site.wanted.functions.values()):
            continue
        read = site.google.find("iam", site.wanted.role(name))
        if read is None or read.get("deleted"):
            problems.append(f"no role {name}")
            continue
        has, needs = set(read.get("includedPermissions", ())), set(role["permissions"])
        problems += [f"{name} lacks {each}" for each in sorted(needs - has)]
        problems += [f"{name} also allows {each}" for each in sorted(has - needs)]
    why = "Functions fail without a permission they need; an intruder gets every permission too many."
    yield finding(
        "roles", why, problems, f"{len(site.wanted.roles)} roles hold the permissions they should", site.apply()
    )


def grants(site: Site) -> Iterator[Finding]:
    """Whether each account holds its roles on project, key, queues and secrets, and no other of ours there."""
    wanted = site.wanted
    project = site.google.policy("cloudresourcemanager", f"projects/{wanted.project}", post=True)
    ring = site.google.policy("cloudkms", f"{site.place}/keyRings/{wanted.name}/cryptoKeys/tenants")
    problems = [
        *_compare_roles(site, "project", project),
        *_compare_roles(site, "key", ring),
        *_queues(site),
        *_secrets(site),
    ]
    caller = f"projects/{wanted.project}/serviceAccounts/{wanted.email('tasks-caller')}"
    acting = site.google.policy("iam", caller, post=True).get(wanted.role("act-as"), set())
    enqueuers = [name for name, declared in wanted.functions.items() if "enqueue" in declared["roles"]]
    problems += [f"{name} may not act as tasks-caller" for name in enqueuers if _member(site, name) not in acting]
    why = "A function fails when it needs a role that it lacks; an intruder gets every role that it has too many."
    yield finding("grants", why, problems, "accounts have exactly their roles", site.apply())


def extra_access(site: Site) -> Iterator[Finding]:
    """Whether an account of ours holds one of the broad roles in the project."""
    project = site.google.policy("cloudresourcemanager", f"projects/{site.wanted.project}", post=True)
    ours = {_member(site, name) for name in site.wanted.functions} | {_account(site.wanted.email("tasks-caller"))}
    broad = [(role, member) for role in sorted(project) for member in sorted(project[role] & ours) if role in _TOO_MUCH]
    way_out = ""
    if broad:
        role, member = broad[0]
        way_out = f"gcloud projects remove-iam-policy-binding {site.wanted.project} --member={member} --role={role}"
    why = "Owner, editor and viewer let a function read and change what belongs to all the others."
    yield finding("access", why, [f"{member} has {role}" for role, member in broad], "no broad roles", way_out)


def callers(site: Site) -> Iterator[Finding]:
    """Source: cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/getIamPolicy."""
    problems, way_out = [], site.apply()
    caller = _account(site.wanted.email("tasks-caller"))
    for name in site.wanted.functions:
        may = site.google.policy("run", f"{site.place}/services/{name}").get(_INVOKER, set())
        right = {"allUsers"} if name in site.wanted.public else {caller}
        problems += [f"{name} cannot be called by {each}" for each in sorted(right - may)]
        for each in sorted(may - right):
            problems.append(f"{name} can be called by {each}")
            way_out = (
                f"gcloud run services remove-iam-policy-binding {name} --region={site.wanted.region}"
                f" --project={site.wanted.project} --member={each} --role={_INVOKER}"
            )
    why = "Only the public functions may be open; whoever can call another function reaches what is behind it."
    yield finding("callers", why, problems, f"open to everybody: {', '.join(site.wanted.public)}", way_out)


def _compare_roles(site: Site, at: str, policy: dict[str, set[str]]) -> Iterator[str]:
    granted = site.wanted.list_roles(at)
    roles_there = {site.wanted.role(name) for name, role in site.wanted.roles.items() if role["at"] == at}
    for name in site.wanted.functions:
        has = {role for role in roles_there if _member(site, name) in policy.get(role, ())}
        needs = granted.get(name, set())
        yield from (f"{name} lacks {_short(role)} on the {at}" for role in sorted(needs - has))
        yield from (f"{name} also has {_short(role)} on the {at}" for role in sorted(has - needs))


def _queues(site: Site) -> Iterator[str]:
    enqueue = site.wanted.role("enqueue")
    for queue in (name for name, declared in site.wanted.functions.items() if "queue" in declared):
        may = site.google.policy("cloudtasks", f"{site.place}/queues/{queue}", post=True).get(enqueue, set())
        for name, declared in site.wanted.functions.items():
            if queue in declared["hands_to"] and _member(site, name) not in may:
                yield f"{name} may not hand tasks to {queue}"


def _secrets(site: Site) -> Iterator[str]:
    for secret in site.wanted.secrets:
        path = f"projects/{site.wanted.project}/secrets/{secret}"
        policy = site.google.policy("secretmanager", path)
        for role, field, word in ((_READS, "secrets", "read"), (_WRITES, "writes_secrets", "write")):
            needs = {
                _member(site, name): name
                for name, declared in site.wanted.functions.items()
                if secret in declared[field]
            }
            ours = {_member(site, name): name for name in site.wanted.functions}
            has = policy.get(role, set())
            yield from (f"{needs[each]} may not {word} {secret}" for each in sorted(set(needs) - has))
            yield from (f"{ours[each]} may {word} {secret} too" for each in sorted(has & set(ours) - set(needs)))


def _member(site: Site, function: str) -> str:
    return _account(site.wanted.account(function))


def _account(email: str) -> str:
    return f"serviceAccount:{email}"


def _short(role: str) -> str:
    return role.rpartition("/")[2]
