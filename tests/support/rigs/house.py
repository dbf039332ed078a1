"""The whole local house in this process, with a settled tenant, and everything a test does to it from outside."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from shared import log
from shared.backends.local.keys.identity import LocalCallers
from shared.core.notify.unsent import notice_ref
from shared.core.pages import marks
from shared.core.run.commands import Command, command_to_data
from shared.core.run.run import Run, RunStatus
from shared.integrations.notion.markdown.markdown import parse_markdown
from shared.local.first_setup import Home, settle_in
from shared.local.runtime import House
from shared.local.story.demo import select, write_idea
from shared.local.story.idea import Idea
from shared.wiring import tools, wire
from tests.support.measures.read_runs import ReadRuns
from tests.support.rigs.at_home import AT_HOME
from tests.support.simulators.forked_simulators import forked_simulators

Json = dict[str, Any]
PATIENCE_S = 60.0
QUICK = {"WORKWRIGHT_SETTLE_S": "0.3", "WORKWRIGHT_BACKOFF_S": "0.05", "WORKWRIGHT_HTTP_READ_S": "10"}
QUICK |= {"WORKWRIGHT_WATCH_S": "0", "WORKWRIGHT_BROWSER": "off"}  # a browser has tests of its own
OTHER_AGENT = "other-agent"
_NOTION_VERSION = "2026-03-11"

SMALL_IDEA = "# {title}\n\n## When\n\nEvery Saturday from nine to one.\n\n- Bring your own tubes\n"


def forget_wiring() -> None:
    """Let the next house of this process be wired from its own environment."""
    for cached in (wire, tools.wire_accounts, tools.wire_models, tools.wire_tools):
        cached.cache_clear()


@contextmanager
def own_settings(**env: str) -> Iterator[None]:
    """Have only these settings, and give back what was there: houses write into the environment of their process."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("WORKWRIGHT_")]:
        del os.environ[name]
    os.environ.update(env)
    forget_wiring()
    try:
        yield
    finally:
        forget_wiring()
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def open_house(data: Path, *, working: bool = True, **env: str) -> Iterator[Neighbourhood]:
    """Run a settled house; `working=False` leaves everything in its queue. One at a time per process."""
    with own_settings(**{**QUICK, **env}), _silence(), forked_simulators(data / "simulators") as simulators:
        house = House(data, simulators=simulators)
        try:
            if working:
                house.start()
            made = Neighbourhood(house, settle_in(house))
            made.configure("notion", aggregation_s=0.05, retry_base_s=0.1)
            made.configure("vercel", build_seconds=0.05, alias_seconds=0.05)
            yield made
        finally:
            house.stop()


@contextmanager
def _silence() -> Iterator[None]:
    log.show_from("CRITICAL")
    try:
        yield
    finally:
        log.show_from("INFO")


@dataclass
class Neighbourhood:
    """A house, its newcomer's home, and the simulated systems around it."""

    house: House
    home: Home
    agents: dict[str, str] = field(default_factory=dict)  # other connections' tokens
    _decided: dict[str, str] = field(default_factory=dict)  # run → what was agreed to last
    _read: ReadRuns = field(default_factory=ReadRuns)

    # --- people in Notion ---------------------------------------------------------------------------------------------

    def as_person(self, method: str, path: str, body: Any = None, person: str = "") -> Json:
        """Do something in Notion by hand."""
        asked = {"person": person or self.home.person, "method": method, "path": path, "body": body}
        return dict(self.control("notion", "/_as_person", asked))

    def write(self, idea: Idea | str, home: Home | None = None) -> str:
        """Write an idea into Ideas; return its page."""
        wanted = parse_markdown(SMALL_IDEA.format(title=idea), name=idea) if isinstance(idea, str) else idea
        return str(write_idea(self.house, home or self.home, wanted)["id"])

    def empty_page(self, title: str) -> str:
        """Write a page with a title and nothing else."""
        parent = {"type": "data_source_id", "data_source_id": self.home.ideas}
        name = {"Name": {"title": [{"text": {"content": title}}]}}
        made = self.as_person(
            "POST", "/v1/pages", {"parent": parent, "properties": {**name, **select("Status", "Idea")}}
        )
        return str(made["id"])

    def add(self, page: str, text: str) -> None:
        """Add a paragraph to a page."""
        block = {"type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": text}}]}}
        self.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": [block]})

    def comment(self, page: str, text: str) -> None:
        """Comment on a page."""
        self.as_person(
            "POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": [{"text": {"content": text}}]}
        )

    def set_status(self, page: str, status: str, person: str = "") -> None:
        """Set a page's status."""
        self.as_person("PATCH", f"/v1/pages/{page}", {"properties": select("Status", status)}, person)

    def status(self, page: str) -> str:
        """Return the status that a page shows."""
        return str(self.as_person("GET", f"/v1/pages/{page}")["properties"]["Status"]["select"]["name"])

    def comments(self, page: str) -> list[str]:
        """Return the comments on a page as text."""
        found = self.as_person("GET", f"/v1/comments?block_id={page}")["results"]
        return ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]

    # --- another agent in Notion --------------------------------------------------------------------------------------

    def as_agent(self, method: str, path: str, body: Any = None) -> Json:
        """Do something in Notion as the bot of another connection in the same workspace."""
        headers = {"Authorization": f"Bearer {self._agent()}", "Notion-Version": _NOTION_VERSION}
        answer = AT_HOME.request(method, self.house.simulators["notion"] + path, json=body, headers=headers, timeout=10)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def agent_sets(self, page: str, status: str) -> None:
        """Let the other agent set a page's status."""
        self.as_agent("PATCH", f"/v1/pages/{page}", {"properties": select("Status", status)})

    def _agent(self) -> str:
        if OTHER_AGENT not in self.agents:
            secret, back = uuid.uuid4().hex, "http://127.0.0.1:9/back"
            connection = {"client_id": OTHER_AGENT, "client_secret": secret, "redirect_uris": [back], "name": "Other"}
            self.control("notion", "/_seed", {"integration": {**connection, "auto_approve": True}})
            notion = self.house.simulators["notion"]
            asked = {"client_id": OTHER_AGENT, "redirect_uri": back, "response_type": "code", "state": "s"}
            to = AT_HOME.get(f"{notion}/v1/oauth/authorize", params=asked, allow_redirects=False, timeout=10)
            code = parse_qs(urlsplit(to.headers["Location"]).query)["code"][0]
            body = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
            basic = base64.b64encode(f"{OTHER_AGENT}:{secret}".encode()).decode()
            headers = {"Authorization": f"Basic {basic}", "Notion-Version": _NOTION_VERSION}
            answer = AT_HOME.post(f"{notion}/v1/oauth/token", json=body, headers=headers, timeout=10)
            assert answer.status_code == 200, answer.text
            self.agents[OTHER_AGENT] = str(answer.json()["access_token"])
        return self.agents[OTHER_AGENT]

    # --- the simulated systems ----------------------------------------------------------------------------------------

    def control(self, system: str, path: str, body: Any) -> Any:
        """Call a control endpoint of a simulator."""
        answer = AT_HOME.post(self.house.simulators[system] + path, json=body, timeout=30)
        assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def configure(self, system: str, **knobs: Any) -> None:
        """Turn a simulator's knobs."""
        self.control(system, "/_config", knobs)

    def look(self, system: str, path: str) -> Any:
        """Read something of a simulator's own: its state, journal, outbox."""
        return AT_HOME.get(self.house.simulators[system] + path, timeout=30).json()

    def effects(self, system: str, kind: str) -> list[Json]:
        """Return what was changed in a system, oldest first."""
        entries = self.look(system, "/_journal?effects=1")
        return [effect for entry in entries for effect in entry["effects"] if effect["kind"] == kind]

    def disturb(self, system: str, **order: Any) -> None:
        """Order a fault."""
        self.control(system, "/_faults", order)

    def soothe(self, system: str) -> None:
        """Take all ordered faults back."""
        AT_HOME.delete(self.house.simulators[system] + "/_faults", timeout=10)

    def deliver(self, page: str, authors: list[Json], kind: str = "page.properties_updated", **fields: Any) -> Json:
        """Deliver an event of our own making as Notion would, signed with the subscription's token."""
        return dict(post_signed(self, self.event(page, authors, kind, **fields)).json())

    def event(self, page: str, authors: list[Json], kind: str, **fields: Any) -> Json:
        """Return an event as Notion writes them."""
        state = self.look("notion", "/_state")
        (bot, *_) = [one for one in state["bots"].values() if one["client_id"] == "workwright-demo"]
        return {
            "id": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).isoformat(),
            "workspace_id": bot["workspace_id"],
            "workspace_name": "Demo",
            "subscription_id": str(uuid.uuid4()),
            "integration_id": str(uuid.uuid4()),
            "type": kind,
            "authors": authors,
            "accessible_by": [{"id": self.home.person, "type": "person"}, {"id": bot["id"], "type": "bot"}],
            "attempt_number": 1,
            "api_version": _NOTION_VERSION,
            "entity": {"id": page, "type": "page"},
            "data": {"parent": {"id": self.home.database, "type": "database", "data_source_id": self.home.ideas}},
            **fields,
        }

    @property
    def bot(self) -> str:
        """Return the id of our own bot in Notion."""
        found = self.look("notion", "/_state")["bots"].values()
        return next(str(bot["id"]) for bot in found if bot["client_id"] == "workwright-demo")

    # --- our side -----------------------------------------------------------------------------------------------------

    def runs(self, page: str, tenant: str = "") -> list[Run]:
        """Return the page's runs, oldest first."""
        return self._read.of(self.house.wired, tenant or self.home.tenant, page)

    def run(self, page: str) -> Run:
        """Return the page's latest run."""
        return self.runs(page)[-1]

    def plan(self, page: str, count: int = 1) -> Run:
        """Ask for a plan and wait until people see it."""
        self.set_status(page, marks.PLAN_IT)
        return self.planned(page, count)

    def planned(self, page: str, count: int = 1, revision: int = 1) -> Run:
        """Wait until the page's run of that number shows its plan of that revision."""

        def there() -> bool:
            runs = self.runs(page)
            wanted = len(runs) >= count and runs[-1].status == RunStatus.AWAITING_APPROVAL
            return wanted and runs[-1].revision >= revision and self.status(page) == marks.PLAN_READY

        self.wait("the plan", there, page)
        return self.run(page)

    def asked(self, page: str, gate: str) -> Run:
        """Wait until the page asks for the approval at that gate; on the way agree to those before it."""
        self.wait(f"the question at {gate}", lambda: self.agreed(page, until=gate), page)
        return self.run(page)

    def agreed(self, page: str, until: str = "", *, in_words: bool = False) -> bool:
        """Agree to what a page asks once its plan is approved; True when it asks at the gate `until`.

        `in_words` is by comment, as where the page cannot say what its status is about.
        """
        run = self.run(page)
        if run.status != RunStatus.AWAITING_APPROVAL or run.asked in (run.plan_hash, self._decided.get(run.id)):
            return False
        if self.status(page) not in marks.ASKING:
            return False
        gate = next(step for step in run.steps if step.wait is not None and step.wait.what == run.asked)
        if gate.id.rpartition(".")[2] == until:
            return True
        if in_words and f"approval_asked/{notice_ref(gate.id, gate.attempt)}" not in run.notices:
            return False
        self._decided[run.id] = run.asked
        if in_words:
            self.comment(page, "approve")
        else:
            self.set_status(page, marks.APPROVED)
        return False

    def ended(self, page: str, count: int = 1, *, agree: bool = True, in_words: bool = False) -> Run:
        """Wait until the page's run of that number has ended, people were told, and the page shows it.

        Whoever has approved the plan agrees to what is asked after it, unless told otherwise.
        """

        def settled() -> bool:
            runs = self.runs(page)
            if agree and len(runs) >= count:
                self.agreed(page, in_words=in_words)
            if len(runs) < count or not runs[-1].status.final:
                return False
            record = self.house.wired.deps.store.get(runs[-1].tenant, "pages", runs[-1].trigger.page)
            told = f"run_{runs[-1].status.value}/end" in runs[-1].notices
            return told and record is not None and bool(record.body["settled"])

        self.wait("the end", settled, page)
        return self.run(page)

    def story(self, page: str) -> Run:
        """Plan, approve, and wait for the end."""
        self.plan(page)
        self.set_status(page, marks.APPROVED)
        return self.ended(page)

    def wait(self, what: str, true: Callable[[], bool], page: str = "") -> None:
        """Wait for something to become true."""
        ends = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > ends:
                raise AssertionError(f"{what} did not come within {PATIENCE_S:.0f} s; {self._report(page)}")
            time.sleep(0.05)  # a look reads the runs, which takes the house's own time

    def calm(self) -> None:
        """Wait until Notion has nothing to deliver and the queue nothing that is due."""

        def quiet() -> bool:
            return not self.look("notion", "/_pending") and self.house.dispatcher.idle()

        for _ in range(3):
            self.wait("calm", quiet)
            time.sleep(0.05)

    def _report(self, page: str) -> str:
        runs = self.runs(page) if page else []
        shown = [(run.status.value, run.revision, run.failure, run.cancel, dict(run.notices)) for run in runs]
        steps = [(s.id, s.status.value, s.error) for s in runs[-1].steps] if runs else []
        return f"runs {shown}, steps {steps}, the page shows {self.status(page) if page else ''}"

    # --- calling functions --------------------------------------------------------------------------------------------

    def call(self, command: Command, *, audience: str = "", path: str = "", **headers: str) -> requests.Response:
        """Deliver a command over HTTP as the queue does."""
        url = f"{self.house.url}/{command.function}"
        token = LocalCallers(self.house.data).authorization(audience or url)
        return AT_HOME.post(
            url + (path or f"/t/{command.tenant}"),
            json=command_to_data(command),
            headers={"Authorization": token, **headers},
            timeout=30,
        )


def sign(raw: bytes, key: str) -> str:
    """Return the signature of a raw body as Notion documents it."""
    return "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()


def post_signed(there: Neighbourhood, event: Mapping[str, Any]) -> requests.Response:
    """POST an event to the webhook with a good signature."""
    raw = json.dumps(event, ensure_ascii=False).encode()
    key = next(iter(there.look("notion", "/_state")["subscriptions"].values()))["verification_token"]
    headers = {"Content-Type": "application/json", "X-Notion-Signature": sign(raw, key)}
    return AT_HOME.post(there.house.functions["notion-webhook"], data=raw, headers=headers, timeout=10)
