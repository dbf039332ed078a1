"""Many runs at once in a house that is killed at random moments, in a world that answers badly now and then."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from shared.bench.chaos.judge import Judge, Verdict
from shared.bench.chaos.person import Page, Person
from shared.bench.chaos.processes import Victim, World
from shared.bench.chaos.stillness import Stillness
from shared.core.errors import ConfigError
from shared.core.pages import marks

ANSWERS: tuple[Mapping[str, Any], ...] = (
    {"when": "after", "drop": True},
    {"when": "before", "drop": True},
    {"when": "after", "status": 503},
    {"when": "after", "status": 504},
    {"when": "before", "status": 500},
    {"when": "before", "status": 429, "headers": {"Retry-After": "1"}},
    {"delay_s": 4.0},  # on its way for so long: it may arrive when who sent it is dead, and another has looked for it
)
WRITES: tuple[tuple[str, str, str], ...] = (
    ("notion", "PATCH", "/v1/pages/*"),
    ("notion", "POST", "/v1/pages"),
    ("notion", "PATCH", "/v1/blocks/*"),
    ("notion", "POST", "/v1/comments"),
    ("slack", "POST", "*/chat.postMessage"),
    ("github", "POST", "/repos/*"),
    ("github", "POST", "/orgs/acme/repos"),
    ("vercel", "POST", "/v13/deployments"),
    ("vercel", "POST", "/v10/projects/*/promote/*"),
    ("ses", "POST", "/v2/email/outbound-emails"),
)
LOOK_S = 0.3
STILL_S = 120.0  # nothing changes in the world for so long, with no death meanwhile: nothing will any more
FIRST_S = 180.0  # for the page that meets no death
_WRONG = ("lost", "doubled", "untold", "untrue")  # what a page may have of each


@dataclass(frozen=True)
class Plan:
    """How much of it. `limit_s` ends a story that will not end."""

    runs: int
    kills: int
    seed: int
    faults: int
    limit_s: float = 1800.0
    calm_s: float = 12.0  # nothing changes for so long after all have ended, and what was sent has settled
    browser: bool = False


@dataclass
class Story:
    """What happened while it was told."""

    deaths: list[float] = field(default_factory=list)  # seconds each life lasted
    seconds: float = 0.0
    still_s: float = 0.0  # the longest time without a change in the world, or a death
    met: int = 0  # of the ordered bad answers, how many somebody was given


class Mortal(Protocol):
    """A house that is started and killed; see `Victim`."""

    def start(self) -> None:
        """Start it; it is ready some time later, unless it is killed first."""

    def ready(self) -> Mapping[str, Any] | None:
        """Return what it says once it works, None before."""

    def wait_until_ready(self) -> Mapping[str, Any]:
        """Wait for `ready`."""

    def kill(self) -> None:
        """Kill its whole process group, at once."""

    def stop(self) -> None:
        """Let it end in good order."""


def bench_chaos(
    plan: Plan,
    keep: Path | None = None,
    house: Callable[[Path, Mapping[str, str], Mapping[str, str]], Mortal] = Victim,
) -> dict[str, Any]:
    """Tell the story on a fresh folder; return the figures, and of each page what is wrong with it.

    `keep` is an empty folder that is left as it is in the end, to look for causes in. `house` makes the one that dies
    of a folder, the simulators' addresses and variables of its environment.
    """
    folder = keep or Path(tempfile.mkdtemp(prefix="workwright-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    world = World(folder / "world")
    victim = house(folder, world.urls, {"WORKWRIGHT_BROWSER": "auto" if plan.browser else "off"})
    try:
        return _tell_story(plan, world, victim)
    finally:
        victim.kill()
        world.stop()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _tell_story(plan: Plan, world: World, victim: Mortal) -> dict[str, Any]:
    victim.start()
    person = Person(world, victim.wait_until_ready())
    calm = person.write(0)
    person.set_status(calm, marks.PLAN_IT)
    _until_the_end(person, world, plan.calm_s)
    if calm.status != marks.DONE:
        raise ConfigError(f"without a death, the page came to {calm.status!r}: there is nothing to compare with")
    story = _Chaos(plan, world, victim, person).tell()
    victim.stop()
    return figures(plan, story, Judge(world.effects(), calm), person.pages[1:])


def _until_the_end(person: Person, world: World, calm_s: float) -> None:
    ends = time.monotonic() + FIRST_S
    while time.monotonic() < ends and person.count_ended() < len(person.pages):
        person.look(world.effects())
        time.sleep(LOOK_S)
    count, since = -1, time.monotonic()
    while time.monotonic() < ends and time.monotonic() - since < calm_s:
        if (now := len(world.effects())) != count:
            count, since = now, time.monotonic()
        time.sleep(LOOK_S)


class _Chaos:
    """The part with the deaths."""

    def __init__(self, plan: Plan, world: World, victim: Mortal, person: Person) -> None:
        self._plan = plan
        self._world = world
        self._victim = victim
        self._person = person
        self._chosen = random.Random(plan.seed)
        self._story = Story()
        self._born = time.monotonic()
        self._dies: float | None = None  # None: not before it is ready

    def tell(self) -> Story:
        """Ask for one plan after another, kill as often as was asked for, and wait until nothing changes any more."""
        began = time.monotonic()
        self._disturb()
        self._choose_death(ready=True)
        still = Stillness(began)
        while time.monotonic() - began < self._plan.limit_s:
            self._ask()
            if self._maybe_kill():
                still.take_note_of_death(time.monotonic())
                self._person.see_death()
            happened = self._world.effects()
            self._person.look(happened)
            lasts = still.saw(len(happened), time.monotonic())
            if self._no_death_left() and lasts > (self._plan.calm_s if self._all_ended() else STILL_S):
                break
            time.sleep(LOOK_S)
        self._story.seconds, self._story.still_s = time.monotonic() - began, still.longest
        self._story.met = self._plan.faults - self._world.faults_left()
        return self._story

    def _ask(self) -> None:
        """Ask for the plans that are due: the first at once, the last when two of three deaths are over."""
        due = 1 + len(self._story.deaths) * 3 * self._plan.runs // (2 * max(1, self._plan.kills))
        wanted = self._plan.runs if not self._plan.kills else min(due, self._plan.runs)
        while len(self._person.pages) <= wanted:
            self._person.set_status(self._person.write(len(self._person.pages)), marks.PLAN_IT)

    def _disturb(self) -> None:
        for _ in range(self._plan.faults):
            system, method, path = self._chosen.choice(WRITES)
            order = {**self._chosen.choice(ANSWERS), "method": method, "path": path, "times": 1}
            order["skip"] = self._chosen.randrange(2 * self._plan.runs)
            self._world.order(system, "/_faults", order)

    def _all_ended(self) -> bool:
        return self._person.count_ended() == len(self._person.pages) > self._plan.runs

    def _no_death_left(self) -> bool:
        return len(self._story.deaths) >= self._plan.kills

    def _choose_death(self, *, ready: bool) -> None:
        """Choose when this life ends: one in five while it starts, the others after it works."""
        if ready:
            self._dies = time.monotonic() + self._chosen.uniform(0.2, 5.0)
        else:
            early = self._chosen.random() < 0.2
            self._dies = time.monotonic() + self._chosen.uniform(0.1, 2.0) if early else None

    def _maybe_kill(self) -> bool:
        """Kill the house when its time has come; say whether it was killed."""
        if self._no_death_left():
            return False
        if self._dies is None:
            if self._victim.ready() is not None:
                self._choose_death(ready=True)
            return False
        if time.monotonic() < self._dies:
            return False
        self._victim.kill()
        self._story.deaths.append(round(time.monotonic() - self._born, 2))
        self._born = time.monotonic()
        self._victim.start()
        self._choose_death(ready=False)
        return True


def figures(plan: Plan, story: Story, judge: Judge, pages: list[Page]) -> dict[str, Any]:
    """Return what became of the pages in numbers, and of each what is wrong with it."""
    verdicts = [judge.verdict(page) for page in pages]
    due = judge.messages * len(pages)
    untold, strays = _count(verdicts, "untold"), judge.strays(pages)
    found: dict[str, Any] = {
        "bench": "chaos",
        "runs": plan.runs,
        "kills": len(story.deaths),
        "faults": plan.faults,
        "met": story.met,
        "seed": plan.seed,
        "ended": sum(page.status == marks.DONE for page in pages),
        "lost": _count(verdicts, "lost"),
        "doubled": _count(verdicts, "doubled"),
        "told_percent": round(100 * (due - untold) / due, 2) if due else 100.0,
        "messages": due,
        "not_known": _count(verdicts, "not_known"),
        "not_sent": _count(verdicts, "not_sent"),
        "untold": untold,
        "untrue": _count(verdicts, "untrue"),
        "strays": strays,
        "still_s": round(story.still_s, 1),
        "seconds": round(story.seconds, 1),
        "pages": [verdict.as_data() for verdict in verdicts],
    }
    wrong = [name for name in (*_WRONG, "strays") if found[name]]
    good = found["ended"] == plan.runs and not wrong
    return {**found, "ok": good}


def _count(verdicts: list[Verdict], what: str) -> int:
    return sum(len(getattr(verdict, what)) for verdict in verdicts)


def as_text(found: Mapping[str, Any]) -> str:
    """Return the figures as people read them."""
    head = (
        f"{found['ended']} of {found['runs']} runs ended after {found['kills']} kills; lost {found['lost']}, "
        f"doubled {found['doubled']}, told {found['told_percent']} % of {found['messages']} messages "
        f"({found['not_known']} as not known, {found['not_sent']} as no longer needed)"
    )
    wrong = [
        f"  {page['place']} ({page['status']}): {what} {each}"
        for page in found["pages"]
        for what in _WRONG
        for each in page.get(what, ())
    ]
    strays = [f"  of no page: {each}" for each in found["strays"]]
    still = f"longest without a change {found['still_s']} s, in all {found['seconds']} s"
    return "\n".join([head, still, *wrong, *strays])
