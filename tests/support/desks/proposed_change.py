"""A run that has proposed a change to a simulated forge, and what happens to the change there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request

from shared.app.engine.engine import open_run, record
from shared.app.intake.accept_forge_delivery import KEY, accept_forge_delivery
from shared.app.intake.forge_signatures import keys_of, signing_token
from shared.core.documents.hook import KIND as HOOKS
from shared.core.errors import BadSignature
from shared.core.run import events as ev
from shared.core.run.commands import CHANGE, Command
from shared.core.run.run import Limits, Run, StepSpec, StepStatus, Trigger
from shared.integrations.forge import Author, Forge
from shared.integrations.gitlab.client import GitLab
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from shared.ports import SYSTEM, Put, Secret
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

HOOK, OTHERS = "a" * 32, "b" * 32
WORD = "gl-word-" + "1"
BRANCH = "workwright/shop-1"
AT = "/projects/acme%2Fshop"
REQUEST = f"{AT}/merge_requests/1"
SPECS = (
    StepSpec("make", "code.test", "Test the shop", lane="execute-step"),
    StepSpec("propose", "repository.propose_change", "Propose it", depends_on=("make",), lane="deploy"),
    StepSpec("watch", "repository.watch_checks", "Watch its checks", depends_on=("propose",), lane="deploy"),
    StepSpec("deploy", "site.deploy", "Deploy it", depends_on=("make",), lane="deploy"),
)


@dataclass
class ProposedChange:
    """A run with an open change in a simulated GitLab, whose webhook leads to the real use cases."""

    house: SmallHouse
    url: str
    run_id: str
    sha: str

    def person(self, method: str, path: str, body: Any = None, who: str = "bo") -> Any:
        return self.control("/_as_person", {"user": who, "method": method, "path": path, "body": body})

    def control(self, path: str, body: Any = None) -> Any:
        answer = kept_open.post(self.url + path, json=body or {}, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    @property
    def run(self) -> Run:
        return self.house.run(self.run_id)

    def status(self, step: str) -> StepStatus:
        found = self.run.step(step)
        assert found is not None
        return found.status

    def queued(self, name: str) -> list[dict[str, Any]]:
        with self.house.store.reading() as connection:
            bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM tasks")]
        return [body for body in bodies if body["name"] == name]

    def deliver(self) -> None:
        """Let GitLab tell what it has to tell, and do what came of it."""
        self.control("/_deliver")
        for _ in range(3):
            for task in self.queued(CHANGE):
                command = Command(task["id"], CHANGE, "deploy", TENANT, run=task.get("run", ""), topic=task["topic"],
                                  ref=task["ref"], attempt=task.get("attempt", 0))  # fmt: skip
                self.house.handle(command)

    def told(self) -> list[str]:
        """Return who is to be told what."""
        return sorted(f"{task['topic']} {task.get('ref', '')}".split()[0] for task in self.queued("notify"))


class Door:
    """The webhook's door as a WSGI app, in front of the small house."""

    def __init__(self, house: SmallHouse) -> None:
        self.house = house

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            accept_forge_delivery(request.path, request.get_data(), headers, self.house.deps)
            start_response("202 Accepted", [("Content-Length", "0")])
        except BadSignature:
            start_response("401 Unauthorized", [("Content-Length", "0")])
        return [b""]


def settle_change(house: SmallHouse, gitlab: GitLabSimulator, door: str) -> ProposedChange:
    made = ProposedChange(house, gitlab.base_url, "run-1", "")
    made.control("/_seed", [{"username": "ada", "token": WORD, "group": "acme"}, {"username": "bo", "group": "acme"}])
    propose_to(made, house.accounts.connect_for(TENANT)(GitLab), "gitlab")
    house.secrets.set(KEY, Secret("a key of the tests"))
    for hook, tenant in ((HOOK, TENANT), (OTHERS, "t-2")):
        house.store.put(SYSTEM, Put(HOOKS, hook, {"tenant": tenant, "system": "gitlab"}))
    give_hook(made, door, HOOK)
    return made


def propose_to(made: ProposedChange, client: Forge, system: str) -> None:
    """Store a run that has proposed a change there and waits for its checks."""
    house = made.house
    client.ensure_repository("acme", "shop")
    made.sha = client.commit(
        "acme", "shop", base=client.head("acme", "shop", "main"), branch=BRANCH, expected_head="",
        files={"a.txt": b"a"}, message="Shop\n\nWorkwright-Run: run-1\n", author=Author("W", "w@example.test"),
        date=datetime(2026, 11, 21, tzinfo=UTC),
    )  # fmt: skip
    client.open_change("acme", "shop", branch=BRANCH, base="main", title="Shop", body="")
    now = house.clock.now()
    open_run(house.deps, ev.RunOpened(now, TENANT, "run-1", Trigger("page", "p-1", "Shop"), Limits(reworks=2), SPECS))
    record(house.deps, TENANT, "run-1", ev.StepSucceeded(now, "make", 1, {"tree": "t1"}))
    proposed = {"number": 1, "repository": "acme/shop", "system": system, "commit": made.sha}
    record(house.deps, TENANT, "run-1", ev.StepSucceeded(now, "propose", 1, proposed))
    for step in ("watch", "deploy"):
        later = now + timedelta(minutes=5)
        record(house.deps, TENANT, "run-1", ev.StepWaits(now, step, 1, 0, later))
    house.store.put(TENANT, Put("claims", f"change-{system}-acme-shop-1", {"by": "run-1.propose"}))


def give_hook(change: ProposedChange, door: str, hook: str) -> None:
    keys = keys_of(change.house.secrets.get(KEY), "gitlab", hook)
    flags = {f"{each}_events": True for each in ("push", "merge_requests", "note", "pipeline")}
    body = {"url": f"{door}/hooks/gitlab/{hook}", "token": keys.token.reveal(), **flags}
    change.person("POST", f"{AT}/hooks", {**body, "signing_token": signing_token(keys).reveal()}, who="ada")
