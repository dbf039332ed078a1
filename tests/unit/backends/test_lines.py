"""What a machine has only so much of: how much that is, what needs it, and how commands wait for it."""

from __future__ import annotations

import ast
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from shared.backends.local.capacity import GIB, Capacity
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.state.local_store import LocalStore
from shared.core.run.commands import BROWSER, LINES, MODEL, SANDBOX, UNDO, Command
from shared.local.lines import bounds_of, line_of
from shared.settings import Settings
from shared.steps import ALL
from tests.support.builders.saved_runs import a_command
from tests.support.ports.backends import LocalRig
from tests.support.ports.moved_clock import MovedClock

STEPS = Path(__file__).resolve().parents[3] / "shared" / "steps"


_NAMED = (ast.FunctionDef, ast.ClassDef)


def an_attempt(id: str, kind: str, tenant: str = "acme") -> Command:
    return a_command(id, tenant, topic=kind)


# --- how much a machine has


@pytest.mark.parametrize(
    ("cores", "gib", "browsers", "sandboxes"),
    [(1, 1, 1, 1), (2, 8, 1, 2), (2, 2, 1, 1), (8, 4, 4, 2), (8, 2, 2, 1), (16, 64, 8, 16)],
)
def test_bounds_follow_cores_and_memory(cores: int, gib: int, browsers: int, sandboxes: int) -> None:
    bounds = Capacity(cores, gib * GIB).bounds()
    assert (bounds[BROWSER], bounds[SANDBOX]) == (browsers, sandboxes)
    assert set(bounds) == set(LINES)
    assert min(bounds.values()) >= 1


def test_a_container_has_what_its_limits_leave(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text(f"{GIB // 2}\n")
    assert Capacity.measure_machine(tmp_path) == Capacity(1, GIB // 2)


def test_a_container_without_limits_has_the_machine(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert Capacity.measure_machine(tmp_path) == Capacity.measure_machine(tmp_path / "not-there")


def test_who_runs_the_house_has_the_last_word() -> None:
    machine = Capacity(2, 8 * GIB)
    given = Settings.from_env({"WORKWRIGHT_MOST_BROWSER": "3", "WORKWRIGHT_MOST_SANDBOX": "5"})
    assert bounds_of(given, machine) == {**machine.bounds(), BROWSER: 3, SANDBOX: 5}
    assert BROWSER not in bounds_of(replace(given, browser="off"), machine)


# --- what needs it


Name = tuple[str, str]  # module of steps, function or class


def _uses() -> dict[Name, set[Name | str]]:
    """Return what each function and class of the steps names: others of them, and methods by their bare names."""
    found: dict[Name, set[Name | str]] = {}
    for path in STEPS.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        own = {each.name: (path.stem, each.name) for each in tree.body if isinstance(each, _NAMED)}
        imported = {
            alias.asname or alias.name: (each.module.rpartition(".")[2], alias.name)
            for each in ast.walk(tree)
            if isinstance(each, ast.ImportFrom) and str(each.module).startswith("shared.steps.")
            for alias in each.names
        }
        known: dict[str, Name] = {**imported, **own}
        for each in tree.body:
            if isinstance(each, _NAMED):
                names = {known[n.id] for n in ast.walk(each) if isinstance(n, ast.Name) and n.id in known}
                found[path.stem, each.name] = names | _find_methods(each)
    return found


def _find_methods(tree: ast.AST) -> set[str]:
    """Return which methods of a step's context are called."""
    called = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    return {at.attr for at in called if isinstance(at.value, ast.Name) and at.value.id == "ctx"}


def _who_takes(method: str) -> set[Name]:
    """Return who calls this method of the context, at whatever depth."""
    uses, found = _uses(), {method}
    while more := {name for name, used in uses.items() if used & found} - found:
        found |= more
    return found - {method}


@pytest.mark.parametrize(("call", "line"), [("sandbox", SANDBOX), ("browser", BROWSER)])
def test_a_kind_that_takes_something_scarce_says_so(call: str, line: str) -> None:
    takes = _who_takes(call)
    kinds = {kind.name: (kind.run.__module__.rpartition(".")[2], kind.run.__name__) for kind in ALL}
    assert takes
    assert {name for name, run in kinds.items() if run in takes} == {k.name for k in ALL if k.waits_in == line}


def test_what_thinks_waits_for_the_model() -> None:
    thinking = {kind.name: kind.waits_in for kind in ALL if kind.thinks}
    assert thinking
    assert set(thinking.values()) == {MODEL}


def test_attempts_wait_in_the_line_of_their_kind_and_everything_else_in_its_functions() -> None:
    line = line_of()
    assert line(an_attempt("c1", "site.verify")) == BROWSER
    assert line(an_attempt("c2", "code.try")) == SANDBOX
    assert line(replace(an_attempt("c3", "plan.propose"), function="plan")) == MODEL
    assert line(an_attempt("c4", "notion.comment")) == "execute-step"
    assert line(an_attempt("c5", "of.another.version")) == "execute-step"
    assert line(replace(an_attempt("c6", "site.verify"), name=UNDO)) == "execute-step"


# --- how commands wait for it


def test_looks_wait_in_the_queue_while_other_work_goes_on(tmp_path: Path) -> None:
    options = DispatchOptions(workers=4, line=line_of(), concurrency={BROWSER: 1})
    with LocalStore(tmp_path, MovedClock()) as store:
        looking, go_on, others = threading.Semaphore(0), threading.Semaphore(0), threading.Semaphore(0)
        lock, at_once, most = threading.Lock(), 0, 0

        def deliver(command: Command) -> int:
            nonlocal at_once, most
            if command.topic != "site.verify":
                others.release()
                return 200
            with lock:
                at_once += 1
                most = max(most, at_once)
            looking.release()
            assert go_on.acquire(timeout=20)
            with lock:
                at_once -= 1
            return 200

        dispatcher = Dispatcher(store, deliver, MovedClock(), options)
        dispatcher.start()
        queue = LocalQueue(store, MovedClock())
        queue.enqueue([an_attempt(f"look-{number}", "site.verify") for number in range(6)])
        assert looking.acquire(timeout=20)
        queue.enqueue([an_attempt(f"other-{number}", "notion.comment") for number in range(6)])
        for _ in range(6):  # three workers are free for them, though five looks came first
            assert others.acquire(timeout=20)
        go_on.release(6)
        assert dispatcher.wait_idle(20)
        assert most == 1
        assert dispatcher.stop()


def test_teams_take_turns_in_a_line(tmp_path: Path) -> None:
    clock = MovedClock()
    options = DispatchOptions(workers=0, line=line_of(), concurrency={BROWSER: 1})
    with LocalStore(tmp_path, clock) as store:
        rig = LocalRig(store, clock, options)
        rig.dispatcher.start()
        flood = [an_attempt(f"flood-{number}", "site.verify", "globex") for number in range(5)]
        rig.queue.enqueue([*flood, an_attempt("one", "site.verify")])
        rig.settle()
        assert [command.id for command in rig.received].index("one") == 1
        rig.dispatcher.stop()
