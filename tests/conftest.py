"""For all tests: where their folders lie, how properties are searched, and at the end what stood aside, and why."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import sys
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from tests.support.kept import end_what_is_kept
from tests.support.memory_folder import new_memory_folder
from tests.support.parts import say_what_stood_aside
from tests.support.slowest import say_what_took_longest
from tests.support.spread import ByFile, order_longest_first

# Hundreds of processes are started here, and each would compile all of this again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine is not a fault, so nothing here measures speed. In CI the same examples are tried every time: whoever
# looks for new ones does so where a find holds up nobody.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("house")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have the folders of tests lie in memory, unless somebody says where or there is no room."""
    if not hasattr(config, "workerinput") and not config.option.basetemp and (folder := new_memory_folder()):
        config.option.basetemp = str(folder)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    """Keep the tests of a file in one process."""
    return ByFile(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """End what all tests shared and give the memory back; what failed can be looked at until the next run."""
    end_what_is_kept()
    folder = session.config.option.basetemp
    if (
        folder
        and not hasattr(session.config, "workerinput")
        and Path(folder).parent == Path("/dev/shm")
        and not exitstatus
    ):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Leave what is collected out of every search for garbage: it is 700,000 things, and they stay until the end.

    And search less often than a program would that has to live long in little memory: it took every twentieth second.
    """
    gc.disable()
    try:
        if not any(".py" in asked for asked in session.config.args):  # of a few files there is no part
            _compile_a_part()
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def _compile_a_part() -> None:
    """Begin each process with a part of the tests of its own: what it compiles, the others then find compiled."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        return
    here, number = Path(__file__).parent, int(worker.removeprefix("gw"))
    count = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    modules = sorted(path.relative_to(here.parent).with_suffix("") for path in here.rglob("test_*.py"))
    for module in modules[number::count]:
        with suppress(Exception):  # collecting says what is wrong with it
            importlib.import_module(".".join(module.parts))
    with suppress(Exception):  # it looks into Hypothesis, which does it all itself where it has moved on
        _read_constants(number, count)


def _read_constants(number: int, count: int) -> None:
    """Have Hypothesis read the constants of a part of our modules: it keeps what it has read where all find it."""
    from hypothesis.internal.constants_ast import constants_from_module

    for name, module in list(sys.modules.items()):
        tests = name.rpartition(".")[2].startswith("test_")  # of these only our own part is there by now
        if tests or (name.startswith(("shared.", "tests.")) and crc32(name.encode()) % count == number):
            constants_from_module(module)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long; refuse a pytest and pytest-xdist that do not hold groups: nothing else would say so.

    Tests of a group share what is dear to make; spread over the processes, each of these makes it anew.
    """
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        named = {str(mark.args[0]) for mark in item.iter_markers("xdist_group")}
        if named and not item.nodeid.endswith(f"@{'_'.join(sorted(named))}"):
            raise pytest.UsageError(f"{item.nodeid} is not kept in its group: use the pinned pytest and pytest-xdist")
    order_longest_first(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the slowest files, the real parts this machine lacks, and the readings out of date, one line each."""
    say_what_took_longest(terminalreporter)
    say_what_stood_aside(terminalreporter)
    if any("test_readings" in getattr(each, "nodeid", "") for each in terminalreporter.stats.get("passed", ())):
        from tests.support.measures.readings import (
            say_which_are_stale,  # loads planner and agents: only where they ran anyway
        )

        say_which_are_stale(terminalreporter)
