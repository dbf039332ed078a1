"""Evaluates one page; a process has one house, so each has one: `python -m shared.cli.evaluate.worker ORDER`.

What came of the page is kept for people who want to see for themselves: plan, files, report, site, pictures.

ORDER names a file of JSON. A model's key comes on standard input, so that it stands in no file and no environment. The
process ends with its parent: nobody is left behind who spends money.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from shared import log
from shared.cli.evaluate.collect import gather, list_made_outside, output_of
from shared.cli.evaluate.ends import NO_MODEL, NO_MONEY, TIMED_OUT
from shared.cli.evaluate.life import Ended, Life, save
from shared.cli.evaluate.looks.page_outcome import Finding, Made
from shared.cli.evaluate.money import allow, read_spent
from shared.cli.evaluate.page_set import EvalPage, read_set
from shared.core.models.model_facts import OFFLINE
from shared.core.run.codec import run_to_data
from shared.core.run.run import StepStatus
from shared.local.first_setup import settle_in
from shared.local.runtime import House
from shared.ports import Secret


def keep(folder: Path, house: House, ended: Ended, made: Made) -> None:
    """Write all of it into the page's folder."""
    run, store = ended.run, house.wired.deps.store
    save(folder / "run.json", run_to_data(run))
    for kind, name, field in (("plan.propose", "plan.json", "proposal"), ("code.test", "report.json", "report")):
        reference = str(output_of(run, kind).get(field) or "")
        text = store.get_text(run.tenant, reference) if reference else ""
        if text:
            (folder / name).write_text(_indent_json(text), encoding="utf-8")
    if made.message:
        (folder / "said.txt").write_text(f"{made.message}\n", encoding="utf-8")
    for path, content in made.files.items():
        write_within(folder / "files", path, content)
    for page in made.site.pages if made.site is not None else ():
        name = page.path.strip("/").replace("/", "-") or "index"
        write_within(folder / "site", f"{name.removesuffix('.html')}.html", page.html.encode())
        for width, view in (("wide", page.wide), ("phone", page.phone)):
            if view is not None:
                write_within(folder / "pictures", f"{name}-{width}.png", view.picture)


def write_within(folder: Path, path: str, content: bytes) -> None:
    """Write a file below the folder; a path that would lead out of it is a model's, and is left out."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        return
    place = folder.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def _indent_json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
    except ValueError:
        return text


Json = dict[str, Any]
RESULT, STATE, STOPPED, HOUSE = "result.json", "state.json", "stopped.json", "house"


@dataclass(frozen=True, slots=True)
class Order:
    """One page of a set, where it is kept, and what it may take. `parent` is the process that it ends with."""

    set: str
    page: str
    folder: str
    limit_s: float
    micros: int | None
    browser: str
    secret: str
    parent: int


def main(place: str) -> int:
    """Evaluate the page of this order; its result is in its folder when this returns 0."""
    order = Order(**json.loads(Path(place).read_text(encoding="utf-8")))
    threading.Thread(target=_end_with, args=(order.parent,), daemon=True).start()
    log.show_from("ERROR")
    page = read_set(order.set).select([order.page])[0]
    folder = Path(order.folder)
    if not (folder / STATE).exists():  # it died before the page was written: nothing was asked of a model yet
        shutil.rmtree(folder / HOUSE, ignore_errors=True)
    house = House(folder / HOUSE)
    try:
        result = _evaluate(house, page, order, sys.stdin.readline().strip())
    finally:
        house.stop()
    if result["end"] in (NO_MONEY, NO_MODEL):
        save(folder / STOPPED, result)
        return 0
    save(folder / RESULT, result)
    shutil.rmtree(folder / HOUSE, ignore_errors=True)  # it holds a model's key
    return 0


def _evaluate(house: House, page: EvalPage, order: Order, key: str) -> Json:
    deps = house.wired.deps
    if order.secret and key:
        deps.secrets.set(order.secret, Secret(key))
    house.start()
    home = settle_in(house)
    squeezed = allow(deps, home.tenant, order.micros)
    folder = Path(order.folder)
    ended = Life(house, home, page, folder / STATE, squeezed=squeezed).live(order.limit_s)
    end = {**_describe_end(ended, page), "micros": read_spent(deps, home.tenant)}
    if deps.models.references != (OFFLINE,) and not ended.run.spent.tokens and ended.end != NO_MONEY:
        end |= {"end": NO_MODEL}  # a key that is not accepted must not pass for a page that was refused rightly
    if end["end"] in (NO_MONEY, NO_MODEL):
        return {**end, "failed": ended.run.status.final or end["end"] == NO_MODEL, "why": _find_failure(ended)}
    made = gather(house, home, ended, order.browser)
    findings = [_ends_well(ended, page), *_makes_nothing(house, page), *(check.look(made) for check in page.checks)]
    keep(folder, house, ended, made)
    return {**end, **_sum_findings(findings)}


def _ends_well(ended: Ended, page: EvalPage) -> Finding:
    wanted = " or ".join(page.ends)
    return Finding("It ends as it should", ended.end in page.ends, f"it ended with {ended.end!r}; right is {wanted}")


def _makes_nothing(house: House, page: EvalPage) -> list[Finding]:
    """Return the look at what must not have been made of a page of which nothing is to be made."""
    if page.is_made:
        return []
    made = sorted(set(list_made_outside(house)))
    return [Finding("Nothing was made of it", not made, ", ".join(made[:5]) or "nothing is in the systems outside")]


def _sum_findings(findings: list[Finding]) -> Json:
    looked = [each for each in findings if each.ok is not None]
    return {
        "ok": all(each.ok for each in looked),
        "held": sum(bool(each.ok) for each in looked),
        "looked": len(looked),
        "checks": [{"name": each.name, "ok": each.ok, "detail": each.detail[:1000]} for each in findings],
    }


def _describe_end(ended: Ended, page: EvalPage) -> Json:
    """Return what the run took."""
    run = ended.run
    over = run.ended_at or max(
        (step.handed_at for step in run.steps if step.handed_at is not None), default=run.opened_at
    )
    repairs = [s for s in run.steps if s.spec.kind == "code.repair" and s.status == StepStatus.SUCCEEDED]
    return {
        "page": page.name,
        "kind": page.kind,
        "end": ended.end,
        "right_ends": list(page.ends),
        "questions": ended.questions,
        "repairs": len(repairs),
        "tokens": run.spent.tokens,
        "calls": sum(calls for calls, _, _ in run.by_model.values()),
        "models": sorted(run.by_model),
        "seconds": round((over - run.opened_at).total_seconds(), 1),
        "why": run.failure if ended.end != TIMED_OUT else "it had not ended when its time was up",
    }


def _find_failure(ended: Ended) -> str:
    run = ended.run
    return run.failure or next((step.error for step in run.steps if step.error), "")


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
