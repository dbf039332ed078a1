"""The simulated Vercel's records in the words the API answers with."""

from typing import Any

from shared.local.simulators.vercel.builds import RUNNING, log_lines

Json = dict[str, Any]


def short(state: Json, record: Json) -> Json:
    """Return what projects say of a deployment."""
    kept = ("id", "name", "target", "readyState", "readySubstate", "createdAt", "aliasAssigned", "meta", "creator")
    return {key: record[key] for key in kept} | {"type": "LAMBDAS", "plan": state["config"]["plan"]}


def url(host: str, deployment: Json) -> str:
    """Return where a deployment is served, without a scheme, as Vercel writes it."""
    return f"{host}/_site/{deployment['id']}"


def aliases(host: str, names: list[str]) -> list[str]:
    """Return the addresses of a project."""
    return [f"{host}/_alias/{name}" for name in names]


def deployment(host: str, state: Json, record: Json) -> Json:
    """Return a whole deployment."""
    project = state["projects"][record["projectId"]]
    fields = ("meta", "target", "readyState", "readySubstate", "createdAt", "buildingAt", "ready", "aliasAssigned")
    answer: Json = {
        "id": record["id"],
        "name": record["name"],
        "version": 2,
        "type": "LAMBDAS",
        "url": url(host, record),
        **{key: record[key] for key in fields},
        "status": record["readyState"],
        "alias": aliases(host, record["aliases"]),
        "aliasError": record.get("aliasError"),
        "automaticAliases": [],
        "bootedAt": record["createdAt"],
        "build": {"env": []},
        "builds": [],
        "creator": record["creator"],
        "env": [],
        "inspectorUrl": f"https://vercel.com/{record['name']}/{record['id']}",
        "ownerId": record["ownerId"],
        "plan": state["config"]["plan"],
        "project": {"id": project["id"], "name": project["name"], "framework": project["framework"]},
        "projectId": project["id"],
        "projectSettings": {"framework": project["framework"], "outputDirectory": record["outputDirectory"]},
        "public": False,
        "regions": ["iad1"],
        "routes": None,
        "source": "import",
    }
    for key in ("errorCode", "errorMessage", "errorStep", "errorLink", "canceledAt"):
        if record.get(key) is not None:
            answer[key] = record[key]
    return {key: value for key, value in answer.items() if value is not None or key in ("target", "routes")}


def build_list_entry(host: str, state: Json, record: Json) -> Json:
    """Return a deployment as a list shows it: under other names."""
    whole = deployment(host, state, record)
    kept = ("name", "url", "projectId", "createdAt", "buildingAt", "ready", "readyState", "readySubstate", "type")
    more = ("creator", "meta", "target", "aliasAssigned", "inspectorUrl", "errorCode", "errorMessage")
    return {
        "uid": record["id"],
        "created": record["createdAt"],
        "state": record["readyState"],
        "aliasError": record.get("aliasError"),
        "isRollbackCandidate": is_rollback_candidate(state, record),
        **{key: whole[key] for key in (*kept, *more) if key in whole},
    }


def is_rollback_candidate(state: Json, record: Json) -> bool:
    """Say whether a deployment once was live and is not now."""
    live = state["projects"][record["projectId"]]["production"] == record["id"]
    return bool(record["readyState"] == "READY" and record["readySubstate"] == "PROMOTED" and not live)


def project(host: str, state: Json, record: Json) -> Json:
    """Return a project with what it shows now and how its last promotion or rollback went."""
    mine = [deployment for deployment in state["deployments"].values() if deployment["projectId"] == record["id"]]
    live = state["deployments"].get(record["production"] or "")
    latest = sorted(mine, key=lambda deployment: int(deployment["createdAt"]), reverse=True)[:10]
    domains = aliases(host, [record["name"]])
    targets = {"production": short(state, live) | {"url": url(host, live), "alias": domains}} if live else {}
    return {
        "id": record["id"],
        "accountId": record["accountId"],
        "name": record["name"],
        "framework": record["framework"],
        "outputDirectory": record["outputDirectory"],
        "createdAt": record["createdAt"],
        "updatedAt": record["updatedAt"],
        "nodeVersion": "22.x",
        "autoAssignCustomDomains": record["autoAssign"],
        "live": live is not None,
        "alias": [{"domain": domain, "target": "PRODUCTION", "environment": "production"} for domain in domains],
        "targets": targets,
        "latestDeployments": [short(state, deployment) | {"url": url(host, deployment)} for deployment in latest],
        "lastAliasRequest": record["job"],
        "lastRollbackTarget": record["job"] if record["rolledBack"] else None,
        "deploymentExpiration": {},
        "defaultResourceConfig": {"functionDefaultRegions": ["iad1"]},
        "resourceConfig": {"functionDefaultRegions": ["iad1"]},
        "env": [variable(stored) for stored in record["env"]],
        **_protection(state),
    }


def _protection(state: Json) -> Json:
    config = state["config"]
    if not config["protected"]:
        return {}
    bypass = {config["bypass"]: {"createdAt": 1, "createdBy": "usr_maker", "scope": "automation-bypass"}}
    return {"ssoProtection": {"deploymentType": "preview"}, "protectionBypass": bypass if config["bypass"] else {}}


def variable(record: Json) -> Json:
    """Return an environment variable; what is sensitive never comes back, what is encrypted only as such."""
    hidden = {"sensitive": "", "plain": record["value"]}.get(record["type"], "encrypted:" + "*" * 16)
    return record | {"value": hidden}


def events(record: Json) -> list[Json]:
    """Return the build log."""
    info = {"type": "build", "name": f"bld_{record['id'][4:]}", "entrypoint": "."}
    return [
        {
            "type": kind,
            "created": when,
            "date": when,
            "deploymentId": record["id"],
            "id": f"{when}{number:06d}",
            "serial": f"{when}{number:06d}",
            "text": text,
            "info": info | ({"readyState": text} if kind == "deployment-state" else {}),
            **({"level": "error"} if kind == "stderr" else {}),
        }
        for number, (when, kind, text) in enumerate(log_lines(record))
    ]


def tree(files: dict[str, str]) -> list[Json]:
    """Return the uploaded files as folders within folders."""
    roots: list[Json] = []
    for name, digest in sorted(files.items()):
        level = roots
        *folders, leaf = name.split("/")
        for folder in folders:
            found = next((entry for entry in level if entry["name"] == folder and entry["type"] == "directory"), None)
            if found is None:
                found = {"name": folder, "type": "directory", "mode": 16877, "children": []}
                level.append(found)
            level = found["children"]
        level.append({"name": leaf, "type": "file", "uid": digest, "mode": 33188})
    return roots


def is_running(record: Json) -> bool:
    """Say whether a build has not ended."""
    return record["readyState"] in RUNNING
