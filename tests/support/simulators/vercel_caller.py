"""Calls to the simulated Vercel, whose answers have to have every field that the published description requires."""

from pathlib import Path
from typing import Any

import requests

from shared.local.simulators._server import serve
from shared.local.simulators.vercel import VercelSimulator

Json = dict[str, Any]
TOKEN = "-".join(["test", "token"])

# What the published description calls required.
DEPLOYMENT = {"build", "creator", "env", "meta", "plan", "projectSettings", "readyState", "regions", "status", "type"}
PROJECT = {"alias", "defaultResourceConfig", "deploymentExpiration", "nodeVersion", "resourceConfig"}


class VercelCaller:
    def __init__(self, sim: VercelSimulator) -> None:
        self.sim = sim
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def __call__(self, method: str, path: str, status: int, body: Any = None, **more: Any) -> Any:
        answer = self.session.request(method, self.sim.base_url + path, json=body, timeout=10, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def control(self, path: str, body: Any) -> None:
        assert requests.post(f"{self.sim.base_url}{path}", json=body, timeout=10).status_code == 200

    def later(self, seconds: float) -> None:
        self.control("/_clock", {"offset_s": self.sim.offset.total_seconds() + seconds})

    def deploy(self, files: dict[str, str], target: str | None = "production", query: str = "", **more: Any) -> Json:
        listed = [{"file": name, "data": text, "encoding": "utf-8"} for name, text in files.items()]
        body = {"name": "site", "project": "site", "files": listed, **more} | ({"target": target} if target else {})
        made = self("POST", f"/v13/deployments{query}", 200, body)
        assert not DEPLOYMENT - set(made)
        return dict(made)

    def live(self, files: dict[str, str], **more: Any) -> Json:
        made = self.deploy(files, **more)
        self.later(2)
        return self.get(made["id"])

    def get(self, number: str) -> Json:
        return dict(self("GET", f"/v13/deployments/{number}", 200))

    def shown(self) -> str:
        return requests.get(f"{self.sim.base_url}/_alias/site/", timeout=10).text

    def production(self) -> str | None:
        target = self("GET", "/v9/projects/site", 200)["targets"].get("production")
        return target["id"] if target else None


def start_vercel(data: Path) -> VercelCaller:
    sim = VercelSimulator(data)
    serve(sim)
    return VercelCaller(sim)


def effects(vercel: VercelCaller, kind: str) -> list[Json]:
    return [e for entry in vercel.sim.journal for e in entry["effects"] if e["kind"] == kind]
