"""An evaluation in a folder: page after page, each result on disk before the next begins."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.cli.evaluate.ends import NO_MODEL, NO_MONEY
from shared.cli.evaluate.figures import summary
from shared.cli.evaluate.life import save
from shared.cli.evaluate.money import read_spent_offline
from shared.cli.evaluate.page_set import EvalPage, EvalSet, read_set
from shared.cli.evaluate.worker import HOUSE, RESULT, STATE, STOPPED, Order
from shared.core.errors import ConfigError
from shared.core.models.model_facts import OFFLINE
from shared.mind.catalogue import load_offered
from shared.settings import MODEL_SYSTEMS, Settings, process_environment

_OURS = "WORKWRIGHT_"
_KEPT = frozenset({
    *(f"WORKWRIGHT_{name.upper()}_URL" for name in MODEL_SYSTEMS),
    *(f"WORKWRIGHT_COMPATIBLE_{name}" for name in ("MODEL", "WINDOW", "PRICE")),
    "WORKWRIGHT_MODELS", "WORKWRIGHT_MODEL_LOCATION", "WORKWRIGHT_NPM_REGISTRY", "WORKWRIGHT_PIP_INDEX",
    "WORKWRIGHT_REGISTRY_HOSTS", "WORKWRIGHT_BROWSER",
})  # fmt: skip
_TELLS_OTHERS = ("OTEL_", "SENTRY_")  # an evaluation is not this installation's work


def environment(given: Mapping[str, str], model: str) -> dict[str, str]:
    """Return the environment of a page's house: whatever names a real system or another folder is left out."""
    kept = {
        name: value for name, value in given.items() if name in _KEPT or not name.startswith((_OURS, *_TELLS_OTHERS))
    }
    return {**kept, "WORKWRIGHT_MODEL": model}


Json = dict[str, Any]
HEAD, RESULTS = "evaluation.json", "results.json"
_SHARED = Path(__file__).resolve().parents[2]
_RULES_S, _MODEL_S = 180.0, 3600.0  # how long a page may take
_TRIES = 2  # of a page whose process fails by itself
_NO_MONEY = "what is left of the limit is not enough for the next call"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be evaluated. `micros` is what all of it may cost, in millionths of a US dollar."""

    set: str
    model: str
    folder: Path
    only: tuple[str, ...] = ()
    micros: int | None = None
    resume: bool = False
    browser: str = "auto"
    secret: str = ""
    key: str = ""
    page_s: float | None = None


def evaluate(wanted: Wanted, show: Callable[[str, Json | None], None]) -> Json:
    """Evaluate what is missing and return all results; `show` hears of each page when it begins and when it is done."""
    pages = read_set(wanted.set)
    settings = Settings.from_env(environment(process_environment(), wanted.model))
    load_offered(settings.models)  # a slip is said before a page is begun
    chosen = pages.select(wanted.only)
    _open(wanted, pages)
    stopped, why = "", ""
    for page in chosen:
        if _result(wanted.folder, page.name) is not None:
            continue
        left = None if wanted.micros is None else wanted.micros - _sum_spent(wanted.folder, without=page.name)
        if left is not None and left <= 0 and wanted.model != OFFLINE:
            stopped, why = page.name, _NO_MONEY
            break
        show(page.name, None)
        result = _evaluate_page(wanted, page, left)
        if result["end"] in (NO_MONEY, NO_MODEL):
            stopped = page.name
            why = _NO_MONEY if result["end"] == NO_MONEY else f"no model answered: {result['why'] or 'nothing is told'}"
            break
        show(page.name, result)
    found = _results(wanted, pages, chosen, {"stopped_before": stopped, "stopped_why": why})
    save(wanted.folder / RESULTS, found)
    return found


def _open(wanted: Wanted, pages: EvalSet) -> None:
    """Begin in an empty folder, or go on in one of the same set, model and prompts."""
    head = {"set": pages.name, "version": pages.version, "digest": pages.digest, "model": wanted.model}
    head["prompts"] = prompts_digest()
    place = wanted.folder / HEAD
    if place.exists():
        if not wanted.resume:
            raise ConfigError(
                f"{wanted.folder} holds an evaluation; go on with --resume, or name another folder with --keep"
            )
        begun = json.loads(place.read_text(encoding="utf-8"))
        if other := [name for name, value in head.items() if begun.get(name) != value]:
            what = ", ".join(f"{name} was {begun.get(name)!r} and is {head[name]!r}" for name in other)
            raise ConfigError(f"{wanted.folder} holds another evaluation ({what}); results of two are not mixed")
        return
    if wanted.folder.exists() and any(wanted.folder.iterdir()):
        raise ConfigError(f"{wanted.folder} is not empty; name a new folder with --keep")
    wanted.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    save(place, {**head, "began": datetime.now(UTC).isoformat(timespec="seconds")})


def prompts_digest() -> str:
    """Return what names the texts that models are told: results of other prompts are what one compares with."""
    found = hashlib.sha256()
    for path in sorted((*_SHARED.glob("app/prompts/*.md"), *_SHARED.glob("mind/**/*.md"))):
        found.update(path.relative_to(_SHARED).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def _evaluate_page(wanted: Wanted, page: EvalPage, left: int | None) -> Json:
    """Evaluate one page in a process of its own; where that was not possible its end says so, and it is not kept."""
    folder = wanted.folder / "pages" / page.name
    folder.mkdir(parents=True, exist_ok=True)
    _settle_stopped(folder)
    limit_s = wanted.page_s or (_RULES_S if wanted.model == OFFLINE else _MODEL_S)
    order = Order(
        wanted.set, page.name, str(folder.resolve()), limit_s, left, wanted.browser, wanted.secret, os.getpid()
    )
    save(folder / "order.json", asdict(order))
    for number in range(1, _TRIES + 1):
        code = _run(wanted, folder)
        if result := _result(wanted.folder, page.name):
            return result
        if (folder / STOPPED).exists():
            stopped: Json = json.loads((folder / STOPPED).read_text(encoding="utf-8"))
            return stopped
        if number == _TRIES:
            logged = (folder / "worker.log").read_text(encoding="utf-8", errors="replace")[-1500:]
            raise ConfigError(f"{page.name}: its process ended with {code} and no result:\n{logged}")
    raise AssertionError("not reached")


def _run(wanted: Wanted, folder: Path) -> int:
    command = [sys.executable, "-m", "shared.cli.evaluate.worker", str(folder / "order.json")]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
            env=environment(process_environment(), wanted.model), cwd=_SHARED.parent,
        )  # fmt: skip
        try:
            process.communicate(f"{wanted.key}\n".encode())
        finally:
            if process.poll() is None:  # Ctrl-C: it goes on from where it is when somebody resumes
                process.kill()
                process.wait()
    return process.returncode


def _settle_stopped(folder: Path) -> None:
    """Let a page go on that was stopped; one whose run has failed begins anew, and what it has cost stays counted."""
    place = folder / STOPPED
    if not place.exists():
        return
    stopped = json.loads(place.read_text(encoding="utf-8"))
    if stopped["failed"]:
        save(folder / "earlier.json", {"micros": _earlier(folder) + read_spent_offline(folder / HOUSE)})
        shutil.rmtree(folder / HOUSE, ignore_errors=True)
        (folder / STATE).unlink(missing_ok=True)
    place.unlink()


def _sum_spent(folder: Path, *, without: str) -> int:
    """Return what all pages have cost so far; of the one that is to begin or go on only what lies in no house now."""
    total = 0
    for place in sorted((folder / "pages").glob("*")):
        result = _result(folder, place.name)
        total += _earlier(place) + (int(result["micros"]) if result is not None else 0)
        if result is None and place.name != without:
            total += read_spent_offline(place / HOUSE)
    return total


def _earlier(place: Path) -> int:
    try:
        return int(json.loads((place / "earlier.json").read_text(encoding="utf-8"))["micros"])
    except FileNotFoundError:
        return 0


def _result(folder: Path, page: str) -> Json | None:
    try:
        found: Json = json.loads((folder / "pages" / page / RESULT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def _results(wanted: Wanted, pages: EvalSet, chosen: tuple[EvalPage, ...], stopped: Json) -> Json:
    head: Mapping[str, Any] = json.loads((wanted.folder / HEAD).read_text(encoding="utf-8"))
    by_page = {page.name: _result(wanted.folder, page.name) for page in pages.pages}
    done = [result for result in by_page.values() if result is not None]
    missing = [page.name for page in chosen if by_page[page.name] is None]
    spent = _sum_spent(wanted.folder, without="")
    return {
        "evaluation": "workwright", **head, "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "complete": not missing, "missing": missing, **stopped,
        "limit_usd": None if wanted.micros is None else wanted.micros / 1e6,
        "spent_usd": round(spent / 1e6, 6), **summary(done), "pages": done,
    }  # fmt: skip
