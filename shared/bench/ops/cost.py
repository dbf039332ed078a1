"""What an installation costs in a month, and where it is full first: the arithmetic of docs/why/cost.md.

`python -m shared.bench.ops.cost` prints the tables of that page, from what a run was counted to use last.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from shared.bench.ops.ops import BEFORE, CALLS, MODELS, TOKENS_IN, TOKENS_OUT, price_days
from shared.bench.ops.ops_counting import REQUESTS
from shared.bench.ops.prices import DAYS, model_usd, monthly_usd
from shared.bench.ops.scale import NOTION_PER_MINUTE, SECONDS, SYNC_EVERY_S, read_rules

SIZES = (1, 100, 10_000)  # tenants
WORKING_DAYS = 22
_MONTH_S = DAYS * 86_400
_CALLS = {"sweep": DAYS * 1440, "sync": int(_MONTH_S / SYNC_EVERY_S)}  # of the clock, in a month
_DOOR_S = 0.05  # of one answer at a public door, or of the clock's functions where nothing is to be done
_FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
ON = date(2026, 11, 22)  # the day whose prices the page has


@dataclass(frozen=True, slots=True)
class Month:
    """One month of an installation: what it uses, and its dollars after what is free."""

    tenants: int
    runs: int
    used: Mapping[str, float]
    usd: Mapping[str, float]
    models: Mapping[str, Mapping[date, float]]

    @property
    def platform(self) -> float:
        """Return all but the models."""
        return sum(self.usd.values())


@cache
def read_counts() -> Mapping[str, Any]:
    """Return what a run, and a call of the clock, was counted to use last."""
    found: Mapping[str, Any] = json.loads(BEFORE.read_text(encoding="utf-8"))["now"]
    return found


def month(tenants: int, runs_per_day: float = 1.0, on: date = ON) -> Month:
    """Return a month in which every tenant has so many runs on each working day."""
    runs, now = round(tenants * runs_per_day * WORKING_DAYS), read_counts()
    used: Counter[str] = Counter()
    for name, times in now["run"].items():
        if name not in (CALLS, TOKENS_IN, TOKENS_OUT):
            used[name] += times * runs
    for name, times in now["standing"]["sweep"].items():
        used[name] += times * _CALLS["sweep"]
    for name, times in now["standing"]["sync"].items():
        own = 1 if name == REQUESTS else 0  # the clock's own call
        used[name] += _CALLS["sync"] * ((times - own) * tenants + own)
    used["scheduler_jobs"] = 2
    for function, requests in _requests(runs, tenants).items():
        seconds, gib = _sum_billed_s(function, requests), _setting(function)["gib"]
        used["vcpu_seconds"] += round(seconds)
        used["gib_seconds"] += round(seconds * gib)
    tokens = (now["run"][TOKENS_IN], now["run"][TOKENS_OUT])
    models = {model: {day: runs * model_usd(model, *tokens, day) for day in price_days(model, on)} for model in MODELS}
    return Month(tenants, runs, dict(used), monthly_usd(used, on), models)


def _requests(runs: int, tenants: int) -> dict[str, float]:
    """Return how many requests each function answers in a month."""
    found = {
        name: counts[REQUESTS] * runs
        for name, counts in read_counts()["by_function"].items()
        if name not in _CALLS and REQUESTS in counts
    }
    return {**found, "sweep": _CALLS["sweep"], "sync": _CALLS["sync"] * tenants}


def _sum_billed_s(function: str, requests: float) -> float:
    """Return the seconds of instances: one request at a time where it is quiet, many together where it is busy.

    As many share an instance as are under way on average in the hours in which people work, half of what it may take
    at most.
    """
    seconds = SECONDS.get(function, _DOOR_S)
    busy = requests * seconds / (_MONTH_S if function in _CALLS else WORKING_DAYS * 9 * 3600)
    shared = min(max(1.0, busy), max(1.0, _setting(function)["concurrency"] / 2))
    return requests * seconds / shared


@cache
def _setting(function: str) -> Mapping[str, float]:
    declared = (_FUNCTIONS / function / "function.yaml").read_text(encoding="utf-8")
    memory = re.search(r"^memory: ([0-9]+)(Mi|Gi)", declared, re.MULTILINE)
    concurrency = re.search(r"^concurrency: ([0-9]+)", declared, re.MULTILINE)
    assert memory is not None, function
    assert concurrency is not None, function
    gib = float(memory[1]) / (1024 if memory[2] == "Mi" else 1)
    return {"gib": gib, "concurrency": float(concurrency[1])}


def count_max_runs() -> dict[str, float]:
    """Return how many runs an hour each queue lets through, by rate and by what is done at once; and one Notion's."""
    now = read_counts()
    found = {
        name: min(rules.per_second, rules.concurrent / SECONDS[name]) * 3600 / now["by_function"][name][REQUESTS]
        for name, rules in read_rules().items()
        if name != "sync"
    }
    return {**found, "Notion, one tenant": NOTION_PER_MINUTE * 60 / now["calls"]["notion"]}


def count_max_tenants() -> float:
    """Return for how many tenants `sync` keeps its five minutes."""
    return read_rules()["sync"].per_second * SYNC_EVERY_S


def tables() -> str:
    """Return the tables of docs/why/cost.md."""
    months = [month(size) for size in SIZES]
    head = "| | " + " | ".join(f"{m.tenants:,} tenant{'s' if m.tenants > 1 else ''}" for m in months) + " |"
    lines = [head, "|---|" + "---:|" * len(months), "| runs | " + " | ".join(f"{m.runs:,}" for m in months) + " |"]
    for name in months[0].used:
        cells = [f"{m.used[name]:,.0f} (${m.usd[name]:,.2f})" for m in months]
        lines.append(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")
    lines.append("| **platform** | " + " | ".join(f"**${m.platform:,.2f}**" for m in months) + " |")
    lines.append("| of it per run | " + " | ".join(f"${m.platform / m.runs:.4f}" for m in months) + " |")
    for model in MODELS:
        for day in months[0].models[model]:
            what = f"{model}, prices of {day.isoformat()}"
            lines.append(f"| {what} | " + " | ".join(f"${m.models[model][day]:,.2f}" for m in months) + " |")
    limits = ["| limit | runs an hour |", "|---|---:|"]
    limits += [f"| {name} | {runs:,.0f} |" for name, runs in count_max_runs().items()]
    limits.append(f"| `sync` keeps its five minutes up to | {count_max_tenants():,.0f} tenants |")
    return "\n".join([*lines, "", *limits])


if __name__ == "__main__":
    print(tables())
