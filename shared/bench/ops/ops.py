"""`bench ops`: what the demo's run uses of everything that is billed or limited, and what that costs.

The story is told once in a house of its own, with the waits of an installation in the cloud. Store, queue and secrets
count as Google bills them (ops_store.py, ops_counting.py); requests to other systems are those that were sent. Beside
it stand the counts of an earlier run, kept in a data file.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests

from shared.backends.local.keys.identity import LocalCallers
from shared.backends.offline.model import OfflineModel
from shared.bench.ops.ops_counting import REQUESTS, TASKS, CountingQueue, CountingSecrets
from shared.bench.ops.ops_store import CountingStore, Meter
from shared.bench.ops.prices import model_usd, operation_prices, platform_usd
from shared.core.errors import ConfigError
from shared.core.models.token_bound import estimate_tokens
from shared.local.first_setup import settle_in
from shared.local.runtime import OFTEN, SCHEDULE, House
from shared.local.story.demo import Progress, tell_story
from shared.local.story.idea import example_idea
from shared.ports import Queue, Secrets, Store
from shared.ports.model import ModelRequest, ModelResult, request_tokens
from shared.settings import process_environment
from shared.telemetry.metrics import REGISTRY

Json = dict[str, Any]
CALLS, TOKENS_IN, TOKENS_OUT = "model_calls", "model_input_tokens", "model_output_tokens"
BY_TASK = ("plan", "execute-step", "deploy", "notify")  # functions whose requests are deliveries of a task
STANDING = tuple(name for name in SCHEDULE if name != OFTEN)  # what the clock of the cloud calls, run or no run
MODELS = ("gemini-3.5-flash-lite", "gemini-3.8-flash", "gemini-4-argon")
BEFORE = Path(__file__).with_name("bench_ops_before.json")
# As in the cloud, but for the time that a site is watched: the same eight looks, within four seconds.
_AS_DEPLOYED = {"WORKWRIGHT_NOTION_RATE": "180", "WORKWRIGHT_GATHER_S": "2", "WORKWRIGHT_WATCH_S": "4"}
_LATELY = (
    "map",
    "looks",
    "stale",
)  # what a pass asks of pages that were edited in the last ten minutes: none when idle
_STORE = [name for name in vars(Store) if not name.startswith("_")]


def bench_ops(on: date | None = None) -> Json:
    """Tell the story and return what it used; raises ConfigError when it does not end well."""
    folder = Path(tempfile.mkdtemp(prefix="workwright-bench-ops-"))
    sent = folder / "sent.jsonl"
    process_environment().update({**_AS_DEPLOYED, "WORKWRIGHT_TRACE": str(sent)})
    meter = Meter()
    meter.on = False
    house = House(folder, 0)
    try:
        _count_in(house, meter)
        del house.schedule[OFTEN]
        house.start()
        settle_in(house)
        _come_to_rest(house)
        with _questions_of(meter):
            already, begun = len(_lines(sent)), _requests()
            meter.on = True
            story = tell_story(house, example_idea(), Progress(lambda what, run: None, lambda run: True))
            _come_to_rest(house)
            meter.on = False
        ended, story_counts = _requests(), meter.counts()
        idle = {name: _idle(house, meter, name) for name in STANDING}
        if not story.ok:
            raise ConfigError(f"the story did not end well: {[c for c in story.checks if not c['ok']]}")
        calls = _calls(_lines(sent)[already:], house.simulators)
    finally:
        house.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return _report(story_counts, ended - begun, calls, idle, on or datetime.now(UTC).date())


def find_growth(found: Json, kept: Mapping[str, int], by: float = 0.15) -> list[str]:
    """Return what a run uses more of than was kept; how often a page is shown differs a little each time."""
    return [
        f"{name}: {found['run'].get(name, 0)}, {times} were kept"
        for name, times in kept.items()
        if found["run"].get(name, 0) > max(times * (1 + by), times + 2)
    ]


def as_text(found: Json) -> str:
    """Return the figures as a table for people."""
    before, lines = found["before"]["run"], [f"{'':24}{'run':>9}{'before':>9}{'USD':>12}"]
    for name, times in found["run"].items():
        usd = found["usd"]["platform"].get(name)
        lines.append(f"{name:24}{times:>9}{before.get(name, ''):>9}" + (f"{usd:>12.7f}" if usd is not None else ""))
    lines.append(f"{'platform, no CPU time':42}{found['usd']['platform_total']:>12.7f}")
    for model, usd in found["usd"]["models"].items():
        steps = ", ".join(f"{price:.4f} from {day}" for day, price in usd.items())
        lines.append(f"{'if ' + model + ' had thought':42}{steps}")
    for function, counts in found["standing"].items():
        lines.append(f"one idle call of {function}: " + ", ".join(f"{name} {times}" for name, times in counts.items()))
    return "\n".join([*lines, f"Not counted: {found['not_counted']}."])


def _count_in(house: House, meter: Meter) -> None:
    """Put the counting ones in the place of the house's own: its functions hold these very objects."""
    deps = house.wired.deps
    store: Store = SimpleNamespace(**{name: getattr(deps.store, name) for name in _STORE})
    counting = CountingStore(store, meter, plays_outbox=True)
    queue: Queue = SimpleNamespace(enqueue=deps.queue.enqueue)
    names = ("get", "seal", "open")
    secrets: Secrets = SimpleNamespace(**{name: getattr(deps.secrets, name) for name in names})
    _replace(deps.store, counting, _STORE)
    _replace(deps.queue, CountingQueue(queue, counting, meter), ("enqueue",))
    _replace(deps.secrets, CountingSecrets(secrets, meter), names)


def _replace(thing: object, by: object, names: Sequence[str]) -> None:
    for name in names:
        setattr(thing, name, getattr(by, name))


@contextmanager
def _questions_of(meter: Meter) -> Iterator[None]:
    """Count questions to the model and their tokens, by our own estimate: rules answer them, and charge nothing."""
    answer = OfflineModel.complete

    def complete(model: OfflineModel, request: ModelRequest) -> ModelResult:
        result = answer(model, request)
        meter.count(CALLS, 1, request.task)
        meter.count(TOKENS_IN, request_tokens(request), request.task)
        meter.count(TOKENS_OUT, estimate_tokens(json.dumps(dict(result.answer), ensure_ascii=False)), request.task)
        return result

    OfflineModel.complete = complete  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        OfflineModel.complete = answer  # type: ignore[method-assign]


def _requests() -> Counter[str]:
    """Return how many requests each function has answered."""
    series = REGISTRY.snapshot().get("workwright_request_seconds", {})
    found: Counter[str] = Counter()
    for (function, _), spread in series.items():
        found[function] += sum(spread.counts)
    return found


def _lines(sent: Path) -> list[Json]:
    return [json.loads(line) for line in sent.read_text(encoding="utf-8").splitlines()] if sent.exists() else []


def _calls(sent: Sequence[Json], simulators: Mapping[str, str]) -> Counter[str]:
    """Return how many requests each system got."""
    found: Counter[str] = Counter()
    for request in sent:
        systems = [system for system, url in simulators.items() if str(request["url"]).startswith(url)]
        found[systems[0] if systems else "sites"] += 1
    return found


def _come_to_rest(house: House, also: Sequence[str] = ()) -> None:
    """Wait until nobody has asked a function anything for a while; the clock's own calls aside."""
    seen: Counter[str] = Counter()
    others = set(STANDING) - ({"sync"} & set(also))
    while (now := Counter({f: n for f, n in _requests().items() if f not in others})) != seen:
        seen = now
        time.sleep(2.5)


def _idle(house: House, meter: Meter, function: str) -> dict[str, int]:
    """Return what one call by the clock uses where nothing has happened, with all that it orders."""
    audience = house.functions[function]
    for counted in (False, True):  # the first one finds what was left to do
        before, asked, meter.on = meter.counts(), _requests(), counted
        headers = {"Authorization": LocalCallers(house.data).authorization(audience)}
        requests.post(audience, headers=headers, timeout=60).raise_for_status()
        _come_to_rest(house, (function,))
        meter.on = False
    used: Counter[str] = Counter()
    for (whose, operation, about), times in (meter.counts() - before).items():
        used[operation] += times if whose == function and about not in _LATELY else 0
    times = (_requests() - asked)[function]
    if function == "sweep":  # which the house's own clock may have called as well
        return {**{name: count // times for name, count in used.items()}, REQUESTS: 1}
    used[TASKS] += times - 1  # deliveries of what the clock's call has ordered
    return {**used, REQUESTS: times}


def _report(
    used: Counter[tuple[str, str, str]],
    answered: Counter[str],
    calls: Counter[str],
    idle: Mapping[str, Mapping[str, int]],
    on: date,
) -> Json:
    by_function: dict[str, Counter[str]] = {}
    about: dict[str, Counter[str]] = {}
    for (function, operation, what), times in used.items():
        by_function.setdefault(function, Counter())[operation] += times
        if what and function not in STANDING and function:
            about.setdefault(operation, Counter())[what] += times
    for function, times in answered.items():
        by_function.setdefault(function, Counter())[REQUESTS] = times
        by_function[function][TASKS] += times if function in BY_TASK else 0
    by_function.pop("", None)  # what the bench itself looked at
    run = sum((counts for name, counts in by_function.items() if name not in STANDING), Counter())
    named = [*operation_prices(), CALLS, TOKENS_IN, TOKENS_OUT]
    counted = {name: run[name] for name in named if run[name]}
    return {
        "bench": "ops",
        "on": on.isoformat(),
        "run": counted,
        "calls": dict(calls.most_common()),
        "by_function": {name: dict(counts) for name, counts in sorted(by_function.items())},
        "about": {name: dict(counts.most_common()) for name, counts in sorted(about.items())},
        "usd": _dollars(counted, on),
        "standing": {name: dict(counts) for name, counts in idle.items()},
        "before": json.loads(BEFORE.read_text(encoding="utf-8")) if BEFORE.exists() else {"run": {}},
        "not_counted": "CPU and memory (docs/why/cost.md), traffic, log lines,"
        " what searches of an index of knowledge read",
    }


def _dollars(run: Mapping[str, int], on: date) -> Json:
    platform = platform_usd(run, on)
    used = (run.get(TOKENS_IN, 0), run.get(TOKENS_OUT, 0))
    models = {
        model: {day.isoformat(): round(model_usd(model, *used, day), 6) for day in price_days(model, on)}
        for model in MODELS
    }
    return {"platform": platform, "platform_total": sum(platform.values()), "models": models}


def price_days(model: str, on: date) -> list[date]:
    """Return that day and those later ones on which another price of the model is announced to begin."""
    from shared.mind.catalogue import load_catalogue

    return [on, *(price.since for price in load_catalogue().facts(model).prices if price.since > on)]
