"""A tenant with runs and pages to speak of, as they are stored, and one conversation in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from shared.app.chat.chat_memory import Said, keep_chat, load_chat, new_chat
from shared.app.chat.conversation import speak
from shared.app.engine.engine import open_run, record
from shared.core.documents.codec import to_body
from shared.core.documents.page_record import PageRecord
from shared.core.documents.places import Place
from shared.core.run.acts import CancelRequested
from shared.core.run.events import RunOpened, StepFailed
from shared.core.run.run import Limits, RunStatus, StepSpec, Trigger, WaitKind
from shared.ports import Put
from shared.ports.model import Model
from tests.support.rigs.small_house import TENANT, SmallHouse

OTHER = "t-2"
WAITING = {
    "bakery": "Corner bakery",
    "saturday": "Corner bakery opens on Saturday",
    "motion": "Stop motion workshop",
    "budgets": "Approve budgets",
    "café": "Café Crème 🥐",
    "milk": "Don't forget the milk",
    "garden-1": "Garden day",
    "garden-2": "Garden day",
}
ENDED = {"choir": "Choir concert", "newsletter": "Newsletter"}
PAGES = {"party": "Plan B party", "rowing": "Rowing club", "build": "Build and forget"}
_NAMES = [*WAITING, *ENDED, *PAGES, "secret"]
IDS = {name: f"0000000{number:x}-1111-4222-8333-444444444444" for number, name in enumerate(_NAMES, 1)}
_GATE = StepSpec("approve", "approval.ask", "Approve", lane="", gate=WaitKind.APPROVAL)
_WORK = StepSpec("build", "code.generate", "Write the site", depends_on=("approve",))
_FIRST = StepSpec("build", "code.generate", "Write the site")


class World:
    """The tenant's house, and what has changed in it since it was built."""

    def __init__(self, folder: Path, names: Collection[str] = (*WAITING, *ENDED)) -> None:
        self.house = SmallHouse(folder)
        if not self.house.store.get(TENANT, "grants", "notion"):
            self._build(names)
        self._before = self._states()

    def _build(self, names: Collection[str]) -> None:
        self.house.connect("notion", "a token of nobody")
        for name in (name for name in WAITING if name in names):
            self._open(TENANT, name, WAITING[name], _GATE, _WORK)
        self._open(OTHER, "secret", "Secret garden", _GATE, _WORK)
        now = self.house.clock.now()
        if "choir" in names:
            self._open(TENANT, "choir", ENDED["choir"], _GATE, _WORK)
            record(self.house.deps, TENANT, "run-choir", CancelRequested(now, "Ada", ""))
        if "newsletter" in names:
            self._open(TENANT, "newsletter", ENDED["newsletter"], _FIRST)
            record(self.house.deps, TENANT, "run-newsletter", StepFailed(now, "build", 1, "the forge said no"))
        for name, title in {**WAITING, **ENDED, **PAGES}.items():
            self.house.store.put(TENANT, Put("map", IDS[name], asdict(Place(IDS[name], "page", title))))

    def close(self) -> None:
        """Let go of the folder."""
        self.house.close()

    def says(self, text: str, about: str = "", model: Model | None = None) -> Said:
        """Say something in a new conversation; return the answer."""
        deps = self.house.deps
        if model is not None:
            self.house.model = model
        now = self.house.clock.now().isoformat()
        page, title = (IDS[about], {**WAITING, **ENDED, **PAGES}[about]) if about else ("", "")
        chat = keep_chat(deps, TENANT, new_chat(TENANT, "key-1", "Ada", now, deps.owner(), page=page, title=title))
        self.chat = chat.id
        return speak(deps, self.house.tools, TENANT, chat, text, "m-1").turns[-1]

    def adds(self, text: str, message: str) -> Said:
        """Say something more in it."""
        deps = self.house.deps
        chat = load_chat(deps, TENANT, self.chat, "key-1")
        assert chat is not None
        return speak(deps, self.house.tools, TENANT, chat, text, message).turns[-1]

    def done(self) -> str:
        """Return what has changed: "stop bakery", "plan rowing", …, several with commas; "" for nothing."""
        found = []
        for run, (page, status, seq) in self._states().items():
            name = next(each for each, known in IDS.items() if known == page)
            known = self._before.get(run)
            if known is None:
                found.append(f"{'retry' if name in ENDED else 'plan'} {name}")
            elif known[2] != seq:
                stopped = status in (RunStatus.CANCELLED, RunStatus.CANCELLING)
                found.append(f"{'stop' if stopped else 'change'} {name}")
        return ", ".join(sorted(found))

    def _states(self) -> dict[str, tuple[str, RunStatus, int]]:
        runs = [*self.house.store.list_runs(TENANT), *self.house.store.list_runs(OTHER)]
        return {run.id: (run.trigger.page, run.status, run.seq) for run in runs}

    def _open(self, tenant: str, name: str, title: str, *specs: StepSpec) -> None:
        trigger = Trigger("page", IDS[name], title, "Ada")
        event = RunOpened(self.house.clock.now(), tenant, f"run-{name.replace('é', 'e')}", trigger, Limits(), specs)
        page = to_body(PageRecord(run=event.run, generation=1, settled=True))
        open_run(self.house.deps, event, puts=(Put("pages", IDS[name], page),))
